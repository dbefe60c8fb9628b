"""The demo's story: it comes out as told, and may be moved to any day."""

from datetime import UTC, datetime

import pytest

from simulation import compare, demo_story, files, outcome, runner, sandbox


@pytest.mark.slow
def test_the_story_comes_out_as_told_on_the_last_day_of_a_month(server):
    scenario = demo_story.ending(datetime(2026, 11, 30, 10, 40, tzinfo=UTC))
    with sandbox.scratch():
        world = runner.play(scenario)
        found = outcome.gather(outcome.View(world, scenario.end))
        assert outcome.wrong() == {name: [] for name in found["checks"]}
        assert compare.differences(scenario, found) == []


def test_where_it_was_written_it_stays():
    text = demo_story.FILE.read_text(encoding="utf-8")
    assert demo_story.moved(text, datetime(2024, 8, 20, 12, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 30, 6, 1, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
        datetime(2027, 1, 1, 0, 5, tzinfo=UTC),
    ],
)
def test_it_ends_now_and_keeps_every_event_in_its_month_and_order(now):
    written = files.read(str(demo_story.FILE))
    told = demo_story.ending(now)
    assert told.end == now
    pairs = list(zip(written.events, told.events, strict=True))
    assert [after.keys.keys() for _, after in pairs] == [before.keys.keys() for before, _ in pairs]
    months = {_months(after.at) - _months(before.at) for before, after in pairs}
    assert months == {_months(now) - _months(written.end)}


def _months(instant: datetime) -> int:
    return instant.year * 12 + instant.month


def test_the_month_that_goes_on_is_told_as_fast_as_it_passed_and_months_move_too():
    text = (
        "start: 2024-02-15T12:00:00Z\nend: 2024-08-21T00:00:00Z\n"
        "  - {at: 2024-08-11T00:00:00Z, invoice: {issuer: a, month: 2024-05, due_on: 2024-06-16}}\n"
    )
    now = datetime(2026, 11, 6, tzinfo=UTC)
    assert demo_story.moved(text, now) == (
        "start: 2026-05-16T12:00:00Z\nend: 2026-11-06T00:00:00Z\n"
        "  - {at: 2026-11-03T12:00:00Z, invoice: {issuer: a, month: 2026-08, due_on: 2026-09-16}}\n"
    )
