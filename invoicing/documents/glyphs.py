"""What the fonts of documents can show. Nothing is ever printed as a blank or a box (I6)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from finance_mgmt.errors import FinanceError, Reason

from .content import InvoiceContent, Party

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "NotoSansSC-Regular.ttf", FONTS / "NotoSansSC-Bold.ttf"
RARE = FONTS / "NotoSansSC-Rare.ttf"  # ideographs that the others lack; read only where needed
_MOST = 5  # characters that a refusal names


class NotShowable(FinanceError):
    """The document would contain characters that its fonts don't have."""

    code = "not_showable"
    example = Reason(
        "I6",
        "not_showable",
        "No font here shows this character.",
        {"character": "U+1F4B0", "field": "title"},
    )


def require_showable(content: InvoiceContent) -> None:
    """Raises NotShowable, naming each character and the field it stands in."""
    if found := reasons(_texts(content)):
        raise NotShowable(found)


def reasons(texts: Iterable[tuple[str, str]]) -> list[Reason]:
    """A reason for each of the first characters that can't be shown, of (field, text) pairs."""
    found = {
        (character, place): None
        for place, text in texts
        for character in text
        if ord(character) not in common() and ord(character) not in rare()
    }
    return [_reason(*one) for one in list(found)[:_MOST]]


def rare_in(content: InvoiceContent) -> bool:
    """Whether the document has an ideograph that only the large third font has."""
    known = common()
    return any(ord(one) not in known for _place, text in _texts(content) for one in text)


def of_seller(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of a seller's particulars, by field."""
    columns = {one.name for one in fields(Party)} - {"name"}
    party = Party(name=said["legal_name"], **{name: said[name] for name in columns})
    yield from _of_party("seller", party)
    yield "seller's reason for a tax rate of 0", said["zero_rate_reason"]


@cache
def common() -> frozenset[int]:
    """Every character that both weights have."""
    return _of_font(REGULAR) & _of_font(BOLD)


@cache
def rare() -> frozenset[int]:
    """The ideographs that the common fonts lack."""
    return _of_font(RARE)


def _of_font(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _reason(character: str, place: str) -> Reason:
    name = unicodedata.name(character, "a control character")
    code = f"U+{ord(character):04X}"
    text = (
        f"The {place} contains {character if character.isprintable() else code} ({code}, {name}),"
        " which documents can't show. Write it with other characters."
    )
    return Reason("I6", "not_showable", text, {"character": code, "field": place})


def _texts(content: InvoiceContent) -> Iterator[tuple[str, str]]:
    yield "currency", content.currency
    yield from _of_party("seller", content.seller)
    yield from _of_party("buyer", content.buyer)
    yield "seller's reason for a tax rate of 0", content.zero_rate_reason
    if content.corrects:
        yield "reason of the credit note", content.corrects.reason
    for section in content.sections:
        yield "member's number", section.owner_number
        yield f"name of member {section.owner_number}", section.owner_name
        for line in section.lines:
            yield f"name of product {line.product_code}", line.description
            yield "product's code", line.product_code
            yield f"unit of product {line.product_code}", line.unit


def _of_party(who: str, party: Party) -> Iterator[tuple[str, str]]:
    yield f"{who}'s name", party.name
    yield f"{who}'s tax number", party.tax_number
    yield f"{who}'s address", party.address
    yield f"{who}'s postcode", party.postcode
    yield f"{who}'s city", party.city
    yield f"{who}'s phone", party.phone
    yield f"{who}'s bank", party.bank_name
    yield f"{who}'s bank account", party.bank_account
