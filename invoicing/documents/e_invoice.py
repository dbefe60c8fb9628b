"""EN 16931 invoices and credit notes as XML, in both of its syntaxes: CII and UBL (I6).

Each line is one piece at its net amount: what was metered is told in words, so that price times
quantity is the line's amount whatever the number of decimals.
"""

import calendar
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from facturx.generate_xml import generate_cii_xml, generate_ubl_xml

from finance_mgmt.money import ZERO, minor_places, plain

from ..enums import DocumentForm
from .content import InvoiceContent, Line, Party, Section

INVOICE, CREDIT_NOTE = "380", "381"  # UNTDID 1001
ONE_PIECE = "H87"  # UN/ECE Recommendation 20
_NEEDED = ("name", "country_code")
TERMS = "Settled through the account's monthly bill; do not pay this document separately."


def as_xml(content: InvoiceContent, form: DocumentForm) -> bytes:
    """The document as CII or UBL, not checked yet."""
    make = {DocumentForm.CII: generate_cii_xml, DocumentForm.UBL: generate_ubl_xml}[form]
    # The library's own Schematron check passes in silence where its server is away: never used.
    made = make(terms(content), level="en16931", check_xsd=False, check_schematron=False)
    return made if isinstance(made, bytes) else made[0]


def terms(content: InvoiceContent) -> dict[str, Any]:
    """The document by the numbers of the business terms of EN 16931."""
    amount = _amounts(content.currency)
    total = content.total
    days = calendar.monthrange(content.month.year, content.month.month)[1]
    last_day = content.month.replace(day=days)
    said = {
        "BT-1": content.number,
        "BT-2": content.issued_on,
        "BT-3": CREDIT_NOTE if content.corrects else INVOICE,
        "BT-5": content.currency,
        "BT-20": TERMS,
        "BT-72": last_day,
        "BT-73": content.month,
        "BT-74": last_day,
        "BG-4": _party(content.seller),
        "BG-7": _party(content.buyer),
        "BG-23": list(_breakdown(content)),
        "BG-25": list(_lines(content)),
        "BT-106": amount(total.net),
        "BT-109": amount(total.net),
        "BT-110": amount(total.tax),
        "BT-112": amount(total.gross),
        "BT-115": amount(total.gross),
    }
    if corrects := content.corrects:
        said["BG-3"] = [{"BT-25": corrects.number, "BT-26": corrects.issued_on}]
        if corrects.reason:
            said["BG-1"] = [{"BT-22": corrects.reason}]
    return said


def _party(party: Party) -> dict[str, Any]:
    said = {
        "name": party.name,
        "country_code": party.country,
        "city": party.city,
        "postcode": party.postcode,
        "addr_l1": party.address,
    }
    if party.tax_number[:2].isalpha():  # a VAT identifier begins with its country (BR-CO-09)
        said["vat_identifier"] = party.tax_number
    else:
        said["tax_identifier"] = said["legal_identifier"] = party.tax_number
    # An empty name stays: the rules then say that it is missing.
    return {name: text for name, text in said.items() if text or name in _NEEDED}


def _breakdown(content: InvoiceContent) -> Iterator[dict[str, str]]:
    amount = _amounts(content.currency)
    for part in content.parts:
        category = _category(content, part.rate)
        said = {
            "BT-116": amount(part.net),
            "BT-117": amount(part.tax),
            "BT-118": category,
            "BT-119": _percent(part.rate),
        }
        if category not in ("S", "Z"):
            said["BT-120"] = content.zero_rate_reason
        yield said


def _lines(content: InvoiceContent) -> Iterator[dict[str, Any]]:
    amount = _amounts(content.currency)
    number = 0
    for section in content.sections:
        for line in section.lines:
            number += 1
            said = {
                "BT-126": str(number),
                "BT-129": "-1" if line.part.net < ZERO else "1",
                "BT-130": ONE_PIECE,
                "BT-131": amount(line.part.net),
                "BT-133": section.owner_number,
                "BT-146": amount(abs(line.part.net)),
                "BT-151": _category(content, line.part.rate),
                "BT-152": _percent(line.part.rate),
                "BT-153": line.description or f"Correction of {_corrected(content)}",
                "BT-154": _words(section, line),
                "BT-155": line.product_code,
            }
            yield {name: text for name, text in said.items() if text}


def _corrected(content: InvoiceContent) -> str:
    return content.corrects.number if content.corrects else content.number


def _words(section: Section, line: Line) -> str:
    who = f"{section.owner_name} ({section.owner_number})" if section.owner_number else ""
    metered = f"{plain(line.quantity)} {line.unit}".strip() if line.quantity is not None else ""
    if line.is_part:
        metered = f"part of {line.charges} charge(s)"
    return ": ".join(filter(None, [who, metered]))


def _category(content: InvoiceContent, rate: Decimal) -> str:
    return "S" if rate else content.zero_rate


def _percent(rate: Decimal) -> str:
    return plain(rate * 100)


def _amounts(currency: str) -> Any:
    places = minor_places(currency)
    return lambda amount: plain(amount, places)
