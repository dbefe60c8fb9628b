"""Every sentence that our code may put into a refusal, read from the source, its holes filled.

A refusal gets its message and its mend as text, as a name that the function gave a text before,
or through a function of its module that makes a refusal of a text.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

HOLE = "7"
MESSAGE, MEND = 2, 4
MAKERS = {"Reason": (MESSAGE, MEND), "Problem": (1,)}  # which of their arguments people read
NAMES = {"text", "message", "said", "sentence"}  # of an argument that is passed on

Function = ast.FunctionDef | None


@dataclass(frozen=True)
class Said:
    """One sentence and where it stands. `text` is None where the source does not tell it."""

    place: str
    text: str | None


def in_module(path: Path, more: Mapping[str, tuple[int, ...]] | None = None) -> Iterator[Said]:
    """The sentences of all refusals of a module, but for the examples that the API's schema shows.

    `more` names functions that make refusals, too, and which of their arguments is read.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    makers = MAKERS | (more or {})
    makers |= dict(_own_makers(tree, makers))
    for scope, call in _calls(tree):
        for position in makers.get(_called(call), ()):
            argument = _argument(call, position)
            if argument is None or _is_passed_on(argument, scope):
                continue
            for text in _texts(argument, scope, call.lineno) or [None]:
                yield Said(f"{path}:{call.lineno}", text)


def _own_makers(
    tree: ast.Module, makers: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Functions that pass a text on: their names, and which argument it is, without `self`."""
    for scope, call in _calls(tree):
        if scope is None:
            continue
        names = [one.arg for one in scope.args.args if one.arg != "self"]
        passed = [_argument(call, position) for position in makers.get(_called(call), ())]
        found = {word.id for one in passed if one for word in ast.walk(one) if _is_name(word)}
        if positions := tuple(names.index(one) for one in names if one in found & NAMES):
            yield scope.name, positions


def _calls(tree: ast.Module) -> Iterator[tuple[Function, ast.Call]]:
    """Every call with the function it stands in; examples of classes are left out."""

    def walk(node: ast.AST, scope: Function) -> Iterator[tuple[Function, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Assign) and "example" in map(_name, child.targets):
                continue
            if isinstance(child, ast.Call):
                yield scope, child
            yield from walk(child, child if isinstance(child, ast.FunctionDef) else scope)

    return walk(tree, None)


def _called(call: ast.Call) -> str:
    """The name of what is called: a function, or a method of the same object."""
    return _name(call.func) or (getattr(call.func, "attr", "") if _is_own(call.func) else "")


def _is_own(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and _name(function.value) == "self"


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    by_name = {word.arg: word.value for word in call.keywords}
    if position < len(call.args):
        return call.args[position]
    return by_name.get({MESSAGE: "message", MEND: "mend"}.get(position))


def _is_passed_on(argument: ast.expr, scope: Function) -> bool:
    """Whether it is only what the function itself was given: its callers say it."""
    given = {one.arg for one in scope.args.args} if scope else set()
    return any(_is_name(word) and word.id in given & NAMES for word in ast.walk(argument))


def _texts(node: ast.expr, scope: Function, before: int) -> list[str]:
    """All that an expression may say; a hole stands for what only the running program knows."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, scope, before) + _texts(node.orelse, scope, before)
    if isinstance(node, ast.JoinedStr):
        parts = [_part(part, scope, before) for part in node.values]
        return ["".join(chosen) for chosen in product(*parts)]
    if isinstance(node, ast.Name) and scope is not None:
        assigned = [one for one in ast.walk(scope) if isinstance(one, ast.Assign)]
        given = [
            (one.lineno, value)
            for one in assigned
            if one.lineno < before
            for value in _values(one.targets[0], one.value, node.id)
        ]
        last = max((line for line, _ in given), default=0)
        return [text for line, one in given if line == last for text in _texts(one, scope, line)]
    return []


def _part(part: ast.expr, scope: Function, before: int) -> list[str]:
    if isinstance(part, ast.FormattedValue):
        return _texts(part.value, scope, before) or [HOLE]
    return [str(part.value)] if isinstance(part, ast.Constant) else [HOLE]


def _values(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    """What an assignment gives a name, which may be one of several."""
    if _name(target) == name:
        return [value]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        return [*_values(target, value.body, name), *_values(target, value.orelse, name)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return [one for place, one in pairs if _name(place) == name]
    return []


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def _name(node: ast.AST) -> str:
    return getattr(node, "id", "")
