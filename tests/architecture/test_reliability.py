"""docs/reliability.md tells the truth about which test shows which case of the catalogue."""

import ast
import re
from collections import defaultdict

from .sources import ROOT, dotted, of_tests

LIST = ROOT / "docs" / "reliability.md"
ROW = re.compile(r"^\| ([FCBTRS]\d{1,2}) \| (.+) \| (.+) \|$", re.M)
SIZES = {"F": 28, "C": 23, "B": 24, "T": 10, "R": 10, "S": 24}
NOTHING = "–"


def listed() -> dict[str, list[str]]:
    """Each id with the tests that its row names."""
    rows = ROW.findall(LIST.read_text(encoding="utf-8"))
    assert len(rows) == len({case for case, _, _ in rows}), "an id stands there twice"
    return {
        case: [] if tests == NOTHING else [one.strip("`") for one in tests.split("<br>")]
        for case, _, tests in rows
    }


def marked() -> dict[str, set[str]]:
    """Which tests are marked with which id."""
    found = defaultdict(set)
    for source in of_tests():
        for node in source.nodes():
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    is_mark = isinstance(decorator, ast.Call)
                    if is_mark and dotted(decorator.func) == "pytest.mark.case":
                        for argument in decorator.args:
                            case = ast.literal_eval(argument)
                            found[case].add(f"{source.name}::{node.name}")
    return found


def test_every_case_of_the_catalogue_has_a_row():
    expected = [f"{family}{n}" for family, size in SIZES.items() for n in range(1, size + 1)]
    assert list(listed()) == expected


def test_every_test_that_a_row_names_exists():
    known = {
        f"{source.name}::{node.name}"
        for source in of_tests()
        for node in source.nodes()
        if isinstance(node, ast.FunctionDef)
    }
    wrong = {
        case: missing
        for case, tests in listed().items()
        if (missing := [t for t in tests if t not in known and not (ROOT / t).is_file()])
    }
    assert wrong == {}


def test_what_is_marked_with_a_case_stands_in_its_row():
    rows = listed()
    wrong = {case: tests - set(rows.get(case, ())) for case, tests in marked().items()}
    assert {case: tests for case, tests in wrong.items() if tests} == {}
