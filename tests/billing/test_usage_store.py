"""Many records at once: what is told of each, and that one said again is known (B2, C4)."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Product, Source, UsageRecord
from billing.services import cycles, usage, usage_facts
from billing.services.usage import NewUsage, RecordConflict, Stored
from billing.services.usage_rows import Calendar
from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.models import Account
from finance_mgmt.money import plain
from tests.billing import files
from tests.provider import at

TWO = at("2024-05-10 14:00")
TENTH_OF_SECOND = timedelta(microseconds=100_000)
ODD_TEXT = 'tab\t new\n return\r \\N \\ \\. "quote" 😀 \u202e \x7f'


@pytest.fixture
def meter(provider) -> Source:
    return Source.objects.create(code="meter")


@pytest.fixture
def good(provider) -> NewUsage:
    owner, product = provider.account("A"), provider.product("ecs")
    return NewUsage("r1", owner, product, Decimal("1.5"), TWO + timedelta(minutes=10))


def store(provider, meter, *records: NewUsage, when: datetime = TWO) -> dict[str, Stored]:
    return usage.store(records, source=meter, **provider.said(when))


def kept() -> dict[str, tuple[int, bool]]:
    """The rows there are: their keys, ids and whether they are late."""
    return {one.key: (one.pk, one.is_late) for one in UsageRecord.objects.all()}


@pytest.mark.rule("B2", "C4")
def test_it_tells_of_each_record_what_became_of_it(provider, meter, good):
    cycles.start_closing(**provider.said())
    first = store(provider, meter, good)
    late = replace(good, key="late", starts_at=TWO - timedelta(hours=3))
    told = store(provider, meter, replace(good, key="new"), good, late)
    rows = kept()
    assert first == {"r1": Stored(rows["r1"][0], is_known=False, is_late=False)}
    assert told == {
        "r1": Stored(rows["r1"][0], is_known=True, is_late=False),
        "new": Stored(rows["new"][0], is_known=False, is_late=False),
        "late": Stored(rows["late"][0], is_known=False, is_late=True),
    }
    assert rows["late"][1] is True


@pytest.mark.rule("F11")
def test_a_repeated_call_tells_of_records_that_are_known(provider, meter, good):
    said = provider.said(TWO)
    (first,) = usage.store([good], source=meter, **said).values()
    (again,) = usage.store([good], source=meter, **said).values()
    assert again == first._replace(is_known=True)


@pytest.mark.rule("B2")
def test_a_record_said_twice_in_one_call_is_one_row(provider, meter, good):
    (told,) = store(provider, meter, good, replace(good)).values()
    assert kept() == {"r1": (told.pk, False)}


@pytest.mark.rule("B2")
def test_known_parked_and_contradicting_records_are_told_apart(provider):
    source, _, member = files.small_world(provider)
    files.load(provider, files.focus({"SubAccountId": "S-9"}))
    parked = NewUsage("1", member, provider.product("ecs"), Decimal(1), TWO)
    known = replace(parked, key="known")
    store(provider, source, known)
    with pytest.raises(RecordConflict) as caught:
        store(provider, source, parked, known, replace(known, quantity=Decimal(2)))
    assert [(one.code, one.facts["key"]) for one in caught.value.reasons] == [
        ("record_parked", "1"),
        ("record_conflict", "known"),
    ]


def test_ids_follow_the_order_given(provider, meter, good):
    told = store(provider, meter, *(replace(good, key=key) for key in "cab"))
    assert sorted("cab", key=lambda key: told[key].pk) == ["c", "a", "b"]


def test_every_text_is_stored_as_it_was_said(provider, meter, good):
    said = replace(good, key=ODD_TEXT, resource=ODD_TEXT, reason=ODD_TEXT)
    store(provider, meter, said, replace(good, resource="\\."))
    found = UsageRecord.objects.values_list("key", "resource", "reason").order_by("pk")
    assert list(found) == [(ODD_TEXT, ODD_TEXT, ODD_TEXT), ("r1", "\\.", "")]


@pytest.mark.parametrize("field", ["key", "resource", "reason"])
def test_a_text_that_no_column_holds_stores_nothing(provider, meter, good, field):
    with pytest.raises(DataError), transaction.atomic():
        store(
            provider,
            meter,
            good,
            replace(good, key="r2") if field != "key" else good,
            replace(good, **({"key": "r3"} | {field: "nul\0"})),
        )
    assert kept() == {}


@pytest.mark.rule("B3")
@pytest.mark.parametrize("text", ["1E+2", "1e-18", "-0", "0.10", "12345678901234567890"])
def test_an_amount_is_stored_however_it_is_written(provider, meter, good, text):
    amount = Decimal(text)
    said = replace(good, quantity=amount, given_amount=amount, ends_at=TWO + timedelta(hours=9))
    store(provider, meter, said)
    row = UsageRecord.objects.get()
    assert (row.quantity, row.given_amount, row.ends_at) == (amount, amount, said.ends_at)
    assert store(provider, meter, said)["r1"].is_known  # what is stored says the same


def test_other_clocks_say_the_same_instant(provider, meter, good):
    zone = timezone(timedelta(hours=-3))
    said = replace(good, starts_at=good.starts_at.astimezone(zone), ends_at=TWO + timedelta(days=1))
    store(provider, meter, said)
    row = UsageRecord.objects.get()
    assert (row.starts_at, row.ends_at, row.period_start) == (said.starts_at, said.ends_at, TWO)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_AMOUNT = st.decimals(-(10**19), 10**19, places=18)


@pytest.mark.rule("F11")
@given(key=_TEXT, text=_TEXT, quantity=_AMOUNT, given_amount=st.none() | _AMOUNT)
def test_what_a_record_says_is_its_fingerprint(key, text, quantity, given_amount):
    """Calls that were answered before must be known again: their digests are kept."""
    owner, product = Account(pk=3), Product(pk=4)
    starts_at = datetime(2024, 5, 10, 14, 0, 0, 7, tzinfo=UTC)
    record = NewUsage(key, owner, product, quantity, starts_at, None, text, given_amount, text)
    facts = {
        "kind": "usage",
        "owner": 3,
        "product": 4,
        "resource": text,
        "starts_at": "2024-05-10T14:00:00.000007+00:00",
        "ends_at": "2024-05-10T14:00:00.000007+00:00",
        "quantity": plain(quantity),
        "given_amount": None if given_amount is None else plain(given_amount),
        "reason": text,
    }
    assert usage_facts.said(record) == json.dumps([key, facts])


_ZONES = ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "UTC"]
_INSTANTS = st.integers(0, 10**9).map(lambda tenths: at("2022-01-01") + tenths * TENTH_OF_SECOND)


@pytest.mark.rule("C4", "C5")
@given(
    zone=st.sampled_from(_ZONES).map(ZoneInfo),
    cycle=st.sampled_from(list(Cycle)),
    instants=st.lists(_INSTANTS, min_size=1, max_size=5),
    near=st.lists(st.timedeltas(timedelta(hours=-3), timedelta(hours=3)), max_size=20),
)
def test_periods_cut_once_are_those_cut_for_each_instant(zone, cycle, instants, near):
    calendar = Calendar(zone)
    for instant in [*instants, *(instants[0] + away for away in near)]:
        assert calendar.period(instant, cycle) == periods.containing(instant, cycle, zone)


@pytest.mark.parametrize("zone", _ZONES)
def test_periods_cut_once_where_clocks_are_set(zone):
    """Every ten minutes of the nights in which Berlin, Lord Howe and Santiago set their clocks."""
    calendar = Calendar(ZoneInfo(zone))
    for night in ("03-31", "04-06", "04-07", "09-07", "09-08", "10-05", "10-06", "10-27"):
        begin = datetime.fromisoformat(f"2024-{night}T00:00:00+00:00") - timedelta(hours=12)
        for minutes in range(0, 60 * 36, 10):
            instant = begin + timedelta(minutes=minutes)
            found = periods.containing(instant, Cycle.HOUR, ZoneInfo(zone))
            assert calendar.period(instant, Cycle.HOUR) == found


def test_a_product_without_a_cycle_has_no_period():
    assert Calendar(ZoneInfo("UTC")).period(TWO, "") is None


def test_each_key_is_looked_up_in_the_unique_index(meter):
    """Where another index will do, too, the planner may read all rows of a source for each key."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        facts = {"source": meter.pk, "keys": ["a", "b"]}
        cursor.execute(f"EXPLAIN {usage._TAKEN}", facts)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.findall(r"using (\w+) on (\w+)", plan) == [
        ("a_record_is_stored_once", "billing_usagerecord"),
        ("a_row_is_stored_once", "billing_importedrow"),
    ]
    assert plan.count("Index Cond: ((source_id = ") == 2, plan
