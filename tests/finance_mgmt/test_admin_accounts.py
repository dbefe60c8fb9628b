"""The pages of accounts: what each stands for today, and why."""

from datetime import timedelta

import pytest

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account, Movement, Relationship
from tests.finance_mgmt.admin_door import (
    FRAME,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
    viewer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(provider):
    """A master, a member in trusteeship, one in management that shares credit, one alone."""
    provider.account("M", credit_limit="500", cash_amount="100")
    provider.account("T", cash_amount="20")
    provider.account("G")
    provider.account("S", identity=None)
    find = Account.objects.in_bulk(field_name="number")
    provider.link(find["M"], find["T"])
    powers = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    provider.link(find["M"], find["G"], mode=Mode.MANAGEMENT, grants=powers)
    return find


def test_the_list_says_who_stands_where(group):
    assert listed(everything().get(list_url(Account))) == [
        ["G", "G", "Acme Ltd", "management of M", "0.00 CNY", "0.00 CNY", "–"],
        ["M", "M", "Acme Ltd", "master of 2", "600.00 CNY", "500.00 CNY", "–"],
        ["S", "S", "-", "alone", "0.00 CNY", "0.00 CNY", "not verified"],
        ["T", "T", "Acme Ltd", "trusteeship of M", "20.00 CNY", "0.00 CNY", "–"],
    ]


@pytest.mark.parametrize(
    ("role", "numbers"),
    [
        ("master", ["M"]),
        ("member", ["G", "T"]),
        ("trusteeship", ["T"]),
        ("management", ["G"]),
        ("alone", ["S"]),
        ("nonsense", ["G", "M", "S", "T"]),
    ],
)
def test_the_list_filters_by_role(role, numbers, group):
    found = listed(everything().get(list_url(Account), {"role": role}))
    assert [row[0] for row in found] == numbers


@pytest.mark.rule("C1", "F4", "D2", "V4", "B4", "S1", "I2", "W2", "R3", "O3", "L13")
def test_a_member_in_trusteeship_is_explained_term_by_term(group):
    page = everything().get(page_url(group["T"])).context["panels"]
    assert [[term, who, rule] for term, who, _why, rule in rows(panel(page, "Terms today"))] == [
        ["Payer", "M M", "C1"],
        ["Money, in order", "M M vouchers › credit", "F4"],
        ["Discounts of", "M M", "D2"],
        ["Discounts of flagged families", "itself", "D2"],
        ["Vouchers of", "M M", "V4"],
        ["Commitments of", "itself › M M", "K2"],
        ["Bill on", "M M", "B4"],
        ["Settled by", "M M", "B4"],
        ["Invoice title of", "M M", "I2"],
        ["Invoice issued by", "M M", "I2"],
        ["Warnings to", "M M", "W2"],
        ["Suspended and resumed by funds of", "M M", "R3"],
        ["Price override", "refused", "O3"],
        ["Own credit line", "dormant", "L13"],
    ]


def test_a_member_in_management_that_shares_credit(group):
    page = everything().get(page_url(group["G"])).context["panels"]
    found = {term: (who, why) for term, who, why, _rule in rows(panel(page, "Terms today"))}
    assert found["Money, in order"] == (
        "itself vouchers › cash › allocated credit",
        "Share credit is granted: the allocated credit replaces the own line.",
    )
    assert found["Warnings to"] == (
        "itself › M M",
        "View finances is granted: the master gets a copy.",
    )
    assert found["Own credit line"][0] == "replaced"


@pytest.mark.rule("F2", "F3", "F4")
def test_the_funds_stand_beside_their_formulas(group):
    page = everything().get(page_url(group["M"])).context["panels"]
    assert [row[:3] for row in rows(panel(page, "Funds"))] == [
        ["Cash", "of it transferred in: 0.00", "100.00"],
        ["Credit limit", "given by the provider", "500.00"],
        ["Credit received", "allocated by the master", "0.00"],
        ["Credit given away", "allocated to members", "0.00"],
        ["Effective limit", "limit + received − given away", "500.00"],
        ["Credit used", "drawn by orders and bills, not settled", "0.00"],
        ["Unsettled, own", "closed, on no bill yet", "0.00"],
        ["Unsettled, members", "of members in trusteeship", "0.00"],
        ["Available", "cash + effective limit − credit used − unsettled", "600.00"],
        [
            "Credit headroom",
            "min(effective limit − credit used − members' unsettled, available)",
            "500.00",
        ],
    ]
    assert facts(page[0]) == {
        "available": "600.00 CNY",
        "cash": "100.00 CNY",
        "effective limit": "500.00 CNY",
        "unsettled": "0.00 CNY",
    }


def test_a_master_lists_its_members_and_a_member_its_masters(group):
    master = everything().get(page_url(group["M"])).context["panels"]
    assert [row[:3] + row[4:] for row in rows(panel(master, "Members"))] == [
        ["G G", "management", "active", "–", "0.00 CNY"],
        ["T T", "trusteeship", "active", "–", "20.00 CNY"],
    ]
    member = everything().get(page_url(group["G"])).context["panels"]
    assert [row[:3] for row in rows(panel(member, "As a member"))] == [
        ["M M", "management", "active"]
    ]
    assert [row[:3] for row in rows(panel(member, "Grants in force"))] == [
        ["share credit", "M M", "G G"],
        ["view finances", "M M", "G G"],
    ]


def test_members_come_page_by_page(provider):
    master = provider.account("M", credit_limit="1")
    for number in range(26):
        provider.link(master, provider.account(f"m-{number:02}"))
    browser = everything()
    first = panel(browser.get(page_url(master)).context["panels"], "Members")
    second = browser.get(page_url(master), {"members": "2"}).context["panels"]
    assert (len(first.rows), first.pager.later) == (25, "?members=2#members")
    assert [row[0] for row in rows(panel(second, "Members"))] == ["m-25 m-25"]


def test_a_relationship_of_the_future_is_not_in_force_yet(provider):
    master = provider.account("M", credit_limit="1")
    member = provider.account("T")
    provider.link(master, member, now() + timedelta(days=3))
    assert [row[3] for row in listed(everything().get(list_url(Account)))] == ["alone", "alone"]


@pytest.mark.parametrize(("number", "queries"), [("M", 36), ("T", 30), ("S", 31)])
def test_a_page_asks_a_fixed_number_of_questions(number, queries, group, django_assert_num_queries):
    browser = everything()
    with django_assert_num_queries(FRAME + queries):
        browser.get(page_url(group[number]))


def test_names_are_written_as_text_never_as_markup(provider):
    account = provider.account("X")
    Account.objects.filter(pk=account.pk).update(name='<script>alert("x")</script>')
    browser = everything()
    for address in (list_url(Account), page_url(account)):
        body = browser.get(address).content.decode()
        assert body.count("<script>alert") == 0
        assert body.count("&lt;script&gt;alert") > 0


def test_other_floors_show_their_panels_only_to_who_may_see_them(group):
    page = viewer(Account).get(page_url(group["M"])).context["panels"]
    assert [str(one.title) for one in page] == [
        "",
        "Terms today",
        "Funds",
        "Members",
        "Grants in force",
        "Last movements",
        "About the account",
    ]


def test_movements_of_an_account_lead_to_both_its_sides(group):
    address = list_url(Movement)
    browser = everything()
    found = listed(browser.get(address, {"account": str(group["M"].pk)}))
    assert [(row[1], row[5]) for row in found] == [
        ("credit limit set", "500.00 CNY"),
        ("top-up", "100.00 CNY"),
    ]
    assert len(listed(browser.get(address, {"account": "no number"}))) == 3


def test_the_page_of_a_relationship_names_both_ends_and_every_grant(group):
    link = Relationship.objects.get(member=group["G"])
    page = everything().get(page_url(link)).context
    assert [text(badge) for badge in page["badges"]] == ["active", "management"]
    assert facts(panel(page["panels"], "Relationship"))["master"] == "M M"
    assert [row[:2] for row in rows(panel(page["panels"], "Grants"))] == [
        ["share credit", "master"],
        ["view finances", "master"],
    ]


@pytest.mark.rule("L5")
def test_an_invitation_says_what_consent_is_asked_for(provider):
    master, member = provider.account("M"), provider.account("G", identity="Other Ltd")
    link = provider.link(master, member, mode=Mode.MANAGEMENT, grants=(Permission.VIEW_BILLS,))
    page = everything().get(page_url(link)).context
    assert [text(badge) for badge in page["badges"]] == ["invited", "management"]
    found = facts(panel(page["panels"], "Relationship"))
    assert (found["in force from"], found["proposed grants"]) == ("–", "view bills")
