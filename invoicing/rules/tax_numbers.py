"""Numbers by which parties to invoices are known to the tax office (I6). Pure."""

from stdnum import get_cc_module
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from finance_mgmt.errors import Reason

VAT_PREFIXES = (  # what EU VAT ids begin with
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
)
GREECE, NORTHERN_IRELAND = "EL", "XI"  # the country codes of these are GR and GB


def country_of(vat_id: str) -> str:
    """The code of the country that its first two letters mean."""
    prefix = vat_id[:2]
    return "GR" if prefix == GREECE else prefix


# Members of the European Union: their buyers are entitled to an EN 16931 invoice.
EU = frozenset(country_of(prefix) for prefix in VAT_PREFIXES if prefix != NORTHERN_IRELAND)


def judge_chinese(number: str) -> list[Reason]:
    """Why it is no unified social credit code; empty: it is one."""
    try:
        uscc.validate(number)
    except InvalidLength:
        text = f"A Chinese tax number has 18 characters; this one has {len(number)}."
    except InvalidChecksum:
        text = (
            f"The last character of {number} does not fit the others: one of them is mistyped."
            " Copy the number from the business licence."
        )
    except ValidationError:
        text = (
            f"{number} is no unified social credit code: it has digits and capital letters,"
            " without I, O, S, V and Z."
        )
    else:
        return []
    return [Reason("I6", "bad_tax_number", text, {"tax_number": number})]


def judge_european(number: str) -> list[Reason]:
    """Why it is no VAT id of a country of the EU; empty: it is one by form and check digit."""
    prefix = number[:2]
    if prefix not in VAT_PREFIXES:
        text = f"An EU VAT id begins with its country, such as DE136695976; {prefix} is none."
        return [Reason("I6", "bad_tax_number", text, {"tax_number": number})]
    module = get_cc_module(
        "gb" if prefix == NORTHERN_IRELAND else country_of(number).lower(), "vat"
    )
    assert module is not None  # stdnum has one for each prefix
    try:
        module.validate(number)
    except InvalidChecksum:
        text = f"A digit of {number} is mistyped: the check digit does not fit."
    except ValidationError:
        text = f"{number} has not the form of a VAT id of {prefix}. Check its length."
    else:
        return []
    return [Reason("I6", "bad_tax_number", text, {"tax_number": number})]
