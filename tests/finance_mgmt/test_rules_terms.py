"""The terms table, cell by cell (DOMAIN 3), and its SQL twin on random histories."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from finance_mgmt import queries
from finance_mgmt.enums import End, Mode, Permission, RelationshipState
from finance_mgmt.models import Account, Decision, Grant, Relationship
from finance_mgmt.rules.terms import Money, Standing, Terms, decide
from finance_mgmt.rules.terms_in_sql import DISCOUNTS_OF, JOIN_STANDING, PAYER
from tests.provider import LONG_AGO

ME, MASTER, LINK = 1, 9, 77
OWN = ((ME, Money.VOUCHERS), (ME, Money.CASH), (ME, Money.CREDIT))


def stands(mode: Mode | None, *held: Permission, by: End = End.MASTER, **more) -> Terms:
    if mode is None:
        return decide(Standing(account=ME))
    granted = frozenset((permission, by) for permission in held)
    return decide(
        Standing(account=ME, mode=mode, master=MASTER, relationship=LINK, granted=granted, **more)
    )


ALONE = stands(None)
MANAGED = stands(Mode.MANAGEMENT)
ALL_GRANTED = stands(Mode.MANAGEMENT, *Permission, has_unified_settlement=True)
HELD = stands(Mode.TRUSTEESHIP)
ALL_GRANTED_HELD = stands(Mode.TRUSTEESHIP, *Permission, has_unified_settlement=True)


# Term, then: no relationship, management without grants, with all of them, trusteeship.
TABLE = [
    ("account", ME, ME, ME, ME),
    ("mode", None, Mode.MANAGEMENT, Mode.MANAGEMENT, Mode.TRUSTEESHIP),
    ("relationship", None, LINK, LINK, LINK),
    ("payer", ME, ME, ME, MASTER),
    (
        "money",
        OWN,
        OWN,
        ((ME, Money.VOUCHERS), (ME, Money.CASH), (ME, Money.ALLOCATED_CREDIT)),
        ((MASTER, Money.VOUCHERS), (MASTER, Money.CREDIT)),
    ),
    ("discounts_of", ME, ME, MASTER, MASTER),
    ("flagged_discounts_of", ME, ME, ME, ME),
    ("vouchers_of", ME, ME, ME, MASTER),
    ("commitments_of", (ME,), (ME,), (ME,), (ME, MASTER)),
    ("bill_on", ME, ME, ME, MASTER),
    ("settled_by", (ME,), (ME,), (ME, MASTER), (MASTER,)),
    ("invoice_title_of", ME, ME, ME, MASTER),
    ("invoice_issued_by", ME, ME, MASTER, MASTER),
    ("warnings_to", (ME,), (ME,), (ME, MASTER), (MASTER,)),
    ("funds_that_decide", ME, ME, ME, MASTER),
    ("allows_price_override", True, True, True, False),
    ("is_own_credit_dormant", False, False, False, True),
    ("is_own_credit_replaced", False, False, True, False),
]


@pytest.mark.rule("D2", "V4", "B4", "L13")
@pytest.mark.parametrize(("term", "alone", "managed", "all_granted", "held"), TABLE)
def test_each_cell_of_the_terms_table(term, alone, managed, all_granted, held):
    columns = (ALONE, MANAGED, ALL_GRANTED, HELD, ALL_GRANTED_HELD)
    assert [getattr(terms, term) for terms in columns] == [alone, managed, all_granted, held, held]


def test_the_table_has_a_row_for_every_term():
    assert [row[0] for row in TABLE] == list(Terms.__dataclass_fields__)


# Each power moves the terms named, and no other.
MOVED_BY = [
    (Permission.SHARE_CREDIT, {"money", "is_own_credit_replaced"}),
    (Permission.SHARE_DISCOUNTS, {"discounts_of"}),
    (Permission.FORBID_WITHDRAWAL, set()),
    (Permission.FORBID_INVOICING, {"invoice_issued_by"}),
    (Permission.VIEW_FINANCES, {"warnings_to"}),
    (Permission.MANAGE_INVOICES, set()),
    (Permission.VIEW_BILLS, set()),
]


@pytest.mark.rule("Z1")
@pytest.mark.parametrize(("permission", "moved"), MOVED_BY)
def test_a_power_of_the_master_moves_its_own_terms_only(permission, moved):
    assert _differing(stands(Mode.MANAGEMENT, permission), MANAGED) == moved


@pytest.mark.rule("Z3")
@pytest.mark.parametrize("permission", list(Permission))
def test_a_power_that_the_member_holds_moves_no_term(permission):
    assert stands(Mode.MANAGEMENT, permission, by=End.MEMBER) == MANAGED


def test_unified_settlement_moves_who_settles_only():
    unified = stands(Mode.MANAGEMENT, has_unified_settlement=True)
    assert _differing(unified, MANAGED) == {"settled_by"}


@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("terms", "plain", "flagged"),
    [(ALONE, ME, ME), (MANAGED, ME, ME), (ALL_GRANTED, MASTER, ME), (HELD, MASTER, ME)],
)
def test_flagged_families_keep_the_users_own_discount(terms, plain, flagged):
    assert terms.discounts_for(keeps_own_discount=False) == plain
    assert terms.discounts_for(keeps_own_discount=True) == flagged


def _differing(one: Terms, other: Terms) -> set[str]:
    names = Terms.__dataclass_fields__
    return {name for name in names if getattr(one, name) != getattr(other, name)}


# -- The same payer and discounts in SQL -----------------------------------------------------------

MINUTES = st.integers(0, 60)
PLACES = st.sampled_from(["master", "other master"])


STATES = st.sampled_from(list(RelationshipState))


def _never_goes_on_past_its_end(state: RelationshipState) -> bool:
    return state != RelationshipState.CHANGE_PENDING  # its end has not taken effect yet (L6)


@st.composite
def histories(draw):
    """Dated relationships of one member, none overlapping, each with its grants."""
    bounds = sorted(draw(st.sets(MINUTES, min_size=2, max_size=6)))
    links = []
    for begin, end in zip(bounds, bounds[1:], strict=False):
        if not draw(st.booleans()):
            continue  # a gap, or the next one follows without: a move
        is_last = end == bounds[-1]
        upgraded = draw(st.none() | st.integers(begin, end + 3))
        grants = draw(
            st.lists(
                st.tuples(
                    st.sampled_from([Permission.SHARE_DISCOUNTS, Permission.SHARE_CREDIT]),
                    st.sampled_from(list(End)),
                    st.integers(begin - 2, end),
                    st.none() | st.integers(0, 5),
                ),
                max_size=2,
                unique_by=lambda grant: grant[:2],
            )
        )
        state = draw(STATES if is_last else STATES.filter(_never_goes_on_past_its_end))
        mode = draw(st.sampled_from(list(Mode)))
        ends = None if is_last and draw(st.booleans()) else end
        links.append((draw(PLACES), state, mode, begin, upgraded, ends, grants))
    return links


PENDING = RelationshipState.CHANGE_PENDING
SHARED = [(Permission.SHARE_DISCOUNTS, End.MASTER, 10, None)]
KNOWN = [  # management with a power for a while, an upgrade, a gap, and a move
    (
        "master",
        RelationshipState.ENDED,
        Mode.TRUSTEESHIP,
        10,
        20,
        30,
        [(Permission.SHARE_DISCOUNTS, End.MASTER, 12, 3)],
    ),
    ("other master", RelationshipState.ENDED, Mode.TRUSTEESHIP, 40, 40, 50, []),
    ("master", RelationshipState.ACTIVE, Mode.TRUSTEESHIP, 50, 50, None, []),
]

SQL = f"""
SELECT due.owner_id, due.period_start, product.keeps_own_discount, {PAYER}, {DISCOUNTS_OF}
FROM unnest(%s::bigint[], %s::timestamptz[]) AS due(owner_id, period_start)
CROSS JOIN (VALUES (true), (false)) AS product(keeps_own_discount)
{JOIN_STANDING}
"""


@pytest.mark.rule("C1", "C3", "L6", "L7", "D2")
@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), seconds=st.lists(st.integers(-60, 70 * 60), max_size=8))
@example(history=KNOWN, seconds=[])
@example(history=[("master", PENDING, Mode.MANAGEMENT, 10, None, 20, SHARED)], seconds=[1500])
@example(history=[("master", PENDING, Mode.MANAGEMENT, 10, 20, None, SHARED)], seconds=[1500])
def test_the_table_in_sql_agrees_with_the_table(history, seconds):
    with transaction.atomic():
        accounts = _write(history)
        instants = {LONG_AGO + timedelta(seconds=second) for second in seconds}
        for minute in _turning_points(history):
            boundary = LONG_AGO + timedelta(minutes=minute)
            instants |= {boundary + timedelta(microseconds=n) for n in (-1, 0, 1)}
        asked = [(pk, instant) for pk in accounts for instant in sorted(instants)]
        with connection.cursor() as cursor:
            cursor.execute(SQL, [[pk for pk, _ in asked], [instant for _, instant in asked]])
            in_sql = {tuple(row[:3]): tuple(row[3:]) for row in cursor.fetchall()}
        in_python = {}
        for instant in instants:
            for pk, standing in queries.standings(accounts, instant).items():
                terms = decide(standing)
                for flag in (True, False):
                    owner = terms.discounts_for(keeps_own_discount=flag)
                    in_python[pk, instant, flag] = (terms.payer, owner)
        assert in_sql == in_python
        transaction.set_rollback(True)


def _turning_points(history) -> set[int]:
    """The minutes at which a relationship or a grant begins or ends."""
    dates = [minute for _, _, _, *dates, _ in history for minute in dates]
    for *_, grants in history:
        for _, _, since, lasting in grants:
            dates += [since, None if lasting is None else since + lasting]
    return {minute for minute in dates if minute is not None}


def _write(history) -> list[int]:
    decision = Decision.objects.create(key="h", verb="test", facts={}, by="test", at=LONG_AGO)
    made = {
        name: Account.objects.create(number=name, name=name, opened_at=LONG_AGO, decision=decision)
        for name in ("member", "master", "other master")
    }

    def instant(minute):
        return None if minute is None else LONG_AGO + timedelta(minutes=minute)

    for master, state, mode, begin, upgraded, end, grants in history:
        link = Relationship.objects.create(
            master=made[master],
            member=made["member"],
            mode=mode,
            state=state,
            effective_from=instant(begin),
            trusteeship_from=instant(upgraded),
            effective_to=instant(end),
            decision=decision,
        )
        Grant.objects.bulk_create(
            Grant(
                relationship=link,
                permission=permission,
                held_by=held_by,
                granted_from=instant(since),
                granted_until=None if lasting is None else instant(since + lasting),
                decision=decision,
            )
            for permission, held_by, since, lasting in grants
        )
    return [account.pk for account in made.values()]
