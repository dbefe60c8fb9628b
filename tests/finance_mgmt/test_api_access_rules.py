"""Whose matters an account may see: the table of rules/access.py, row by row (Z3-Z6)."""

import pytest
from django.conf import settings

from finance_mgmt.enums import End, Mode, Permission
from finance_mgmt.models import MoneyAction
from finance_mgmt.rules.access import ASKED_BY, Sight, Tie, decide, may_grant, may_revoke

ME, OTHER = 1, 2
VIEW_FINANCES, VIEW_BILLS = Permission.VIEW_FINANCES, Permission.VIEW_BILLS
ALL = frozenset(Permission)

TABLE = [
    # mode, am I the master, powers I hold -> finances, bills, consumption, managed, members
    (Mode.TRUSTEESHIP, True, frozenset(), "-bcmM"),
    (Mode.TRUSTEESHIP, True, ALL, "-bcmM"),  # nothing to grant (Z5)
    (Mode.TRUSTEESHIP, False, frozenset(), "-----"),
    (Mode.TRUSTEESHIP, False, ALL, "-----"),
    (Mode.MANAGEMENT, True, frozenset(), "----M"),
    (Mode.MANAGEMENT, True, {VIEW_FINANCES}, "f---M"),
    (Mode.MANAGEMENT, True, {VIEW_BILLS}, "-bc-M"),
    (Mode.MANAGEMENT, True, ALL, "fbc-M"),
    (Mode.MANAGEMENT, True, ALL - {VIEW_FINANCES, VIEW_BILLS}, "----M"),
    (Mode.MANAGEMENT, False, {VIEW_FINANCES}, "f----"),
    (Mode.MANAGEMENT, False, {VIEW_BILLS}, "-bc--"),
]


@pytest.mark.rule("Z3", "Z5", "Z6")
@pytest.mark.parametrize(("mode", "is_master", "held", "sees"), TABLE)
def test_what_is_seen_of_the_other_end(mode, is_master, held, sees):
    found = decide(ME, [Tie(OTHER, is_master, mode, frozenset(held))])
    sets = (found.finances, found.bills, found.consumption, found.managed, found.members)
    assert "".join("fbcmM"[i] if OTHER in one else "-" for i, one in enumerate(sets)) == sees
    assert {ME} == found.finances & found.bills & found.consumption & found.managed - {OTHER}


def test_alone_an_account_sees_itself():
    me = frozenset([ME])
    assert decide(ME, []) == Sight(ME, me, me, me, me, frozenset(), ME)


@pytest.mark.parametrize(("is_master", "group"), [(True, ME), (False, OTHER)])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_member_is_of_the_group_of_its_master(mode, is_master, group):
    assert decide(ME, [Tie(OTHER, is_master, mode)]).group == group


@pytest.mark.rule("Z4")
@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("held_by", list(End))
def test_the_holder_gives_up_the_giver_ends_views_only(permission, held_by):
    giver = End.MEMBER if held_by == End.MASTER else End.MASTER
    assert may_revoke(permission, held_by, held_by)
    assert may_revoke(permission, held_by, giver) == (permission in {VIEW_FINANCES, VIEW_BILLS})
    assert (may_grant(held_by, giver), may_grant(held_by, held_by)) == (True, False)


def test_every_command_that_may_wait_says_who_may_ask_for_it():
    known = {codename for codename, _ in MoneyAction._meta.permissions}
    assert set(ASKED_BY) == set(settings.APPROVABLE)
    assert {name for names, _ in ASKED_BY.values() for name in names} - known == set()
