"""The one error that the launcher shows to its user."""

from pathlib import Path

SHOWN_LINES = 20


class Trouble(Exception):
    """A sentence that says what is wrong and what to do next; shown without a traceback."""


def last_lines(log: Path) -> str:
    """The end of a log file, indented, after a line with the file's name; for error messages."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"(Its log {log} cannot be read: {error.strerror}.)"
    shown = "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:])
    return f"The end of {log}:\n{shown}"
