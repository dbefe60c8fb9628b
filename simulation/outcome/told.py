"""What the rules refused, and what previews answered."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from finance_mgmt.errors import Reason

from .view import Entry, View


def refusals(view: View) -> Iterator[Entry]:
    """Events that the rules refused, with every reason (L12)."""
    for number, refused in enumerate(view.world.refusals):
        event, error = refused.event, refused.error
        row = {
            "event": event.index,
            "at": view.instant(event.at),
            "verb": event.verb,
            "code": error.code,
            "rules": list(error.rules),
            "reasons": reasons(view, error.reasons),
        }
        yield Entry(event.at, (event.index, number), row)


def previews(view: View) -> Iterable[Entry]:
    """Answers to previews; the verb is the one asked about."""
    for number, asked in enumerate(view.world.previews):
        event = asked.event
        row = {
            "event": event.index,
            "at": view.instant(event.at),
            "verb": event.inner.verb if event.inner else event.verb,
            "would": view.plain(asked.would),
            "reasons": reasons(view, asked.reasons),
        }
        yield Entry(event.at, (event.index, number), row)


def reasons(view: View, given: Sequence[Reason]) -> list[dict[str, Any]]:
    """Reasons as rows."""
    return [
        {
            "rule": reason.rule,
            "code": str(reason.code),
            "message": reason.message,
            "facts": view.plain(dict(reason.facts)),
            "mend": reason.mend,
        }
        for reason in given
    ]
