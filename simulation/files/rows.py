"""Mappings with known keys: unknown, missing, doubled and wrong ones are noted, all at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .nodes import Spot
from .problems import Problem, Wrong, did_you_mean
from .values import Kind, Names


@dataclass(frozen=True)
class Key:
    """A key of a mapping: what it holds, and what stands for it where it is left out."""

    kind: Kind
    is_needed: bool = True
    default: Any = None


Keys = Mapping[str, Key]


def need(kind: Kind) -> Key:
    """A key that must be there."""
    return Key(kind)


def may(kind: Kind, default: Any = None) -> Key:
    """A key that may be left out."""
    return Key(kind, is_needed=False, default=default)


class Reader:
    """Reads a file's mappings and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.names = Names()

    def note(self, spot: Spot, what: str) -> None:
        """Write a problem down and go on."""
        self.problems.append(spot.problem(what))

    def pairs(self, spot: Spot, known: Mapping[str, Any] | list[str]) -> dict[str, Spot]:
        """The values of a mapping by key. Notes keys that are unknown or stand there twice."""
        found: dict[str, Spot] = {}
        try:
            pairs = list(spot.pairs())
        except Wrong as wrong:
            self.note(spot, wrong.what)
            return {}
        for key_spot, key, value in pairs:
            if key in found:
                self.note(key_spot, "stands here twice.")
            elif key not in known:
                self.note(key_spot, f"unknown key{did_you_mean(key, known) or '.'}")
            else:
                found[key] = value
        return found

    def row(self, spot: Spot, keys: Keys) -> dict[str, Any] | None:
        """The values of a mapping, defaults filled in. None where anything was noted."""
        noted = len(self.problems)
        found = self.pairs(spot, keys)
        values = {}
        for name, key in keys.items():
            if name in found:
                values[name] = self._said(found[name], key)
            elif key.is_needed and spot.is_mapping:
                self.note(spot, f'the key "{name}" is missing.')
            else:
                values[name] = key.default
        return values if len(self.problems) == noted else None

    def _said(self, spot: Spot, key: Key) -> Any:
        """The value at a key; null is as good as left out where nothing else is meant by it."""
        if key.is_needed or not spot.is_nothing:
            return self.value(spot, key.kind)
        try:
            return key.kind(spot, self.names)
        except Wrong:
            return key.default

    def value(self, spot: Spot, kind: Kind) -> Any:
        """One value; None where something was noted."""
        try:
            return kind(spot, self.names)
        except Wrong as wrong:
            self.note(spot, wrong.what)
            return None

    def items(self, spot: Spot) -> list[Spot]:
        """The elements of a list; none where something was noted."""
        try:
            return list(spot.items())
        except Wrong as wrong:
            self.note(spot, wrong.what)
            return []
