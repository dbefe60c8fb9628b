"""Linking: consent, invitations, facts, and what the database itself refuses (L1-L6, L9)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from finance_mgmt import queries
from finance_mgmt.enums import Channel, Mode, Permission, RelationshipState
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Decision, Grant, Relationship
from finance_mgmt.services import accounts, relationships
from finance_mgmt.services.accounts import AccountRefused
from finance_mgmt.services.relationships import LinkRefused, NotOpen
from tests.provider import LONG_AGO, at

NOON = at("2024-05-10 12:00")
POWERS = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


def refusals(refused) -> list[str]:
    return [f"{reason.rule} {reason.code}" for reason in refused.value.reasons]


def states(*, when=NOON) -> list[tuple]:
    return [
        (link.member.number, link.master.number, link.state, link.effective_from)
        for link in Relationship.objects.order_by("pk")
    ]


@pytest.fixture
def group(provider):
    """A master and a member of one identity, another master, and a stranger."""
    return {
        "HQ": provider.account("HQ", cash_amount="1000", credit_limit="500"),
        "A": provider.account("A", cash_amount="100"),
        "HQ2": provider.account("HQ2", credit_limit="500"),
        "X": provider.account("X", identity="Other Ltd", cash_amount="100"),
    }


# -- Consent ---------------------------------------------------------------------------------------


@pytest.mark.rule("L1", "L5", "L6")
def test_the_same_identity_is_linked_at_once_and_the_terms_follow(provider, group):
    link = provider.link(group["HQ"], group["A"], NOON)
    assert (link.state, link.effective_from, link.trusteeship_from) == ("active", NOON, NOON)
    before, now = (queries.terms(group["A"].pk, t) for t in (NOON - timedelta(seconds=1), NOON))
    assert (before.payer, now.payer) == (group["A"].pk, group["HQ"].pk)
    assert queries.members_of(group["HQ"].pk, NOON) == {Mode.TRUSTEESHIP: [group["A"].pk]}


@pytest.mark.rule("L5", "Z1")
def test_powers_begin_with_the_relationship(provider, group):
    link = provider.link(group["HQ"], group["A"], NOON, mode=Mode.MANAGEMENT, grants=POWERS)
    assert link.trusteeship_from is None
    assert sorted(
        Grant.objects.values_list("permission", "held_by", "granted_from", "granted_until")
    ) == [("share_credit", "master", NOON, None), ("view_finances", "master", NOON, None)]
    assert queries.terms(group["A"].pk, NOON).is_own_credit_replaced


@pytest.mark.rule("L5", "L6")
@pytest.mark.parametrize(
    ("member", "auto_confirm"), [("X", True), ("A", False)], ids=["other identity", "setting off"]
)
def test_otherwise_it_is_an_invitation_that_binds_nobody(provider, group, member, auto_confirm):
    provider.policy(auto_confirm_same_identity=auto_confirm)
    account = group[member]
    link = provider.link(group["HQ"], account, NOON, mode=Mode.MANAGEMENT, grants=POWERS)
    assert (link.state, link.effective_from) == ("invited", None)
    assert link.expires_at == NOON + timedelta(days=7)
    assert Grant.objects.count() == 0
    assert queries.terms(account.pk, NOON + timedelta(days=1)).mode is None
    assert queries.members_of(group["HQ"].pk, NOON) == {}


@pytest.mark.rule("L5", "L6")
def test_the_member_confirms_and_the_relationship_begins_then(provider, group):
    link = provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT, grants=POWERS)
    later = NOON + timedelta(days=1)
    confirmed = relationships.confirm(
        relationship=link, grants=POWERS[::-1], **provider.said(later)
    )
    assert states() == [("X", "HQ", "active", later)]
    assert confirmed.expires_at is None
    assert {grant.granted_from for grant in Grant.objects.all()} == {later}
    assert queries.terms(group["X"].pk, later - timedelta(microseconds=1)).mode is None
    assert queries.terms(group["X"].pk, later).is_own_credit_replaced


@pytest.mark.rule("L5")
def test_consent_is_to_exactly_the_proposed_powers(provider, group):
    link = provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT, grants=POWERS)
    for other in [(), POWERS[:1], (*POWERS, Permission.VIEW_BILLS)]:
        with pytest.raises(LinkRefused) as refused:
            relationships.confirm(relationship=link, grants=other, **provider.said(NOON))
        assert refusals(refused) == ["L5 grants_differ"]
    assert states() == [("X", "HQ", "invited", None)]


@pytest.mark.rule("L9")
def test_confirming_asks_the_rules_again(provider, group):
    link = provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT)
    accounts.change(account=group["X"], channel=Channel.RESELLER, **provider.said(NOON))
    with pytest.raises(LinkRefused) as refused:
        relationships.confirm(relationship=link, **provider.said(NOON))
    assert refusals(refused) == ["L2 member_is_reseller"]
    assert states() == [("X", "HQ", "invited", None)]


@pytest.mark.rule("L5", "L6")
@pytest.mark.parametrize(
    ("answer", "state"),
    [(relationships.decline, "declined"), (relationships.cancel_invitation, "cancelled")],
)
def test_an_invitation_is_answered_once(provider, group, answer, state):
    link = provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT)
    answer(relationship=link, key="k", by="test", at=NOON)
    assert states() == [("X", "HQ", state, None)]
    assert answer(relationship=link, key="k", by="test", at=NOON).state == state
    for late in (relationships.confirm, relationships.decline, relationships.cancel_invitation):
        with pytest.raises(NotOpen) as refused:
            late(relationship=link, **provider.said(NOON))
        assert refusals(refused) == ["L5 not_invited"]
    assert provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT).state == "invited"


@pytest.mark.rule("L5", "L6")
def test_an_invitation_expires_at_its_instant_whether_or_not_the_job_ran(provider, group):
    provider.policy(invitation_days=2)
    link = provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT)
    end = NOON + timedelta(days=2)
    moment = timedelta(microseconds=1)
    assert relationships.expire(by="job", at=end - moment) == 0
    with pytest.raises(NotOpen) as refused:
        relationships.confirm(relationship=link, **provider.said(end))
    assert str(refused.value) == "This invitation is expired."
    assert (relationships.expire(by="job", at=end), relationships.expire(by="job", at=end)) == (
        1,
        0,
    )
    assert states() == [("X", "HQ", "expired", None)]


@pytest.mark.rule("L4")
def test_an_open_invitation_stands_in_the_way_of_others_until_it_is_answered(provider, group):
    provider.link(group["HQ"], group["X"], NOON, mode=Mode.MANAGEMENT)
    with pytest.raises(LinkRefused) as refused:
        provider.link(group["HQ2"], group["X"], NOON, mode=Mode.MANAGEMENT)
    assert refusals(refused) == ["L4 other_invitation"]
    provider.link(group["HQ2"], group["X"], NOON + timedelta(days=7), mode=Mode.MANAGEMENT)
    assert [state for _, _, state, _ in states()] == ["invited", "invited"]


@pytest.mark.rule("L2", "L12")
def test_a_refused_link_leaves_nothing_behind_and_its_key_free(provider, group):
    with pytest.raises(LinkRefused) as refused:
        relationships.link(
            master=group["A"],
            member=group["X"],
            mode=Mode.TRUSTEESHIP,
            grants=[Permission.SHARE_CREDIT],
            key="k",
            by="test",
            at=NOON,
        )
    assert refusals(refused) == [
        "L2 identities_differ",
        "L2 master_has_no_credit_line",
        "Z5 nothing_to_grant",
        "Z2 dependency_missing",
    ]
    assert states() == []
    assert Decision.objects.filter(key="k").count() == 0


@pytest.mark.rule("F11", "L5")
def test_a_repeated_key_gives_the_first_relationship(provider, group):
    asked = {"master": group["HQ"], "mode": Mode.MANAGEMENT, "key": "k", "by": "t", "at": NOON}
    first = relationships.link(member=group["X"], **asked)
    relationships.confirm(relationship=first, **provider.said(NOON))
    again = relationships.link(member=group["X"], **asked)
    assert (again, again.state) == (first, "active")
    with pytest.raises(KeyReused):
        relationships.link(member=group["A"], **asked)
    assert len(states()) == 1


# -- Facts -----------------------------------------------------------------------------------------


@pytest.mark.rule("L3")
def test_usage_that_no_close_has_charged_is_an_open_cycle(provider, group):
    master, member = group["HQ"], group["A"]
    provider.use(member, provider.product("ecs"), "1", NOON - timedelta(minutes=30))
    asked = {"master": master, "member": member, "mode": Mode.TRUSTEESHIP}
    with pytest.raises(LinkRefused) as refused:
        relationships.link(**asked, **provider.said(NOON))
    assert refusals(refused) == ["L3 notice_not_acknowledged"]
    provider.jobs(NOON)  # the hour that ended at noon is closed: nothing is open any more
    assert relationships.link(**asked, **provider.said(NOON)).state == "active"


@pytest.mark.rule("L3")
def test_usage_whose_close_failed_is_still_an_open_cycle(provider, group):
    product = provider.product("ecs")
    provider.use(group["A"], product, "1", NOON - timedelta(minutes=30))
    product.prices.all().delete()
    assert provider.run(NOON).state == "failed"
    with pytest.raises(LinkRefused) as refused:
        relationships.link(
            master=group["HQ"], member=group["A"], mode=Mode.TRUSTEESHIP, **provider.said(NOON)
        )
    assert refusals(refused) == ["L3 notice_not_acknowledged"]


@pytest.mark.rule("L4", "S3")
def test_a_bill_is_past_due_from_the_day_after_its_due_date(provider, group):
    provider.policy(payment_days=15)
    member = provider.account("B", credit_limit="100")
    provider.use(member, provider.product("ecs"), "5", at("2024-04-30 12:00"))
    provider.jobs(at("2024-05-01 00:00"))  # due on the 16th, on credit
    asked = {"master": group["HQ"], "member": member, "mode": Mode.MANAGEMENT}
    with pytest.raises(LinkRefused) as refused:
        relationships.link(**asked, **provider.said(at("2024-05-17 00:00")))
    assert refusals(refused) == ["L4 bills_past_due"]
    assert refused.value.facts == {"bills": ["2024-04"]}
    assert relationships.link(**asked, **provider.said(at("2024-05-16 23:59"))).state == "active"


# -- One at a time, no chains ----------------------------------------------------------------------


@pytest.mark.rule("L1")
def test_the_rules_refuse_a_second_master_and_a_chain(provider, group):
    provider.link(group["HQ"], group["A"], NOON)
    refused = {}
    for master, member in [("HQ2", "A"), ("HQ2", "HQ"), ("A", "HQ2"), ("A", "A")]:
        with pytest.raises(LinkRefused) as error:
            provider.link(group[master], group[member], NOON, mode=Mode.MANAGEMENT)
        refused[master, member] = refusals(error)
    assert refused == {
        ("HQ2", "A"): ["L1 member_has_a_master"],
        ("HQ2", "HQ"): ["L1 member_is_a_master"],
        ("A", "HQ2"): ["L1 master_is_a_member"],
        ("A", "A"): ["L1 linked_to_itself"],
    }


def linked(group, master, member, begin, end, state=RelationshipState.ACTIVE) -> Relationship:
    """A row as no service would write it: the database itself must judge."""
    return Relationship.objects.create(
        master=group[master],
        member=group[member],
        mode=Mode.MANAGEMENT,
        state=state,
        effective_from=at(begin),
        effective_to=end and at(end),
        decision=Decision.objects.first(),
    )


# Beside HQ > A from the 10th to the 20th: who, and from when until when.
BESIDE = [
    ("HQ2", "A", "2024-05-20", "2024-05-30", True),  # touches: a move
    ("HQ2", "A", "2024-05-01", "2024-05-10", True),
    ("HQ2", "A", "2024-05-19 23:59:59", "2024-05-30", False),
    ("HQ2", "A", "2024-05-12", "2024-05-13", False),
    ("HQ2", "A", "2024-05-01", None, False),
    ("HQ2", "A", "2024-05-12", "2024-05-12", True),  # empty: in force at no instant
    ("HQ", "HQ2", "2024-05-12", "2024-05-13", True),  # another member of the same master
    ("HQ2", "HQ", "2024-05-12", "2024-05-13", False),  # the master as a member
    ("A", "HQ2", "2024-05-12", "2024-05-13", False),  # the member as a master
    ("A", "HQ2", "2024-05-20", None, True),
    ("HQ2", "HQ", None, "2024-05-10", True),
]


@pytest.mark.rule("L1")
@pytest.mark.parametrize(("master", "member", "begin", "end", "may"), BESIDE)
@pytest.mark.parametrize("state", ["scheduled", "active", "change_pending", "ended"])
def test_the_database_refuses_overlaps_and_chains(group, state, master, member, begin, end, may):
    linked(group, "HQ", "A", "2024-05-10", "2024-05-20")
    begin = begin or "2024-05-01"
    if may:
        linked(group, master, member, begin, end, state)
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            linked(group, master, member, begin, end, state)
    assert Relationship.objects.count() == 1 + may


@pytest.mark.rule("L1")
@pytest.mark.parametrize("state", ["invited", "declined", "cancelled", "expired"])
def test_what_never_binds_stands_in_nobodys_way(group, state):
    linked(group, "HQ", "A", "2024-05-10", "2024-05-20")
    linked(group, "HQ2", "A", "2024-05-10", "2024-05-20", state)
    linked(group, "A", "HQ2", "2024-05-10", "2024-05-20", state)
    link = Relationship.objects.get(member=group["A"], master=group["HQ2"])
    link.state = RelationshipState.ACTIVE
    with pytest.raises(IntegrityError), transaction.atomic():
        link.save()


# -- Who they are stands still ---------------------------------------------------------------------


@pytest.mark.rule("L11")
@pytest.mark.parametrize("end", ["HQ", "A"])
def test_identity_channel_and_currency_stand_still_while_linked(provider, group, end):
    link = provider.link(group["HQ"], group["A"], NOON)
    other = accounts.verify_identity(
        legal_name="New", registration_number="1", **provider.said(LONG_AGO)
    )
    for change in ({"identity": other}, {"channel": Channel.RESELLER}):
        with pytest.raises(AccountRefused) as refused:
            accounts.change(account=group[end], **change, **provider.said(NOON))
        assert refusals(refused) == ["L11 linked"]
    with pytest.raises(AccountRefused) as refused:
        accounts.change(account=group[end], currency="USD", **provider.said(NOON))
    assert refusals(refused) == ["L11 linked", "F10 currency_in_use"]
    provider.end(link, NOON + timedelta(days=1))
    changed = accounts.change(
        account=group[end], identity=other, **provider.said(NOON + timedelta(days=1))
    )
    assert changed.identity == other


@pytest.mark.rule("L13", "L3")
def test_the_own_line_sleeps_in_trusteeship_and_wakes_at_its_end(provider, group):
    member = provider.account("B", cash_amount="10", credit_limit="70")
    link = provider.link(group["HQ"], member, NOON)
    end = NOON + timedelta(days=3)
    provider.end(link, end)
    instants = [NOON - timedelta(seconds=1), NOON, end - timedelta(seconds=1), end]
    assert [provider.figures(member, when).available for when in instants] == [
        Decimal(80),
        Decimal(10),
        Decimal(10),
        Decimal(80),
    ]
