"""What is wrong with a scenario file, told so that its author finds the place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction

LIKE_ENOUGH = {False: Fraction(3, 5), True: Fraction(1, 2)}  # short words: one letter of two


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong. `place` is a path such as "accounts[1].cash"; "" is the file."""

    line: int
    place: str
    what: str

    def told(self, file: str) -> str:
        """One line for people: file, line, place, what is wrong."""
        where = f"{file}:{self.line}: " if self.line else f"{file}: "
        return f"{where}{self.place}: {self.what}" if self.place else f"{where}{self.what}"


class Malformed(Exception):
    """The file can't be run. Nothing was. Carries everything that was found wrong."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems)
        super().__init__("\n".join(problem.told(file) for problem in self.problems))


class Wrong(Exception):
    """A value is not what its key takes. Caught by the reader, which knows the place."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'; did you mean "cash"?' where a known word is close, else nothing."""
    nearest = max(sorted(known), key=lambda one: _likeness(word, one), default="")
    is_close = _likeness(word, nearest) >= LIKE_ENOUGH[len(word) < 4]
    return f'; did you mean "{nearest}"?' if is_close else ""


def _likeness(word: str, other: str) -> Fraction:
    """Twice the letters that match, of all letters (difflib's ratio, exact)."""
    matching = sum(block.size for block in SequenceMatcher(a=other, b=word).get_matching_blocks())
    return Fraction(2 * matching, max(len(word) + len(other), 1))


def one_of(known: Sequence[str]) -> str:
    """ "hour, day or month" """
    return f"{', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else known[0]
