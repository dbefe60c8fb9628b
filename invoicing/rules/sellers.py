"""What the seller's particulars must state, by its country (I6, I7). Pure.

| country  | must state                 | tax number checked as                                    |
|----------|----------------------------|----------------------------------------------------------|
| CN       | legal name, tax number     | 18 characters, checksum                                  |
| of EU    | legal name                 | a VAT id of that country, if it begins with two letters  |
| others   | legal name                 | not checked                                              |

Who makes EN 16931 e-invoices also states tax number, address and city. A tax number that begins
with two letters is a VAT id there: they must be those of the country (BR-CO-09).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from finance_mgmt.errors import Reason

from ..enums import ZeroRate
from .tax_numbers import EU, country_of, judge_chinese, judge_european
from .titles import HOME, WORDS

OF_E_INVOICES = ("tax_number", "address", "city")
OF_SPECIAL = ("address", "phone", "bank_name", "bank_account")


@dataclass(frozen=True)
class Seller:
    """Who sells, as invoices state it."""

    legal_name: str
    tax_number: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = HOME
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    asks_e_invoice: bool = False
    zero_rate: str = ZeroRate.ZERO_RATED
    zero_rate_reason: str = ""


def tidy(given: Seller) -> Seller:
    """The same without stray spaces; number and country in capitals."""
    values: dict[str, Any] = {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in asdict(given).items()
    }
    number, country = values["tax_number"].upper(), values["country"].upper()
    if country == HOME or country in EU:
        number = number.replace(" ", "")
    if country in EU and number[:2].isalpha():
        number = number.replace("-", "").replace(".", "")
    return Seller(**{**values, "tax_number": number, "country": country})


def judge(seller: Seller) -> list[Reason]:
    """All reasons against a tidied seller; empty: invoices may name it."""
    return [
        *_stated(seller),
        *_number(seller),
        *_zero_rate(seller),
    ]


def unstated_of_special(seller: Seller) -> list[str]:
    """What a seller in China leaves out that a special Chinese VAT invoice states of it."""
    return [name for name in OF_SPECIAL if seller.country == HOME and not getattr(seller, name)]


def _stated(seller: Seller) -> Iterator[Reason]:
    if not seller.legal_name:
        yield Reason("I6", "seller_nameless", "Give the seller's legal name.", {})
    if not (len(seller.country) == 2 and seller.country.isascii() and seller.country.isalpha()):
        text = "Give the country as two letters, such as CN or DE."
        yield Reason("I7", "bad_country", text, {"country": seller.country})
    if seller.country == HOME and not seller.tax_number:
        text = (
            "A seller in China states its tax number: the 18 characters of the unified social"
            " credit code on the business licence."
        )
        yield Reason("I6", "tax_number_missing", text, {"missing": "tax_number"})
    for name in OF_E_INVOICES if seller.asks_e_invoice else ():
        is_told = name == "tax_number" and seller.country == HOME
        if not getattr(seller, name) and not is_told:
            word = WORDS.get(name, name)
            text = f"EN 16931 e-invoices state the seller's {word}. Fill it in."
            yield Reason("I6", f"{name}_missing", text, {"missing": name})


def _number(seller: Seller) -> list[Reason]:
    number, country = seller.tax_number, seller.country
    if not number:
        return []
    if country == HOME:
        return judge_chinese(number)
    is_vat_id = number[:2].isalpha()
    if is_vat_id and country_of(number) != country and (country in EU or seller.asks_e_invoice):
        text = (
            f"A VAT id begins with the country of the seller, {country}; this one with"
            f" {number[:2]}. Mend the number or the country."
        )
        return [Reason("I6", "other_country", text, {"tax_number": number, "country": country})]
    return judge_european(number) if is_vat_id and country in EU else []


def _zero_rate(seller: Seller) -> Iterator[Reason]:
    if seller.zero_rate != ZeroRate.ZERO_RATED and not seller.zero_rate_reason:
        text = "Say why no tax is due: invoices must give the reason."
        yield Reason("I7", "reason_missing", text, {"zero_rate": seller.zero_rate})
