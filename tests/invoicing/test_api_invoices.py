"""Invoices through the API: who sees and issues what, and the files (I1-I6, Z5, Z6)."""

import pytest

from finance_mgmt.enums import Mode, Permission, Role, RunState
from finance_mgmt.models import Run
from invoicing.services import documents
from tests.api.door import codes, numbers, user_of
from tests.invoicing.office import JUNE_2
from tests.provider import at

MAY_2 = at("2024-05-02 08:10")


@pytest.fixture
def group(office, settings, tmp_path):
    """HQ with A in trusteeship, M and N in management (M granted it to invoice), and X outside."""
    settings.MEDIA_ROOT = tmp_path
    office.policy(payment_days=3000)
    found = {name: office.account(name, cash_amount="50", credit_limit="500") for name in "HAMNX"}
    office.link(found["H"], found["A"], at("2024-05-01"))
    for name, powers in (("M", (Permission.VIEW_BILLS, Permission.MANAGE_INVOICES)), ("N", ())):
        when = at("2024-05-01")
        office.link(found["H"], found[name], when, mode=Mode.MANAGEMENT, grants=powers)
    vm = office.product("vm")
    for account in found.values():
        office.use(account, vm, "2", MAY_2)
    office.jobs(JUNE_2)
    return found


@pytest.mark.rule("I1", "I2", "I4", "Z5")
def test_candidates_say_what_can_be_invoiced_and_why_the_rest_cannot(group):
    master = user_of(group["H"])
    found = master.get("accounts/H/invoice-candidates").json()
    assert [(one["owner"], one["product"], one["amount"]) for one in found["groups"]] == [
        ("H", "vm", "2"),
        ("A", "vm", "2"),
    ]
    assert [
        (one["member"], [reason["code"] for reason in one["reasons"]]) for one in found["members"]
    ] == [("M", []), ("N", ["not_allowed"])]
    statuses = [
        user_of(group[name]).get("accounts/H/invoice-candidates").status_code for name in "AMX"
    ]
    assert statuses == [404, 404, 404]


@pytest.mark.rule("I2", "I4", "Z5", "F11")
def test_a_master_issues_once_per_key_and_members_see_only_their_own(group):
    master = user_of(group["H"])
    body = {"month": "2024-05", "combined": True}
    preview = master.post("invoices/preview", body).json()
    assert (preview["allowed"], preview["would"]["result"]["total"]) == (True, "4.00")
    first, again = (master.post("invoices", body, key="one") for _ in range(2))
    assert (first.status_code, first.json()["number"]) == (201, "INV-000001")
    assert again.json() == first.json()
    assert codes(master.post("invoices", {**body, "members": ["N"], "combined": False})) == [
        "not_allowed"
    ]
    assert master.post("invoices", {"month": "2024-05", "members": ["M"]}).status_code == 201
    seen = {name: numbers(user_of(group[name]).get("invoices")) for name in "HAMNX"}
    assert seen == {
        "H": ["INV-000002", "INV-000001"],
        "A": [],
        "M": ["INV-000002"],
        "N": [],
        "X": [],
    }
    assert codes(user_of(group["M"]).post("credit-notes", {"invoice": "INV-000002"})) == [
        "not_yours"
    ]
    note = master.post("credit-notes", {"invoice": "INV-000002", "amount": "0.50"})
    assert (note.status_code, note.json()["total"]) == (201, "0.50")
    viewer = user_of(group["H"], Role.VIEWER)
    assert viewer.post("invoices", body).status_code == 403


@pytest.mark.rule("I6")
def test_files_are_sent_or_made_by_a_worker(shop, china, monkeypatch):
    master = user_of(china[0])
    number = shop.issue(*china).number
    sent = master.get(f"invoices/{number}/pdf", {"language": "zh-hans"})
    assert (sent.status_code, sent["Content-Type"], sent.getvalue()[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    monkeypatch.setattr(documents, "LARGE", 0)
    kept = master.get(f"invoices/{number}/pdf", {"language": "zh-hans"})
    assert kept.getvalue()[:5] == b"%PDF-"
    waits = master.get(f"invoices/{number}/pdf", {"language": "en"})
    assert (waits.status_code, waits.json()) == (202, {"state": "queued"})
    Run.objects.filter(kind="document").update(state=RunState.FAILED)
    failed = master.get(f"invoices/{number}/pdf", {"language": "en"})
    assert (failed.status_code, codes(failed)) == (409, ["document_failed"])
    assert codes(master.get(f"invoices/{number}/pdf", {"language": "fr"})) == ["unknown_value"]
    assert user_of(china[1]).get(f"invoices/{number}/pdf").status_code == 404
