"""Sentences of refusals in the reader's language.

Rules are pure and say their reasons in English (ARCHITECTURE 2). Here each sentence is recognised
by its pattern and said again in the language of the reader; one that is not known stays English.
"""

import re
from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .refusal_words import SENTENCES

OURS = ("formula", "state", "status", "word", "sentence")
_HOLE = re.compile(r"%\((\w+)\)s")


def sentence(text: str) -> str:
    """The sentence in the reader's language."""
    return said_in(SENTENCES, text)


def said_in(known: tuple[str, ...], text: str) -> str:
    """A text in the reader's language, where it is one of those known."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    for msgid, pattern in _patterns(known):
        if found := pattern.fullmatch(text):
            return _(msgid) % {name: _part(name, part) for name, part in found.groupdict().items()}
    return text


def _part(name: str, part: str) -> str:
    """What stands in a hole: a formula or a state is a word of ours, a number or name is not."""
    return _(sentence(part)) if name in OURS else part


@cache
def _patterns(known: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return sorted(((one, _pattern(one)) for one in known), key=lambda pair: -len(pair[0]))


def _pattern(msgid: str) -> re.Pattern[str]:
    parts = _HOLE.split(msgid)
    made = "".join(
        f"(?P<{part}>.+?)" if position % 2 else re.escape(part.replace("%%", "%"))
        for position, part in enumerate(parts)
    )
    return re.compile(made, re.DOTALL)
