"""A whole file: its head from top to bottom, then its events, then what it expects."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from finance_mgmt.policy import Policy

from . import events, expectations, heads, policies
from .nodes import Spot, load, written
from .problems import Malformed
from .rows import Keys, Reader, may, need
from .scenario import Event, ExpectedList, Row, Scenario, frozen
from .values import Noun, instant

_AS_IT_IS = lambda spot, names: spot  # noqa: E731 (the parts are read in an order of our own)

FILE: Keys = {
    "start": need(instant),
    "end": need(instant),
    "time_zone": may(_AS_IT_IS),
    "policy": may(_AS_IT_IS),
    "accounts": need(_AS_IT_IS),
    "products": may(_AS_IT_IS),
    "discounts": may(_AS_IT_IS),
    "vouchers": may(_AS_IT_IS),
    "commitments": may(_AS_IT_IS),
    "events": may(_AS_IT_IS),
    "expect": may(_AS_IT_IS),
}

Special = Callable[[Reader, Spot], dict[str, Any] | None]


def read(file: str) -> Scenario:
    """Read and check a scenario file. Raises Malformed with everything that is wrong."""
    reader = Reader()
    scenario = _scenario(reader, file, load(file))
    if reader.problems or scenario is None:
        raise Malformed(file, reader.problems)
    return scenario


def _scenario(reader: Reader, file: str, root: Spot) -> Scenario | None:
    found = reader.pairs(root, FILE)
    for name, key in FILE.items():
        if key.is_needed and name not in found and root.is_mapping:
            reader.note(root, f'the key "{name}" is missing.')
    start, end = (
        reader.value(found[name], instant) if name in found else None for name in ("start", "end")
    )
    if start and end and end < start:
        reader.note(found["end"], "lies before the start.")
    changes = policies.read(reader, found.get("policy"), found.get("time_zone"))
    head = _head(reader, found)
    happens: tuple[Event, ...] = ()
    expected: tuple[ExpectedList, ...] = ()
    if "events" in found:
        happens = events.read_events(reader, found["events"], start, end)
    if "expect" in found:
        expected = expectations.read(reader, found["expect"])
    if reader.problems or start is None or end is None:
        return None
    return Scenario(
        file=file,
        start=start,
        end=end,
        policy=replace(Policy(), **changes),
        policy_changes=frozen(changes),
        events=happens,
        expected=expected,
        **head,
    )


def _head(reader: Reader, found: dict[str, Spot]) -> dict[str, tuple[Row, ...]]:
    known = reader.names.known

    def rows(part: str, noun: Noun | None, key: str, special: Special) -> tuple[Row, ...]:
        made = []
        for spot in reader.items(found[part]) if part in found else []:
            values = special(reader, spot)
            if noun is not None and (name := written(spot, key)) is not None:
                if name in known[noun]:
                    reader.note(spot, f'the {noun} "{name}" stands in the file before.')
                known[noun].add(name)  # a wrong row has a name, too: tell what is wrong only once
            if noun is Noun.PRODUCT and (family := written(spot, "family")) is not None:
                known[Noun.FAMILY].add(family)
            if values is not None:
                made.append(Row(spot.line, spot.place, frozen(values)))
        return tuple(made)

    return {
        "accounts": rows("accounts", Noun.ACCOUNT, "id", _plain(heads.ACCOUNT)),
        "products": rows("products", Noun.PRODUCT, "code", _plain(heads.PRODUCT)),
        "discounts": rows("discounts", None, "", heads.discount),
        "vouchers": rows("vouchers", Noun.VOUCHER, "id", heads.voucher),
        "commitments": rows("commitments", Noun.COMMITMENT, "id", heads.commitment),
    }


def _plain(keys: Keys) -> Special:
    return lambda reader, spot: reader.row(spot, keys)
