"""Orders and resources through the API: each command done and refused (O, R)."""

from decimal import Decimal

import pytest

from billing.models import Order, Refund
from finance_mgmt.enums import Role
from tests.api.door import boss, codes, problem, user_of

pytestmark = pytest.mark.django_db

ORDER = {
    "number": "O-1",
    "account": "A",
    "product": "vm",
    "list_amount": "120.00",
    "currency": "CNY",
    "months": 12,
}


@pytest.fixture
def group(provider):
    provider.product("vm")
    master = provider.account("M", credit_limit="500")
    member = provider.account("A", cash_amount="10")
    provider.link(master, member)
    return user_of(master, Role.FINANCE), user_of(member, Role.FINANCE)


@pytest.mark.rule("O1", "O2")
def test_staff_place_and_the_member_pays_with_its_masters_credit(group):
    master, member = group
    waiting = boss().post("orders", {**ORDER, "is_paid": False})
    assert (waiting.status_code, waiting.json()["status"]) == (201, "pending")
    asked = member.post("orders/O-1/pay/preview", key=None).json()
    assert (asked["allowed"], asked["would"]["result"]["from_credit"]) == (True, "120.00")
    paid = member.post("orders/O-1/pay").json()
    assert (paid["status"], paid["payer"], paid["from_credit"], paid["from_cash"]) == (
        "paid",
        "M",
        "120.00",
        "0.00",
    )
    assert codes(master.post("orders/O-1/pay")) == ["not_pending"]
    assert codes(boss().post("orders", ORDER)) == ["number_taken", "resource_exists"]


@pytest.mark.rule("O1", "F4")
def test_an_order_that_does_not_fit_leaves_nothing_behind(group):
    refused = boss().post("orders", {**ORDER, "list_amount": "500.01"})
    assert (refused.status_code, codes(refused)) == (409, ["funds_too_low"])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"currency": "USD"}, (422, "currency_differs")),
        ({"list_amount": "-1"}, (409, "amount_negative")),
        ({"list_amount": "NaN"}, (422, "not_an_amount")),
        ({"list_amount": "99999999999999999999"}, (409, "bad_amount")),
        ({"months": 0}, (422, "min_value")),
        ({"months": "1.5"}, (422, "invalid")),
        ({"account": "nowhere"}, (422, "unknown")),
        ({"product": "nothing"}, (422, "does_not_exist")),
        ({"number": "a/b"}, (422, "invalid")),
        ({"kind": "renew"}, (409, "no_such_resource")),
        ({"kind": "downgrade"}, (422, "invalid_choice")),
    ],
)
def test_orders_that_make_no_sense(group, changes, expected):
    refused = boss().post("orders", {**ORDER, **changes})
    assert (refused.status_code, codes(refused)[0]) == expected
    assert not Order.objects.exists()


@pytest.mark.rule("O3")
def test_staff_override_a_price_but_never_in_trusteeship(provider, group):
    provider.account("B", cash_amount="500")
    for number, account in (("O-A", "A"), ("O-B", "B")):
        boss().post("orders", {**ORDER, "number": number, "account": account, "is_paid": False})
    body = {"amount": "100.00", "currency": "CNY"}
    assert codes(boss().post("orders/O-A/override-price", body)) == ["in_trusteeship"]
    done = boss().post("orders/O-B/override-price", body).json()
    assert (done["override_amount"], done["status"]) == ("100.00", "pending")
    up = boss().post("orders/O-B/override-price", {**body, "amount": "500.00"})
    assert codes(up) == ["above_list_amount"]


@pytest.mark.rule("O4", "R2")
def test_customers_refund_the_whole_unused_part_and_staff_any_of_it(provider):
    owner = user_of(provider.account("B", cash_amount="240"))
    provider.product("vm")
    for number in ("O-1", "O-2"):
        boss().post("orders", {**ORDER, "number": number, "account": "B"})
    part = owner.post("orders/O-1/refund", {"amount": "100.00"})
    assert (part.status_code, codes(part)) == (403, ["whole_only"])
    asked = owner.post("orders/O-1/refund/preview", key=None).json()
    done = owner.post("orders/O-1/refund").json()
    assert (done["status"], asked["would"]["result"]["refunded_amount"]) == (
        "refunded",
        done["refunded_amount"],
    )
    assert 119 <= Decimal(done["refunded_amount"]) <= 120
    assert codes(owner.post("orders/O-1/refund")) == ["nothing_unused"]
    staff = boss().post("orders/O-2/refund", {"amount": "20.00"}).json()
    assert (staff["status"], staff["refunded_amount"]) == ("partly refunded", "20.00")
    for wrong in ("-1", "0", "0.001", "1000.00"):
        refused = boss().post("orders/O-2/refund", {"amount": wrong})
        assert refused.status_code in (409, 422)
    assert (
        boss().post("orders/O-2/downgrade", {"amount": "5.00"}).json()["refunded_amount"] == "25.00"
    )
    assert Refund.objects.count() == 3


def test_a_pending_order_is_cancelled_once(group):
    boss().post("orders", {**ORDER, "is_paid": False})
    assert group[1].post("orders/O-1/cancel").json()["status"] == "cancelled"
    refused = group[1].post("orders/O-1/cancel")
    assert (refused.status_code, problem(refused)["errors"][0]["rule"]) == (409, "O1")


@pytest.mark.rule("R1", "Z5")
def test_a_resource_is_started_by_its_owner_and_released_by_its_master(provider):
    provider.product("vm")
    master = provider.account("M", credit_limit="500")
    member = provider.account("A")
    provider.link(master, member)
    body = {"code": "vm-1", "product": "vm"}
    made = user_of(member).post("resources", body).json()
    assert (made["account"], made["kind"], made["status"]) == ("A", "postpaid", "running")
    assert codes(user_of(member).post("resources", body)) == ["code_in_use"]
    assert user_of(master).post("resources", {**body, "account": "A"}).status_code == 422
    path = f"resources/{made['id']}/release"
    assert user_of(master).post(path).json()["status"] == "released"
    assert codes(user_of(member).post(path)) == ["released"]
