"""The month's bill: what it says, what it draws, and that it never changes (B2-B5)."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import Error, connection, transaction

from billing.models import Bill, Charge, ClosedThrough
from billing.services import adjustments, bills, cycles
from finance_mgmt.enums import Cycle, Mode
from finance_mgmt.models import Funds, Movement, RunStep
from finance_mgmt.services import cash, runs
from tests.provider import LONG_AGO, Provider, at

APRIL, MAY, JUNE, JULY = (date(2024, month, 1) for month in (4, 5, 6, 7))
FIRST_OF_JUNE = at("2024-06-01")


def says(bill: Bill) -> dict:
    """What a bill says in amounts, without what is 0."""
    names = [
        "own_amount",
        "members_amount",
        "carried_amount",
        "round_off",
        "total",
        "from_cash",
        "on_credit",
        "carried_forward",
        "outstanding",
    ]
    return {name: getattr(bill, name) for name in names if getattr(bill, name)}


def amounts(**given) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in given.items()}


def drawn(kind="bill") -> list[tuple]:
    """The movements of one kind as (payer, pocket, owner, amount)."""
    rows = Movement.objects.filter(kind=kind, from_account__isnull=False).order_by("id")
    return [(m.from_account.number, m.from_pocket, m.owner.number, m.amount) for m in rows]


@pytest.fixture
def product(provider):
    return provider.product("p", cycle=Cycle.DAY)


# -- When a bill is issued -------------------------------------------------------------------------


@pytest.mark.rule("B5", "B4")
def test_one_bill_per_payer_and_month_at_once_when_its_last_cycle_is_closed(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.account("IDLE", cash_amount="100")
    for day in ("05-01", "05-31"):
        provider.use(account, product, "10", at(f"2024-{day}"))
    provider.jobs(FIRST_OF_JUNE - timedelta(microseconds=1))
    assert provider.bills() == []
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    assert (bill.payer, bill.month, bill.currency, bill.charge_count) == (account, MAY, "CNY", 2)
    assert says(bill) == amounts(own_amount="20", total="20", from_cash="20")
    assert (bill.status, bill.issued_at, bill.due_on) == (
        "settled",
        FIRST_OF_JUNE,
        date(2024, 6, 16),
    )


@pytest.mark.rule("B5")
def test_months_are_billed_in_order_and_a_month_without_charges_has_no_bill(provider, product):
    account = provider.account("A", cash_amount="100")
    for day in ("04-10", "06-10"):
        provider.use(account, product, "1", at(f"2024-{day}"))
    provider.jobs(at("2024-07-01"))
    assert [bill.month for bill in provider.bills()] == [APRIL, JUNE]
    assert ClosedThrough.objects.get().billed_month == JUNE
    assert [run.kind for run in provider.runs()] == ["close", "bill", "bill"]


@pytest.mark.rule("B5")
def test_the_due_date_counts_from_the_day_of_issue_in_the_providers_zone(provider, product):
    provider.policy(payment_days=0, close_delay=7200)
    account = provider.account("A", credit_limit="100")
    provider.use(account, product, "1", at("2024-05-31"))
    provider.jobs(at("2024-06-02 01:00"))  # still the first of June in UTC
    assert [bill.due_on for bill in provider.bills()] == [date(2024, 6, 2)]


@pytest.mark.rule("B5")
def test_bills_wait_for_a_close_that_is_not_done_and_for_one_another(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.start_closing()
    provider.use(account, product, "1", at("2024-05-10"))
    assert bills.issue(by="job", at=FIRST_OF_JUNE) is None  # nothing was closed yet
    close = cycles.close(by="job", at=FIRST_OF_JUNE)
    assert bills.issue(by="job", at=FIRST_OF_JUNE) is None
    runs.work(close.pk, worker="test")
    run = bills.issue(by="job", at=FIRST_OF_JUNE)
    assert bills.issue(by="job", at=FIRST_OF_JUNE) is None
    assert runs.work(run.pk, worker="test").done_units == 1
    assert bills.issue(by="job", at=FIRST_OF_JUNE) is None


@pytest.mark.rule("B2", "B5")
def test_jobs_that_run_again_make_nothing_new(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.use(account, product, "1", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    before = (Bill.objects.count(), Charge.objects.count(), Movement.objects.count())
    for later in (FIRST_OF_JUNE, FIRST_OF_JUNE, at("2024-06-15"), at("2024-07-01")):
        provider.jobs(later)
    for run in provider.runs():
        assert runs.work(run.pk, worker="again").state == "done"
    assert (Bill.objects.count(), Charge.objects.count(), Movement.objects.count()) == before
    assert len(provider.runs()) == 2


@pytest.mark.rule("B5")
def test_a_payer_who_cannot_be_billed_keeps_no_other_waiting(db):
    provider = Provider()  # not the fixture: if it fails, the books are wrong, too
    product = provider.product("p", cycle=Cycle.DAY)
    accounts = [provider.account(number, cash_amount="100") for number in "ABCDE"]
    for account in accounts:
        provider.use(account, product, "10", at("2024-05-10"))
    provider.run(FIRST_OF_JUNE)
    broken = Funds.objects.filter(pk=accounts[2].pk)
    broken.update(cash=0, used=Decimal(99_999_999_999_999_999))  # no room for 10 more
    run = provider.run(FIRST_OF_JUNE)
    assert (run.state, run.done_units) == ("failed", 4)
    assert [bill.payer.number for bill in provider.bills()] == list("ABDE")
    [step] = run.steps.filter(state="failed")
    assert step.scope == {"payers": [accounts[2].pk]}

    broken.update(cash=100, used=0)
    runs.retry(run, by="clerk", at=LONG_AGO)
    assert runs.work(run.pk, worker="test").state == "done"
    assert [bill.payer.number for bill in provider.bills()] == list("ABCDE")
    provider.verify_books()


# -- What it draws ---------------------------------------------------------------------------------

# Cash, limit, own quantity, member's quantity; what the bill says; what is stored afterwards.
DRAWS = [
    pytest.param(
        "100", "500", "20", None,
        amounts(own_amount=20, total=20, from_cash=20),
        amounts(cash=80, credit_limit=500),
        id="own charges draw cash",
    ),
    pytest.param(
        "5", "500", "20", None,
        amounts(own_amount=20, total=20, from_cash=5, on_credit=15, outstanding=15),
        amounts(credit_limit=500, used=15),
        id="then credit",
    ),
    pytest.param(
        "100", "500", None, "30",
        amounts(members_amount=30, total=30, on_credit=30, outstanding=30),
        amounts(cash=100, credit_limit=500, used=30),
        id="members' charges draw credit only, whatever the cash",
    ),
    pytest.param(
        "25", "500", "20", "30",
        amounts(
            own_amount=20, members_amount=30, total=50, from_cash=20, on_credit=30, outstanding=30
        ),
        amounts(cash=5, credit_limit=500, used=30),
        id="each part by its own rule",
    ),
    pytest.param(
        "7.5", "10", "20", "30",
        amounts(
            own_amount=20,
            members_amount=30,
            total=50,
            from_cash="7.5",
            on_credit="42.5",
            outstanding="42.5",
        ),
        amounts(credit_limit=10, used="42.5"),
        id="metered usage may pass the limit",
    ),
]  # fmt: skip


@pytest.mark.rule("B5", "F4", "F5")
@pytest.mark.parametrize(("cash", "limit", "own", "members", "bill", "stored"), DRAWS)
def test_what_a_bill_draws(provider, product, cash, limit, own, members, bill, stored):
    master = provider.account("HQ", cash_amount=cash, credit_limit=limit)
    member = provider.account("A", cash_amount="1000")
    provider.link(master, member)
    for account, quantity in ((master, own), (member, members)):
        if quantity:
            provider.use(account, product, quantity, at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    [issued] = provider.bills()
    assert says(issued) == bill
    assert issued.status == ("outstanding" if "outstanding" in bill else "settled")
    assert provider.stored(master) == stored
    assert provider.stored(member) == {"cash": Decimal(1000)}


@pytest.mark.rule("F5", "B5")
def test_what_metered_usage_took_over_the_limit_is_shown(provider, product):
    account = provider.account("A", credit_limit="10")
    provider.use(account, product, "42.5", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    found = provider.figures(account)
    assert (found.overshoot, found.available) == (Decimal("32.5"), Decimal("-32.5"))


@pytest.mark.rule("B4", "B5")
def test_the_movements_of_a_bill_name_every_member(provider, product):
    master = provider.account("HQ", cash_amount="4", credit_limit="500")
    members = [provider.account(number) for number in ("A", "B")]
    for member in members:
        provider.link(master, member)
    for account, quantity in zip([master, *members], ("10.006", "5.004", "2.004"), strict=True):
        provider.use(account, product, quantity, at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    assert says(bill) == amounts(
        own_amount="10.006",
        members_amount="7.008",
        round_off="0.004",
        total="17.01",
        from_cash="4",
        on_credit="13.01",
        outstanding="13.01",
    )
    assert drawn() == [
        ("HQ", "cash", "HQ", Decimal(4)),
        ("HQ", "credit", "HQ", Decimal("6.01")),
        ("HQ", "credit", "A", Decimal("5.00")),
        ("HQ", "credit", "B", Decimal("2.00")),
    ]
    released = Movement.objects.filter(kind="accrual_release").order_by("id")
    assert [(m.to_pocket, m.owner.number, m.amount) for m in released] == [
        ("unsettled_own", "HQ", Decimal("10.006")),
        ("unsettled_members", "A", Decimal("5.004")),
        ("unsettled_members", "B", Decimal("2.004")),
    ]


@pytest.mark.rule("F7", "B5")
@pytest.mark.parametrize(
    ("transferred", "quantity", "from_pockets", "left"),
    [
        ("30", "20", [("transferred_cash", 20)], {"cash": 80, "transferred_in": 10}),
        ("30", "50", [("transferred_cash", 30), ("cash", 20)], {"cash": 50}),
        ("30", "100", [("transferred_cash", 30), ("cash", 70)], {}),
    ],
)
def test_transferred_cash_is_spent_first(
    provider, product, transferred, quantity, from_pockets, left
):
    account = provider.account("A", cash_amount="70")
    master = provider.account("HQ", cash_amount=transferred)
    provider.link(master, account, mode=Mode.MANAGEMENT)
    cash.transfer(master=master, member=account, amount=Decimal(transferred), **provider.said())
    provider.use(account, product, quantity, at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    assert [(pocket, amount) for _, pocket, _, amount in drawn()] == from_pockets
    assert provider.stored(account) == left


# -- Cut in the customer's favour ------------------------------------------------------------------


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("currency", "quantity", "total", "round_off"),
    [
        ("CNY", "20.52022672899", "20.52", "0.00022672899"),
        ("CNY", "20.529999999999999999", "20.52", "0.009999999999999999"),
        ("CNY", "0.009", "0", "0.009"),
        ("JPY", "20.52022672899", "20", "0.52022672899"),
        ("KWD", "20.52022672899", "20.520", "0.00022672899"),
        ("KWD", "20.5209", "20.520", "0.0009"),
    ],
)
def test_a_bill_is_cut_to_the_minor_unit_and_shows_the_rest(
    provider, product, currency, quantity, total, round_off
):
    account = provider.account("A", currency=currency, credit_limit="1000")
    provider.use(account, product, quantity, at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    assert (bill.own_amount, bill.total, bill.round_off) == (
        Decimal(quantity),
        Decimal(total),
        Decimal(round_off),
    )
    assert provider.stored(account) == {
        "credit_limit": Decimal(1000),
        **({"used": Decimal(total)} if Decimal(total) else {}),
    }


@pytest.mark.rule("B3")
def test_a_million_millionths_are_one(provider):
    product = provider.product("p", unit_price="0.000001")
    account = provider.account("A", cash_amount="10")
    for hour in range(20):
        provider.use(account, product, "50000", at(f"2024-05-10 {hour:02}:00"))
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    assert (bill.total, bill.round_off, bill.charge_count) == (Decimal(1), 0, 20)


# -- A negative month ------------------------------------------------------------------------------


@pytest.mark.rule("B5", "B3")
def test_a_negative_total_is_the_first_line_of_the_next_bill(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.use(account, product, "-2.301", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    [may] = provider.bills()
    assert says(may) == amounts(
        own_amount="-2.301", round_off="0.009", total="-2.31", carried_forward="-2.31"
    )
    assert may.status == "carried"
    assert provider.stored(account) == amounts(cash=100, unsettled_own="-2.301")
    assert provider.figures(account).available == Decimal("102.301")
    provider.verify_books()

    provider.use(account, product, "10", at("2024-06-10"))
    provider.jobs(at("2024-07-01"))
    june = provider.bills()[-1]
    assert says(june) == amounts(
        own_amount="10", carried_amount="-2.31", total="7.69", from_cash="7.69"
    )
    assert (june.carried_from, june.charge_count) == (may, 1)
    assert provider.stored(account) == amounts(cash="92.31")


@pytest.mark.rule("B5", "B3")
def test_negative_months_in_a_row_add_up_until_one_is_positive(provider, product):
    account = provider.account("A", cash_amount="100")
    for month, quantity in (("04", "-2.305"), ("05", "-1.111"), ("07", "10"), ("08", "5")):
        provider.use(account, product, quantity, at(f"2024-{month}-10"))
    provider.jobs(at("2024-09-01"))
    april, may, july, august = provider.bills()
    assert [(b.total, b.round_off, b.carried_amount) for b in (april, may, july, august)] == [
        (Decimal("-2.31"), Decimal("0.005"), 0),
        (Decimal("-3.43"), Decimal("0.009"), Decimal("-2.31")),
        (Decimal("6.57"), 0, Decimal("-3.43")),
        (Decimal(5), 0, 0),
    ]
    assert [b.carried_from for b in (april, may, july, august)] == [None, april, may, None]
    assert provider.stored(account) == amounts(cash="88.43")


@pytest.mark.rule("B5", "B4")
def test_what_members_corrections_leave_over_is_the_masters(provider, product):
    master = provider.account("HQ", cash_amount="100", credit_limit="500")
    member = provider.account("A")
    provider.link(master, member)
    provider.use(member, product, "-20", at("2024-05-10"))
    provider.use(master, product, "5", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    [may] = provider.bills()
    assert (may.payer.number, may.total, may.status) == ("HQ", Decimal(-15), "carried")
    assert provider.stored(master) == amounts(
        cash=100, credit_limit=500, unsettled_own=5, unsettled_members=-20
    )
    provider.verify_books()
    provider.use(member, product, "40", at("2024-06-10"))
    provider.jobs(at("2024-07-01"))
    assert says(provider.bills()[-1]) == amounts(
        members_amount=40, carried_amount=-15, total=25, on_credit=25, outstanding=25
    )
    assert provider.stored(master) == amounts(cash=100, credit_limit=500, used=25)


@pytest.mark.rule("B5")
def test_a_month_that_comes_to_nothing_is_settled_and_draws_nothing(provider, product):
    account = provider.account("A", cash_amount="100")
    for day, quantity in (("10", "5"), ("11", "-5")):
        provider.use(account, product, quantity, at(f"2024-05-{day}"))
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    assert (says(bill), bill.status, bill.charge_count) == ({}, "settled", 2)
    assert drawn() == []
    assert provider.stored(account) == amounts(cash=100)


# -- A manual line ---------------------------------------------------------------------------------


@pytest.mark.rule("B2")
def test_a_manual_line_is_on_the_open_bill_and_a_correction_on_the_next(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.use(account, product, "10", at("2024-05-10"))
    adjustments.adjust(
        account=account,
        amount=Decimal("-1.5"),
        reason="goodwill",
        **provider.said(at("2024-05-20")),
    )
    provider.jobs(FIRST_OF_JUNE)
    adjustments.adjust(
        account=account, amount=Decimal("2"), reason="setup", **provider.said(FIRST_OF_JUNE)
    )
    provider.jobs(at("2024-07-01"))
    assert [(bill.month, bill.total) for bill in provider.bills()] == [
        (MAY, Decimal("8.5")),
        (JUNE, Decimal(2)),
    ]
    assert provider.stored(account) == amounts(cash="89.5")


# -- What never changes ----------------------------------------------------------------------------


@pytest.mark.rule("B2")
def test_the_hash_says_the_same_for_the_same_lines_in_any_order(db):
    records = [
        ("A", "ecs", "1.5", "i-1", "2024-05-10 14:00"),
        ("A", "ecs", "2.5", "i-1", "2024-05-10 14:20"),
        ("A", "disk", "7", "", "2024-05-11 14:00"),
        ("HQ", "ecs", "0.000000000000000001", "i-2", "2024-05-12 14:00"),
    ]
    seen = set()
    for order in [*permutations(records)][::7]:
        with transaction.atomic():
            seen.add(_hash_of(order))
            transaction.set_rollback(True)
    assert len(seen) == 1
    changed = [*records[:-1], ("HQ", "ecs", "0.000000000000000002", *records[-1][3:])]
    assert _hash_of(changed) not in (None, *seen)


def _hash_of(records) -> str:
    provider = Provider()
    made = {"HQ": provider.account("HQ", credit_limit="100"), "A": provider.account("A")}
    made |= {code: provider.product(code) for code in ("disk", "ecs")}
    provider.link(made["HQ"], made["A"])
    for owner, code, quantity, resource, when, *given in records:
        provider.use(
            made[owner],
            made[code],
            quantity,
            at(when),
            resource=resource,
            given_amount=given[0] if given else None,
        )
    provider.jobs(FIRST_OF_JUNE)
    [bill] = provider.bills()
    return bill.content_hash


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    "other",
    [
        ("HQ", "ecs", "1", "i-1", "2024-05-12 14:00", "5"),
        ("A", "disk", "1", "i-1", "2024-05-12 14:00", "5"),
        ("A", "ecs", "2", "i-1", "2024-05-12 14:00", "5"),
        ("A", "ecs", "1", "i-2", "2024-05-12 14:00", "5"),
        ("A", "ecs", "1", "i-1", "2024-05-12 15:00", "5"),
        ("A", "ecs", "1", "i-1", "2024-05-12 14:00", "5.000000000000000001"),
    ],
)
def test_the_hash_tells_every_difference_between_two_lines(db, other):
    hashes = set()
    for line in (("A", "ecs", "1", "i-1", "2024-05-12 14:00", "5"), other):
        with transaction.atomic():
            hashes.add(_hash_of([line]))
            transaction.set_rollback(True)
    assert len(hashes) == 2


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    "changes",
    [
        {"total": Decimal(21), "own_amount": Decimal(21), "from_cash": Decimal(6)},
        {"month": JUNE},
        {"due_on": date(2030, 1, 1)},
        {"charge_count": 2},
        {"content_hash": "0" * 64},
        {"issued_at": LONG_AGO},
    ],
)
def test_an_issued_bill_is_never_changed_nor_removed(provider, product, changes):
    account = provider.account("A", cash_amount="5", credit_limit="100")
    provider.use(account, product, "20", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    before = Bill.objects.values().get()
    with pytest.raises(Error, match="an issued bill never changes"), transaction.atomic():
        Bill.objects.update(**changes)
    with pytest.raises(Error, match="Cannot delete"), transaction.atomic():
        Bill.objects.all().delete()
    assert Bill.objects.values().get() == before
    Bill.objects.update(outstanding=Decimal(1))  # settling is what may move on
    Bill.objects.update(outstanding=Decimal(15))


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE billing_bill SET total = total + 1, from_cash = from_cash + 1, own_amount = 21",
        "UPDATE billing_bill SET round_off = 0.5",
        "DELETE FROM billing_bill",
        "TRUNCATE billing_bill CASCADE",
        "UPDATE billing_charge SET payable_amount = 0, list_amount = 0",
        "UPDATE billing_charge SET billing_month = '2024-06-01'",
        "DELETE FROM billing_charge",
        "TRUNCATE billing_charge CASCADE",
    ],
)
def test_the_database_itself_keeps_a_closed_bill_and_its_lines(provider, product, sql):
    account = provider.account("A", cash_amount="50")
    provider.use(account, product, "20", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    tables = (Bill, Charge)
    before = [list(table.objects.values()) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.allow_truncate = 'off'")  # the tests' own settings allow it
        with pytest.raises(Error), transaction.atomic():
            cursor.execute(sql)
    assert [list(table.objects.values()) for table in tables] == before


@pytest.mark.rule("B2")
def test_no_charge_joins_an_issued_bill(provider, product):
    account, other = (provider.account(n, cash_amount="100") for n in "AB")
    provider.use(account, product, "20", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    charge = Charge.objects.get()
    charge.pk, charge.resource = None, "another"
    with pytest.raises(Error, match="the bill of this payer and month is issued"):
        with transaction.atomic():
            charge.save(force_insert=True)
    charge.payer = other  # B has no bill for May: the database lets it pass
    with transaction.atomic():
        charge.save(force_insert=True)
        transaction.set_rollback(True)


@pytest.mark.rule("B5")
def test_the_database_refuses_a_second_bill_of_a_payer_and_month(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.use(account, product, "20", at("2024-05-10"))
    provider.jobs(FIRST_OF_JUNE)
    bill = Bill.objects.get()
    bill.pk = None
    with pytest.raises(Error, match="one_bill_per_payer_and_month"), transaction.atomic():
        bill.save(force_insert=True)


@pytest.mark.rule("B2")
def test_a_bill_run_killed_after_its_step_is_not_done_twice(provider, product):
    account = provider.account("A", cash_amount="100")
    provider.use(account, product, "20", at("2024-05-10"))
    provider.run(FIRST_OF_JUNE)
    run = bills.issue(by="job", at=FIRST_OF_JUNE)
    runs.work(run.pk, worker="one")
    RunStep.objects.filter(run=run).update(state="queued", claimed_by="", attempts=0)
    runs.work(run.pk, worker="two")  # what no lease allows: the database still says no
    [step] = run.steps.all()
    assert (step.state, Bill.objects.count()) == ("failed", 1)
    assert provider.stored(account) == amounts(cash=80)


@pytest.mark.slow
@pytest.mark.case("R8")
@pytest.mark.rule("B3")
def test_a_hundred_thousand_lines_of_almost_nothing_are_one(provider):
    """100,000 charges of 0.00001: not nothing, as each would be if it were cut by itself."""
    account = provider.account("A", cash_amount="10")
    product = provider.product("tiny", unit_price="0.00001")
    provider.use(account, product, "1", at("2024-05-10 10:00"), resource="0")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource,"
            " starts_at, ends_at, quantity, reason, period_start, period_end, received_at, is_late,"
            " due_at) SELECT source_id, 'k' || n, kind, owner_id, product_id, n::text, starts_at,"
            " ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at"
            " FROM billing_usagerecord, generate_series(1, 99999) n"
        )
    provider.jobs(FIRST_OF_JUNE)
    (bill,) = Bill.objects.all()
    assert bill.charge_count == 100_000
    assert says(bill) == amounts(own_amount="1", total="1", from_cash="1")
