"""JSON as money needs it: decimals stay exact, NaN and Infinity are refused."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

MOST_BYTES = 1_000_000


class TooLarge(APIException):
    """More than one request takes."""

    status_code = 413
    default_code = "too_large"


class ExactJSON(JSONParser):
    """Numbers with a point become Decimals from their own digits; no float on the way."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Read one JSON document in UTF-8."""
        text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise TooLarge(f"The body has more than {MOST_BYTES} bytes.")
        return read(text)


def read(text: bytes) -> Any:
    """One JSON document. Raises ParseError."""
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"This is no JSON: {error}") from None


def canonical(document: Any) -> str:
    """The same text for the same document, however its keys were ordered."""
    return _CANONICAL.encode(document)


def is_object(document: Any) -> bool:
    """Whether a document has named fields."""
    return isinstance(document, Mapping)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number here")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)
_CANONICAL = json.JSONEncoder(sort_keys=True, default=str)
