"""What if: a question, its run, and the answer. The books are read in one snapshot, not written."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import transaction

from finance_mgmt.errors import KeyReused, Reason
from finance_mgmt.models import Account, RunStep
from finance_mgmt.services import runs

from .. import sandbox
from ..models import WhatIf
from ..replay import group, history, picture, playing
from ..replay.playing import Refused
from ..replay.question import CHANGES, Question, understand

__all__ = ["CHANGES", "answer", "ask", "perform", "prepare"]

KIND = "what_if"
WHOLE = 100  # units of a run: per cent
TOLD_EVERY_SECONDS = 1

Tell = Callable[[int], None]


@transaction.atomic
def ask(*, question: Question, key: str, by: str, at: datetime) -> WhatIf:
    """Write a question down; its run answers it. The same key returns the first one (F11).

    Raises WhatIfRefused with everything that is wrong with it, KeyReused.
    """
    asked = question.stored()
    earlier = WhatIf.objects.filter(run__key=f"{KIND} {key}").first()
    if earlier is not None:
        if earlier.question != asked:
            text = "This key was used before for another question. Use a new key."
            raise KeyReused(Reason("F11", "key_reused", text, {"key": key}))
        return earlier
    understand(question, at)
    run = runs.open(
        kind=KIND,
        scopes=[{}],
        facts=asked,
        total_units=WHOLE,
        key=f"{KIND} {key}",
        by=by,
        at=at,
    )
    account = Account.objects.get(number=question.account)
    return WhatIf.objects.create(account=account, run=run, question=asked, by=by, asked_at=at)


def prepare(step: RunStep, *, by: str, at: datetime) -> None:
    """Play the history of the question's group and keep the answer. Safe to repeat."""
    asked = WhatIf.objects.get(run=step.run_id)
    found = answer(Question.restored(asked.question), at, lambda done: runs.progress(step, done))
    WhatIf.objects.filter(pk=asked.pk).update(answer=found)


def perform(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """The answer is there: the run is whole."""
    step.run.refresh_from_db()
    return {"units": WHOLE - step.run.done_units}


def answer(question: Question, at: datetime, tell: Tell = lambda done: None) -> dict[str, Any]:
    """What was, beside what would have been; `tell` hears how far it is, in per cent.

    The history is played twice: as it was, to prove that the replay gives the actual figures, and
    with the change. Raises WhatIfRefused.
    """
    with history.snapshot():
        asked = understand(question, at)
        accounts = set(asked.accounts)
        months, since = (question.first, question.last), question.period()
        actual = picture.take(accounts, months, since, at)
        numbers = group.numbers_of(accounts)
        past = history.read(accounts, at)
    taken = []
    plays = [None, asked.event] if asked.event else [None]
    with closing(past):
        for number, event in enumerate(plays):
            with sandbox.scratch() as box:
                scale = _Scale(box, tell, number, len(plays) * (len(past.steps) + 1))
                played = playing.play(past, event, scale)
                taken.append(picture.take(accounts, months, since, at))
    control = _differing(picture.beside(actual, taken[0]))
    refused = played.change_refused
    beside = picture.beside(actual, actual if refused else taken[-1])
    return {
        "accounts": numbers,
        "asked_at": at.isoformat(),
        "steps": len(past.steps),
        "refusal": _said(refused) if refused else None,
        "refused": [_said(one) for one in played.refused],
        "is_exact": not control,
        "not_exact": control,
        **beside,
    }


class _Scale:
    """Tells the real run how far a replay is, at most once a second."""

    def __init__(self, box: sandbox.Sandbox, tell: Tell, number: int, steps: int) -> None:
        self.box, self.tell = box, tell
        self.number, self.steps = number, steps
        self.told_at = monotonic()

    def __call__(self, done: int) -> None:
        if monotonic() - self.told_at < TOLD_EVERY_SECONDS:
            return
        self.told_at = monotonic()
        half = self.number * self.steps // 2
        with self.box.outside():
            self.tell(min(WHOLE - 1, WHOLE * (half + done) // self.steps))


def _differing(rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"part": part, **row} for part, found in rows.items() for row in found if row["differs"]
    ]


def _said(refused: Refused) -> dict[str, Any]:
    return {
        "at": refused.at.isoformat(),
        "verb": refused.verb,
        "facts": refused.facts,
        "reasons": [
            {
                "rule": one.rule,
                "code": str(one.code),
                "message": one.message,
                "mend": one.mend,
            }
            for one in refused.reasons
        ],
    }
