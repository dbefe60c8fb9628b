"""Bills, their lines, charges that explain themselves, and settling through the API (B, S)."""

from decimal import Decimal

import pytest

from finance_mgmt.enums import Mode, Role
from tests.api.door import boss, codes, numbers, user_of
from tests.provider import at

pytestmark = pytest.mark.django_db

USED = at("2024-05-10 10:30")
BILLED = at("2024-06-02 09:00")


@pytest.fixture
def group(provider):
    provider.policy(payment_days=5000)
    product = provider.product("vm", unit_price="0.333333")
    master = provider.account("M", credit_limit="500")
    members = [provider.account(name) for name in ("A", "B")]
    for member in members:
        provider.link(master, member)
    for owner in (master, *members):
        for hour in range(3):
            provider.use(owner, product, "10", provider.after(USED, hours=hour), resource="r")
    provider.discount(master, rate="0.9")
    provider.jobs(BILLED)
    return user_of(master, Role.FINANCE), user_of(members[0])


@pytest.mark.rule("B3", "B4")
def test_a_bill_its_owners_and_its_lines_tell_one_story(group):
    master, member = group
    bill = master.get("bills").json()["results"][0]
    assert (bill["payer"], bill["month"], bill["charge_count"], bill["status"]) == (
        "M",
        "2024-05-01",
        9,
        "outstanding",
    )
    owners = master.get(f"bills/{bill['id']}/owners").json()
    assert [(one["owner"], one["lines"]) for one in owners["results"]] == [
        ("A", 3),
        ("B", 3),
        ("M", 3),
    ]
    lines = master.get(f"bills/{bill['id']}/lines", {"page_size": 200}).json()["results"]
    sums = [
        sum(Decimal(one["payable_amount"]) for one in rows) for rows in (lines, owners["results"])
    ]
    assert sums == [Decimal(bill["total"]) + Decimal(bill["round_off"])] * 2
    assert sums[0] == Decimal("26.999973")
    assert (bill["total"], bill["round_off"]) == ("26.99", "0.009973")
    own = master.get(f"bills/{bill['id']}/lines", {"owner": "A"}).json()["results"]
    assert {one["owner"] for one in own} == {"A"}
    assert numbers(member.get("bills"), "id") == []
    assert member.get(f"bills/{bill['id']}/lines").status_code == 404


def test_owners_come_in_pages(group):
    master, _ = group
    path = f"bills/{master.get('bills').json()['results'][0]['id']}/owners"
    first = master.get(path, {"page_size": 2}).json()
    assert ([one["owner"] for one in first["results"]], first["next"]) == (["A", "B"], "B")
    second = master.get(path, {"page_size": 2, "after": "B"}).json()
    assert ([one["owner"] for one in second["results"]], second["next"]) == (["M"], None)
    assert master.get(path, {"page_size": 0}).status_code == 400
    assert master.get(path, {"owner": "A"}).status_code == 400
    assert master.get(path.replace("owners", "lines"), {"ordering": "id"}).status_code == 400


@pytest.mark.rule("B1", "K4")
def test_a_charge_explains_itself(provider):
    product = provider.product("vm", unit_price="2")
    master = provider.account("M", credit_limit="500")
    member = provider.account("A")
    provider.link(master, member)
    staff = boss()
    staff.post(
        "vouchers",
        {"code": "V", "owner": "M", "face_value": "5.00", "valid_from": "2024-01-01T00:00:00Z"},
    )
    private = {"share": "private", "valid_from": "2024-01-01T00:00:00Z"}
    staff.post("vouchers", {"code": "P", "owner": "M", "face_value": "5.00", **private})
    provider.use(member, product, "4", USED)
    provider.jobs(BILLED)
    caller = user_of(master)
    row = caller.get("charges").json()["results"][0]
    page = caller.get(f"charges/{row['id']}").json()
    assert (page["owner"], page["payer"], page["list_amount"], page["voucher_amount"]) == (
        "A",
        "M",
        "8",
        "5",
    )
    assert page["vouchers"] == [{"voucher": "V", "amount": "5"}]
    tried = {one["voucher"]: one["refused"] for one in page["explanation"]["vouchers"]}
    assert tried == {"V": "", "P": "not_shared_with_the_owner"}
    assert (page["coverage"], page["relationship"] is None) == ([], False)


@pytest.mark.rule("S1")
def test_a_bill_is_settled_from_cash(group):
    master, _ = group
    assert codes(master.post("settlements")) == ["cash_too_low"]
    boss().post("top-ups", {"account": "M", "amount": "20.00", "currency": "CNY"})
    part = master.post("settlements", {"amount": "5.00", "month": "2024-05"})
    assert (part.status_code, [one["amount"] for one in part.json()]) == (201, ["5.00"])
    asked = master.post("settlements/preview", key=None).json()
    rest = master.post("settlements").json()
    assert [one["amount"] for one in rest] == [one["amount"] for one in asked["would"]["result"]]
    assert (rest[0]["kind"], rest[0]["payer"], rest[0]["paid_by"]) == ("own", "M", "M")
    assert numbers(master.get("bills"), "outstanding") == ["6.99"]
    assert codes(master.post("settlements", {"amount": "100.00"})) == [
        "above_outstanding",
        "cash_too_low",
    ]
    for body in ({"month": "2024-13"}, {"month": "May"}, {"amount": "0"}, {"amount": "1.001"}):
        assert master.post("settlements", body).status_code == 422
    assert codes(master.post("settlements", {"month": "2024-04"})) == ["nothing_outstanding"]


@pytest.mark.rule("S2")
def test_unified_settlement_pays_a_members_bill_with_the_masters_cash(provider):
    provider.policy(payment_days=5000)
    product = provider.product("vm", unit_price="1")
    master = provider.account("M", cash_amount="50")
    member = provider.account("A", credit_limit="100")
    grants = ("view_bills",)
    link = provider.link(master, member, mode=Mode.MANAGEMENT, grants=grants)
    provider.use(member, product, "8", USED)
    provider.jobs(BILLED)
    caller, path = user_of(master), f"relationships/{link.pk}/unified-settlement"
    body = {"member": "A"}
    assert codes(caller.post("settlements/for-member", body)) == ["unified_settlement_off"]
    assert caller.post(path, {"is_on": True}).json()["unified_settlement_from"] is not None
    paid = caller.post("settlements/for-member", body).json()
    assert [(one["amount"], one["kind"], one["paid_by"], one["payer"]) for one in paid] == [
        ("8.00", "unified", "M", "A")
    ]
    assert numbers(caller.get("bills", {"payer": "A"}), "status") == ["settled"]
    assert user_of(member).post(path, {"is_on": False}).json()["unified_settlement_from"] is None
    stranger = user_of(provider.account("X"))
    assert stranger.post("settlements/for-member", body).status_code == 422
