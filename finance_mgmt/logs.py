"""How a record of the log is written: one line each, under its request's id, without secrets.

Whatever others send may end in a message. A line break in it would look like a record of its own,
so that nothing but printable characters is written; passwords, tokens and card numbers are masked.
"""

import logging
import re

from . import origin

MASK = "***"

_SCHEMES = re.compile(r"\b(Bearer|Basic)(\s+)[^\s'\",;]+", re.I)
_NAMED = re.compile(
    r"\b((?:pass(?:word|wd)|secret|token|authorization|sessionid|csrftoken|api_?key)"
    r"\w*['\"]?\s*[=:]\s*['\"]?)(?!Bearer |Basic )[^\s'\"&,;)}]+",
    re.I,
)
_DIGITS = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


class Line(logging.Formatter):
    """The formatter of all handlers (settings.LOGGING). Outside of requests their id is "-"."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """One line."""
        record.message = masked(printable(record.message))
        record.request_id = origin.request_id.get() or "-"
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's own name
        """The stack, marked so that no line of it looks like a record."""
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join(f"  | {masked(printable(line))}" for line in text.splitlines())


def printable(text: str) -> str:
    """The text with everything else escaped: line breaks, colors, marks that turn the direction."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def masked(text: str) -> str:
    """The text without what nobody should read in a log."""
    text = _SCHEMES.sub(rf"\1\2{MASK}", text)
    text = _NAMED.sub(rf"\1{MASK}", text)
    return _DIGITS.sub(_mask_card, text)


def _mask_card(found: re.Match[str]) -> str:
    digits = [int(one) for one in found[0] if one.isdigit()]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
    is_card = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return f"{MASK}{found[0][-4:]}" if is_card else found[0]
