"""Two doors at once, on real transactions (RELIABILITY C17, C18)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection, transaction

from billing.models import ClosedThrough, ImportedRow, Source, UsageImport, UsageRecord
from billing.services import cycles, imports, usage
from billing.services.usage import NewUsage
from finance_mgmt.services import runs
from tests.billing import files
from tests.provider import at

pytestmark = pytest.mark.django_db(transaction=True)

TWO = at("2024-05-10 14:00")


def at_once(*actions: Callable[[], object]) -> list[object]:
    """What the actions returned or raised, each on its own connection, all begun together."""
    barrier, results = Barrier(len(actions)), [None] * len(actions)

    def act(number: int, action: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            results[number] = action()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=act, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.rule("B2")
def test_the_same_file_twice_at_once_is_stored_once(provider):
    files.small_world(provider)
    content = files.focus(*[{}] * 50)
    received = [
        imports.receive(
            file_name=f"{name}.csv",
            content=[content],
            received_at=files.RECEIVED_AT,
            key=name,
            by="ann",
            at=files.AT,
        )
        for name in ("one", "two")
    ]

    at_once(*(lambda run=one.run_id: runs.work(run, worker="test") for one in received))

    reports = [files.report(one) for one in UsageImport.objects.all()]
    assert sorted((one["state"], one["rows_stored"], one["rows_known"]) for one in reports) == [
        ("stored", 0, 50),
        ("stored", 50, 0),
    ]
    assert (UsageRecord.objects.count(), ImportedRow.objects.count()) == (50, 50)


@pytest.mark.rule("B2")
def test_the_same_record_from_many_programs_at_once_is_stored_once(provider):
    source = Source.objects.create(code="meter")
    owner, product = provider.account("A"), provider.product("ecs")
    record = NewUsage("r1", owner, product, Decimal(1), TWO)

    def accept(number: int) -> list[UsageRecord]:
        return usage.accept([record], source=source, key=f"call-{number}", by="api", at=TWO)

    results = at_once(*(lambda number=number: accept(number) for number in range(8)))

    stored = UsageRecord.objects.get()
    assert results == [[stored]] * 8


@pytest.mark.rule("C4")
def test_a_close_waits_for_whoever_stores_records(provider):
    cycles.start_closing(**provider.said())

    def close() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            cycles.close(by="job", at=TWO)

    with transaction.atomic():
        assert usage.hold_horizon(TWO).closed_through is None
        (blocked,) = at_once(close)
    assert isinstance(blocked, OperationalError)
    assert ClosedThrough.objects.get().instant is None

    assert at_once(close) == [None]
    with transaction.atomic():
        horizon = usage.hold_horizon(TWO - timedelta(hours=1))
    assert horizon.closed_through == TWO


@pytest.mark.rule("C4")
def test_those_who_store_records_don_t_wait_for_each_other(provider):
    cycles.start_closing(**provider.said())

    def hold() -> object:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            return usage.hold_horizon(TWO).closed_through

    with transaction.atomic():
        usage.hold_horizon(TWO)
        assert at_once(hold, hold) == [None, None]


def test_the_horizon_is_held_in_a_transaction_or_not_at_all(provider):
    with pytest.raises(AssertionError, match="transaction"):
        usage.hold_horizon(TWO)
