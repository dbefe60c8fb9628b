"""Refusals and previews tell nobody what they may not see (Z6, L12)."""

import json

import pytest

from tests.api.door import boss, problem, user_of
from tests.provider import at

pytestmark = pytest.mark.django_db


def reasons(found: dict) -> dict[str, dict]:
    return {one["code"]: one for one in found}


@pytest.fixture
def poor(provider):
    """Somebody with debts, an unpaid order and another invitation."""
    product = provider.product("vm")
    poor = provider.account("P", identity="Poor Ltd", cash_amount="7")
    rival = provider.account("RIVAL", identity="Rival Ltd")
    user_of(rival).post("relationships", {"member": "P", "mode": "management"})
    provider.use(poor, product, "1000", at("2024-05-10 10:00"))
    provider.jobs(at("2024-06-02 09:00"))
    whole = boss()
    order = {"number": "O-1", "account": "P", "product": "vm", "list_amount": "5.00"}
    whole.post("orders", {**order, "currency": "CNY", "is_paid": False})
    return poor


@pytest.mark.rule("L12", "Z6")
def test_who_invites_a_stranger_does_not_read_its_funds(provider, poor):
    master = provider.account("M", identity="Poor Ltd", credit_limit="100")
    body = {"member": "P", "mode": "trusteeship"}
    asked = user_of(master).post("relationships/preview", body, key=None).json()
    refused = problem(user_of(master).post("relationships", body))
    whole = problem(boss().post("relationships", {**body, "master": "M"}))
    for found in (asked["reasons"], refused["errors"]):
        assert set(reasons(found)) == set(reasons(whole["errors"]))
        text = json.dumps(found)
        for secret in ("993", "O-1", "RIVAL", "2024-05"):
            assert secret not in text
    told = reasons(refused["errors"])["member_funds_too_low"]
    assert (told["rule"], told["detail"], told["facts"]) == (
        "L3",
        "The member's available funds are too low.",
        {},
    )
    for known in ("-993.00", "O-1", "RIVAL", "2024-05"):
        assert known in json.dumps(whole)


@pytest.mark.rule("F4", "Z6")
def test_a_trusteeship_member_does_not_read_its_masters_headroom(provider):
    provider.product("vm")
    master = provider.account("M", credit_limit="123.45")
    member = provider.account("A")
    provider.link(master, member)
    order = {"number": "O-1", "account": "A", "product": "vm", "list_amount": "500.00"}
    boss().post("orders", {**order, "currency": "CNY", "is_paid": False})
    theirs = problem(user_of(member).post("orders/O-1/pay"))
    own = problem(user_of(master).post("orders/O-1/pay"))
    assert (theirs["detail"], theirs["errors"][0]["facts"]) == (
        "The payer's headroom is too low for this order.",
        {},
    )
    assert own["errors"][0]["facts"] == {"payable": "500.00", "most": "123.45", "payer": "M"}


@pytest.mark.rule("L12")
def test_a_preview_shows_figures_and_belongings_of_the_visible_only(provider):
    master = provider.account("M", credit_limit="100")
    member = provider.account("A", cash_amount="777.77")
    provider.link(master, member, mode="management")
    boss().post("vouchers", {"code": "V-1", "owner": "A", "face_value": "5.00"})
    link = user_of(master).get("relationships").json()["results"][0]["id"]
    path, body = f"relationships/{link}/upgrade/preview", {"has_acknowledged": True}
    theirs = user_of(master).post(path, body, key=None).json()
    whole = boss().post(path, body, key=None).json()
    assert (theirs["allowed"], whole["allowed"]) == (True, True)
    text = json.dumps(theirs)
    assert "777.77" not in text
    assert "V-1" not in text
    assert theirs["would"]["changes"]["A"]["payer"] == {"before": "A", "after": "M"}
    assert [one["voucher"] for one in whole["would"]["vouchers_frozen"]] == ["V-1"]


def test_who_at_the_other_end_decided_is_not_told(provider):
    master = provider.account("M", cash_amount="50")
    member = provider.account("A")
    provider.link(master, member, mode="management")
    asker = user_of(master)
    asker.post("transfers", {"member": "A", "amount": "5.00", "currency": "CNY"})
    callers = (asker, user_of(member), boss())
    seen = [caller.get("movements").json()["results"][0]["by"] for caller in callers]
    assert seen == [asker.user.username, "", asker.user.username]
