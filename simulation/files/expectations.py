"""`expect`: rows that the outcome must hold, checked for keys and values that can't be."""

from typing import Any

from ..contract import CHECKS, LISTS, Column, columns
from .nodes import Spot
from .problems import Wrong
from .rows import Reader
from .scenario import ExpectedList, Row, frozen
from .values import instant, number

_CHECKED = {Column.NUMBER: number, Column.INSTANT: instant}


def read(reader: Reader, spot: Spot) -> tuple[ExpectedList, ...]:
    """The expected lists, in the order of the file."""
    known = dict.fromkeys([*LISTS, "checks"])
    return tuple(
        _checks(reader, value) if name == "checks" else _list(reader, name, value)
        for name, value in reader.pairs(spot, known).items()
    )


def _list(reader: Reader, name: str, spot: Spot) -> ExpectedList:
    is_exact = spot.is_mapping
    if is_exact:
        found = reader.pairs(spot, ["exactly"])
        if "exactly" not in found:
            reader.note(spot, "must be a list of rows, or {exactly: [...]} where no others may be.")
            return ExpectedList(name, (), is_exact)
        spot = found["exactly"]
    rows = tuple(_row(reader, name, item) for item in reader.items(spot))
    return ExpectedList(name, rows, is_exact)


def _row(reader: Reader, name: str, spot: Spot) -> Row:
    kinds = columns(name)
    values = {
        key: _value(reader, value, kinds[key]) for key, value in reader.pairs(spot, kinds).items()
    }
    if spot.is_mapping and not spot.node.value:
        reader.note(spot, "must name at least one key.")
    return Row(spot.line, spot.place, frozen(values))


def _checks(reader: Reader, spot: Spot) -> ExpectedList:
    found = reader.pairs(spot, list(CHECKS))
    values = {name: reader.value(value, lambda it, _: it.flag()) for name, value in found.items()}
    return ExpectedList("checks", (Row(spot.line, spot.place, frozen(values)),), is_exact=False)


def _value(reader: Reader, spot: Spot, column: Column) -> Any:
    if spot.is_nothing:
        return None
    if column is Column.FLAG:
        return reader.value(spot, lambda it, _: it.flag())
    if column in _CHECKED:
        return spot.text() if reader.value(spot, _CHECKED[column]) is not None else None
    if column in (Column.TEXTS, Column.ROWS) and not spot.is_list:
        reader.note(spot, f"must be a list, not {spot.kind}.")
        return None
    if column is Column.TEXT and (spot.is_list or spot.is_mapping):
        reader.note(spot, f"must be a text, not {spot.kind}.")
        return None
    return _anything(reader, spot)


def _anything(reader: Reader, spot: Spot) -> Any:
    if spot.is_list:
        return [_anything(reader, item) for item in spot.items()]
    if spot.is_mapping:
        return {key: _anything(reader, value) for _, key, value in spot.pairs()}
    if spot.is_nothing:
        return None
    try:
        return spot.flag()
    except Wrong:
        return reader.value(spot, lambda it, _: it.text())
