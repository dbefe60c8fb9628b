"""The domain's stories (tests/scenarios): each comes out as its author computed by hand."""

import pytest

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
        jobs.run_due(world, scenario.end)
        assert world.story == told, "the jobs find nothing more to do"
        assert outcome.gather(view) == found
