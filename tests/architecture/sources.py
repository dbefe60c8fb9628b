"""The code as the architecture tests read it: files of the four floors, parsed."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("finance_mgmt", "billing", "invoicing", "simulation")

# The roof: the project's shell, which is no layer of any floor.
ROOF = {"settings.py", "urls.py", "celery.py", "wsgi.py", "asgi.py", "apps.py"}


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @property
    def name(self) -> str:
        """The path from the root of the project: "billing/rules/funding.py"."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """What stands below the floor: "services", "admin", "tasks.py" ..."""
        return self.path.relative_to(ROOT).parts[1]

    @property
    def is_interface(self) -> bool:
        """Layer 4: reads the clock, calls services (ARCHITECTURE 2)."""
        return self.room in {"admin", "api", "management", "delivery", "tasks.py", "clock.py"}

    @property
    def is_roof(self) -> bool:
        return self.room in ROOF

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def strings(self) -> Iterator[tuple[int, str]]:
        """Every text in the file that is no docstring, with its line; an f-string as one text."""
        docstrings = set(_docstring_nodes(self.tree))
        pieces = {
            id(piece)
            for node in self.nodes()
            if isinstance(node, ast.JoinedStr)
            for piece in ast.walk(node)
            if piece is not node
        }
        for node in self.nodes():
            if isinstance(node, ast.JoinedStr):
                said = [v.value for v in node.values if isinstance(v, ast.Constant)]
                yield node.lineno, " ? ".join(map(str, said))
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in pieces
                and node not in docstrings
            ):
                yield node.lineno, node.value


def _docstring_nodes(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            yield first.value


@cache
def of_product() -> list[Source]:
    """All files of the four floors, but migrations."""
    return [
        Source(path)
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if "migrations" not in path.parts
    ]


@cache
def of_migrations() -> list[Source]:
    return [Source(p) for floor in FLOORS for p in sorted((ROOT / floor).rglob("migrations/*.py"))]


@cache
def of_tests() -> list[Source]:
    return [Source(path) for path in sorted((ROOT / "tests").rglob("*.py"))]


def dotted(node: ast.AST) -> str:
    """ "timezone.now" of the expression timezone.now; "" of anything that is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def where(source: Source, line: int, what: str) -> str:
    return f"{source.name}:{line}: {what}"


def matches(source: Source, pattern: re.Pattern[str]) -> list[str]:
    """The texts of a file that a pattern finds something in, as places to look at."""
    return [
        where(source, line, found.group().strip())
        for line, text in source.strings()
        if (found := pattern.search(text))
    ]
