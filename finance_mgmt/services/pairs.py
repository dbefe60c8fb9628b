"""A master and a member between whom money moves: locked, with where they stand (F6-F8)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from .. import queries
from ..enums import Mode
from ..errors import Reason
from ..models import Account
from ..rules.credit import Figures
from ..rules.terms import Standing, decide
from . import locks


@dataclass(frozen=True)
class Pair:
    """Both ends at one instant; their funds are locked until the transaction ends."""

    master: Account
    member: Account
    standing: Standing
    master_figures: Figures
    member_figures: Figures

    def judge(self, rule: str) -> list[Reason]:
        """Why nothing may move between them at all; empty: they are in management (F8).

        `rule` is that of what moves: F6 for credit, F7 for cash.
        """
        if self.standing.master != self.master.pk:
            text = f"{self.member.number} is not a member of {self.master.number}."
            return [Reason(rule, "not_linked", text, {"member": self.member.number})]
        if self.standing.mode == Mode.TRUSTEESHIP:
            text = "In trusteeship the master pays: there is nothing to allocate or transfer."
            return [Reason("F8", "in_trusteeship", text, {"member": self.member.number})]
        return []


def lock_pair(master: Account, member: Account, at: datetime) -> Pair:
    """Lock the funds of both ends, in key order, and read where they stand."""
    funds = locks.lock_funds([master.pk, member.pk])
    standings = standings_of_locked([master.pk, member.pk], at)
    figures = {pk: queries.figures(row, decide(standings[pk])) for pk, row in funds.items()}
    return Pair(master, member, standings[member.pk], figures[master.pk], figures[member.pk])


def standings_of_locked(account_ids: Collection[int], at: datetime) -> dict[int, Standing]:
    """Where accounts stand whose funds are locked: at the instant, less what was ended since.

    Whoever waited for the lock was asked before the one that held it, and is done after: what that
    one ended is ended, or nothing would ever take back what is given now (F6, Z4, L10).
    """
    found = queries.standings(account_ids, at)
    later = queries.last_change(account_ids, at)
    if later > at:
        for account, now in queries.standings(account_ids, later).items():
            then = found[account]
            is_same = (then.relationship, then.mode) == (now.relationship, now.mode)
            found[account] = replace(now, granted=then.granted & now.granted) if is_same else now
    return found


def judge_arrears(account: Account, figures: Figures, at: datetime) -> list[Reason]:
    """Why an account in arrears may not give cash away; empty: it is in none (F7)."""
    past_due = [
        month
        for path in settings.LINK_FACTS
        for month in import_string(path)([account.pk], at)
        .get(account.pk, {})
        .get("bills_past_due", [])
    ]
    if figures.available >= 0 and not past_due:
        return []
    text = f"{account.number} is in arrears. Top up or settle first."
    facts = {"available": figures.available, "bills_past_due": past_due}
    return [Reason("F7", "in_arrears", text, facts, "the account: top up or settle")]
