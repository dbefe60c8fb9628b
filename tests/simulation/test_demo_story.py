"""The demo's story: it comes out as told, and may be moved to any day."""

from datetime import UTC, datetime, timedelta

import pytest

from simulation import compare, demo_story, files, outcome, runner, sandbox


@pytest.mark.slow
def test_the_story_comes_out_as_told(server):
    scenario = files.read(str(demo_story.FILE))
    with sandbox.scratch():
        world = runner.play(scenario)
        found = outcome.gather(outcome.View(world, scenario.end))
        assert outcome.wrong() == {name: [] for name in found["checks"]}
        assert compare.differences(scenario, found) == []


@pytest.mark.parametrize(
    "now",
    [
        datetime(2024, 8, 20, 12, tzinfo=UTC),  # where it was written
        datetime(2026, 11, 23, 6, 1, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    ],
)
def test_it_ends_within_the_day_before_now(now):
    written = files.read(str(demo_story.FILE))
    told = demo_story.ending(now)
    assert timedelta(0) <= now - told.end < timedelta(days=1)
    assert told.end - told.start == written.end - written.start
    assert len(told.events) == len(written.events)
    moved = {
        after.at - before.at for before, after in zip(written.events, told.events, strict=True)
    }
    assert moved == {told.end - written.end}


def test_months_that_are_named_move_too():
    text = "end: 2024-08-20T12:00:00Z\n  - {invoice: {issuer: a, month: 2024-05}}\n"
    now = datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert demo_story.moved(text, now) == (
        "end: 2026-11-23T12:00:00Z\n  - {invoice: {issuer: a, month: 2026-08}}\n"
    )
