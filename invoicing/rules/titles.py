"""What an invoice title must state, by its kind (I3, I6). Pure.

| kind       | must state                                                | number checked as       |
|------------|-----------------------------------------------------------|-------------------------|
| plain      | title                                                     | not checked             |
| cn_general | title, tax number                                         | 18 characters, checksum |
| cn_special | title, tax number, address, telephone, bank, bank account | 18 characters, checksum |
| eu_vat     | title, tax number (a VAT id), address                     | by its country's rules  |
"""

from dataclasses import asdict, dataclass
from typing import Any

from finance_mgmt.errors import Reason

from ..enums import TitleKind
from .tax_numbers import country_of, judge_chinese, judge_european

NEEDED = {
    TitleKind.PLAIN: ("title",),
    TitleKind.CN_GENERAL: ("title", "tax_number"),
    TitleKind.CN_SPECIAL: (
        "title",
        "tax_number",
        "address",
        "phone",
        "bank_name",
        "bank_account",
    ),
    TitleKind.EU_VAT: ("title", "tax_number", "address"),
}
WORDS = {
    "title": "title",
    "tax_number": "tax number",
    "address": "address",
    "phone": "telephone",
    "bank_name": "bank",
    "bank_account": "bank account",
}
HOME = "CN"  # where tax is due if nobody says otherwise


@dataclass(frozen=True)
class Title:
    """All that a title states, and where invoices are sent."""

    title: str
    kind: TitleKind = TitleKind.PLAIN
    tax_number: str = ""
    country: str = HOME
    address: str = ""
    postcode: str = ""
    city: str = ""
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    email: str = ""
    language: str = "en"

    @property
    def identity(self) -> tuple[str, str]:
        """What must be the same for two titles to be the same (I3)."""
        return self.title, self.tax_number

    def __str__(self) -> str:
        return f"{self.title} {self.tax_number}".strip()


def tidy(given: Title) -> Title:
    """The same without stray spaces; numbers in capitals, the country of a VAT id taken from it."""
    values: dict[str, Any] = {
        name: " ".join(value.split()) if name in WORDS else value
        for name, value in asdict(given).items()
    }
    number = values["tax_number"].replace(" ", "").upper()
    if given.kind == TitleKind.EU_VAT:
        number = number.replace("-", "").replace(".", "")
        values["country"] = country_of(number)
    elif given.kind != TitleKind.PLAIN:
        values["country"] = "CN"
    return Title(**{**values, "tax_number": number, "country": values["country"].upper()})


def judge(title: Title) -> list[Reason]:
    """All reasons against a tidied title; empty: invoices may carry it."""
    missing = [name for name in NEEDED[title.kind] if not getattr(title, name)]
    reasons = [_missing(name) for name in missing]
    if title.tax_number:
        reasons += _number(title)
    if title.kind == TitleKind.PLAIN and not (len(title.country) == 2 and title.country.isalpha()):
        text = "Give the country as two letters, such as CN or DE."
        reasons.append(Reason("I7", "bad_country", text, {"country": title.country}))
    return reasons


def _missing(name: str) -> Reason:
    if name == "title":
        return Reason("I3", "title_missing", "Give a title.", {})
    text = f"This kind of title also states the {WORDS[name]}. Fill it in."
    return Reason("I6", f"{name}_missing", text, {"missing": name})


def _number(title: Title) -> list[Reason]:
    if title.kind in (TitleKind.CN_GENERAL, TitleKind.CN_SPECIAL):
        return judge_chinese(title.tax_number)
    return judge_european(title.tax_number) if title.kind == TitleKind.EU_VAT else []
