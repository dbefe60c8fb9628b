"""How big and how named files are, and that no float passes through them (ARCHITECTURE 1, 4)."""

import ast
import re

import pytest

from .sources import Source, matches, of_migrations, of_product, where

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 70
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
SQL_FLOAT = re.compile(
    r"::\s*(float\d?|real)\b|\bdouble\s+precision\b|\bAS\s+(float\d?|real)\b", re.I
)


def floats(source: Source) -> list[str]:
    found = []
    for node in source.nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(where(source, node.lineno, repr(node.value)))
        elif isinstance(node, ast.Name) and node.id in {"float", "FloatField"}:
            found.append(where(source, node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and node.attr in {"FloatField", "float"}:
            found.append(where(source, node.lineno, node.attr))
    return found + matches(source, SQL_FLOAT)


def test_there_is_no_float():
    assert [place for source in of_product() + of_migrations() for place in floats(source)] == []


def test_a_float_would_be_seen(tmp_path, monkeypatch):
    planted = tmp_path / "planted.py"
    planted.write_text(
        "a = 0.5\nb = float(a)\nc = models.FloatField()\nd = 'SELECT 1::float8'\ne = 1e3\n"
    )
    monkeypatch.setattr("tests.architecture.sources.ROOT", tmp_path)
    assert sorted(floats(Source(planted))) == [
        "planted.py:1: 0.5",
        "planted.py:2: float",
        "planted.py:3: FloatField",
        "planted.py:4: ::float8",
        "planted.py:5: 1000.0",
    ]


def test_no_file_is_longer_than_the_wall():
    lengths = {source.name: len(source.text.splitlines()) for source in of_product()}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_the_wall():
    lengths = {
        f"{source.name}:{node.name}": node.end_lineno - node.lineno + 1
        for source in of_product()
        for node in source.nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}


def test_no_module_is_named_after_nothing():
    named = [
        source.name
        for source in of_product()
        if NO_NAMES & {part.removesuffix(".py") for part in source.path.parts}
        or (source.path.name == "base.py" and source.room != "admin")
    ]
    assert named == []


@pytest.mark.parametrize("hook", ["pre_save", "post_save", "pre_delete", "post_delete", "receiver"])
def test_no_business_hangs_on_signals(hook):
    used = [
        where(source, node.lineno, hook)
        for source in of_product()
        for node in source.nodes()
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("django.d")
        and hook in {alias.name for alias in node.names}
    ]
    assert used == []
