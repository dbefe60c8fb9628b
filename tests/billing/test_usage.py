"""The door for programs: each record key once, all or nothing (B1, B2, C4, P1)."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import ClosedThrough, Price, Source, UsageRecord
from billing.services import cycles, usage
from billing.services.usage import Horizon, NewUsage, RecordConflict, UsageRefused
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Decision
from tests.billing import files
from tests.provider import at

TWO = at("2024-05-10 14:00")


@pytest.fixture
def meter(provider) -> Source:
    return Source.objects.create(code="meter")


@pytest.fixture
def good(provider) -> NewUsage:
    """A record that nothing stands against."""
    owner, product = provider.account("A"), provider.product("ecs")
    return NewUsage("r1", owner, product, Decimal("1.5"), TWO + timedelta(minutes=10))


def accept(provider, meter, *records: NewUsage, when: datetime = TWO) -> list[UsageRecord]:
    return usage.accept(records, source=meter, **provider.said(when))


def refused(provider, meter, *records: NewUsage) -> list[tuple[str, str]]:
    """Rule and code of each reason; nothing was stored, not even the decision."""
    decisions = Decision.objects.count()
    with pytest.raises(UsageRefused) as caught:
        accept(provider, meter, *records)
    assert (UsageRecord.objects.count(), Decision.objects.count()) == (0, decisions)
    return [(reason.rule, reason.code) for reason in caught.value.reasons]


@pytest.mark.rule("B1", "C4")
def test_a_record_is_stored_as_it_was_said(provider, meter, good):
    (stored,) = accept(provider, meter, replace(good, resource="i-1"))
    assert stored == UsageRecord.objects.get()
    assert {
        field.name: getattr(stored, field.attname)
        for field in UsageRecord._meta.concrete_fields
        if field.name != "id"
    } == {
        "source": meter.pk,
        "key": "r1",
        "kind": "usage",
        "owner": good.owner.pk,
        "product": good.product.pk,
        "resource": "i-1",
        "starts_at": good.starts_at,
        "ends_at": good.starts_at,
        "quantity": Decimal("1.5"),
        "given_amount": None,
        "reason": "",
        "voucher": None,
        "period_start": TWO,
        "period_end": TWO + timedelta(hours=1),
        "received_at": TWO,
        "is_late": False,
        "due_at": TWO + timedelta(hours=1),
    }


@pytest.mark.rule("B2")
def test_records_come_back_in_the_order_given(provider, meter, good):
    keys = ["c", "a", "b"]
    records = [replace(good, key=key, quantity=Decimal(n)) for n, key in enumerate(keys)]
    assert [record.key for record in accept(provider, meter, *records)] == keys


@pytest.mark.rule("B2")
def test_the_same_record_is_stored_once(provider, meter, good):
    other = replace(good, key="r2")
    (first,) = accept(provider, meter, good)
    again = accept(provider, meter, good, other, good, when=TWO + timedelta(days=1))
    assert [record.key for record in again] == ["r1", "r2", "r1"]
    assert (again[0], again[2]) == (first, first)
    assert UsageRecord.objects.count() == 2


@pytest.mark.rule("B2")
def test_the_same_instant_in_another_zone_is_the_same_record(provider, meter, good):
    accept(provider, meter, good)
    zone = timezone(timedelta(hours=-3))
    same = replace(good, starts_at=good.starts_at.astimezone(zone), quantity=Decimal("1.500"))
    accept(provider, meter, same)
    assert UsageRecord.objects.count() == 1


@pytest.mark.rule("F11")
def test_the_same_call_answers_the_same(provider, meter, good):
    said = provider.said(TWO)
    first = usage.accept([good], source=meter, **said)
    assert usage.accept([good], source=meter, **said) == first
    with pytest.raises(KeyReused):
        usage.accept([replace(good, quantity=Decimal(2))], source=meter, **said)
    assert UsageRecord.objects.count() == 1


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", Decimal("1.6")),
        ("ends_at", TWO + timedelta(minutes=30)),
        ("resource", "i-2"),
        ("given_amount", Decimal(3)),
        ("reason", "because"),
    ],
)
def test_the_same_key_with_other_facts_is_refused(provider, meter, good, field, value):
    accept(provider, meter, good)
    with pytest.raises(RecordConflict) as caught:
        accept(provider, meter, replace(good, key="r2"), replace(good, **{field: value}))
    (reason,) = caught.value.reasons
    assert (reason.code, reason.facts["key"], list(reason.facts["changes"])) == (
        "record_conflict",
        "r1",
        [field],
    )
    assert UsageRecord.objects.count() == 1


@pytest.mark.rule("B2")
def test_two_facts_under_one_key_in_one_call_are_refused(provider, meter, good):
    with pytest.raises(RecordConflict):
        accept(provider, meter, good, replace(good, quantity=Decimal(9)))
    assert UsageRecord.objects.count() == 0


@pytest.mark.rule("B2")
def test_a_key_that_waits_as_a_parked_row_is_refused(provider):
    source, _, member = files.small_world(provider)
    files.load(provider, files.focus({"SubAccountId": "S-9"}))
    record = NewUsage("1", member, provider.product("ecs"), Decimal(1), TWO)
    with pytest.raises(RecordConflict) as caught:
        accept(provider, source, record)
    assert [reason.code for reason in caught.value.reasons] == ["record_parked"]


@pytest.mark.rule("B2")
def test_keys_of_two_sources_are_two_keys(provider, meter, good):
    other = Source.objects.create(code="other")
    accept(provider, meter, good)
    accept(provider, other, replace(good, quantity=Decimal(2)))
    assert UsageRecord.objects.count() == 2


@pytest.mark.rule("P1")
def test_without_a_price_at_the_periods_start_nothing_is_stored(provider, meter, good):
    late = provider.product("late", unit_price=None)
    Price.objects.create(product=late, unit_price=1, effective_from=TWO + timedelta(microseconds=1))
    never = provider.product("never", unit_price=None)
    wrong = [replace(good, key="r2", product=late), replace(good, key="r3", product=never)]
    assert refused(provider, meter, good, *wrong) == [("P1", "no_price"), ("P1", "no_price")]
    Price.objects.create(product=late, unit_price=2, effective_from=TWO)
    assert len(accept(provider, meter, replace(good, product=late))) == 1


@pytest.mark.rule("P1")
def test_an_amount_that_is_given_needs_no_price(provider, meter, good):
    product = provider.product("unpriced", unit_price=None)
    record = replace(good, product=product, given_amount=Decimal("-0.25"))
    (stored,) = accept(provider, meter, record)
    assert stored.given_amount == Decimal("-0.25")


@pytest.mark.rule("C4")
def test_a_product_without_a_cycle_is_not_metered(provider, meter, good):
    prepaid = provider.product("domain", cycle="")
    assert refused(provider, meter, replace(good, product=prepaid)) == [("C4", "no_cycle")]


@pytest.mark.rule("B2", "V1")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"key": ""}, ("B2", "bad_length"), id="no key"),
        pytest.param({"key": "k" * 201}, ("B2", "bad_length"), id="long key"),
        pytest.param({"resource": "r" * 1001}, ("B2", "bad_length"), id="long resource"),
        pytest.param({"reason": "r" * 501}, ("B2", "bad_length"), id="long reason"),
        pytest.param({"ends_at": TWO}, ("B1", "ends_before_start"), id="ends before it starts"),
        pytest.param({"quantity": Decimal("1e-19")}, ("B3", "bad_amount"), id="too fine"),
        pytest.param({"quantity": Decimal("1e20")}, ("B3", "bad_amount"), id="too large"),
        pytest.param({"quantity": Decimal("1e17")}, ("B3", "too_much"), id="too dear"),
        pytest.param({"quantity": Decimal("NaN")}, ("B3", "bad_amount"), id="NaN"),
        pytest.param({"quantity": Decimal("Infinity")}, ("B3", "bad_amount"), id="infinite"),
        pytest.param({"given_amount": Decimal("1e-19")}, ("B3", "bad_amount"), id="fine amount"),
        pytest.param(
            {"kind": "credit", "given_amount": Decimal(-1)},
            ("V1", "credit_without_voucher"),
            id="credit",
        ),
        pytest.param(
            {"kind": "adjustment", "reason": "x"},
            ("B2", "adjustment_unexplained"),
            id="adjustment without an amount",
        ),
        pytest.param(
            {"kind": "adjustment", "given_amount": Decimal(1)},
            ("B2", "adjustment_unexplained"),
            id="adjustment without a reason",
        ),
    ],
)
def test_refusals(provider, meter, good, changes, reason):
    assert refused(provider, meter, replace(good, **changes)) == [reason]


def test_every_wrong_record_is_named(provider, meter, good):
    wrong = [replace(good, key=str(n), quantity=Decimal("NaN")) for n in range(120)]
    assert len(refused(provider, meter, *wrong)) == 100


@pytest.mark.rule("B3")
def test_extreme_amounts_are_stored_exactly(provider, meter, good):
    for number, text in enumerate(["1e-18", "-1e-18", "99999999999999999999.999999999999999999"]):
        (stored,) = accept(
            provider,
            meter,
            replace(good, key=str(number), quantity=Decimal(text), given_amount=Decimal(text)),
        )
        assert (stored.quantity, stored.given_amount) == (Decimal(text), Decimal(text))


def test_text_is_stored_as_it_was_said(provider, meter, good):
    text = 'tab\t new\n line \\N \\ "quote" 😀 \u202e'
    (stored,) = accept(provider, meter, replace(good, key=text, resource=text))
    assert (stored.key, stored.resource) == (text, text)


@pytest.mark.rule("B2")
def test_an_adjustment_with_amount_and_reason(provider, meter, good):
    (stored,) = accept(
        provider,
        meter,
        replace(good, kind="adjustment", given_amount=Decimal(-5), reason="Goodwill"),
    )
    assert (stored.kind, stored.given_amount, stored.reason) == ("adjustment", -5, "Goodwill")


def test_programming_mistakes_are_told_at_once(provider, good):
    with pytest.raises(ValueError, match="time zone"):
        replace(good, starts_at=datetime(2024, 5, 10))  # noqa: DTZ001
    with pytest.raises(TypeError, match="Decimals"):
        replace(good, quantity=1)


def test_nothing_is_accepted_too(provider, meter):
    assert accept(provider, meter) == []


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    ("received", "closed", "delay", "expected"),
    [
        pytest.param("13:59", None, 0, (False, "15:00"), id="in time, nothing closed"),
        pytest.param("15:00", None, 0, (True, "15:00"), id="at the instant it is due"),
        pytest.param("15:00", None, 60, (False, "15:01"), id="within the delay"),
        pytest.param("15:01", None, 60, (True, "15:01"), id="at the end of the delay"),
        pytest.param("16:00", None, 0, (True, "16:00"), id="later"),
        pytest.param("13:59", "14:30", 0, (False, "15:00"), id="closed before it is due"),
        pytest.param("13:59", "15:00", 0, (True, "15:00:00.000001"), id="closed: next window"),
        pytest.param("16:00", "15:00", 0, (True, "16:00"), id="later than the close"),
        pytest.param("15:00", "16:00", 0, (True, "16:00:00.000001"), id="close ran ahead"),
    ],
)
def test_when_a_record_is_due(provider, meter, good, received, closed, delay, expected):
    provider.policy(close_delay=delay)
    cycles.start_closing(**provider.said())
    if closed:
        cycles.close(by="job", at=at(f"2024-05-10 {closed}"))
    (stored,) = accept(provider, meter, good, when=at(f"2024-05-10 {received}"))
    assert (stored.is_late, stored.due_at) == (expected[0], at(f"2024-05-10 {expected[1]}"))


@pytest.mark.rule("C4")
def test_history_loaded_before_the_first_close_is_not_late(provider, meter, good):
    (stored,) = accept(provider, meter, good, when=at("2025-01-01 00:00"))
    assert (stored.is_late, stored.due_at) == (False, at("2024-05-10 15:00"))


_INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2024, 2, 1)).map(  # noqa: DTZ001
    lambda instant: instant.replace(tzinfo=TWO.tzinfo)
)


@pytest.mark.rule("C4", "B2")
@given(
    period_end=_INSTANTS,
    received_at=_INSTANTS,
    closed_through=st.none() | _INSTANTS,
    delay=st.integers(0, 10_000),
)
def test_a_record_is_always_due_where_the_books_are_open(
    period_end, received_at, closed_through, delay
):
    horizon = Horizon(received_at, closed_through, timedelta(seconds=delay))
    is_late, due_at = horizon.due(period_end)
    assert closed_through is None or due_at > closed_through
    assert is_late == (due_at != period_end + horizon.close_after) or due_at == received_at


def test_the_horizon_is_made_where_there_is_none(provider, meter, good):
    """A lock on a row that does not exist locks nothing (M6)."""
    ClosedThrough.objects.all().delete()
    accept(provider, meter, good)
    assert ClosedThrough.objects.get().instant is None
