"""What a title must state, and numbers that are mistyped (I3, I6). Pure."""

import pytest

from invoicing.enums import TitleKind
from invoicing.rules.titles import Title, judge, tidy

PLAIN, GENERAL, SPECIAL, EU = TitleKind
CN = "91330106673959654P"
FULL = {"address": "1 Road", "phone": "571", "bank_name": "Bank", "bank_account": "6222"}

TABLE = [
    (Title("Acme"), []),
    (Title(" "), ["title_missing"]),
    (Title("Acme", country="China"), ["bad_country"]),
    (Title("Acme", GENERAL), ["tax_number_missing"]),
    (Title("Acme", GENERAL, CN), []),
    (Title("Acme", GENERAL, f" {CN.lower()} "), []),
    (Title("Acme", GENERAL, CN[:-1] + "Q"), ["bad_tax_number"]),
    (Title("Acme", GENERAL, CN[:-1]), ["bad_tax_number"]),
    (Title("Acme", GENERAL, CN[:-1] + "O"), ["bad_tax_number"]),
    (
        Title("Acme", SPECIAL, CN),
        ["address_missing", "phone_missing", "bank_name_missing", "bank_account_missing"],
    ),
    (Title("Acme", SPECIAL, CN, **FULL), []),
    (Title("Acme", EU, "DE 136 695 976", address="Berlin"), []),
    (Title("Acme", EU, "DE136695977", address="Berlin"), ["bad_tax_number"]),
    (Title("Acme", EU, "DE1366", address="Berlin"), ["bad_tax_number"]),
    (Title("Acme", EU, "US136695976", address="Berlin"), ["bad_tax_number"]),
    (Title("Acme", EU, "EL094259216", address="Athens"), []),
    (Title("Acme", EU, "DE136695976"), ["address_missing"]),
]


@pytest.mark.rule("I3", "I6")
@pytest.mark.parametrize(("title", "codes"), TABLE)
def test_each_kind_states_what_it_needs(title, codes):
    assert [reason.code for reason in judge(tidy(title))] == codes


def test_a_mistyped_number_says_what_to_look_at():
    def said(number):
        return judge(tidy(Title("Acme", GENERAL, number)))[0].message

    assert [said(CN[:-1]), said("X" * 18)] == [
        "A Chinese tax number has 18 characters; this one has 17.",
        f"{'X' * 18} is no unified social credit code: it has digits and capital letters,"
        " without I, O, S, V and Z.",
    ]
    wrong = CN[:-1] + "Q"
    assert said(wrong) == (
        f"The last character of {wrong} does not fit the others: one of them is mistyped."
        " Copy the number from the business licence."
    )


@pytest.mark.rule("I7")
def test_the_country_of_a_vat_id_is_where_tax_is_due():
    given = [("EL094259216", "CN"), ("de136695976", "CN")]
    assert [tidy(Title("A", EU, number, country)).country for number, country in given] == [
        "GR",
        "DE",
    ]
    assert tidy(Title("A", GENERAL, CN, country="DE")).country == "CN"
