"""Relationships, powers and caps through the API: each command done and refused (L, Z, F12)."""

from datetime import timedelta

import pytest

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Role
from finance_mgmt.models import Account, Grant, Relationship
from tests.api.door import boss, codes, person, problem, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ends(provider):
    """A master and a member of two legal persons: the member has to consent."""
    master = provider.account("M", identity="Master Ltd", cash_amount="100", credit_limit="500")
    return master, provider.account("A", identity="Member Ltd", cash_amount="20")


def states() -> list[str]:
    return list(Relationship.objects.order_by("pk").values_list("state", flat=True))


def invite(master: Account, **more) -> dict:
    body = {"member": "A", "mode": "management", "grants": ["view_bills"], **more}
    answer = user_of(master).post("relationships", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.rule("L5", "L6")
def test_the_master_invites_and_the_member_confirms(ends):
    master, member = ends
    link = invite(master)
    assert (link["state"], link["proposed_grants"], link["effective_from"]) == (
        "invited",
        ["view_bills"],
        None,
    )
    path = f"relationships/{link['id']}/confirm"
    other = user_of(member).post(path, {"grants": ["view_finances"]})
    assert (other.status_code, codes(other)) == (409, ["grants_differ"])
    asked = user_of(member).post(f"{path}/preview", {"grants": ["view_bills"]}, key=None).json()
    assert (asked["allowed"], asked["would"]["result"]["state"], states()) == (
        True,
        "active",
        ["invited"],
    )
    done = user_of(member).post(path, {"grants": ["view_bills"]})
    assert (done.status_code, done.json()["state"]) == (200, "active")
    assert Grant.objects.get().permission == "view_bills"
    assert codes(user_of(member).post(path)) == ["not_invited"]


@pytest.mark.rule("L5")
@pytest.mark.parametrize(
    ("end", "verb", "state"), [(1, "decline", "declined"), (0, "cancel", "cancelled")]
)
def test_an_invitation_is_declined_by_one_end_and_cancelled_by_the_other(ends, end, verb, state):
    link = invite(ends[0])
    path = f"relationships/{link['id']}/{verb}"
    assert codes(user_of(ends[1 - end]).post(path)) == ["other_end"]
    assert user_of(ends[end]).post(path).json()["state"] == state
    assert states() == [state]


@pytest.mark.rule("L9")
def test_a_change_that_lies_ahead_may_be_taken_back(ends):
    master, member = ends
    link = invite(master)
    user_of(member).post(f"relationships/{link['id']}/confirm")
    later = (now() + timedelta(days=3)).isoformat()
    path = f"relationships/{link['id']}"
    ending = user_of(master).post(f"{path}/end", {"effective_at": later}).json()
    assert (ending["state"], ending["effective_to"] is None) == ("change_pending", False)
    assert user_of(master).post(f"{path}/cancel").json()["state"] == "active"
    past = (now() - timedelta(days=3)).isoformat()
    refused = user_of(master).post(f"{path}/end", {"effective_at": past})
    assert (refused.status_code, codes(refused)) == (409, ["dated_in_the_past"])


@pytest.mark.rule("L2", "L12")
def test_a_refusal_names_every_failing_condition(provider):
    provider.account("M", identity=None)
    provider.account("A", identity="Member Ltd")
    body = {"master": "M", "member": "A", "mode": "trusteeship"}
    refused = boss().post("relationships", body)
    assert (refused.status_code, problem(refused)["type"]) == (409, "/problems/link_refused")
    assert codes(refused) == ["master_not_verified", "master_has_no_credit_line"]
    asked = boss().post("relationships/preview", body, key=None).json()
    assert [one["code"] for one in asked["reasons"]] == codes(refused)
    assert (asked["allowed"], asked["would"], states()) == (False, {}, [])


@pytest.mark.rule("L7", "L5")
def test_an_upgrade_needs_a_policy_that_lets_the_same_person_confirm(provider):
    master = provider.account("M", credit_limit="100")
    link = provider.link(master, provider.account("A"), mode=Mode.MANAGEMENT)
    path, caller = f"relationships/{link.pk}/upgrade", user_of(master)
    provider.policy(auto_confirm_same_identity=False)
    assert caller.post(path).status_code == 202  # waits for the member
    provider.policy(auto_confirm_same_identity=True)
    assert caller.post(path, {"has_acknowledged": True}).json()["mode"] == "trusteeship"


@pytest.mark.rule("L8")
def test_staff_move_a_member(provider):
    first, second = (provider.account(name, credit_limit="100") for name in ("M", "N"))
    link = provider.link(first, provider.account("A"))
    path = f"relationships/{link.pk}/move"
    asked = boss().post(f"{path}/preview", {"master": "N"}, key=None).json()
    assert asked["would"]["changes"]["A"]["payer"] == {"before": "M", "after": "N"}
    moved = boss().post(path, {"master": "N", "has_acknowledged": True}).json()
    assert (moved["master"], moved["moved_from"], states()) == ("N", link.pk, ["ended", "active"])
    assert second.number == "N"


@pytest.mark.rule("Z1", "Z2", "Z4")
def test_a_power_is_given_by_the_other_end_and_given_up_at_will(ends):
    master, member = ends
    link = invite(master)
    user_of(member).post(f"relationships/{link['id']}/confirm")
    body = {"relationship": link["id"], "permission": "view_finances"}
    assert codes(user_of(master).post("grants", body)) == ["other_end"]
    given = user_of(member).post("grants", body)
    assert (given.status_code, given.json()["held_by"]) == (201, "master")
    missing = user_of(member).post("grants", {**body, "permission": "manage_invoices"})
    assert missing.status_code == 201  # view_bills is held
    row = Grant.objects.get(permission="view_bills").pk
    ended = user_of(member).delete(f"grants/{row}")
    assert [one["permission"] for one in ended.json()] == ["view_bills", "manage_invoices"]
    assert codes(user_of(member).delete(f"grants/{row}")) == ["not_granted"]
    back = {**body, "held_by": "member", "permission": "view_bills"}
    assert codes(user_of(member).post("grants", back)) == ["other_end"]
    assert user_of(master).post("grants", back).status_code == 201


def test_a_relationship_of_others_can_not_be_named(ends, provider):
    link = invite(ends[0])
    stranger = user_of(provider.account("X"))
    for pk in (link["id"], 10**12, 10**30, -1, True, "1"):
        body = {"relationship": pk, "permission": "view_finances"}
        assert stranger.post("grants", body).status_code == 422
        assert (
            stranger.post("caps", {"relationship": pk, "amount": "1", "is_hard": True}).status_code
            == 422
        )


@pytest.mark.rule("F12")
def test_a_master_caps_its_member_and_takes_the_cap_away(provider):
    master = provider.account("M", credit_limit="100")
    link = provider.link(master, provider.account("A"))
    caller = user_of(master, Role.FINANCE)
    body = {"relationship": link.pk, "amount": "50.00", "is_hard": True}
    made = caller.post("caps", body)
    assert (made.status_code, made.json()["amount"], made.json()["member"]) == (201, "50.00", "A")
    assert caller.post("caps", {**body, "amount": None}).json()["amount"] is None
    assert codes(caller.post("caps", {**body, "amount": "1.001"})) == ["amount_too_precise"]


@pytest.mark.rule("L14")
def test_a_member_is_opened_outright(provider):
    master = provider.account("M", credit_limit="100")
    caller = user_of(master)
    body = {"number": "A", "name": "Labs", "mode": "trusteeship"}
    assert caller.post("accounts/M/members/preview", body, key=None).json()["allowed"] is True
    made = caller.post("accounts/M/members", body)
    assert (made.status_code, made.json()["state"], made.json()["member"]) == (201, "active", "A")
    again = caller.post("accounts/M/members", body)
    assert (again.status_code, Account.objects.count()) == (409, 2)


@pytest.mark.rule("L11")
def test_accounts_are_opened_proven_and_changed_by_staff():
    staff = boss()
    person_id = staff.post("identities", {"legal_name": "A", "registration_number": "1"}).json()[
        "id"
    ]
    body = {"number": "A", "name": "A", "currency": "CNY"}
    assert staff.post("accounts", body).json()["is_verified"] is False
    assert staff.post("accounts", body).status_code == 409
    path = "accounts/A/change"
    proven = staff.post(path, {"identity": person_id}, **staff.seen("accounts/A"))
    assert (proven.status_code, proven.json()["is_verified"]) == (200, True)
    staff.post("top-ups", {"account": "A", "amount": "1.00", "currency": "CNY"})
    other = staff.post(path, {"currency": "USD"}, **staff.seen("accounts/A"))
    assert codes(other) == ["currency_in_use"]
    assert staff.post("accounts", {**body, "number": "a/b"}).status_code == 422


@pytest.mark.rule("Z6")
def test_staff_appoint_and_dismiss_users(provider):
    provider.account("M")
    staff, user = boss(), person("mary")
    made = staff.post("account-users", {"account": "M", "user": "mary", "role": "viewer"})
    assert (made.status_code, made.json()["role"]) == (201, "viewer")
    staff.post("account-users", {"account": "M", "user": "mary", "role": "owner"})
    active = user.account_users.filter(dismissed_at=None)
    assert [row.role for row in active] == ["owner"]
    path = f"account-users/{active.get().pk}/dismiss"
    assert staff.post(path).json()["dismissed_at"] is not None
    assert codes(staff.post(path)) == ["dismissed"]
    user.is_active = False
    user.save()
    refused = staff.post("account-users", {"account": "M", "user": "mary", "role": "owner"})
    assert codes(refused) == ["user_inactive"]
    unknown = staff.post("account-users", {"account": "M", "user": "nobody", "role": "owner"})
    assert unknown.status_code == 422
