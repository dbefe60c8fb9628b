"""Commitments cover usage on the bill: which, in which order, for whom, what is left (K1-K4)."""

from decimal import Decimal

import pytest

from billing.models import Charge, Commitment, Coverage, CoverUse
from billing.services import commitments
from billing.services.commitments import CommitmentRefused
from finance_mgmt.errors import KeyReused
from tests.billing.shop import NEW_YEAR, NOW, Shop, books, charged, covered, refused
from tests.provider import at

TEN, ELEVEN = at("2024-05-10 10:10"), at("2024-05-10 11:10")


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()
    overdrawn = [
        use for use in CoverUse.objects.select_related("commitment") if use.used > _worth(use)
    ]
    assert overdrawn == []


def _worth(use: CoverUse) -> Decimal:
    one = use.commitment
    return one.quantity if one.quantity is not None else one.commit_amount / one.rate


@pytest.fixture
def ecs(shop):
    return shop.product("ecs", unit_price="2")


@pytest.fixture
def account(shop):
    return shop.account("A", cash_amount="10000")


@pytest.fixture
def group(shop):
    """A master with two members in trusteeship, and one in management."""
    master = shop.account("HQ", cash_amount="100", credit_limit="100000")
    members = [shop.account(number, cash_amount="1000") for number in ("A", "B", "M")]
    for member in members[:2]:
        shop.link(master, member)
    shop.manage(master, members[2])
    return master, *members


def used() -> dict[tuple[str, str], Decimal]:
    """What is used of each commitment in each slot."""
    rows = CoverUse.objects.filter(used__gt=0).order_by("commitment__code", "slot_start")
    return {(row.commitment.code, f"{row.slot_start:%d %H:%M}"): row.used for row in rows}


# -- Covering --------------------------------------------------------------------------------------


@pytest.mark.rule("K1", "K4", "K3")
def test_what_is_covered_costs_nothing_and_the_rest_is_discounted(shop, account, ecs):
    shop.discount(account, rate="0.5")
    shop.voucher(account, "1", "v")
    shop.instance(account, ecs, "3", code="ri")
    shop.use(account, ecs, "5", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert charged() == [("A", "A", 10, 6, 2, 1, 1)]
    assert covered() == [("ri", "A", 3, 6)]


@pytest.mark.rule("K1")
def test_a_reserved_instance_gives_its_units_anew_each_cycle_and_keeps_none(shop, account, ecs):
    shop.instance(account, ecs, "3", code="ri")
    for hour, quantity in ((10, "1"), (11, "7"), (12, "3")):
        shop.use(account, ecs, quantity, at(f"2024-05-10 {hour}:10"))
        shop.close(at(f"2024-05-10 {hour + 1}:00"))
    assert [row[2:4] for row in charged()] == [(2, 2), (14, 6), (6, 6)]


@pytest.mark.rule("K1", "B1")
def test_resources_of_one_cycle_share_the_units(shop, account, ecs):
    shop.instance(account, ecs, "3", code="ri")
    for resource in ("b", "a", "c"):
        shop.use(account, ecs, "2", TEN, resource=resource)
    shop.jobs(at("2024-05-10 11:00"))
    assert list(Charge.objects.order_by("resource").values_list("resource", "covered_amount")) == [
        ("a", 4),
        ("b", 2),
        ("c", 0),
    ]


@pytest.mark.rule("K1")
def test_a_capacity_unit_covers_its_family(shop, account, ecs):
    disk, snap = (
        shop.product(code, family="storage", cycle="day", unit_price="0.1")
        for code in ("disk", "snap")
    )
    shop.capacity(account, disk.family, "100", code="scu")
    for product, quantity in ((snap, "70"), (disk, "60"), (ecs, "5")):
        shop.use(account, product, quantity, TEN)
    shop.jobs(at("2024-05-11"))
    assert covered() == [("scu", "A", 60, 6), ("scu", "A", 40, 4)]
    assert used() == {("scu", "09 16:00"): 100}


@pytest.mark.rule("K1")
def test_a_savings_plan_covers_list_value_per_hour(shop, account, ecs):
    """1.20 an hour at 0.6 is worth 2 an hour at list price."""
    shop.plan(account, "1.2", "0.6", code="sp")
    shop.use(account, ecs, "0.5", TEN)
    shop.use(account, ecs, "5", ELEVEN)
    shop.jobs(at("2024-05-10 12:00"))
    assert covered() == [("sp", "A", Decimal("0.5"), 1), ("sp", "A", 1, 2)]
    assert [row[2:] for row in charged()] == [(1, 1, 0, 0, 0), (10, 2, 0, 0, 8)]


@pytest.mark.rule("K1")
def test_a_day_takes_what_its_hours_have_left(shop, account, ecs):
    """Hours are closed before their day: one is used in full, one in part, 22 are free."""
    disk = shop.product("disk", cycle="day", unit_price="1")
    shop.plan(account, "1.2", "0.6", code="sp")
    shop.use(account, ecs, "9", TEN)
    shop.use(account, ecs, "0.25", ELEVEN)
    shop.use(account, disk, "100", TEN)
    shop.jobs(at("2024-05-11"))
    assert covered() == [
        ("sp", "A", Decimal("45.5"), Decimal("45.5")),  # 22 * 2 + 1.5; its day begins first
        ("sp", "A", 1, 2),
        ("sp", "A", Decimal("0.25"), Decimal("0.5")),
    ]


@pytest.mark.rule("K1")
def test_minutes_share_their_hour(shop, account):
    sms = shop.product("sms", cycle="minute", unit_price="1")
    shop.plan(account, "1.2", "0.6", code="sp")
    for minute in ("10:01", "10:30", "10:59", "11:00"):
        shop.use(account, sms, "0.8", at(f"2024-05-10 {minute}"))
        shop.close(at(f"2024-05-10 {minute}:59"))
    shop.close(at("2024-05-10 11:30"))
    assert [row[3] for row in charged()] == [
        Decimal("0.8"),
        Decimal("0.8"),
        Decimal("0.4"),
        Decimal("0.8"),
    ]
    assert used() == {("sp", "10 02:00"): 2, ("sp", "10 03:00"): Decimal("0.8")}


@pytest.mark.rule("K1")
def test_a_plan_is_bounded_by_its_families(shop, account, ecs):
    disk = shop.product("disk", family="storage")
    shop.plan(account, "60", "0.6", code="sp", families=[disk.family])
    for product in (ecs, disk):
        shop.use(account, product, "1", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert covered() == [("sp", "A", 1, 1)]


@pytest.mark.rule("K1", "K3")
def test_several_on_one_charge_instance_capacity_plan(shop, account, ecs):
    shop.plan(account, "1.2", "0.6", code="sp")
    shop.capacity(account, ecs.family, "2", code="scu")
    shop.instance(account, ecs, "1", code="ri-late", expires_at=at("2025-01-01"))
    shop.instance(account, ecs, "1", code="ri-soon", expires_at=at("2024-06-01"))
    shop.use(account, ecs, "10", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert covered() == [
        ("ri-soon", "A", 1, 2),
        ("ri-late", "A", 1, 2),
        ("scu", "A", 2, 4),
        ("sp", "A", 1, 2),
    ]
    assert charged() == [("A", "A", 20, 10, 0, 0, 10)]


@pytest.mark.rule("K1", "C1")
@pytest.mark.parametrize(
    ("facts", "covers"),
    [
        ({"starts_at": at("2024-05-10 10:00")}, True),
        ({"starts_at": at("2024-05-10 10:00:01")}, False),
        ({"expires_at": at("2024-05-10 10:00:01")}, True),
        ({"expires_at": at("2024-05-10 10:00")}, False),
    ],
)
def test_it_must_be_valid_at_the_start_of_the_period(shop, account, ecs, facts, covers):
    shop.instance(account, ecs, "1", **facts)
    shop.use(account, ecs, "1", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert Coverage.objects.count() == (1 if covers else 0)


@pytest.mark.rule("K1", "C4")
def test_late_usage_has_what_its_own_period_has_left(shop, account, ecs):
    shop.instance(account, ecs, "3", code="ri")
    shop.plan(account, "1.2", "0.6", code="sp")
    shop.use(account, ecs, "2", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, ecs, "5", at("2024-05-10 10:20"), reported=at("2024-05-12"))
    shop.jobs(at("2024-05-12"))
    assert covered() == [("ri", "A", 2, 4), ("ri", "A", 1, 2), ("sp", "A", 1, 2)]
    assert used() == {("ri", "10 02:00"): 3, ("sp", "10 02:00"): 2}


@pytest.mark.rule("K1", "P1")
def test_of_stepped_prices_the_last_units_are_covered(shop, account):
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "1", NEW_YEAR, (("10", "0.5"),))
    shop.instance(account, product, "4", code="ri")
    shop.use(account, product, "12", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, product, "2", ELEVEN)  # 12 before it: the steps count what was covered
    shop.jobs(at("2024-05-10 12:00"))
    assert [row[2:4] for row in charged()] == [(11, 3), (1, 1)]


# -- Sharing and order -----------------------------------------------------------------------------


@pytest.mark.rule("K2", "K3")
def test_a_shared_one_is_for_trusteeship_members_the_owner_first(shop, group, ecs):
    master, a, b, managed = group
    shop.instance(master, ecs, "5", code="ri", is_shared=True)
    for owner, quantity in ((b, "2"), (managed, "2"), (a, "2"), (master, "2")):
        shop.use(owner, ecs, quantity, TEN)
    shop.jobs(at("2024-05-10 11:00"))
    rows = Coverage.objects.order_by("id").values_list("charge__owner__number", "quantity")
    assert list(rows) == [("HQ", 2), ("A", 2), ("B", 1)]


@pytest.mark.rule("K2", "F11")
def test_sharing_is_the_owners_choice_from_now_on(shop, group, ecs):
    master, a, *_ = group
    one = shop.instance(master, ecs, "5", code="ri")
    shop.use(a, ecs, "1", TEN)
    shop.close(at("2024-05-10 11:00"))
    said = shop.said(at("2024-05-10 11:00"))
    for _ in range(2):
        commitments.share(commitment=one, is_shared=True, **said)
    shop.use(a, ecs, "2", ELEVEN)
    shop.close(at("2024-05-10 12:00"))
    commitments.share(commitment=one, is_shared=False, **shop.said(at("2024-05-10 12:00")))
    shop.use(a, ecs, "4", at("2024-05-10 12:10"))
    shop.close(at("2024-05-10 13:00"))
    assert covered() == [("ri", "A", 2, 4)]
    with refused(KeyReused, "F11 key_reused"):
        commitments.share(commitment=one, is_shared=False, **said)


@pytest.mark.rule("K2", "C1", "C4")
@pytest.mark.parametrize("is_shared", [True, False])
def test_a_cycle_is_covered_as_it_was_shared_at_its_start_however_late_it_is_closed(
    shop, group, ecs, is_shared
):
    """Said within the cycle of 10:00, and once more within that of 11:00."""
    master, a, *_ = group
    one = shop.instance(master, ecs, "5", code="ri", is_shared=not is_shared)
    shop.start_closing(at("2024-05-10"))
    for hour in ("10", "11", "12"):
        shop.use(a, ecs, "1", at(f"2024-05-10 {hour}:05"))
    commitments.share(commitment=one, is_shared=is_shared, **shop.said(at("2024-05-10 10:30")))
    commitments.share(commitment=one, is_shared=not is_shared, **shop.said(ELEVEN))
    shop.close(at("2024-05-10 13:00"))
    late = at("2024-05-10 14:00")
    for hour in ("10", "11", "12"):
        shop.use(a, ecs, "2", at(f"2024-05-10 {hour}:50"), reported=late)
    shop.close(late)
    by_cycle = Charge.objects.order_by("period_start", "id")
    said = {True: [2, 4], False: [0, 0]}
    assert list(by_cycle.values_list("covered_amount", flat=True)) == [
        *said[not is_shared],
        *said[is_shared],
        *said[not is_shared],
    ]
    sharings = one.sharings.values_list("since", "is_shared")
    assert list(sharings) == [
        (NEW_YEAR, not is_shared),
        (at("2024-05-10 10:30"), is_shared),
        (ELEVEN, not is_shared),
    ]


@pytest.mark.rule("K2", "C1")
def test_what_is_closed_already_keeps_its_cover_a_change_that_comes_later_begins_there(
    shop, group, ecs
):
    master, a, *_ = group
    one = shop.instance(master, ecs, "5", code="ri", is_shared=True)
    shop.use(a, ecs, "1", ELEVEN)
    shop.close(at("2024-05-10 12:00"))
    commitments.share(commitment=one, is_shared=False, **shop.said(at("2024-05-10 10:30")))
    assert one.sharings.latest("since").since == at("2024-05-10 12:00")
    shop.use(a, ecs, "2", at("2024-05-10 12:10"))
    shop.close(at("2024-05-10 13:00"))
    assert covered() == [("ri", "A", 1, 2)]


@pytest.mark.rule("K1", "K2", "C1")
def test_a_members_own_goes_on_in_trusteeship_and_before_the_masters(shop, group, ecs):
    master, a, b, _ = group
    shop.instance(master, ecs, "5", code="master's", is_shared=True, expires_at=at("2024-06-01"))
    shop.instance(a, ecs, "1", code="own", is_shared=True)
    shop.use(a, ecs, "3", TEN)
    shop.use(b, ecs, "9", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert covered() == [("own", "A", 1, 2), ("master's", "A", 2, 4), ("master's", "B", 3, 6)]


@pytest.mark.rule("K3", "K4")
def test_members_by_start_of_relationship_number_product_resource(shop, ecs):
    master = shop.account("HQ", cash_amount="100", credit_limit="1000")
    accounts = {number: shop.account(number) for number in ("A", "B", "C")}
    for number, since in (("C", "2020-02-01"), ("B", "2020-03-01"), ("A", "2020-03-01")):
        shop.link(master, accounts[number], at(since))
    bare = shop.product("bare", unit_price="1")
    shop.capacity(master, ecs.family, "6.5", code="scu", is_shared=True)
    for owner in accounts.values():
        for product, resource in ((ecs, "r2"), (ecs, "r1"), (bare, "")):
            shop.use(owner, product, "1", TEN, resource=resource)
    shop.jobs(at("2024-05-10 11:00"))
    rows = Coverage.objects.order_by("id")
    assert list(
        rows.values_list(
            "charge__owner__number", "charge__product__code", "charge__resource", "quantity"
        )
    ) == [
        ("C", "bare", "", 1),
        ("C", "ecs", "r1", 1),
        ("C", "ecs", "r2", 1),
        ("A", "bare", "", 1),
        ("A", "ecs", "r1", 1),
        ("A", "ecs", "r2", 1),
        ("B", "bare", "", Decimal("0.5")),
    ]


@pytest.mark.rule("K2", "C1")
def test_a_former_members_late_usage_still_shares_its_own_period(shop, ecs):
    master = shop.account("HQ", cash_amount="100", credit_limit="1000")
    member = shop.account("A", cash_amount="100")
    link = shop.link(master, member)
    shop.instance(master, ecs, "5", code="ri", is_shared=True)
    shop.end(link, at("2024-05-10 12:00"))
    shop.start_closing(at("2024-05-10"))
    shop.use(member, ecs, "2", TEN, reported=at("2024-05-12"))
    shop.use(member, ecs, "2", at("2024-05-10 12:10"), reported=at("2024-05-12"))
    shop.jobs(at("2024-05-12"))
    assert charged() == [("A", "HQ", 4, 4, 0, 0, 0), ("A", "A", 4, 0, 0, 0, 4)]


@pytest.mark.rule("K1", "B1")
def test_what_came_with_its_amount_is_not_covered(shop, account, ecs):
    shop.instance(account, ecs, "5")
    shop.use(account, ecs, "2", TEN, given_amount="3")
    shop.jobs(at("2024-05-10 11:00"))
    assert charged() == [("A", "A", 3, 0, 0, 0, 3)]


# -- Adding ----------------------------------------------------------------------------------------


@pytest.mark.rule("K1", "F11")
def test_a_commitment_is_added_once(shop, account, ecs):
    said = shop.said(NOW)
    facts = {"code": "ri", "owner": account, "kind": "reserved_instance", "product": ecs}
    for _ in range(2):
        commitments.add(quantity=Decimal(2), **facts, **said)
    assert Commitment.objects.values_list(
        "code", "owner__number", "kind", "quantity", "is_shared", "starts_at", "expires_at"
    ).get() == ("ri", "A", "reserved_instance", 2, False, NOW, None)
    with refused(KeyReused, "F11 key_reused"):
        commitments.add(quantity=Decimal(3), **facts, **said)


REFUSALS = [
    ("reserved_instance", {"quantity": "2"}, ["K1 product_missing"]),
    ("reserved_instance", {"product": True}, ["K1 units_missing"]),
    ("reserved_instance", {"product": True, "quantity": "0"}, ["K1 units_missing"]),
    (
        "reserved_instance",
        {"product": True, "quantity": "1", "commit_amount": "1"},
        ["K1 units_missing"],
    ),
    ("storage_capacity_unit", {"quantity": "2"}, ["K1 family_missing"]),
    ("storage_capacity_unit", {}, ["K1 units_missing", "K1 family_missing"]),
    ("savings_plan", {}, ["K1 spend_missing"]),
    ("savings_plan", {"commit_amount": "1"}, ["K1 spend_missing"]),
    ("savings_plan", {"commit_amount": "1", "rate": "0"}, ["K1 spend_missing"]),
    ("savings_plan", {"commit_amount": "1", "rate": "1.01"}, ["K1 spend_missing"]),
    ("savings_plan", {"commit_amount": "0", "rate": "0.5"}, ["K1 spend_missing"]),
    ("savings_plan", {"commit_amount": "1", "rate": "1", "quantity": "1"}, ["K1 spend_missing"]),
    (
        "savings_plan",
        {"commit_amount": "1", "rate": "1", "starts_at": NOW, "expires_at": NOW},
        ["K1 bad_validity"],
    ),
    (
        "savings_plan",
        {"commit_amount": "1", "rate": "1", "expires_at": NEW_YEAR},
        ["K1 bad_validity"],
    ),
    ("savings_plan", {"code": "taken"}, ["K1 spend_missing", "K1 code_taken"]),
]


@pytest.mark.rule("K1")
@pytest.mark.parametrize(("kind", "facts", "reasons"), REFUSALS)
def test_a_commitment_that_could_cover_nothing_is_refused(shop, account, ecs, kind, facts, reasons):
    shop.instance(account, ecs, "1", code="taken")
    wanted = {
        name: Decimal(value) if isinstance(value, str) and name != "code" else value
        for name, value in facts.items()
    }
    if wanted.pop("product", False):
        wanted["product"] = ecs
    before = books()
    with refused(CommitmentRefused, *reasons):
        commitments.add(owner=account, kind=kind, **({"code": "new"} | wanted), **shop.said(NOW))
    assert books() == before
