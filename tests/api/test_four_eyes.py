"""A second person: asked, previewed, approved, refused (Z7, RELIABILITY S9 to S11)."""

from decimal import Decimal

import pytest

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Role
from finance_mgmt.models import Approval, Funds
from finance_mgmt.services import people
from tests.api.door import boss, codes, numbers, said, staff, user_of

pytestmark = pytest.mark.django_db

BODY = {"member": "A", "amount": "60.00", "currency": "CNY"}
POWERS = ("share_credit", "view_finances")


@pytest.fixture
def master(provider):
    master = provider.account("M", cash_amount="10", credit_limit="500")
    member = provider.account("A")
    provider.link(master, member, mode=Mode.MANAGEMENT, grants=POWERS)
    provider.policy(four_eyes_above=Decimal(50))
    return master


def allocated() -> Decimal:
    return Funds.objects.get(account__number="A").allocated_in


@pytest.mark.rule("Z7")
def test_above_the_amount_it_waits_for_another_user_of_the_account(master):
    asker, second = user_of(master, Role.FINANCE), user_of(master)
    assert asker.post("allocations", {**BODY, "amount": "50.00"}).status_code == 201
    asked = asker.post("allocations", BODY, key="big")
    waiting = asked.json()
    assert (asked.status_code, waiting["state"], waiting["verb"]) == (
        202,
        "waiting",
        "credit.allocate",
    )
    assert waiting["arguments"] == {"master": "M", "member": "A", "amount": "60"}
    assert waiting["preview"]["would"]["changes"]["A"]["allocated_in"] == {
        "before": "50.00",
        "after": "110.00",
    }
    assert allocated() == 50
    path = f"approvals/{waiting['id']}"
    assert asker.post(f"{path}/approve").status_code == 403  # finance does not approve
    done = second.post(f"{path}/approve", {"comment": "fine"})
    assert (done.status_code, done.json()["state"], allocated()) == (200, "approved", 110)
    assert second.post(f"{path}/approve").status_code == 409
    again = asker.post("allocations", BODY, key="big")
    assert (again.status_code, again["Idempotency-Replayed"], allocated()) == (202, "true", 110)


@pytest.mark.rule("Z7")
def test_nobody_approves_their_own_not_even_under_another_name(master):
    asker = user_of(master)
    asker.user.email = "mary@example.test"
    asker.user.save()
    path = f"approvals/{asker.post('allocations', BODY).json()['id']}"
    own = asker.post(f"{path}/approve")
    assert (own.status_code, codes(own)) == (409, ["same_person"])
    twin = user_of(master)
    twin.user.email = "Mary@Example.test"
    twin.user.save()
    refused = twin.post(f"{path}/approve")
    assert (refused.status_code, codes(refused)) == (403, ["same_person"])
    assert (asker.post(f"{path}/withdraw").json()["state"], allocated()) == ("withdrawn", 0)


@pytest.mark.rule("Z7")
def test_whoever_lost_the_role_approves_nothing(master):
    asker, second = user_of(master), user_of(master)
    path = f"approvals/{asker.post('allocations', BODY).json()['id']}"
    people.appoint(account=master, user=second.user, role=Role.VIEWER, **said())
    assert second.post(f"{path}/approve").status_code == 403
    assert allocated() == 0


@pytest.mark.rule("Z7")
def test_what_somebody_asked_who_may_not_any_more_can_only_be_rejected(master):
    asker, second = user_of(master, Role.FINANCE), user_of(master)
    clerk = staff("allocate")
    paths = [
        f"approvals/{caller.post('allocations', body).json()['id']}"
        for caller, body in ((asker, BODY), (clerk, {**BODY, "master": "M"}))
    ]
    people.dismiss(account_user=asker.user.account_users.get(), **said(now()))
    clerk.user.user_permissions.clear()
    for caller, path in zip((second, boss()), paths, strict=True):
        assert codes(caller.post(f"{path}/approve")) == ["asker_lost_role"]
        assert caller.post(f"{path}/reject").json()["state"] == "rejected"
    assert allocated() == 0


@pytest.mark.rule("Z7")
def test_what_the_rules_refuse_by_then_is_failed_and_moves_nothing(master):
    asker, second = user_of(master), user_of(master)
    path = f"approvals/{asker.post('allocations', BODY).json()['id']}"
    with_limit = {"limit": "10.00", "currency": "CNY", "reason": "cut"}
    assert boss().post("accounts/M/credit-limit", with_limit).status_code == 200
    failed = second.post(f"{path}/approve").json()
    assert (failed["state"], allocated()) == ("failed", 0)


def test_what_is_refused_now_is_not_even_asked_for(master):
    refused = user_of(master).post("allocations", {**BODY, "amount": "5000.00"})
    assert (refused.status_code, codes(refused)) == (409, ["above_headroom"])
    assert not Approval.objects.exists()


@pytest.mark.rule("Z7")
def test_a_preview_says_that_a_second_person_is_needed(master):
    found = user_of(master).post("allocations/preview", BODY, key=None).json()
    assert (found["allowed"], found["needs_approval"]) == (True, True)
    assert not Approval.objects.exists()


def test_requests_of_others_are_not_seen(provider, master):
    other = provider.account("X", identity="Other Ltd")
    asked = user_of(master).post("allocations", BODY).json()
    assert numbers(user_of(master).get("approvals"), "id") == [asked["id"]]
    assert numbers(user_of(other).get("approvals"), "id") == []
    assert user_of(other).post(f"approvals/{asked['id']}/approve").status_code == 404
    checker = staff("approve", "view_approval")
    assert numbers(checker.get("approvals"), "id") == [asked["id"]]
    assert checker.post(f"approvals/{asked['id']}/reject", {"comment": "no"}).json()["state"] == (
        "rejected"
    )


@pytest.mark.rule("Z7")
def test_ending_a_relationship_counts_as_above_any_amount(master):
    caller = user_of(master)
    link = caller.get("relationships").json()["results"][0]["id"]
    assert caller.post(f"relationships/{link}/end").status_code == 202
    assert caller.get(f"relationships/{link}").json()["state"] == "active"
