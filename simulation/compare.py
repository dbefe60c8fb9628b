"""`expect` beside the outcome: numbers as numbers, instants as instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from .contract import Column, columns
from .files import ExpectedList, Row, Scenario
from .files.values import INSTANT, PLAIN_NUMBER, read_instant


@dataclass(frozen=True)
class Difference:
    """One expectation that failed, with the rows of the outcome to show beside it."""

    place: str
    line: int
    what: str
    expected: tuple[dict[str, Any], ...]
    actual: tuple[dict[str, Any], ...]


def differences(scenario: Scenario, outcome: dict[str, Any]) -> list[Difference]:
    """Everything that was expected and is not so."""
    return [
        found
        for expected in scenario.expected
        for found in (
            _checks(expected, outcome)
            if expected.name == "checks"
            else _list(expected, outcome[expected.name])
        )
    ]


def _checks(expected: ExpectedList, outcome: dict[str, Any]) -> Iterator[Difference]:
    for row in expected.rows:
        actual = {name: outcome["checks"][name] for name in row.keys}
        if actual != dict(row.keys):
            yield Difference(row.place, row.line, "differs", (dict(row.keys),), (actual,))


def _list(expected: ExpectedList, actual: list[dict[str, Any]]) -> Iterator[Difference]:
    kinds = columns(expected.name)
    unmatched = list(actual)
    for row in expected.rows:
        matching = [one for one in actual if _matches(row, one, kinds)]
        twins = sum(dict(other.keys) == dict(row.keys) for other in expected.rows)
        unmatched = [one for one in unmatched if one not in matching]
        if len(matching) != twins:
            yield _wrong_count(expected.name, row, matching, actual, kinds)
    if expected.is_exact and (unmatched or len(actual) != len(expected.rows)):
        what = f"has {len(actual)} rows, {len(expected.rows)} were expected; not expected are"
        line = expected.rows[0].line if expected.rows else 0
        yield Difference(f"expect.{expected.name}", line, what, (), tuple(unmatched))


def _wrong_count(
    name: str,
    row: Row,
    matching: list[dict[str, Any]],
    actual: list[dict[str, Any]],
    kinds: dict[str, Column],
) -> Difference:
    if matching:
        what = f"matches {len(matching)} rows, not one"
        return Difference(row.place, row.line, what, (dict(row.keys),), tuple(matching))
    near = sorted(actual, key=lambda one: -_likeness(row, one, kinds))[:3]
    return Difference(row.place, row.line, "matches no row", (dict(row.keys),), tuple(near))


def _matches(row: Row, actual: dict[str, Any], kinds: dict[str, Column]) -> bool:
    return all(same(value, actual[key], kinds[key]) for key, value in row.keys.items())


def _likeness(row: Row, actual: dict[str, Any], kinds: dict[str, Column]) -> int:
    return sum(same(value, actual[key], kinds[key]) for key, value in row.keys.items())


def same(expected: Any, actual: Any, column: Column) -> bool:
    """Whether an expected value, as written, is what the outcome says."""
    if column in (Column.ROWS, Column.FREE):
        return _alike(expected, actual)
    if expected is None or actual is None:
        return (expected or None) is None and (actual or None) is None
    if column is Column.NUMBER:
        return Decimal(expected) == Decimal(actual)
    if column is Column.INSTANT:
        return read_instant(expected) == read_instant(actual)
    if column is Column.TEXTS:
        return sorted(map(str, expected)) == sorted(map(str, actual))
    if column is Column.FLAG:
        return expected is actual
    return str(expected) == str(actual)


def _alike(expected: Any, actual: Any) -> bool:
    """Free values: rows by the keys given, lists by what they must hold."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key in actual and _alike(value, actual[key]) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and all(
            any(_alike(one, other) for other in actual) for one in expected
        )
    if isinstance(expected, bool):
        return expected is (actual if isinstance(actual, bool) else _is_positive(actual))
    if expected is None or actual is None:
        return expected is actual
    return _same_scalar(str(expected), str(actual))


def _same_scalar(expected: str, actual: str) -> bool:
    if PLAIN_NUMBER.fullmatch(expected) and PLAIN_NUMBER.fullmatch(actual):
        return Decimal(expected) == Decimal(actual)
    if INSTANT.fullmatch(expected) and INSTANT.fullmatch(actual):
        return read_instant(expected) == read_instant(actual)
    return expected == actual


def _is_positive(actual: Any) -> bool | None:
    """An amount where a yes or no was expected: is there any?"""
    try:
        return Decimal(str(actual)) > 0
    except InvalidOperation:
        return None
