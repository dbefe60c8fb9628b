"""What is wrong with a file, said so that its sender can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from finance_mgmt.errors import FinanceError, Reason


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place. `row` counts data rows from 1, `line` lines of the file.

    0 is the whole file. `column` is the header's name, "" where it is not one cell's fault.
    """

    code: str
    message: str
    row: int = 0
    line: int = 0
    column: str = ""

    @property
    def sentence(self) -> str:
        """The message with its place in front."""
        place = f"Line {self.line}" if self.line else ""
        if self.column:
            place = f"{place}, column {self.column}" if place else f"Column {self.column}"
        return f"{place}: {self.message}" if place else self.message


class RefusedFile(FinanceError):
    """The file can't be read; nothing of it was stored. Names the first problems, not just one."""

    code = "refused_file"
    example = Reason(
        "FOCUS 2",
        "too_large",
        "The file is larger than the limit.",
        {"row": None, "line": None, "column": ""},
        "The sender of the file.",
    )

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            [
                Reason(
                    "FOCUS 2",
                    problem.code,
                    problem.sentence,
                    {"row": problem.row, "line": problem.line, "column": problem.column},
                    "The sender of the file.",
                )
                for problem in self.problems
            ]
        )
