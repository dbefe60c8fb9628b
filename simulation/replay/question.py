"""What somebody wants to know: one change, and the months to look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from billing.models import Commitment, Family, Product, Voucher
from finance_mgmt import periods, queries
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.periods import Period

from ..files import Event
from ..files.changes import read_change
from ..files.values import Names, Noun
from . import group

CHANGES = (
    "link",
    "upgrade",
    "move",
    "end",
    "grant",
    "revoke",
    "add_discount",
    "share",
    "set_credit_limit",
)
MOST_MONTHS = 12


class WhatIfRefused(FinanceError):
    """The question can't be asked. The reasons name each thing that is wrong with it."""

    code = "what_if_refused"
    example = Reason("L12", "not_past", "Choose months that have begun.")


@dataclass(frozen=True)
class Question:
    """A change as an event of a scenario, such as {"end": {"member": "A"}}; none: as it was.

    It is made `at` an instant of these months, else when they start. `account` is one of the
    group that is meant.
    """

    account: str
    change: Mapping[str, Any] | None
    first: date
    months: int = 1
    at: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        change = None if self.change is None else dict(self.change)
        first = f"{self.first:%Y-%m}"
        return {
            "account": self.account,
            "change": change,
            "first": first,
            "months": self.months,
            "at": self.at and self.at.astimezone(UTC).isoformat(),
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> "Question":
        """From JSON."""
        first = date.fromisoformat(f"{stored['first']}-01")
        at = stored["at"] and datetime.fromisoformat(stored["at"])
        return cls(stored["account"], stored["change"], first, stored["months"], at)

    @property
    def last(self) -> date:
        """The first day of the last month."""
        months = self.first.year * 12 + self.first.month - 1 + self.months - 1
        return date(months // 12, months % 12 + 1, 1)

    def period(self) -> Period:
        """The instants of the months, in the billing time zone."""
        zone = queries.policy().zone
        end = periods.month_period(self.last, zone).end
        return Period(periods.month_period(self.first, zone).start, end)


@dataclass(frozen=True)
class Asked:
    """A question that makes sense: the group, and the change as an event."""

    accounts: frozenset[int]
    event: Event | None


def understand(question: Question, at: datetime) -> Asked:
    """Find the group and read the change. Raises WhatIfRefused with everything wrong."""
    reasons = _wrong_months(question, at)
    seeds = _seeds(question)
    if not Account.objects.filter(number=question.account).exists():
        text = f"There is no account {question.account}. Name one of the group."
        reasons.append(_reason("no_such_account", text))
    accounts = group.closure(seeds)
    event = None
    if question.change is not None and not reasons:
        instant = question.at or question.period().start
        event, problems = read_change(question.change, CHANGES, _names(accounts), instant)
        reasons += [_reason("wrong_change", f"{one.place}: {one.what}") for one in problems]
    if reasons:
        raise WhatIfRefused(reasons)
    return Asked(frozenset(accounts), event)


def _wrong_months(question: Question, at: datetime) -> list[Reason]:
    if not 1 <= question.months <= MOST_MONTHS:
        return [_reason("wrong_months", f"Choose 1 to {MOST_MONTHS} months.")]
    if question.first.year < 1971 or question.period().start >= at:
        return [_reason("not_past", "Choose months that have begun.")]
    period = question.period()
    if question.at and not (period.start <= question.at < min(period.end, at)):
        return [_reason("not_within", "Choose an instant within the months, and in the past.")]
    return []


def _reason(code: str, text: str) -> Reason:
    return Reason("L12", code, text, {})


def _seeds(question: Question) -> set[int]:
    """The accounts that the question names, and owners of what it names."""
    words = {question.account, *_words(question.change)}
    found = set(Account.objects.filter(number__in=words).values_list("pk", flat=True))
    for model in (Voucher, Commitment):
        found |= set(model.objects.filter(code__in=words).values_list("owner_id", flat=True))
    return found


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)
    elif isinstance(value, str):
        yield value


def _names(accounts: set[int]) -> Names:
    names = Names()
    names.known[Noun.ACCOUNT] = set(group.numbers_of(accounts))
    names.known[Noun.PRODUCT] = set(Product.objects.values_list("code", flat=True))
    names.known[Noun.FAMILY] = set(Family.objects.values_list("code", flat=True))
    for noun, model in ((Noun.VOUCHER, Voucher), (Noun.COMMITMENT, Commitment)):
        rows = model.objects.filter(owner__in=accounts)
        names.known[noun] = set(rows.values_list("code", flat=True))
    return names
