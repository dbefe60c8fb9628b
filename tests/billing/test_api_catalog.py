"""Products, prices, discounts, vouchers, coupons, commitments through the API (P, D, V, K)."""

import pytest

from billing.models import Price
from finance_mgmt.enums import Role
from tests.api.door import boss, codes, numbers, user_of

pytestmark = pytest.mark.django_db

PRODUCT = {
    "code": "vm",
    "name": "Machine",
    "family": "Compute",
    "cycle": "hour",
    "unit": "hour",
    "unit_price": "0.12",
    "effective_from": "2024-01-01T00:00:00+08:00",
}


@pytest.mark.rule("P1")
def test_a_product_is_sold_at_dated_prices():
    staff = boss()
    made = staff.post("products", PRODUCT)
    assert (made.status_code, made.json()["family"], made.json()["cycle"]) == (
        201,
        "compute",
        "hour",
    )
    steps = {"product": "vm", "unit_price": "0.10", "steps": [["100", "0.08"], ["500", "0.05"]]}
    price = staff.post("prices", steps).json()
    assert (price["unit_price"], price["tiers"]) == ("0.1", [["100", "0.08"], ["500", "0.05"]])
    assert numbers(staff.get("prices", {"product": "vm", "ordering": "id"}), "unit_price") == [
        "0.12",
        "0.1",
    ]
    past = staff.post("prices", {**steps, "effective_from": "2024-05-01T00:00:00Z"})
    assert codes(past) == ["dated_in_the_past"]
    assert codes(staff.post("prices", {"product": "vm", "unit_price": "-1"})) == ["negative_price"]
    falling = staff.post("prices", {**steps, "steps": [["5", "1"], ["4", "1"]]})
    assert codes(falling) == ["bad_steps"]
    assert staff.post("prices", {**steps, "steps": [["5"]]}).status_code == 422
    assert staff.post("prices", {**steps, "product": "none"}).status_code == 422
    assert Price.objects.count() == 2


def test_the_same_product_twice_is_the_same_product():
    staff = boss()
    staff.post("products", PRODUCT)
    again = staff.post("products", {**PRODUCT, "name": "Another"})
    assert (again.status_code, again.json()["name"]) == (201, "Machine")
    assert numbers(staff.get("products"), "code") == ["vm"]


@pytest.mark.rule("D1")
def test_a_contract_price_is_a_rate_or_a_price(provider):
    provider.product("vm")
    provider.account("M")
    staff = boss()
    made = staff.post("discounts", {"owner": "M", "rate": "0.8", "product": "vm"}).json()
    assert (made["owner"], made["rate"], made["product"], made["family"]) == (
        "M",
        "0.8",
        "vm",
        None,
    )
    assert codes(staff.post("discounts", {"owner": "M"})) == ["rate_or_price"]
    assert codes(staff.post("discounts", {"owner": "M", "rate": "1.5"})) == ["bad_rate"]
    assert staff.post("discounts", {"owner": "X", "rate": "0.5"}).status_code == 422


@pytest.mark.rule("V1", "V3")
def test_a_voucher_is_issued_by_staff_and_shared_by_its_owner(provider):
    provider.product("vm")
    owner, member = provider.account("M", credit_limit="100"), provider.account("A")
    provider.link(owner, member)
    body = {"code": "V", "owner": "M", "face_value": "200.005", "products": ["vm"]}
    made = boss().post("vouchers", body).json()
    assert (made["remaining"], made["products"], made["share"]) == (
        "200.005",
        ["vm"],
        "all_trusteeship_members",
    )
    assert codes(boss().post("vouchers", body)) == ["code_taken"]
    caller = user_of(owner, Role.FINANCE)
    listed = caller.post("vouchers/V/share", {"share": "listed_members", "members": ["A"]})
    assert (listed.status_code, listed.json()["members"]) == (200, ["A"])
    assert codes(caller.post("vouchers/V/share", {"share": "private", "members": ["A"]})) == [
        "bad_share"
    ]
    assert user_of(member).get("vouchers/V").status_code == 404


@pytest.mark.rule("V5")
def test_a_coupon_names_the_order_that_used_it(provider):
    owner = provider.account("M", cash_amount="100")
    provider.product("vm")
    staff = boss()
    made = staff.post("coupons", {"code": "C", "owner": "M", "amount": "10.00"}).json()
    assert (made["amount"], made["used_by"]) == ("10.00", None)
    order = {"number": "O-1", "account": "M", "product": "vm", "list_amount": "30.00"}
    paid = staff.post("orders", {**order, "currency": "CNY"}).json()
    assert (paid["coupon"], paid["coupon_amount"], paid["payable_amount"]) == (
        "C",
        "10.00",
        "20.00",
    )
    assert numbers(user_of(owner).get("coupons"), "used_by") == ["O-1"]


@pytest.mark.rule("K1", "K2")
def test_a_commitment_is_shared_by_its_owner(provider):
    owner = provider.account("M", credit_limit="100")
    provider.product("vm", family="compute")
    staff = boss()
    body = {"code": "RI", "owner": "M", "kind": "reserved_instance", "quantity": "2"}
    assert codes(staff.post("commitments", body)) == ["product_missing"]
    made = staff.post("commitments", {**body, "product": "vm"}).json()
    assert (made["quantity"], made["is_shared"]) == ("2", False)
    plan = {"code": "SP", "owner": "M", "kind": "savings_plan", "families": ["compute"]}
    assert (
        staff.post("commitments", {**plan, "commit_amount": "1", "rate": "0.7"}).status_code == 201
    )
    assert codes(staff.post("commitments", {**plan, "code": "S2", "rate": "0.7"})) == [
        "spend_missing"
    ]
    shared = user_of(owner).post("commitments/RI/share", {"is_shared": True})
    assert (shared.status_code, shared.json()["is_shared"]) == (200, True)
