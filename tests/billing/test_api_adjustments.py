"""Manual lines on open bills through the API (B2, B4)."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from billing.models import Charge
from finance_mgmt import periods, queries
from finance_mgmt.clock import now
from tests.api.door import boss, codes, numbers, problem, staff, user_of

pytestmark = pytest.mark.django_db

BODY = {"account": "A", "amount": "-12.505", "currency": "CNY", "reason": "outage of 7 May"}


@pytest.fixture
def group(provider):
    master = provider.account("M", credit_limit="500", cash_amount="100")
    member = provider.account("A")
    provider.link(master, member)
    return master, member


def open_month() -> date:
    policy = queries.policy()
    return periods.month_of(now() - policy.close_after, policy.zone)


def lines() -> list[tuple]:
    rows = Charge.objects.order_by("id")
    return list(rows.values_list("owner__number", "payer__number", "payable_amount", "reason"))


@pytest.mark.rule("B2", "B3", "B4")
def test_a_line_is_on_the_masters_open_bill_with_every_digit(group):
    answer = boss().post("adjustments", BODY)
    row = answer.json()
    assert (answer.status_code, row) == (
        201,
        {
            "id": Charge.objects.get().pk,
            "kind": "adjustment",
            "owner": "A",
            "payer": "M",
            "product": None,
            "resource": "",
            "period_start": row["period_start"],
            "period_end": row["period_start"],
            "billing_month": f"{open_month():%Y-%m-%d}",
            "quantity": "1",
            "unit_price": None,
            "list_amount": "-12.505",
            "covered_amount": "0",
            "discount_amount": "0",
            "voucher_amount": "0",
            "payable_amount": "-12.505",
            "currency": "CNY",
            "order": None,
            "is_late": False,
            "reason": "outage of 7 May",
        },
    )
    assert lines() == [("A", "M", Decimal("-12.505"), "outage of 7 May")]


@pytest.mark.rule("L12", "B2")
def test_a_preview_shows_the_payers_figures_and_writes_nothing(group):
    found = boss().post("adjustments/preview", BODY, key=None).json()
    assert (found["allowed"], found["needs_approval"], found["would"]["changes"]) == (
        True,
        False,
        {
            "M": {
                "available": {"before": "600.00", "after": "612.505"},
                "unsettled": {"before": "0.00", "after": "-12.505"},
            },
        },
    )
    assert found["would"]["result"]["payable_amount"] == "-12.505"
    assert lines() == []


@pytest.mark.rule("F11")
def test_a_repeated_key_makes_one_line(group):
    caller = boss()
    first, again = (caller.post("adjustments", BODY, key="k") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert len(lines()) == 1
    other = caller.post("adjustments", {**BODY, "amount": "1.00"}, key="k")
    assert (other.status_code, codes(other)) == (422, ["key_reused"])
    assert len(lines()) == 1


@pytest.mark.rule("B2")
@pytest.mark.parametrize("amount", ["0", "0.00", "1" + "0" * 15])
def test_what_no_bill_could_hold_is_refused(amount, group):
    body = {**BODY, "amount": amount}
    refused = boss().post("adjustments", body)
    assert (refused.status_code, codes(refused)) == (409, ["bad_amount"])
    assert problem(refused)["errors"][0]["rule"] == "B2"
    asked = boss().post("adjustments/preview", body, key=None).json()
    assert (asked["allowed"], [one["code"] for one in asked["reasons"]]) == (False, ["bad_amount"])
    assert lines() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"currency": "USD"}, [("currency", "currency_differs")]),
        ({"amount": "ten"}, [("amount", "not_an_amount")]),
        ({"amount": "1e400"}, [("amount", "not_an_amount")]),
        ({"reason": ""}, [("reason", "blank")]),
        ({"reason": "  "}, [("reason", "blank")]),
        ({"reason": None}, [("reason", "null")]),
        ({"account": "nobody"}, [("account", "unknown")]),
    ],
)
def test_a_malformed_body_is_told_which_field(changes, expected, group):
    answer = boss().post("adjustments", {**BODY, **changes})
    found = [(one["pointer"].removeprefix("/"), one["code"]) for one in problem(answer)["errors"]]
    assert (answer.status_code, found) == (422, expected)
    assert lines() == []


@pytest.mark.rule("Z6")
def test_only_staff_with_this_permission_put_lines(group):
    master, member = group
    others = (staff("settle", "top_up", "refund"), user_of(master), user_of(member))
    for caller in others:
        for path in ("adjustments", "adjustments/preview"):
            assert caller.post(path, BODY).status_code == 403
    assert lines() == []
    assert staff("adjust").post("adjustments", BODY).status_code == 201


@pytest.mark.rule("B4", "Z5")
def test_lines_are_listed_for_whoever_sees_the_bill(group):
    master, member = group
    caller = boss()
    made = [caller.post("adjustments", {**BODY, "account": name}).json() for name in ("A", "M")]
    assert caller.get("adjustments").json()["results"] == made[::-1]
    assert caller.get(f"adjustments/{made[0]['id']}").json() == made[0]
    assert numbers(caller.get("adjustments", {"owner": "A"}), "id") == [made[0]["id"]]
    assert numbers(user_of(master).get("adjustments"), "id") == [one["id"] for one in made[::-1]]
    assert numbers(user_of(member).get("adjustments"), "id") == []
    assert user_of(member).get(f"adjustments/{made[0]['id']}").status_code == 404
    assert staff("adjust").get("adjustments").status_code == 403


def test_a_page_of_adjustments_is_read_from_an_index_of_their_own(provider):
    """There are few among many charges: without it a page reads them all."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # what a nearly empty table would choose
            cursor.execute(f"SET LOCAL enable_{way} = off")
    page = Charge.objects.filter(kind="adjustment").order_by("-id")[:101]
    assert re.findall(r"using (\w+) on", page.explain()) == ["adjustments_in_order"]
