"""The stories: every verb and every rule is told by one, and their page is up to date."""

import re
from pathlib import Path

from simulation import gallery
from simulation.files.verbs import VERBS
from simulation.management.commands.gallery import PAGE, STORIES

DOMAIN = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def told():
    return list(gallery.stories(STORIES))


def test_the_gallery_shows_the_stories_as_they_are():
    """Run `manage.py gallery` where this fails."""
    assert PAGE.read_text() == gallery.page(STORIES, "../tests/scenarios")


def test_every_verb_is_told():
    assert {*VERBS, "preview"} - {verb for story in told() for verb in story.verbs} == set()


def test_every_story_says_what_it_tells_and_by_which_rules():
    assert [story.file for story in told() if not story.tells or not story.rules] == []


def test_every_rule_is_told():
    known = set(re.findall(r"^\| \*{0,2}([A-Z]\d+)\*{0,2} \|", DOMAIN.read_text(), re.M))

    assert len(known) > 60
    assert known - {rule for story in told() for rule in story.rules} == set()
