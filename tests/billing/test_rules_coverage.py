"""What commitments cover, in which order, and what is left of them (K1-K4)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.coverage import Cover, Covered, Usage, cover

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NOON = datetime(2024, 5, 10, 4, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OWNER, MEMBER = 1, 2
PRODUCT, FAMILY = 10, 20
RI, SCU, PLAN = "reserved_instance", "storage_capacity_unit", "savings_plan"


def instance(commitment: int = 1, quantity: str = "2", **facts) -> Cover:
    facts = {"product": PRODUCT} | facts
    return _cover(commitment, RI, quantity=Decimal(quantity), **facts)


def capacity(commitment: int = 2, quantity: str = "100", **facts) -> Cover:
    facts = {"families": frozenset({FAMILY})} | facts
    return _cover(commitment, SCU, quantity=Decimal(quantity), **facts)


def plan(commitment: int = 3, commit: str = "6", rate: str = "0.6", **facts) -> Cover:
    """By default worth 10 of list value per hour."""
    facts = {"families": frozenset({FAMILY})} | facts
    return _cover(commitment, PLAN, commit=Decimal(commit), rate=Decimal(rate), **facts)


def _cover(commitment: int, kind: str, **facts) -> Cover:
    facts = {
        "code": f"c{commitment}",
        "owner": OWNER,
        "starts_at": LONG_AGO,
        "expires_at": None,
        "is_shared": False,
    } | facts
    return Cover(commitment=commitment, kind=kind, **facts)


def usage(
    quantity: str = "5",
    *,
    owner: int = OWNER,
    start: datetime = NOON,
    lasts: timedelta = HOUR,
    price: str = "1",
    product: int = PRODUCT,
    family: int = FAMILY,
) -> tuple[Usage, object]:
    unit_price = Decimal(price)
    charge = Usage(
        owner=owner,
        product=product,
        family=family,
        period_start=start,
        period_end=start + lasts,
        hour_start=start.replace(minute=0),
        quantity=Decimal(quantity),
        list_amount=Decimal(quantity) * unit_price,
    )
    return charge, lambda units: units * unit_price


def covered(covers, *args, **kwargs) -> list[tuple[int, Decimal, Decimal]]:
    charge, price_of = usage(*args, **kwargs)
    return [(one.commitment, one.quantity, one.amount) for one in cover(covers, charge, price_of)]


def decimals(*rows) -> list[tuple[int, Decimal, Decimal]]:
    return [(one, Decimal(quantity), Decimal(amount)) for one, quantity, amount in rows]


@pytest.mark.rule("K1")
def test_a_reserved_instance_covers_units_of_its_product_per_cycle():
    one = instance(quantity="2")
    assert covered([one], "5", price="0.5") == decimals((1, "2", "1"))
    assert covered([one], "5", price="0.5") == []  # the hour's units are used
    assert covered([one], "5", start=NOON + HOUR) == decimals((1, "2", "2"))  # the next has its own


@pytest.mark.rule("K1")
def test_a_capacity_unit_is_shared_by_the_products_of_its_family():
    one = capacity(quantity="100")
    assert covered([one], "70", lasts=DAY) == decimals((2, "70", "70"))
    assert covered([one], "70", lasts=DAY, product=11) == decimals((2, "30", "30"))
    assert covered([one], "70", lasts=DAY, product=12) == []


@pytest.mark.rule("K1")
def test_a_plan_covers_the_list_value_that_its_spend_buys_at_its_rate():
    one = plan(commit="6", rate="0.6")
    assert covered([one], "8", price="0.5") == decimals((3, "8", "4"))
    assert covered([one], "8", price="1.5") == decimals((3, "4", "6"))  # half of the 12
    assert covered([one], "8") == []
    assert one.used == {NOON: Decimal(10)}


@pytest.mark.rule("K1")
def test_a_plan_with_a_rate_that_does_not_divide_never_covers_more_than_it_is_worth():
    one = plan(commit="1", rate="0.7")
    (found,) = covered([one], "5")
    assert found == (3, *[Decimal("1.428571428571428571")] * 2)
    assert covered([one], "5") == []


@pytest.mark.rule("K1")
def test_a_day_takes_what_its_hours_have_left():
    one = plan()
    assert covered([one], "4", start=NOON) == decimals((3, "4", "4"))
    midnight = NOON - timedelta(hours=12)
    assert covered([one], "1000", start=midnight, lasts=DAY) == decimals((3, "236", "236"))
    assert covered([one], "1", start=NOON + HOUR) == []  # the day took that hour too
    assert covered([one], "1", start=midnight + DAY) == decimals((3, "1", "1"))
    assert sum(one.used.values()) == Decimal(241)


@pytest.mark.rule("K1")
def test_minutes_share_their_hour():
    one = plan()
    found = [
        covered([one], "4", start=NOON + minute * MINUTE, lasts=MINUTE) for minute in (0, 30, 59)
    ]
    assert found == [decimals((3, "4", "4")), decimals((3, "4", "4")), decimals((3, "2", "2"))]
    assert one.used == {NOON: Decimal(10)}


@pytest.mark.rule("K1")
def test_hours_of_a_long_cycle_after_the_plans_end_cover_nothing():
    midnight = NOON - timedelta(hours=12)
    one = plan(expires_at=midnight + 3 * HOUR)
    assert covered([one], "1000", start=midnight, lasts=DAY) == decimals((3, "30", "30"))


# what is special about the commitment; does it cover the member's usage, and the owner's
APPLIES = [
    (instance(), False, True),
    (instance(is_shared=True), True, True),
    (instance(owner=MEMBER), True, False),
    (instance(product=PRODUCT + 1, is_shared=True), False, False),
    (instance(starts_at=NOON, is_shared=True), True, True),
    (instance(starts_at=NOON + MINUTE, is_shared=True), False, False),
    (instance(expires_at=NOON, is_shared=True), False, False),
    (instance(expires_at=NOON + MINUTE, is_shared=True), True, True),
    (capacity(families=frozenset({FAMILY + 1}), is_shared=True), False, False),
    (plan(families=frozenset(), is_shared=True), True, True),  # no families named: all
    (plan(families=frozenset({FAMILY + 1}), is_shared=True), False, False),
]


@pytest.mark.rule("K1", "K2", "C1")
@pytest.mark.parametrize(("one", "for_member", "for_owner"), APPLIES)
def test_where_a_commitment_applies(one, for_member, for_owner):
    found = []
    for owner in (MEMBER, OWNER):
        one.used.clear()
        found.append(bool(covered([one], "1", owner=owner)))
    assert found == [for_member, for_owner]


@pytest.mark.rule("K1")
def test_instance_then_capacity_then_plan():
    mixed = [plan(1), capacity(2, "2"), instance(3, "1")]
    assert covered(mixed, "5", price="2") == decimals((3, "1", "2"), (2, "2", "4"), (1, "2", "4"))


SOON, LATER = NOON + DAY, NOON + 2 * DAY

ORDERS = [
    pytest.param(
        [instance(1, is_shared=True), instance(2, is_shared=True)], [1, 2], id="the first made"
    ),
    pytest.param(
        [
            instance(1, owner=MEMBER),
            instance(2, owner=MEMBER, expires_at=LATER),
            instance(3, owner=MEMBER, expires_at=SOON),
        ],
        [3, 2, 1],
        id="earliest expiry, those that never expire last",
    ),
    pytest.param(
        [instance(1, owner=OWNER, is_shared=True, expires_at=SOON), instance(2, owner=MEMBER)],
        [2, 1],
        id="own before shared, whatever expires first",
    ),
    pytest.param(
        [plan(1, owner=MEMBER), instance(2, owner=OWNER, is_shared=True)],
        [2, 1],
        id="the kind before whose it is",
    ),
]


@pytest.mark.rule("K1", "K2")
@pytest.mark.parametrize(("covers", "order"), ORDERS)
def test_the_order_of_use(covers, order):
    assert [one for one, _, _ in covered(covers, "1000", owner=MEMBER)] == order


@pytest.mark.rule("K1", "P1")
def test_what_is_covered_is_taken_from_the_top_of_the_steps():
    """10 units: 4 at 1, 6 at 0.5. Three covered units are three of the cheap ones."""
    charge = usage("10")[0]
    charge = Usage(**{**vars(charge), "list_amount": Decimal(7)})

    def price_of(units: Decimal) -> Decimal:
        return min(units, Decimal(4)) + max(units - 4, Decimal(0)) / 2

    assert cover([instance(quantity="3")], charge, price_of) == [
        Covered(1, Decimal(3), Decimal("1.5"))
    ]
    assert cover([instance(quantity="8")], charge, price_of) == [Covered(1, Decimal(8), Decimal(5))]


@pytest.mark.rule("K1")
@pytest.mark.parametrize("quantity", ["0", "-3"])
def test_what_is_not_used_is_not_covered(quantity):
    covers = [instance(), capacity(), plan()]
    assert covered(covers, quantity) == []
    assert [one.used for one in covers] == [{}, {}, {}]


@pytest.mark.rule("K3")
def test_what_a_record_says_is_never_an_amount_for_no_quantity():
    """The database keeps no such row: too small to be a quantity is not covered."""
    charge, price_of = usage("0.000000000000000001", price="1000000000000000")
    assert cover([plan(commit="0.0001", rate="1")], charge, price_of) == []


UNITS = st.decimals(0, 20, places=2)


@pytest.mark.rule("K1", "K3")
@given(st.lists(st.tuples(UNITS, st.sampled_from([OWNER, MEMBER])), max_size=8))
def test_no_slot_gives_more_than_it_has_and_no_charge_gets_more_than_it_is(used):
    covers = [
        instance(1, "3", is_shared=True),
        instance(2, "2", owner=MEMBER),
        capacity(3, "5", is_shared=True),
        plan(4, "3", "0.7", is_shared=True),
    ]
    given_by = dict.fromkeys((1, 2, 3, 4), Decimal(0))
    for quantity, owner in used:
        parts = covered(covers, str(quantity), owner=owner, price="0.9")
        assert sum((part for _, part, _ in parts), Decimal(0)) <= quantity
        assert sum((part for _, _, part in parts), Decimal(0)) <= quantity * Decimal("0.9")
        for commitment, units, amount in parts:
            given_by[commitment] += amount if commitment == 4 else units
    assert [one.commitment for one in covers if given_by[one.commitment] > one.per_slot] == []
