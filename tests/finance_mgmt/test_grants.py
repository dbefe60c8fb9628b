"""Single powers: which need which, in which direction, given and given up (Z1-Z4)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from finance_mgmt.enums import End, Mode, Permission
from finance_mgmt.models import Grant
from finance_mgmt.rules.grants import judge_grants, with_dependants
from finance_mgmt.services import credit, grants
from finance_mgmt.services.grants import GrantRefused
from finance_mgmt.services.relationships import LinkRefused
from tests.provider import at

NOON = at("2024-05-10 12:00")
DAY = timedelta(days=1)
P = Permission


def named(reasons) -> list[str]:
    return [f"{reason.rule} {reason.code}" for reason in reasons]


# Wanted, by which end, already held; reasons.
JUDGED = [
    ([P.VIEW_FINANCES], End.MASTER, [], []),
    ([P.SHARE_CREDIT], End.MASTER, [], ["Z2 dependency_missing"]),
    ([P.SHARE_CREDIT], End.MASTER, [P.VIEW_FINANCES], []),
    ([P.SHARE_CREDIT, P.VIEW_FINANCES], End.MASTER, [], []),
    ([P.SHARE_CREDIT], End.MASTER, [P.VIEW_BILLS], ["Z2 dependency_missing"]),
    ([P.MANAGE_INVOICES], End.MASTER, [], ["Z2 dependency_missing"]),
    ([P.FORBID_INVOICING], End.MASTER, [P.VIEW_FINANCES], ["Z2 dependency_missing"]),
    ([P.FORBID_INVOICING, P.MANAGE_INVOICES], End.MASTER, [P.VIEW_BILLS], []),
    (
        [P.SHARE_CREDIT, P.MANAGE_INVOICES],
        End.MASTER,
        [],
        ["Z2 dependency_missing", "Z2 dependency_missing"],
    ),
    ([P.SHARE_DISCOUNTS, P.FORBID_WITHDRAWAL], End.MASTER, [], []),
    ([P.VIEW_BILLS], End.MASTER, [P.VIEW_BILLS], ["Z1 already_granted"]),
    ([P.VIEW_BILLS, P.VIEW_FINANCES], End.MEMBER, [], []),
    ([P.SHARE_DISCOUNTS], End.MEMBER, [], ["Z3 one_direction_only"]),
    ([P.SHARE_CREDIT], End.MEMBER, [], ["Z3 one_direction_only", "Z2 dependency_missing"]),
    ([], End.MASTER, [], []),
]


@pytest.mark.rule("Z1", "Z2", "Z3")
@pytest.mark.parametrize(("wanted", "held_by", "held", "reasons"), JUDGED)
def test_which_powers_may_be_given(wanted, held_by, held, reasons):
    assert named(judge_grants(wanted, held_by, held)) == reasons


@pytest.mark.rule("Z5", "Z3")
def test_in_trusteeship_there_is_nothing_to_grant_to_the_master():
    wanted = [P.VIEW_FINANCES, P.FORBID_WITHDRAWAL]
    [reason] = judge_grants(wanted, End.MASTER, mode=Mode.TRUSTEESHIP)
    assert (reason.rule, reason.code) == ("Z5", "nothing_to_grant")
    assert judge_grants([P.VIEW_BILLS], End.MEMBER, mode=Mode.TRUSTEESHIP) == []
    assert judge_grants([], End.MASTER, mode=Mode.TRUSTEESHIP) == []


@pytest.mark.rule("Z5", "F9")
def test_a_power_is_not_given_in_trusteeship_neither_with_the_link_nor_later(provider):
    """Else a master could bar a member from cash that is none of its business (L13)."""
    master, member = provider.account("HQ", credit_limit="1"), provider.account("A")
    power = P.FORBID_WITHDRAWAL
    with pytest.raises(LinkRefused) as refused:
        provider.link(master, member, grants=(power,))
    assert named(refused.value.reasons) == ["Z5 nothing_to_grant"]
    link = provider.link(master, member)
    with pytest.raises(GrantRefused) as refused:
        grants.grant(relationship=link, permission=power, **provider.said())
    assert named(refused.value.reasons) == ["Z5 nothing_to_grant"]
    assert link.grants.count() == 0


@pytest.mark.rule("Z2")
def test_a_refusal_names_the_missing_power():
    [reason] = judge_grants([P.SHARE_CREDIT], End.MASTER)
    assert dict(reason.facts) == {"permission": "share_credit", "missing": "view_finances"}


@pytest.mark.rule("Z4")
def test_dependants_go_along():
    held = [P.MANAGE_INVOICES, P.FORBID_INVOICING, P.VIEW_BILLS, P.SHARE_DISCOUNTS]
    assert with_dependants(P.VIEW_BILLS, held) == [
        "view_bills",
        "forbid_invoicing",
        "manage_invoices",
    ]
    assert with_dependants(P.VIEW_FINANCES, held) == ["view_finances"]
    assert with_dependants(P.MANAGE_INVOICES, held) == ["manage_invoices"]


@pytest.fixture
def master(provider):
    return provider.account("HQ", cash_amount="1000", credit_limit="500")


@pytest.fixture
def member(provider):
    return provider.account("A", cash_amount="100")


@pytest.fixture
def managed(provider, master, member):
    return provider.link(master, member, NOON, mode=Mode.MANAGEMENT, grants=(P.VIEW_FINANCES,))


def dated() -> list[tuple]:
    rows = Grant.objects.order_by("granted_from", "permission", "held_by")
    return list(rows.values_list("permission", "held_by", "granted_from", "granted_until"))


@pytest.mark.rule("Z1", "Z3", "F11")
def test_a_power_is_given_from_an_instant_on_and_once(provider, managed):
    asked = {"relationship": managed, "permission": P.SHARE_CREDIT}
    first = grants.grant(**asked, key="k", by="test", at=NOON + DAY)
    assert grants.grant(**asked, key="k", by="test", at=NOON + 2 * DAY) == first
    with pytest.raises(GrantRefused) as refused:
        grants.grant(**asked, **provider.said(NOON + DAY))
    assert named(refused.value.reasons) == ["Z1 already_granted"]
    grants.grant(
        relationship=managed,
        permission=P.VIEW_FINANCES,
        held_by=End.MEMBER,
        **provider.said(NOON + DAY),
    )
    assert dated() == [
        ("view_finances", "master", NOON, None),
        ("share_credit", "master", NOON + DAY, None),
        ("view_finances", "member", NOON + DAY, None),
    ]


@pytest.mark.rule("Z4")
def test_revoking_takes_dependants_along_and_leaves_the_other_end_alone(provider, managed):
    for permission, held_by in ((P.SHARE_CREDIT, End.MASTER), (P.VIEW_FINANCES, End.MEMBER)):
        grants.grant(
            relationship=managed, permission=permission, held_by=held_by, **provider.said(NOON)
        )
    ended = grants.revoke(
        relationship=managed, permission=P.VIEW_FINANCES, **provider.said(NOON + DAY)
    )
    assert [grant.permission for grant in ended] == ["view_finances", "share_credit"]
    assert dated() == [
        ("share_credit", "master", NOON, NOON + DAY),
        ("view_finances", "master", NOON, NOON + DAY),
        ("view_finances", "member", NOON, None),
    ]


@pytest.mark.rule("F11", "Z4")
def test_a_repeated_revocation_gives_the_first_result(provider, managed):
    grants.grant(relationship=managed, permission=P.SHARE_CREDIT, **provider.said(NOON))
    asked = {"relationship": managed, "permission": P.VIEW_FINANCES, "key": "k", "by": "test"}
    first = grants.revoke(**asked, at=NOON + DAY)
    again = grants.revoke(**asked, at=NOON + DAY + timedelta(seconds=3))
    assert sorted(grant.pk for grant in again) == sorted(grant.pk for grant in first)


@pytest.mark.rule("Z4", "L10")
@pytest.mark.parametrize("permission", [P.SHARE_CREDIT, P.VIEW_FINANCES])
def test_credit_is_reclaimed_before_share_credit_ends(
    provider, master, member, managed, permission
):
    grants.grant(relationship=managed, permission=P.SHARE_CREDIT, **provider.said(NOON))
    both = {"master": master, "member": member, "amount": Decimal(5)}
    credit.allocate(**both, **provider.said(NOON))
    with pytest.raises(GrantRefused) as refused:
        grants.revoke(relationship=managed, permission=permission, **provider.said(NOON))
    assert named(refused.value.reasons) == ["Z4 credit_not_reclaimed"]
    assert [until for *_, until in dated()] == [None, None]
    credit.reclaim(**both, **provider.said(NOON))
    grants.revoke(relationship=managed, permission=permission, **provider.said(NOON))


@pytest.mark.rule("Z4")
def test_what_is_not_held_cannot_be_given_up(provider, managed):
    with pytest.raises(GrantRefused) as refused:
        grants.revoke(relationship=managed, permission=P.VIEW_BILLS, **provider.said(NOON))
    assert named(refused.value.reasons) == ["Z4 not_granted"]


@pytest.mark.rule("Z1", "L5")
def test_powers_need_a_relationship_in_force(provider, master):
    stranger = provider.account("X", identity="Other Ltd")
    invited = provider.link(master, stranger, NOON, mode=Mode.MANAGEMENT)
    with pytest.raises(GrantRefused) as refused:
        grants.grant(relationship=invited, permission=P.VIEW_BILLS, **provider.said(NOON))
    assert named(refused.value.reasons) == ["Z1 not_in_force"]


@pytest.mark.rule("Z2")
def test_a_proposal_is_judged_as_a_whole(provider, master, member):
    with pytest.raises(LinkRefused) as refused:
        provider.link(master, member, NOON, mode=Mode.MANAGEMENT, grants=(P.SHARE_CREDIT,))
    assert named(refused.value.reasons) == ["Z2 dependency_missing"]
    provider.link(
        master, member, NOON, mode=Mode.MANAGEMENT, grants=(P.SHARE_CREDIT, P.VIEW_FINANCES)
    )
    assert [permission for permission, *_ in dated()] == ["share_credit", "view_finances"]
