"""Two doors at once, on real transactions (RELIABILITY C17, C18)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from billing.models import ClosedThrough, ImportedRow, Source, UsageImport, UsageRecord
from billing.services import cycles, imports, usage
from billing.services.imports import storing
from billing.services.usage import NewUsage
from finance_mgmt.models import RunStep
from finance_mgmt.services import runs
from tests.billing import files
from tests.concurrency.races import Meeting, at_once, without_constraints
from tests.provider import Provider, at

pytestmark = pytest.mark.django_db(transaction=True)

TWO = at("2024-05-10 14:00")


def received_twice(provider) -> list[Callable[[], object]]:
    """The same file, received under two names: what two workers do with it."""
    files.small_world(provider)
    content = files.focus(*[{}] * 50)
    return [
        partial(
            runs.work,
            imports.receive(
                file_name=f"{name}.csv",
                content=[content],
                received_at=files.RECEIVED_AT,
                key=name,
                by="ann",
                at=files.AT,
            ).run_id,
            worker="test",
        )
        for name in ("one", "two")
    ]


def outcomes() -> list[tuple[str, int, int]]:
    reports = [files.report(one) for one in UsageImport.objects.all()]
    return sorted((one["state"], one["rows_stored"], one["rows_known"]) for one in reports)


@pytest.mark.case("C17")
@pytest.mark.rule("B2")
def test_the_same_file_twice_at_once_is_stored_once(provider):
    at_once(received_twice(provider))
    assert outcomes() == [("stored", 0, 50), ("stored", 50, 0)]
    assert (UsageRecord.objects.count(), ImportedRow.objects.count()) == (50, 50)


@pytest.mark.case("C17")
@pytest.mark.rule("B2")
def test_c17_twin_without_lock_and_keys_the_file_is_stored_twice(transactional_db, monkeypatch):
    """Both have judged each row to be new before one of them stores it."""
    race = received_twice(Provider())
    monkeypatch.setattr(usage, "lock_sources", lambda ids: None)
    Meeting(2).before(monkeypatch, storing.verdicts, "rerating")
    with (
        without_constraints("billing_usagerecord", "a_record_is_stored_once"),
        without_constraints("billing_importedrow", "a_row_is_stored_once"),
    ):
        at_once(race)
        assert outcomes() == [("stored", 50, 0), ("stored", 50, 0)]
        assert UsageRecord.objects.count() == 100


@pytest.mark.case("C17")
@pytest.mark.rule("B2")
def test_c17_twin_without_the_lock_the_keys_take_no_second_row_and_the_second_try_knows_them(
    provider, monkeypatch
):
    """The keys are the last line: the one that comes second is thrown back and reads again."""
    race = received_twice(provider)
    monkeypatch.setattr(usage, "lock_sources", lambda ids: None)
    Meeting(2, times=1).before(monkeypatch, storing.verdicts, "rerating")
    at_once(race)
    assert outcomes() == [("stored", 0, 50), ("stored", 50, 0)]
    assert UsageRecord.objects.count() == 50
    assert sorted(RunStep.objects.values_list("attempts", flat=True)) == [1, 2]


@pytest.mark.rule("B2")
def test_the_same_record_from_many_programs_at_once_is_stored_once(provider):
    source = Source.objects.create(code="meter")
    owner, product = provider.account("A"), provider.product("ecs")
    record = NewUsage("r1", owner, product, Decimal(1), TWO)

    def accept(number: int) -> list[UsageRecord]:
        return usage.accept([record], source=source, key=f"call-{number}", by="api", at=TWO)

    results = at_once([partial(accept, number) for number in range(8)])

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
        (blocked,) = at_once([close])
    assert isinstance(blocked, OperationalError)
    assert ClosedThrough.objects.get().instant is None

    assert at_once([close]) == [None]
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
        assert at_once([hold, hold]) == [None, None]


def test_the_horizon_is_held_in_a_transaction_or_not_at_all(provider):
    with pytest.raises(AssertionError, match="transaction"):
        usage.hold_horizon(TWO)
