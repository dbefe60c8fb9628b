"""Changes that a member must agree to: asked, confirmed, declined, by every door (L5, S2)."""

from datetime import timedelta

import pytest
from django.test import Client

from billing.services import settlement
from billing.services.settlement import SettlementRefused
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, NoticeKind, Permission
from finance_mgmt.models import Account, Approval, Notice, Relationship
from finance_mgmt.services import approvals, changes, consents, relationships
from finance_mgmt.services.changes import ChangeRefused
from tests.api.door import boss, codes, numbers, staff, user_of
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, text
from tests.finance_mgmt.command_door import address, confirm, preview, reasons

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(provider) -> Relationship:
    """Management between two legal persons; the member may move to a third."""
    master = provider.account("M", identity="Master Ltd", cash_amount="50", credit_limit="100")
    member = provider.account("A", identity="Member Ltd")
    provider.account("N", identity="Next Ltd", credit_limit="100")
    powers = (Permission.VIEW_BILLS,)
    provider.policy(invitation_days=3)
    invited = provider.link(master, member, now(), mode=Mode.MANAGEMENT, grants=powers)
    return relationships.confirm(relationship=invited, **provider.said(now()))


def masters() -> list[tuple[str, str]]:
    rows = Relationship.objects.order_by("pk")
    return [(row.master.number, row.state) for row in rows]


def test_the_same_legal_person_is_not_asked_unless_the_policy_says_so(provider):
    accounts = [provider.account(name) for name in "AB"]
    others = [provider.account("C", identity=None), provider.account("D", identity=None)]
    assert consents.is_needed(*accounts) is False
    assert consents.is_needed(*others) is True  # two who are not verified are nobody's same
    assert consents.is_needed(accounts[0], others[0]) is True
    provider.policy(auto_confirm_same_identity=False)
    assert consents.is_needed(*accounts) is True


@pytest.mark.rule("L5", "L7", "L8", "S2", "L12")
def test_no_service_does_it_without_the_consent(provider, link):
    new = provider.account("P", identity="Other Ltd", currency="USD")
    said = provider.said(now())
    with pytest.raises(ChangeRefused) as refused:
        changes.move(relationship=link, master=new, **said)
    assert [one.code for one in refused.value.reasons] == ["consent_needed", "currencies_differ"]
    with pytest.raises(ChangeRefused) as refused:
        changes.upgrade(relationship=link, **provider.said(now()))
    assert [one.code for one in refused.value.reasons] == ["consent_needed", "identities_differ"]
    with pytest.raises(SettlementRefused) as found:
        settlement.switch_unified(relationship=link, is_on=True, **provider.said(now()))
    assert [one.code for one in found.value.reasons] == ["consent_needed"]
    settlement.switch_unified(relationship=link, is_on=False, **provider.said(now()))
    assert masters() == [("M", "active")]


@pytest.mark.rule("L5", "L8", "W4")
def test_the_api_asks_the_member_who_confirms(provider, link):
    owner, former = user_of(link.member), user_of(link.master)
    mover, path = staff("move"), f"relationships/{link.pk}/move"
    shown = mover.post(f"{path}/preview", {"master": "N"}, key=None).json()
    assert (shown["allowed"], shown["would"]["needs_consent"], shown["needs_approval"]) == (
        True,
        True,
        False,
    )
    asked = mover.post(path, {"master": "N"}, key="move")
    waiting = asked.json()
    assert (asked.status_code, waiting["verb"], waiting["consent_of"], waiting["state"]) == (
        202,
        "changes.move",
        "A",
        "waiting",
    )
    row = Approval.objects.get()
    assert row.expires_at - row.asked_at == timedelta(days=3)
    told = Notice.objects.get(kind=NoticeKind.CONSENT)
    assert (told.to.number, told.facts["master"], told.facts["asks"]) == ("A", "N", "changes.move")
    assert masters() == [("M", "active")]
    assert mover.post(path, {"master": "N"}, key="move").json()["id"] == waiting["id"]
    assert Notice.objects.filter(kind=NoticeKind.CONSENT).count() == 1

    decide = f"approvals/{waiting['id']}/approve"
    assert former.post(decide).status_code == 404
    assert numbers(owner.get("approvals"), "id") == [waiting["id"]]
    assert owner.post(decide, {"comment": "as agreed"}).json()["state"] == "approved"
    assert masters() == [("M", "ended"), ("N", "active")]
    assert owner.post(decide).status_code == 409


@pytest.mark.rule("L5", "S2")
def test_the_master_switches_unified_settlement_on_when_the_member_agrees(provider, link):
    master, member = user_of(link.master), user_of(link.member)
    path = f"relationships/{link.pk}/unified-settlement"
    assert codes(member.post(path, {"is_on": True})) == ["other_end"]
    assert codes(master.post(path, {"is_on": True, "has_consented": True})) == ["other_end"]
    waiting = master.post(path, {"is_on": True}).json()["id"]
    assert codes(master.post(f"approvals/{waiting}/approve")) == ["other_end"]
    assert codes(user_of(link.master).post(f"approvals/{waiting}/reject")) == ["other_end"]
    assert member.post(f"approvals/{waiting}/reject").json()["state"] == "rejected"
    assert Relationship.objects.get().unified_settlement_from is None

    waiting = master.post(path, {"is_on": True}).json()["id"]
    assert member.post(f"approvals/{waiting}/approve").json()["state"] == "approved"
    assert Relationship.objects.get().unified_settlement_from is not None
    assert member.post(path, {"is_on": False}).status_code == 200
    assert boss().post(path, {"is_on": True, "has_consented": True}).status_code == 200


@pytest.mark.rule("L5", "L7")
def test_an_upgrade_within_one_legal_person_asks_where_the_policy_wants_an_answer(provider):
    master, member = provider.account("M", credit_limit="100"), provider.account("A")
    link = provider.link(master, member, mode=Mode.MANAGEMENT)
    provider.policy(auto_confirm_same_identity=False)
    caller, path = user_of(master), f"relationships/{link.pk}/upgrade"
    waiting = caller.post(path, {"has_acknowledged": True}).json()
    assert (waiting["consent_of"], waiting["arguments"]) == (
        "A",
        {"relationship": link.pk, "has_acknowledged": True},
    )
    assert caller.post(f"approvals/{waiting['id']}/withdraw").json()["state"] == "withdrawn"
    waiting = caller.post(path, {"has_acknowledged": True}).json()
    user_of(member).post(f"approvals/{waiting['id']}/approve")
    link.refresh_from_db()
    assert link.mode == Mode.TRUSTEESHIP


@pytest.mark.rule("L5", "L9")
def test_the_rules_are_asked_again_when_the_member_agrees(provider, link):
    waiting = staff("move").post(f"relationships/{link.pk}/move", {"master": "N"}).json()["id"]
    provider.end(link, now())
    failed = user_of(link.member).post(f"approvals/{waiting}/approve").json()
    assert (failed["state"], masters()) == ("failed", [("M", "ended")])


@pytest.mark.rule("L5", "L12")
def test_what_is_refused_now_is_not_even_asked(provider, link):
    upgraded = staff("upgrade").post(f"relationships/{link.pk}/upgrade")
    assert codes(upgraded) == ["identities_differ"]
    assert not Approval.objects.exists()


@pytest.mark.rule("L5")
def test_an_unanswered_request_expires_with_the_days_of_an_invitation(provider, link):
    staff("move").post(f"relationships/{link.pk}/move", {"master": "N"})
    assert approvals.expire(by="job", at=now() + timedelta(days=3)) == 1
    assert (Approval.objects.get().state, masters()) == ("expired", [("M", "active")])


MAY = ("finance_mgmt.view_relationship", "finance_mgmt.view_approval", "finance_mgmt.view_account")


@pytest.mark.rule("L5", "L8")
def test_the_admin_asks_the_member_for_whom_somebody_confirms(provider, link):
    target = Account.objects.get(number="N").pk
    browser, url = door(*MAY, "finance_mgmt.move"), address(link, "move")
    shown = preview(browser, url, master=target)
    assert (shown.context["is_preview"], shown.context["asks_member"]) == (True, True)
    assert "Ask the member" in shown.content.decode()
    assert confirm(browser, url, master=target).status_code == 302
    asked = Approval.objects.get()
    assert (asked.consent_of.number, masters()) == ("A", [("M", "active")])

    checker = door(*MAY, "finance_mgmt.approve")
    page = checker.get(page_url(asked)).context
    assert [str(one.label) for one in page["commands"]] == [
        "Confirm for the member",
        "Decline for the member",
    ]
    facts = {str(one.label): text(one.value) for one in panel(page["panels"], "Who and when").facts}
    assert facts["consent of"] == "A A"
    assert confirm(browser, address(asked, "confirm")).status_code == 403
    assert confirm(checker, address(asked, "confirm")).status_code == 302
    assert masters() == [("M", "ended"), ("N", "active")]


@pytest.mark.rule("L5", "L8")
def test_the_admin_moves_at_once_where_the_member_has_agreed(provider, link):
    target = Account.objects.get(number="N").pk
    url = address(link, "move")
    shown = preview(everything(), url, master=target, has_consented="on").context
    assert (shown["is_preview"], shown["asks_member"]) == (True, False)
    assert confirm(everything(), url, master=target, has_consented="on").status_code == 302
    assert (masters(), Approval.objects.count()) == ([("M", "ended"), ("N", "active")], 0)


@pytest.mark.rule("L5", "S2")
def test_the_admin_declines_for_the_member(provider, link):
    browser = door(*MAY, "finance_mgmt.settle")
    assert confirm(browser, address(link, "unified-settlement"), is_on="on").status_code == 302
    asked = Approval.objects.get()
    checker = door(*MAY, "finance_mgmt.approve")
    assert confirm(checker, address(asked, "decline"), comment="no").status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.comment) == ("rejected", "no")
    assert Relationship.objects.get().unified_settlement_from is None
    assert reasons(confirm(checker, address(asked, "confirm"), key="x")) == [("Z7", "not_waiting")]
    assert Client().get(address(asked, "confirm")).status_code == 302
