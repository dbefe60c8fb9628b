"""Money between accounts through the API: each command done and refused (F6-F9)."""

import pytest

from finance_mgmt.enums import Mode, Role
from tests.api.door import boss, codes, problem, user_of

pytestmark = pytest.mark.django_db

POWERS = ("share_credit", "view_finances")
MONEY = {"amount": "30.00", "currency": "CNY"}


@pytest.fixture
def master(provider):
    master = provider.account("M", cash_amount="100", credit_limit="500")
    provider.link(master, provider.account("A"), mode=Mode.MANAGEMENT, grants=POWERS)
    return user_of(master, Role.FINANCE)


def figures(caller, number: str) -> dict[str, str]:
    rows = caller.get(f"accounts/{number}/funds").json()["figures"]
    return {row["name"]: row["amount"] for row in rows if row["amount"] != "0.00"}


@pytest.mark.rule("F6")
def test_credit_is_allocated_and_reclaimed(master):
    body = {**MONEY, "member": "A"}
    made = master.post("allocations", {**body, "reason": "May"}).json()
    assert (made["kind"], made["from_account"], made["to_account"], made["reason"]) == (
        "allocation",
        "M",
        "A",
        "May",
    )
    assert figures(master, "A")["allocated_in"] == "30.00"
    asked = master.post("reclaims/preview", {**body, "amount": "31.00"}, key=None).json()
    assert (asked["allowed"], asked["reasons"][0]["facts"]["most"]) == (False, "30.00")
    assert master.post("reclaims", body).status_code == 201
    assert figures(master, "A") == {}
    assert codes(master.post("reclaims", body)) == ["above_unused"]


@pytest.mark.rule("F7")
def test_cash_is_transferred_and_taken_back(master):
    body = {**MONEY, "member": "A"}
    assert master.post("transfers", body).status_code == 201
    assert figures(master, "A")["transferred_in"] == "30.00"
    assert codes(master.post("transfers", {**body, "amount": "70.01"})) == ["above_free_cash"]
    assert master.post("take-backs", body).status_code == 201
    assert codes(master.post("take-backs", body)) == ["above_transferred"]
    assert figures(master, "M")["cash"] == "100.00"


@pytest.mark.rule("F8")
def test_nothing_is_allocated_in_trusteeship(provider):
    master = provider.account("M", cash_amount="100", credit_limit="500")
    provider.link(master, provider.account("A"))
    caller = user_of(master)
    body = {**MONEY, "member": "A"}
    for path in ("allocations", "transfers", "take-backs", "reclaims"):
        assert codes(caller.post(path, body))[0] == "in_trusteeship"


@pytest.mark.rule("F9")
def test_a_withdrawal_is_forbidden_by_the_master(provider):
    master, member = provider.account("M"), provider.account("A", cash_amount="50")
    grants = ("forbid_withdrawal",)
    provider.link(master, member, mode=Mode.MANAGEMENT, grants=grants)
    refused = user_of(member).post("withdrawals", MONEY)
    assert codes(refused) == ["withdrawal_forbidden"]
    assert problem(refused)["errors"][0]["mend"] == "the master"


@pytest.mark.rule("F6")
def test_staff_set_a_credit_line_and_see_what_moved(provider):
    provider.account("M")
    staff, path = boss(), "accounts/M/credit-limit"
    body = {"limit": "500.00", "currency": "CNY", "reason": "contract"}
    asked = staff.post(f"{path}/preview", body, key=None).json()
    assert asked["would"]["changes"]["M"]["credit_limit"] == {"before": "0.00", "after": "500.00"}
    assert staff.post(path, body).json()["movement"]["amount"] == "500.00"
    assert staff.post(path, body).json() == {"movement": None}
    assert codes(staff.post(path, {**body, "currency": "USD"})) == ["currency_differs"]
    assert codes(staff.post(path, {**body, "limit": "-1"})) == ["amount_not_positive"]
    assert staff.post("accounts/nowhere/credit-limit", body).status_code == 404


@pytest.mark.rule("F1", "F2", "F3", "F4")
def test_every_figure_of_the_funds_has_its_formula(master):
    found = master.get("accounts/M/funds").json()
    assert (found["account"], found["currency"], found["is_own_line_frozen"]) == ("M", "CNY", False)
    formulas = {row["name"]: (row["rule"], row["formula"]) for row in found["figures"]}
    assert formulas["available"] == ("F3", "cash + effective_limit - used - unsettled")
    assert {rule for rule, _ in formulas.values()} == {"F1", "F2", "F3", "F4", "F5"}
    assert [name for name, (_, formula) in formulas.items() if not formula] == []


@pytest.mark.rule("L13", "C1")
def test_terms_are_told_for_any_instant(provider):
    master, member = provider.account("M", credit_limit="500"), provider.account("A")
    provider.link(master, member)
    caller = user_of(member)
    now = caller.get("accounts/A/terms").json()
    before = caller.get("accounts/A/terms", {"at": "2019-05-01T00:00:00+08:00"}).json()
    assert (now["payer"], now["is_own_credit_dormant"], now["mode"]) == ("M", True, "trusteeship")
    assert (before["payer"], before["mode"]) == ("A", None)
    # the master sees the terms while it is the master
    assert user_of(master).get("accounts/A/terms").status_code == 200
    old = user_of(master).get("accounts/A/terms", {"at": "2019-05-01T00:00:00+08:00"})
    assert old.status_code == 404
    for odd in ("yesterday", "2024-05-01"):
        assert caller.get("accounts/A/terms", {"at": odd}).status_code == 422
