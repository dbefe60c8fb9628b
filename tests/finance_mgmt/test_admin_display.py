"""How values look: exact, never rounded, escaped, as short as possible."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from finance_mgmt.admin import display
from tests.finance_mgmt.admin_door import text


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("0", "CNY", "0.00 CNY"),
        ("1234567.5", "CNY", "1,234,567.50 CNY"),
        ("20.513762", "USD", "20.513762 USD"),
        ("-0.000001", "USD", "-0.000001 USD"),
        ("1E+3", "USD", "1,000.00 USD"),
        ("1000", "JPY", "1,000 JPY"),
        ("1000.25", "JPY", "1,000.25 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        (
            "12345678901234567890.123456789012345678",
            "",
            "12,345,678,901,234,567,890.123456789012345678",
        ),
    ],
)
def test_amounts_are_written_out(value, currency, shown):
    assert text(display.amount(Decimal(value), currency)) == shown


def test_an_amount_with_finer_digits_has_them_all_in_its_title():
    assert display.amount(Decimal("1.2345"), "USD").count('title="1.2345 USD"') == 1
    assert display.amount(Decimal("1.2"), "USD").count("title") == 0


def test_what_is_missing_is_a_dash():
    shown = [display.amount(None), display.quantity(None), display.instant(None), display.day(None)]
    shown += [display.month(None), display.count(None), display.link(None), display.account(None)]
    assert [text(one) for one in shown] == ["–"] * 8


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2024-05-10 14:00", "2024-05-10 15:00", "2024-05-10 14:00 – 15:00"),
        ("2024-05-10 00:00", "2024-05-10 01:00", "2024-05-10 00:00 – 01:00"),
        ("2024-05-10 23:00", "2024-05-11 00:00", "2024-05-10 23:00 – 24:00"),
        ("2024-05-10 14:20:30", "2024-05-10 14:21:00", "2024-05-10 14:20:30 – 14:21"),
        ("2024-05-10 00:00", "2024-05-11 00:00", "2024-05-10"),
        ("2024-05-06 00:00", "2024-05-13 00:00", "2024-05-06 – 2024-05-12"),
        ("2024-05-01 00:00", "2024-06-01 00:00", "2024-05"),
        ("2024-05-01 00:00", "2024-07-01 00:00", "2024-05-01 – 2024-06-30"),
        ("2024-05-10 14:00", "2024-05-12 15:00", "2024-05-10 14:00 – 2024-05-12 15:00"),
        ("2024-05-10 14:00", "2024-05-10 14:00", "2024-05-10 14:00"),
    ],
)
def test_periods_are_said_in_the_billing_time_zone(first, last, shown):
    zone = ZoneInfo("Asia/Shanghai")
    ends = [
        datetime.fromisoformat(end).replace(tzinfo=zone).astimezone(UTC) for end in (first, last)
    ]
    with timezone.override(zone):
        assert text(display.span(*ends)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3_700, "1 h 1 min")]
)
def test_how_long_it_took(seconds, shown):
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert display.took(start, datetime.fromtimestamp(start.timestamp() + seconds, UTC)) == shown


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (1, 3, 33), (9, 3, 100)])
def test_progress_in_whole_percents(done, total, percent):
    assert display.progress_percent(done, total) == percent


def test_what_people_typed_is_escaped():
    evil = "<img src=x onerror=alert(1)>"
    shown = [
        display.badge(evil),
        display.facts({evil: evil}),
        display.quantity(Decimal(1), evil),
        display.rule(evil),
    ]
    assert [one.count("<img") for one in shown] == [0, 0, 0, 0]


def test_states_have_words_and_a_tone():
    row = SimpleNamespace(state="done", get_state_display=lambda: "done")
    assert display.state_badge(row, "state", {"done": "good"}) == (
        '<span class="bo-badge is-good">done</span>'
    )
