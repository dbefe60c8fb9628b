"""Usage as JSON Lines: one record per line, read as it comes in, each judged for itself."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.serializers import ValidationError

from finance_mgmt.api.fields import Amount, Instant
from finance_mgmt.api.parsers import TooLarge, read
from finance_mgmt.api.problems import shown
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account

from ..enums import RecordKind
from ..models import Product, Source
from ..services import usage
from ..services.usage import NewUsage, Stored

MEDIA_TYPE = "application/x-ndjson"
MOST_LINES = 10_000
MOST_BYTES_OF_A_LINE = 65_536

NEEDED = ("key", "owner", "product", "quantity", "starts_at")
KNOWN = {*NEEDED, "ends_at", "resource", "given_amount", "reason", "kind"}


@dataclass
class Line:
    """One line: what it says, and what became of it."""

    number: int
    document: Any = None
    record: NewUsage | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str | None:
        """The record key, as far as there is one."""
        key = self.document.get("key") if isinstance(self.document, Mapping) else None
        return key if isinstance(key, str) else None

    def refuse(self, code: str, detail: str, pointer: str = "") -> None:
        """Note what is wrong."""
        self.errors.append({**shown(Reason("", code, detail)), "pointer": pointer})


@dataclass(frozen=True)
class Lines:
    """All lines of a request, and a fingerprint of them."""

    lines: list[Line]
    sha256: str


class JsonLines(BaseParser):
    """Reads one line at a time, and stops where there are too many."""

    media_type = MEDIA_TYPE

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Lines:
        """The lines; empty ones are skipped."""
        lines, digest = [], hashlib.sha256()
        for number, text in enumerate(_texts(stream), start=1):
            digest.update(text)
            if text.strip():
                lines.append(_line(number, text))
            if len(lines) > MOST_LINES:
                raise TooLarge(f"Send at most {MOST_LINES} lines at once.")
        return Lines(lines, digest.hexdigest())


def store(
    lines: Sequence[Line], *, source: Source, key: str, by: str, at: datetime
) -> Iterator[dict[str, Any]]:
    """Store what can be stored and say of each line what became of it.

    `usage.store` takes all or nothing; lines that it refuses are left out and the rest is sent
    again, within the same transaction.
    """
    _understand(lines)
    wanted = [line for line in lines if line.record]
    stored: dict[str, Stored] = {}
    attempt = 0
    while wanted and not stored:
        attempt += 1
        records = [line.record for line in wanted if line.record]
        try:
            said = {"key": f"{key} {attempt}", "by": by, "at": at}
            stored = usage.store(records, source=source, **said)
        except FinanceError as refusal:
            wanted = _without_refused(wanted, refusal)
    return (_told(line, stored) for line in lines)


def _texts(stream: IO[bytes]) -> Iterator[bytes]:
    while text := stream.readline(MOST_BYTES_OF_A_LINE + 1):
        if len(text) > MOST_BYTES_OF_A_LINE:
            raise TooLarge(f"A line has at most {MOST_BYTES_OF_A_LINE} bytes.")
        yield text


def _line(number: int, text: bytes) -> Line:
    line = Line(number)
    try:
        line.document = read(text)
    except ParseError as error:
        line.refuse("malformed", str(error.detail))
        return line
    if not isinstance(line.document, Mapping):
        line.refuse("malformed", "A line is a JSON object.")
    return line


def _understand(lines: Sequence[Line]) -> None:
    good = [line for line in lines if not line.errors]
    owners = _named(Account.objects.all(), "number", (line.document.get("owner") for line in good))
    products = _named(
        Product.objects.all(), "code", (line.document.get("product") for line in good)
    )
    for line in good:
        values = _values(line)
        for name, found in (("owner", owners), ("product", products)):
            if name in values and values[name] not in found:
                line.refuse("unknown", f"There is no such {name}.", f"/{name}")
        if not line.errors:
            named = {"owner": owners[values["owner"]], "product": products[values["product"]]}
            line.record = NewUsage(**{**values, **named})


def _named(rows: Any, column: str, wanted: Iterable[Any]) -> dict[str, Any]:
    texts = {one for one in wanted if isinstance(one, str) and "\0" not in one}
    return {getattr(row, column): row for row in rows.filter(**{f"{column}__in": texts})}


def _values(line: Line) -> dict[str, Any]:
    document = line.document
    for name in sorted(set(document) - KNOWN):
        line.refuse("unknown_field", f"Unknown field: {name[:100]}.", f"/{name}")
    for name in NEEDED:
        if name not in document:
            line.refuse("required", "This field is required.", f"/{name}")
    values = {}
    for name in sorted(KNOWN & set(document)):
        try:
            values[name] = _READ[name](document[name])
        except ValidationError as error:
            detail = error.detail[0] if isinstance(error.detail, list) else error.detail
            line.refuse(getattr(detail, "code", "invalid"), str(detail), f"/{name}")
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValidationError("Give a text.", code="invalid")
    return value


def _kind(value: Any) -> RecordKind:
    if value not in (RecordKind.USAGE, RecordKind.ADJUSTMENT):
        raise ValidationError("usage or adjustment.", code="invalid_choice")
    return RecordKind(value)


def _amount(value: Any) -> Decimal:
    amount: Decimal = Amount().to_internal_value(value)
    return amount


def _instant(value: Any) -> datetime:
    instant: datetime = Instant().to_internal_value(value)
    return instant


_READ = {
    "key": _text,
    "owner": _text,
    "product": _text,
    "resource": _text,
    "reason": _text,
    "kind": _kind,
    "quantity": _amount,
    "given_amount": _amount,
    "starts_at": _instant,
    "ends_at": _instant,
}


def _without_refused(lines: Sequence[Line], refusal: FinanceError) -> list[Line]:
    """The lines that the refusal does not name; those that it does are told why."""
    why: dict[Any, list[Reason]] = {}
    for reason in refusal.reasons:
        why.setdefault(reason.facts.get("key"), []).append(reason)
    left = []
    for line in lines:
        if reasons := why.get(line.key):
            line.errors += [shown(reason) for reason in reasons]
        else:
            left.append(line)
    if len(left) == len(lines):
        raise refusal
    return left


def _told(line: Line, stored: Mapping[str, Stored]) -> dict[str, Any]:
    record = None if line.errors else stored.get(line.key or "")
    told = "refused" if record is None else "known" if record.is_known else "stored"
    return {
        "line": line.number,
        "key": line.key,
        "result": told,
        "id": record and record.pk,
        "is_late": record and record.is_late,
        "errors": line.errors,
    }
