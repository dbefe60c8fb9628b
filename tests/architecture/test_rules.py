"""Every rule id that code, tests or stories cite is in docs/rules.md, and that list is true."""

import ast
import re
from collections import defaultdict

from .sources import ROOT, Source, dotted, of_product, of_tests, where

LIST = ROOT / "docs" / "rules.md"
STORIES = sorted((ROOT / "tests" / "scenarios").glob("*.yaml"))
HEAD = re.compile(r"^# rules:((?: [A-Z]\d{1,2})+)$", re.M)
ROW = re.compile(r"^\| ([A-Z]\d{1,2}) \| (.+) \| (\w+) \|$", re.M)
FAMILIES = "LCFORDPVKBSIWZ"
TOLD_TWICE = FAMILIES  # a test and a story each
CITED = re.compile(rf"\b([{FAMILIES}]\d{{1,2}})\b(?:-[{FAMILIES}]?(\d{{1,2}})\b)?")

# Other pages of the design have ids of their own; what follows their name is theirs.
ELSEWHERE = re.compile(r"\b(RELIABILITY|PERFORMANCE|FOCUS|ECOSYSTEM|SCENARIOS)\b[^.;,)]*")


def listed() -> dict[str, str]:
    """Each rule id of docs/rules.md with its mark."""
    return {rule: mark for rule, _, mark in ROW.findall(LIST.read_text(encoding="utf-8"))}


def named_by_tests() -> dict[str, list[str]]:
    """Which tests name which rule."""
    found = defaultdict(list)
    for source in of_tests():
        for node in source.nodes():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                for rule in _marks(node):
                    found[rule].append(f"{source.name}::{node.name}")
    return found


def told_by_stories() -> dict[str, list[str]]:
    """Which scenarios name which rule in their heads ("# rules: L1 L2")."""
    found = defaultdict(list)
    for story in STORIES:
        for head in HEAD.findall(story.read_text(encoding="utf-8")):
            for rule in head.split():
                found[rule].append(story.name)
    return found


def missing() -> dict[str, list[str]]:
    """Rules that lack a test or a story, with what they lack."""
    named, told = named_by_tests(), told_by_stories()
    lacks = {
        rule: [word for word, found in (("test", named), ("story", told)) if not found[rule]]
        for rule in listed()
    }
    return {rule: words for rule, words in lacks.items() if words}


def _marks(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    return [
        ast.literal_eval(argument)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and dotted(decorator.func) == "pytest.mark.rule"
        for argument in decorator.args
    ]


def citations(source: Source) -> list[tuple[int, str]]:
    """Rule ids in texts, docstrings and comments, with their lines; "L1-L5" names both ends."""
    found = []
    for number, line in enumerate(source.text.splitlines(), start=1):
        if "migrations" in source.name or "noqa" in line:
            continue
        for match in CITED.finditer(ELSEWHERE.sub("", line)):
            found.append((number, match[1]))
            if match[2]:
                found.append((number, f"{match[1][0]}{match[2]}"))
    return found


def test_the_list_names_each_rule_once_and_knows_two_marks():
    rows = ROW.findall(LIST.read_text(encoding="utf-8"))
    assert len(rows) == len(listed()) == 79
    assert {mark for _, _, mark in rows} <= {"built", "planned"}
    assert [rule for rule, summary, _ in rows if len(summary) < 20] == []


def test_the_ids_of_each_family_run_without_a_gap():
    numbers = defaultdict(list)
    for rule in listed():
        numbers[rule[0]].append(int(rule[1:]))
    assert {f: n for f, n in numbers.items() if n != list(range(1, len(n) + 1))} == {}
    assert set(numbers) == set(FAMILIES)


def test_the_code_cites_only_rules_of_the_list():
    rules = listed()
    unknown = [
        where(source, line, rule)
        for source in of_product()
        for line, rule in citations(source)
        if rule not in rules
    ]
    assert unknown == []


def test_tests_and_stories_name_only_rules_of_the_list():
    rules = listed()
    assert {r: t for r, t in named_by_tests().items() if r not in rules} == {}
    assert {r: t for r, t in told_by_stories().items() if r not in rules} == {}


def test_a_story_says_in_its_head_which_rules_it_tells():
    heads = {story.name: HEAD.findall(story.read_text(encoding="utf-8")) for story in STORIES}
    assert {name: found for name, found in heads.items() if len(found) != 1} == {}


def test_these_families_are_told_by_a_test_and_a_story_each():
    assert {r: words for r, words in missing().items() if r[0] in TOLD_TWICE} == {}


def test_a_built_rule_is_named_and_a_planned_one_is_not():
    named, told = named_by_tests(), told_by_stories()
    marks = {r: "built" if named[r] or told[r] else "planned" for r in listed()}
    wrong = {r: (mark, marks[r]) for r, mark in listed().items() if mark != marks[r]}
    assert wrong == {}, "write the test, or run: python -m tests.architecture.mark_rules"
