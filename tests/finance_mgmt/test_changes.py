"""Upgrade, move and end, now and later (L6-L10)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from finance_mgmt import queries
from finance_mgmt.enums import End, Mode, Permission
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Decision, Relationship
from finance_mgmt.services import changes, credit, effects, grants, relationships
from finance_mgmt.services.changes import ChangeRefused
from finance_mgmt.services.relationships import LinkRefused, NotOpen
from tests.provider import at

NOON = at("2024-05-10 12:00")
LATER = at("2024-05-20")
DAY = timedelta(days=1)
POWERS = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT, Permission.SHARE_DISCOUNTS)


def refusals(refused) -> list[str]:
    return [f"{reason.rule} {reason.code}" for reason in refused.value.reasons]


def links() -> list[tuple]:
    return [
        (
            link.master.number,
            link.member.number,
            link.mode,
            link.state,
            link.effective_from,
            link.trusteeship_from,
            link.effective_to,
        )
        for link in Relationship.objects.order_by("pk")
    ]


def payer(account, when) -> str:
    return queries.terms(account.pk, when).payer


@pytest.fixture
def group(provider):
    return {
        "HQ": provider.account("HQ", cash_amount="1000", credit_limit="500"),
        "A": provider.account("A", cash_amount="100"),
        "HQ2": provider.account("HQ2", credit_limit="500"),
        "HQ3": provider.account("HQ3", credit_limit="500"),
    }


@pytest.fixture
def managed(provider, group):
    return provider.link(group["HQ"], group["A"], NOON, mode=Mode.MANAGEMENT, grants=POWERS)


@pytest.fixture
def held(provider, group):
    return provider.link(group["HQ"], group["A"], NOON)


# -- Now -------------------------------------------------------------------------------------------


@pytest.mark.rule("L7", "Z5")
def test_an_upgrade_is_in_place_and_its_powers_end_with_it(provider, group, managed):
    changes.upgrade(relationship=managed, **provider.said(LATER))
    assert links() == [("HQ", "A", "trusteeship", "active", NOON, LATER, None)]
    before, now = (queries.terms(group["A"].pk, t) for t in (LATER - timedelta(seconds=1), LATER))
    assert (before.mode, before.payer, before.is_own_credit_replaced) == (
        Mode.MANAGEMENT,
        group["A"].pk,
        True,
    )
    assert (now.mode, now.payer) == (Mode.TRUSTEESHIP, group["HQ"].pk)
    assert {grant.granted_until for grant in managed.grants.all()} == {LATER}


@pytest.mark.rule("L7")
def test_credit_is_reclaimed_before_an_upgrade_and_there_is_no_way_back(provider, group, managed):
    both = {"master": group["HQ"], "member": group["A"], "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON))
    with pytest.raises(ChangeRefused) as refused:
        changes.upgrade(relationship=managed, **provider.said(LATER))
    assert refusals(refused) == ["L7 credit_not_reclaimed"]
    credit.reclaim(**both, **provider.said(NOON))
    changes.upgrade(relationship=managed, **provider.said(LATER))
    with pytest.raises(ChangeRefused) as refused:
        changes.upgrade(relationship=managed, **provider.said(LATER))
    assert refusals(refused) == ["L7 already_trusteeship"]
    with pytest.raises(LinkRefused) as refused:
        provider.link(group["HQ"], group["A"], LATER, mode=Mode.MANAGEMENT)
    assert refusals(refused) == ["L1 member_has_a_master"]


@pytest.mark.rule("L8")
def test_a_move_leaves_no_gap(provider, group, held):
    new = changes.move(relationship=held, master=group["HQ2"], **provider.said(LATER))
    assert links() == [
        ("HQ", "A", "trusteeship", "ended", NOON, NOON, LATER),
        ("HQ2", "A", "trusteeship", "active", LATER, LATER, None),
    ]
    assert new.moved_from == held
    moment = timedelta(microseconds=1)
    assert [payer(group["A"], when) for when in (LATER - moment, LATER)] == [
        group["HQ"].pk,
        group["HQ2"].pk,
    ]


@pytest.mark.rule("L8", "Z1")
def test_a_move_in_management_takes_the_powers_along(provider, group, managed):
    new = changes.move(relationship=managed, master=group["HQ2"], **provider.said(LATER))
    assert sorted(new.grants.values_list("permission", "granted_from", "granted_until")) == [
        (power, LATER, None) for power in sorted(POWERS)
    ]
    assert {grant.granted_until for grant in managed.grants.all()} == {LATER}


@pytest.mark.rule("L8", "Z3", "Z4")
def test_a_move_never_turns_a_members_power_into_one_of_the_new_master(provider, group):
    managed = provider.link(group["HQ"], group["A"], NOON, mode=Mode.MANAGEMENT)
    for end in End:
        grants.grant(
            relationship=managed,
            permission=[Permission.VIEW_FINANCES, Permission.VIEW_BILLS][end == End.MEMBER],
            held_by=end,
            **provider.said(NOON),
        )
    new = changes.move(relationship=managed, master=group["HQ2"], **provider.said(LATER))
    assert list(new.grants.values_list("permission", "held_by")) == [("view_finances", "master")]


@pytest.mark.rule("L8", "Z4")
def test_a_power_given_up_before_a_planned_move_does_not_come_back_with_it(
    provider, group, managed
):
    new = changes.move(
        relationship=managed, master=group["HQ2"], effective_at=LATER, **provider.said(NOON + DAY)
    )
    grants.revoke(
        relationship=managed, permission=Permission.SHARE_DISCOUNTS, **provider.said(NOON + DAY)
    )
    provider.apply_changes(LATER)
    assert sorted(new.grants.values_list("permission", flat=True)) == [
        "share_credit",
        "view_finances",
    ]


@pytest.mark.rule("L10", "L6")
def test_an_end_closes_the_relationship_and_its_powers(provider, group, managed):
    provider.end(managed, LATER)
    assert links() == [("HQ", "A", "management", "ended", NOON, None, LATER)]
    assert {grant.granted_until for grant in managed.grants.all()} == {LATER}
    assert queries.terms(group["A"].pk, LATER).mode is None
    for change in (changes.upgrade, changes.end):
        with pytest.raises(ChangeRefused) as refused:
            change(relationship=managed, **provider.said(LATER))
        assert refused.value.reasons[0].code == "not_in_force"


@pytest.mark.rule("L10")
def test_allocated_credit_is_reclaimed_before_an_end(provider, group, managed):
    both = {"master": group["HQ"], "member": group["A"], "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON))
    with pytest.raises(ChangeRefused) as refused:
        provider.end(managed, LATER)
    assert refusals(refused) == ["L10 credit_not_reclaimed"]
    assert links() == [("HQ", "A", "management", "active", NOON, None, None)]


@pytest.mark.rule("L10", "L13")
def test_an_end_is_judged_with_the_members_own_line_restored(provider, group):
    member = provider.account("B", credit_limit="50")
    product = provider.product("p")
    provider.use(member, product, "40", at("2024-04-10"))
    provider.jobs(at("2024-05-01"))  # 40 of the own line are used
    held = provider.link(group["HQ"], member, NOON)
    assert provider.figures(member, NOON).available == 0
    credit.set_limit(account=member, limit=Decimal(39), reason="", **provider.said(NOON))
    with pytest.raises(ChangeRefused) as refused:
        provider.end(held, NOON + DAY)
    assert refusals(refused) == ["L10 member_funds_too_low"]
    credit.set_limit(account=member, limit=Decimal(40), reason="", **provider.said(NOON))
    assert provider.end(held, NOON + DAY).state == "ended"


@pytest.mark.rule("F11")
def test_repeated_keys_change_nothing_more(provider, group, managed):
    said = {"key": "k", "by": "test", "at": LATER}
    first = changes.upgrade(relationship=managed, **said)
    assert changes.upgrade(relationship=managed, **said | {"at": LATER + DAY}) == first
    with pytest.raises(KeyReused):
        changes.end(relationship=managed, **said)
    moved = {"key": "m", "by": "test", "at": LATER + DAY}
    new = changes.move(relationship=managed, master=group["HQ2"], **moved)
    assert changes.move(relationship=managed, master=group["HQ2"], **moved) == new
    ended = {"key": "e", "by": "test", "at": LATER + 2 * DAY}
    assert changes.end(relationship=new, **ended) == new
    assert changes.end(relationship=new, **ended).effective_to == LATER + 2 * DAY
    assert len(links()) == 2


# -- Later -----------------------------------------------------------------------------------------


@pytest.mark.rule("L9", "L6")
def test_a_scheduled_link_binds_from_its_effect_on(provider, group):
    asked = {"master": group["HQ"], "member": group["A"], "mode": Mode.TRUSTEESHIP}
    relationships.link(**asked, effective_at=LATER, **provider.said(NOON))
    assert links() == [("HQ", "A", "trusteeship", "scheduled", LATER, None, None)]
    with pytest.raises(LinkRefused) as refused:  # it overlaps what is scheduled
        provider.link(group["HQ2"], group["A"], NOON)
    assert refusals(refused) == ["L1 member_has_a_master"]
    provider.apply_changes(LATER - timedelta(microseconds=1))
    assert links()[0][3] == "scheduled"
    provider.apply_changes(LATER + DAY)
    assert links() == [("HQ", "A", "trusteeship", "active", LATER, LATER, None)]
    assert payer(group["A"], LATER) == group["HQ"].pk


@pytest.mark.rule("L9", "L6")
@pytest.mark.parametrize("change", ["upgrade", "move", "end"])
def test_a_pending_change_leaves_the_old_rights_until_its_effect(provider, group, change, managed):
    more = {"master": group["HQ2"]} if change == "move" else {}
    getattr(changes, change)(
        relationship=managed, effective_at=LATER, **more, **provider.said(NOON + DAY)
    )
    managed.refresh_from_db()
    assert managed.state == "change_pending"
    before = queries.terms(group["A"].pk, LATER + DAY)  # the job did not run yet
    assert (before.mode, before.is_own_credit_replaced) == (Mode.MANAGEMENT, True)
    with pytest.raises(ChangeRefused) as refused:
        provider.end(managed, NOON + 2 * DAY)
    assert refusals(refused) == ["L10 change_pending"]
    provider.apply_changes(LATER + DAY)
    provider.apply_changes(LATER + DAY)
    after = queries.terms(group["A"].pk, LATER)
    expected = {
        "upgrade": (Mode.TRUSTEESHIP, group["HQ"].pk),
        "move": (Mode.MANAGEMENT, group["A"].pk),
        "end": (None, group["A"].pk),
    }
    assert (after.mode, after.payer) == expected[change]
    assert {grant.granted_until for grant in managed.grants.all()} == {LATER}
    assert queries.terms(group["A"].pk, LATER - timedelta(seconds=1)).is_own_credit_replaced


@pytest.mark.rule("L9")
@pytest.mark.parametrize("change", ["upgrade", "move", "end"])
def test_a_change_can_be_taken_back_until_its_effect(provider, group, change, managed):
    more = {"master": group["HQ2"]} if change == "move" else {}
    getattr(changes, change)(
        relationship=managed, effective_at=LATER, **more, **provider.said(NOON + DAY)
    )
    effects.cancel(relationship=managed, **provider.said(LATER - timedelta(seconds=1)))
    active = ("HQ", "A", "management", "active", NOON, None, None)
    cancelled = ("HQ2", "A", "management", "cancelled", LATER, None, None)
    assert links() == ([active, cancelled] if change == "move" else [active])
    assert {grant.granted_until for grant in managed.grants.all()} == {None}
    provider.apply_changes(LATER + DAY)
    assert links()[0] == active
    with pytest.raises(NotOpen) as refused:
        effects.cancel(relationship=managed, **provider.said(LATER))
    assert refusals(refused) == ["L9 nothing_scheduled"]


@pytest.mark.rule("L9")
def test_a_move_can_be_taken_back_from_its_new_end_too(provider, group, held):
    new = changes.move(
        relationship=held, master=group["HQ2"], effective_at=LATER, **provider.said(NOON + DAY)
    )
    effects.cancel(relationship=new, **provider.said(NOON + DAY))
    assert [link[:4] for link in links()] == [
        ("HQ", "A", "trusteeship", "active"),
        ("HQ2", "A", "trusteeship", "cancelled"),
    ]


@pytest.mark.rule("L9")
@pytest.mark.parametrize("change", ["upgrade", "move", "end"])
def test_nothing_is_dated_in_the_past(provider, group, change, managed):
    more = {"master": group["HQ2"]} if change == "move" else {}
    with pytest.raises(ChangeRefused) as refused:
        getattr(changes, change)(
            relationship=managed, effective_at=NOON, **more, **provider.said(NOON + DAY)
        )
    assert refusals(refused) == ["L9 dated_in_the_past"]
    with pytest.raises(LinkRefused) as refused:
        relationships.link(
            master=group["HQ"],
            member=provider.account("B"),
            mode=Mode.MANAGEMENT,
            effective_at=NOON,
            **provider.said(NOON + DAY),
        )
    assert refusals(refused) == ["L9 dated_in_the_past"]


@pytest.mark.rule("L9")
def test_what_the_rules_no_longer_allow_at_the_effect_is_cancelled(provider, group, managed):
    provider.end(managed, NOON + DAY, effective_at=LATER)
    both = {"master": group["HQ"], "member": group["A"], "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON + DAY))
    provider.apply_changes(LATER)
    assert links() == [("HQ", "A", "management", "active", NOON, None, None)]
    failed = Decision.objects.get(verb="changes.fail")
    assert failed.facts["reasons"] == [{"rule": "L10", "code": "credit_not_reclaimed"}]
    provider.apply_changes(LATER + DAY)
    assert Decision.objects.filter(verb="changes.fail").count() == 1


@pytest.mark.rule("L9")
def test_a_scheduled_link_that_fails_at_its_effect_is_cancelled(provider, group):
    asked = {"master": group["HQ"], "member": group["A"], "mode": Mode.TRUSTEESHIP}
    relationships.link(**asked, effective_at=LATER, **provider.said(NOON))
    credit.set_limit(account=group["HQ"], limit=Decimal(0), reason="", **provider.said(NOON))
    provider.apply_changes(LATER)
    assert [link[:4] for link in links()] == [("HQ", "A", "trusteeship", "cancelled")]


@pytest.mark.rule("L9", "L3")
def test_the_acknowledgement_is_needed_if_there_is_usage_at_the_effect(provider, group):
    asked = {"master": group["HQ"], "mode": Mode.TRUSTEESHIP, "effective_at": LATER}
    other = provider.account("B", cash_amount="100")
    relationships.link(member=group["A"], **asked, **provider.said(NOON))
    relationships.link(member=other, has_acknowledged=True, **asked, **provider.said(NOON))
    for member in (group["A"], other):
        provider.use(member, provider.product(f"p-{member.number}"), "1", LATER)
    provider.apply_changes(LATER)
    assert [link[1:4:2] for link in links()] == [("A", "cancelled"), ("B", "active")]


@pytest.mark.rule("L9", "L1")
def test_ended_and_linked_anew_at_the_same_instant(provider, group, held):
    provider.end(held, NOON + DAY, effective_at=LATER)
    provider_link = {"master": group["HQ2"], "member": group["A"], "mode": Mode.MANAGEMENT}
    relationships.link(**provider_link, effective_at=LATER, **provider.said(NOON + DAY))
    provider.apply_changes(LATER)
    assert [link[:1] + link[3:4] for link in links()] == [("HQ", "ended"), ("HQ2", "active")]


@pytest.mark.rule("L9", "L1")
def test_an_end_that_fails_takes_what_was_scheduled_after_it_along(provider, group, managed):
    """Otherwise two masters would overlap: the books could be closed no more."""
    provider.end(managed, NOON + DAY, effective_at=LATER)
    anew = {"master": group["HQ2"], "member": group["A"], "mode": Mode.MANAGEMENT}
    relationships.link(**anew, effective_at=LATER, **provider.said(NOON + DAY))
    both = {"master": group["HQ"], "member": group["A"], "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON + DAY))
    provider.apply_changes(LATER)
    assert [link[:1] + link[3:4] for link in links()] == [("HQ", "active"), ("HQ2", "cancelled")]


@pytest.mark.rule("L9", "L1")
def test_an_end_that_others_count_on_is_not_taken_back_before_them(provider, group, held):
    provider.end(held, NOON + DAY, effective_at=LATER)
    member, master = group["A"], group["HQ2"]
    anew = relationships.link(
        master=master,
        member=member,
        mode=Mode.MANAGEMENT,
        effective_at=LATER,
        **provider.said(NOON + DAY),
    )
    with pytest.raises(NotOpen) as refused:
        effects.cancel(relationship=held, **provider.said(NOON + DAY))
    assert refusals(refused) == ["L1 counted_on"]
    effects.cancel(relationship=anew, **provider.said(NOON + DAY))
    effects.cancel(relationship=held, **provider.said(NOON + DAY))
    assert [link[:1] + link[3:4] for link in links()] == [("HQ", "active"), ("HQ2", "cancelled")]


@pytest.mark.rule("L9", "L1")
def test_an_end_that_fails_takes_a_chain_scheduled_after_it_along(provider, group, managed):
    """The member was to become a master itself from the instant of its end."""
    provider.end(managed, NOON + DAY, effective_at=LATER)
    relationships.link(
        master=group["A"],
        member=group["HQ2"],
        mode=Mode.MANAGEMENT,
        effective_at=LATER,
        **provider.said(NOON + DAY),
    )
    both = {"master": group["HQ"], "member": group["A"], "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON + DAY))
    provider.apply_changes(LATER)
    assert [link[:2] + link[3:4] for link in links()] == [
        ("HQ", "A", "active"),
        ("A", "HQ2", "cancelled"),
    ]


@pytest.mark.rule("L9", "Z1")
@pytest.mark.parametrize("change", ["upgrade", "end"])
def test_a_power_given_after_the_instant_of_a_change_does_not_stop_it(
    provider, group, change, managed
):
    getattr(changes, change)(relationship=managed, effective_at=LATER, **provider.said(NOON + DAY))
    grants.grant(
        relationship=managed,
        permission=Permission.VIEW_BILLS,
        **provider.said(LATER + timedelta(seconds=30)),
    )
    provider.apply_changes(LATER + timedelta(minutes=1))
    managed.refresh_from_db()
    assert managed.state == ("active" if change == "upgrade" else "ended")
    given = managed.grants.get(permission=Permission.VIEW_BILLS)
    assert given.granted_until == given.granted_from
