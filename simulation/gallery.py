"""The gallery of stories: what each scenario file of a folder tells, as a page of the docs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import read

_RULES = re.compile(r"^# rules: (.+)$", re.M)
HEAD = """\
# The stories

Every rule of the domain is told by at least one story: a scenario file that is played, compared
and checked with the tests. To ask a question of your own, copy the nearest one
([scenarios](scenarios.md)). This page is made by `manage.py gallery`.

| Story | What it tells | Rules | Verbs |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Story:
    """One file: its title, the comment at its head, the rules it names, the verbs it uses."""

    file: str
    title: str
    tells: str
    rules: tuple[str, ...]
    verbs: tuple[str, ...]


def stories(folder: Path) -> Iterator[Story]:
    """The scenario files of a folder, by name."""
    for file in sorted(folder.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        head = text.split("\nstart:")[0]
        named = _RULES.search(head)
        lines = [line.removeprefix("#").strip() for line in head.splitlines() if line[:1] == "#"]
        told = " ".join(line for line in lines if not line.startswith("rules:"))
        scenario = read(str(file))
        verbs = {(event.inner or event).verb for event in scenario.events}
        verbs |= {"preview"} if any(event.inner for event in scenario.events) else set()
        yield Story(
            file.name,
            file.stem.replace("_", " ").capitalize(),
            told,
            tuple(named[1].split()) if named else (),
            tuple(sorted(verbs)),
        )


def page(folder: Path, path: str) -> str:
    """The page, with links to the files at `path` as seen from it."""
    rows = [
        f"| [{one.title}]({path}/{one.file}) | {one.tells} | {' '.join(one.rules)} |"
        f" {', '.join(f'`{verb}`' for verb in one.verbs)} |\n"
        for one in stories(folder)
    ]
    return HEAD + "".join(rows)
