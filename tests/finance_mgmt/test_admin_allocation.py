"""The page that allocates credit to many members at once."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Account, Approval, Movement
from finance_mgmt.services import allocations
from finance_mgmt.services.credit import CreditRefused
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows, text
from tests.finance_mgmt.command_door import address, confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

MAY = ("finance_mgmt.view_account", "finance_mgmt.allocate", "finance_mgmt.reclaim")
SHARING = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


def members(provider, master, count: int, grants=SHARING) -> list[Account]:
    made = [provider.account(f"G-{number:03}") for number in range(count)]
    for member in made:
        provider.link(master, member, mode=Mode.MANAGEMENT, grants=grants)
    return made


@pytest.fixture
def group(provider):
    master = provider.account("M", credit_limit="1000")
    return master, *members(provider, master, 2)


def moved(*pairs) -> dict[str, str]:
    return {f"move-{member.pk}": amount for member, amount in pairs}


def allocated(*accounts) -> list[str]:
    return [
        f"{Account.objects.get(pk=one.pk).funds.allocated_in.normalize():f}" for one in accounts
    ]


def test_who_may(group):
    url = address(group[0], "allocate")
    answers = (
        Client().get(url).status_code,
        door("finance_mgmt.view_account").get(url).status_code,
        door("finance_mgmt.view_account", "finance_mgmt.allocate").get(url).status_code,
        door(*MAY).get(url).status_code,
    )
    assert answers == (302, 403, 403, 200)


def test_the_table_shows_what_can_move(provider, group):
    master, first, second = group
    confirm(everything(), address(master, "allocate"), **moved((first, "300"), (second, "50")))
    form = everything().get(address(master, "allocate")).context["form"]
    shown = [
        [
            text(line[name])
            for name in ("number", "limit", "allocated", "reclaimable", "allocatable")
        ]
        for line in form.lines
    ]
    assert shown == [
        ["G-000", "300.00", "300.00", "300.00", "650.00"],
        ["G-001", "50.00", "50.00", "50.00", "650.00"],
    ]


def test_a_member_that_shares_no_credit_is_marked(provider, group):
    other = provider.account("N", credit_limit="5")
    alone = provider.account("Z")
    provider.link(other, alone, mode=Mode.MANAGEMENT)
    url = address(other, "allocate")
    assert [line["shares_credit"] for line in everything().get(url).context["form"].lines] == [
        False
    ]
    answer = preview(everything(), url, **moved((alone, "1")))
    assert reasons(answer) == [("F6", "share_credit_missing")]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("ten", "Give a plain amount such as 1000.00."),
        ("1,0", "Give a plain amount such as 1000.00."),
        ("NaN", "Give a plain amount such as 1000.00."),
    ],
)
def test_a_malformed_amount_is_marked_in_its_row(typed, wrong, group):
    master, first, _ = group
    answer = preview(everything(), address(master, "allocate"), **moved((first, typed)))
    assert [line["wrong"] for line in answer.context["form"].lines] == [wrong, ""]
    assert Movement.objects.filter(kind="allocation").count() == 0


@pytest.mark.parametrize("typed", ["", "0", "0.00"])
def test_nothing_to_move_is_said(typed, group):
    answer = preview(everything(), address(group[0], "allocate"), **moved((group[1], typed)))
    assert answer.context["form"].non_field_errors() == ["Give at least one member an amount."]


def test_too_precise_an_amount_is_refused(group):
    answer = preview(everything(), address(group[0], "allocate"), **moved((group[1], "1.001")))
    assert reasons(answer) == [("F10", "amount_too_precise")]


@pytest.mark.rule("F6")
def test_all_of_it_or_nothing(group):
    master, first, second = group
    values = moved((first, "600"), (second, "500"))
    for step in (preview, confirm):
        assert reasons(step(everything(), address(master, "allocate"), **values)) == [
            ("F6", "above_headroom")
        ]
    assert allocated(first, second) == ["0", "0"]


@pytest.mark.rule("F6", "L12")
def test_the_preview_shows_each_member_and_the_master(group):
    master, first, second = group
    values = moved((first, "+600"), (second, "1"))
    page = preview(everything(), address(master, "allocate"), **values).context["panels"]
    assert rows(panel(page, "Master M")) == [
        ["allocatable", "1,000.00 CNY", "399.00 CNY", "F4"],
        ["credit given away", "0.00 CNY", "601.00 CNY", "F6"],
        ["available", "1,000.00 CNY", "399.00 CNY", "F3"],
    ]
    assert rows(panel(page, "Members")) == [
        ["G-000", "allocate", "600.00 CNY", "0.00 CNY", "600.00 CNY", "600.00 CNY"],
        ["G-001", "allocate", "1.00 CNY", "0.00 CNY", "1.00 CNY", "1.00 CNY"],
    ]
    assert allocated(first, second) == ["0", "0"]


@pytest.mark.rule("F6", "F11")
def test_what_is_reclaimed_is_allocated_at_once_and_a_second_click_does_nothing(group):
    master, first, second = group
    browser, url = everything(), address(master, "allocate")
    confirm(browser, url, key="a", **moved((first, "1000")))
    for _click in range(2):
        answer = confirm(browser, url, key="b", **moved((first, "-400"), (second, "400")))
        assert (answer.status_code, answer.url) == (302, page_url(master))
    assert allocated(first, second) == ["600", "400"]
    kinds = Movement.objects.filter(kind__in=["allocation", "reclaim"]).order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["allocation", "reclaim", "allocation"]
    assert decided("allocations.move_many") == 2


def test_reasons_of_several_members_stand_together(group):
    master, first, second = group
    values = moved((first, "-1"), (second, "-2"))
    answer = preview(everything(), address(master, "allocate"), **values)
    assert reasons(answer) == [("F6", "above_unused"), ("F6", "above_unused")]
    assert [one.message[:6] for one in answer.context["reasons"]["reasons"]] == ["G-000:", "G-001:"]


@pytest.mark.rule("Z7")
def test_the_sum_decides_whether_a_second_person_is_needed(provider, group):
    master, first, second = group
    provider.policy(four_eyes_above=Decimal("100"))
    browser, url = everything(), address(master, "allocate")
    assert "Above 100.00 in all" in browser.get(url).content.decode()
    values = moved((first, "60"), (second, "60"))
    assert preview(browser, url, **values).context["needs_second"]
    for _click in range(2):
        assert confirm(browser, url, **values).status_code == 302
    asked = Approval.objects.get()
    assert (asked.verb, asked.arguments["moves"]) == (
        "allocations.move_many",
        {"G-000": "60", "G-001": "60"},
    )
    assert allocated(first, second) == ["0", "0"]
    assert not preview(browser, url, **moved((first, "100"))).context["needs_second"]


def test_five_hundred_members_ask_as_much_as_two(provider, group):
    master = group[0]
    browser, url = everything(), address(master, "allocate")
    counted = []
    for made in ([], [provider.account(f"H-{number:03}") for number in range(30)]):
        for member in made:
            provider.link(master, member, mode=Mode.MANAGEMENT, grants=SHARING)
        with CaptureQueriesContext(connection) as asked:
            browser.get(url)
        wanted = Account.objects.filter(as_member__master=master)
        with CaptureQueriesContext(connection) as shown:
            assert preview(browser, url, **moved(*((one, "1") for one in wanted))).context[
                "is_preview"
            ]
        counted.append((len(asked), len(shown)))
    assert counted[0] == counted[1]


class TestService:
    """What the page can't reach."""

    def move(self, provider, master, key=None, **moves):
        said = provider.said()
        said["key"] = key or said["key"]
        wanted = {name.replace("_", "-"): Decimal(amount) for name, amount in moves.items()}
        return allocations.move_many(master=master, moves=wanted, **said)

    def refusal(self, provider, master, **moves) -> list[str]:
        with pytest.raises(CreditRefused) as caught:
            self.move(provider, master, **moves)
        return [one.code for one in caught.value.reasons]

    def test_strangers_and_trusteeship_members_are_refused(self, provider, group):
        master = group[0]
        provider.link(master, provider.account("T"))
        provider.account("S")
        assert self.refusal(provider, master, T="1", S="1", X="1") == [
            "not_linked",
            "not_linked",
            "in_trusteeship",
        ]
        assert self.refusal(provider, master) == ["nothing_to_move"]

    @pytest.mark.rule("F11")
    def test_a_repeated_key_returns_the_first_result(self, provider, group):
        first = self.move(provider, group[0], key="k", G_000="5", G_001="6")
        again = self.move(provider, group[0], key="k", G_000="5", G_001="6")
        assert [one.pk for one in again] == [one.pk for one in first]
        with pytest.raises(KeyReused):
            self.move(provider, group[0], key="k", G_000="5")
