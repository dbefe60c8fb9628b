"""The domain's stories (tests/scenarios): each comes out as its author computed by hand."""

import pytest

from billing.services import bills, cycles, resources, settlement, warnings
from finance_mgmt.services import approvals, effects, relationships
from simulation import compare, files, jobs, outcome, runner, sandbox

from .conftest import STORIES


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_a_story_comes_out_as_told(file, server):
    scenario = files.read(str(file))
    runner.require_built(scenario)
    with sandbox.scratch():
        world = runner.play(scenario)
        view = outcome.View(world, scenario.end)
        found = outcome.gather(view)

        assert outcome.wrong() == {name: [] for name in found["checks"]}
        assert compare.differences(scenario, found) == []

        told = list(world.story)
        jobs.run_due(world, scenario.end, jobs.JOBS)
        assert world.story == told, "the jobs find nothing more to do"
        assert left_to_do(scenario.end) == []
        assert outcome.gather(view) == found


def left_to_do(at) -> list[str]:
    """What the jobs' own services find when nobody looks at the agenda first."""
    found = {
        "close": cycles.close(by="test", at=at),
        "issue": bills.issue(by="test", at=at),
        "settle": settlement.due_bills(at),
        "apply": effects.due_changes(at),
        "expire": relationships.expire(by="test", at=at) + approvals.expire(by="test", at=at),
        "review": resources.review(by="test", at=at),
        "warn": warnings.evaluate(by="test", at=at),
    }
    return [name for name, something in found.items() if something]
