"""Names that mean nothing here: refused, with the name that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMED, MOST_LETTERS = 10, 100


def named(unknown: Iterable[str], known: Iterable[str]) -> str:
    """The names, at most ten, each with the known one that it looks like."""
    words = sorted(known)
    return ", ".join(_named(name, words) for name in sorted(unknown)[:MOST_NAMED])


def _named(name: str, known: list[str]) -> str:
    shown = name[:MOST_LETTERS]
    close = get_close_matches(shown, known, n=1)
    return f"{shown} (did you mean {close[0]}?)" if close else shown
