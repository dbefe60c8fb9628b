"""YAML as nodes: every scalar as the text that stands in the file, with its line.

Values are never made by YAML: a number would pass through a binary fraction, 2024-05 through
arithmetic, `no` through a boolean.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from .problems import Malformed, Problem, Wrong

MOST_NODES = 2_000_000  # a year of a large group; aliases could make more of a few lines
_NULL, _FLAG = "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_OURS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "timestamp")}
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True)
class Spot:
    """One value of the file and the path to it."""

    node: yaml.Node
    place: str

    @property
    def line(self) -> int:
        """Its line, counted from 1."""
        return self.node.start_mark.line + 1

    @property
    def is_nothing(self) -> bool:
        """Whether it is null."""
        return self.node.tag == _NULL

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def problem(self, what: str) -> Problem:
        """What is wrong here."""
        return Problem(self.line, self.place, what)

    def text(self) -> str:
        """The scalar as written. Raises Wrong for nothing, true, false, lists and mappings."""
        if not isinstance(self.node, yaml.ScalarNode) or self.is_nothing:
            raise Wrong(f"must be a text, not {self.kind}.")
        if self.node.tag == _FLAG and self.node.value in _FLAGS:
            raise Wrong(
                f'must be a text; write "{self.node.value}" in quotes if you mean the word.'
            )
        if self.node.tag not in _OURS and self.node.tag != _FLAG:
            raise Wrong(f"has the tag {self.node.tag}; leave it out.")
        return self.node.value

    def flag(self) -> bool:
        """true or false. Raises Wrong."""
        if self.node.tag == _FLAG and self.node.value in _FLAGS:
            return _FLAGS[self.node.value]
        raise Wrong(f"must be true or false, not {self.kind}.")

    @property
    def kind(self) -> str:
        """What it is, for a message."""
        if self.is_mapping:
            return "keys"
        if self.is_list:
            return "a list"
        return "nothing" if self.is_nothing else f'"{self.node.value}"'

    def items(self) -> Iterator["Spot"]:
        """The elements of a list. Raises Wrong."""
        if not self.is_list:
            raise Wrong(f"must be a list, not {self.kind}.")
        for number, node in enumerate(self.node.value):
            yield Spot(node, f"{self.place}[{number}]")

    def pairs(self) -> Iterator[tuple["Spot", str, "Spot"]]:
        """(spot of the key, key, spot of the value) of a mapping. Raises Wrong."""
        if not self.is_mapping:
            raise Wrong(f"must have keys, but is {self.kind}.")
        own = {_key(key) for key, _ in self.node.value}
        for key_node, node in self.node.value:
            place = f"{self.place}.{_key(key_node)}" if self.place else _key(key_node)
            if key_node.tag != _MERGE:
                yield Spot(key_node, place), _key(key_node), Spot(node, place)
                continue
            for spot, key, value in self._merged(Spot(node, place)):
                if key not in own:
                    own.add(key)
                    yield spot, key, value

    def _merged(self, given: "Spot") -> Iterator[tuple["Spot", str, "Spot"]]:
        """What `<<` takes from other mappings: the first that has a key counts, its own before."""
        for other in given.items() if given.is_list else [given]:
            yield from Spot(other.node, self.place).pairs()


def _key(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else "?"


def written(spot: Spot, key: str) -> str | None:
    """What stands at a key of a mapping, right or wrong; None: no text."""
    if spot.is_mapping:
        for _, name, value in spot.pairs():
            if name == key and isinstance(value.node, yaml.ScalarNode):
                return value.node.value
    return None


def load(file: str) -> Spot:
    """The file's one document. Raises Malformed."""
    try:
        text = Path(file).read_bytes().decode("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise Malformed(file, [Problem(0, "", f"can't be read: {error.strerror}.")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Malformed(file, [Problem(line, "", "is not UTF-8 text.")]) from None
    except RecursionError:
        raise Malformed(file, [Problem(0, "", "is nested too deeply.")]) from None
    except yaml.YAMLError as error:
        raise Malformed(file, [_not_yaml(error, text)]) from None
    if node is None:
        raise Malformed(file, [Problem(1, "", "is empty.")])
    if problems := list(unreadable(node)):
        raise Malformed(file, problems)
    return Spot(node, "")


def unreadable(root: yaml.Node) -> Iterator[Problem]:
    """Texts that no database stores, aliases that grow without bound: looked for first."""
    sizes: dict[int, int] = {}  # of nodes that are done, aliases written out
    walk = [(root, False)]
    opened: set[int] = set()
    while walk:
        node, is_done = walk.pop()
        parts = _parts(node)
        if is_done:
            opened.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(part)] for part in parts)
            if sizes[id(node)] > MOST_NODES:
                yield Problem(node.start_mark.line + 1, "", "grows too large by its aliases.")
                return
        elif id(node) in opened:
            yield Problem(node.start_mark.line + 1, "", "holds itself by an alias.")
            return
        elif id(node) not in sizes:
            if isinstance(node, yaml.ScalarNode) and not _is_storable(node.value):
                yield Problem(node.start_mark.line + 1, "", "holds a character that is no text.")
            if isinstance(node, yaml.MappingNode) and any(map(_merges_no_keys, node.value)):
                yield Problem(node.start_mark.line + 1, "", "`<<` takes keys over: give it some.")
            opened.add(id(node))
            walk.append((node, True))
            walk += [(part, False) for part in parts]


def _merges_no_keys(pair: tuple[yaml.Node, yaml.Node]) -> bool:
    key, value = pair
    given = value.value if isinstance(value, yaml.SequenceNode) else [value]
    return key.tag == _MERGE and not all(isinstance(one, yaml.MappingNode) for one in given)


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _is_storable(text: str) -> bool:
    """Whether it is text: no control characters but tab and newline, no half of a character."""
    return all(char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs") for char in text)


def _not_yaml(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return Problem(mark.line + 1 if mark else 0, "", f"is not YAML: {said}.")
    position = getattr(error, "position", 0)
    return Problem(text[:position].count("\n") + 1, "", "holds a character that YAML forbids.")
