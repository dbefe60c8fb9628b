"""Warnings: thresholds, and judging the figures that moved since they were last judged (W1-W5)."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, zip_longest
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from finance_mgmt import money, periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode, MovementKind, NoticeKind, Permission
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Cap, Movement, Notice
from finance_mgmt.money import ZERO
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.ledger import FIGURES
from finance_mgmt.services import decisions, locks, notices

from ..enums import ThresholdKind
from ..models import Charge, Threshold, Watch
from ..queries import sums
from ..queries.facts import spent_in_month
from ..queries.runway import outlook
from ..rules import warnings as rules

_MOVED = """
SELECT watched.account_id
FROM (SELECT DISTINCT account_id FROM billing_threshold) AS watched
LEFT JOIN billing_watch seen USING (account_id)
WHERE EXISTS (SELECT FROM finance_mgmt_movement row WHERE row.from_account_id = watched.account_id
        AND row.id > coalesce(seen.last_movement, 0))
    OR EXISTS (SELECT FROM finance_mgmt_movement row WHERE row.to_account_id = watched.account_id
        AND row.id > coalesce(seen.last_movement, 0))
    OR EXISTS (SELECT FROM billing_charge row WHERE row.payer_id = watched.account_id
        AND row.id > coalesce(seen.last_charge, 0))
ORDER BY watched.account_id
"""


class ThresholdRefused(FinanceError):
    """These thresholds can't be set by this account (W5)."""

    code = "threshold_refused"
    example = Reason(
        "W5",
        "not_allowed",
        "The member does not show its finances.",
        {"permission": "view_finances"},
        "the member",
    )


@transaction.atomic
def set_thresholds(
    *,
    account: Account,
    warn_below: Collection[Decimal] | None = None,
    warn_spend: Collection[Decimal] | None = None,
    set_by: Account | None = None,
    key: str,
    by: str,
    at: datetime,
) -> list[Threshold]:
    """Replace an account's thresholds, of the kinds given (W1).

    `set_by` is the account that acts: itself, or its master where W5 allows; None is the staff.
    One that is crossed already is told at its next crossing. Raises ThresholdRefused,
    InvalidAmount, KeyReused.
    """
    wanted = {ThresholdKind.LOW_FUNDS: warn_below, ThresholdKind.SPENDING: warn_spend}
    facts = {
        "account": account.number,
        "set_by": set_by and set_by.number,
        **{str(kind): sorted(amounts) for kind, amounts in wanted.items() if amounts is not None},
    }
    _, is_new = decisions.record(verb="warnings.set_thresholds", facts=facts, key=key, by=by, at=at)
    if is_new:
        _judge_setter(account, set_by, at)
        for amount in filter(None, chain(warn_below or (), warn_spend or ())):
            money.require_movable(abs(amount), account.currency)
        locks.lock_funds([account.pk])
        _evaluate(account.pk, at)
        month = periods.month_of(at, ground.policy().zone)
        now = {
            ThresholdKind.LOW_FUNDS: ground.figures_of([account.pk], at)[account.pk].available,
            ThresholdKind.SPENDING: sums.of_payers([account.pk], [month]).get(
                (account.pk, month), ZERO
            ),
        }
        for kind, amounts in wanted.items():
            if amounts is not None:
                _replace(account, kind, amounts, now[kind], month)
    return list(Threshold.objects.filter(account=account))


@transaction.atomic
def set_thresholds_of(
    *,
    accounts: Collection[Account],
    warn_below: Collection[Decimal] | None = None,
    warn_spend: Collection[Decimal] | None = None,
    key: str,
    by: str,
    at: datetime,
) -> list[Threshold]:
    """Replace the thresholds of many accounts at once, as staff (W1): all of them or none.

    Raises KeyReused.
    """
    found: list[Threshold] = []
    for account in sorted(accounts, key=lambda one: one.pk):
        found += set_thresholds(
            account=account,
            warn_below=warn_below,
            warn_spend=warn_spend,
            key=f"{key} {account.pk}",
            by=by,
            at=at,
        )
    return found


@transaction.atomic
def evaluate(*, by: str, at: datetime) -> int:
    """Judge every account with thresholds whose figures moved (W1). Returns the notices written.

    Safe to call any time: each movement and charge is judged once.
    """
    return sum(_evaluate(account, at) for account in moved()) + _tell_caps(at)


def moved() -> list[int]:
    """The accounts that have thresholds and rows that were not judged yet (W1)."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED)
        return [account for (account,) in cursor.fetchall()]


@transaction.atomic
def evaluate_account(account: int, *, by: str, at: datetime) -> int:
    """Judge one account, as `evaluate` does. Returns the notices written."""
    return _evaluate(account, at)


@transaction.atomic
def tell_caps(*, by: str, at: datetime) -> int:
    """Tell masters of members that passed their soft cap (F12). Returns the notices written."""
    return _tell_caps(at)


def _evaluate(account: int, at: datetime) -> int:
    watch, _ = Watch.objects.select_for_update().get_or_create(account_id=account)
    rows = _movements(account).filter(pk__gt=watch.last_movement).order_by("pk")
    moved = list(rows)
    charges = list(
        Charge.objects.filter(payer_id=account, pk__gt=watch.last_charge)
        .order_by("pk")
        .values_list("pk", "billing_month", "payable_amount")
    )
    if not moved and not charges:
        return 0
    watch.last_movement = moved[-1].pk if moved else watch.last_movement
    before = watch.last_charge
    watch.last_charge = charges[-1][0] if charges else before
    watch.save()
    terms, zone = ground.terms(account, at), ground.policy().zone
    if terms.mode == Mode.TRUSTEESHIP:
        return 0  # nothing to the member (W2)
    bounds = {kind: _bounds(account, kind) for kind in ThresholdKind}
    known = {bound.threshold: bound.crossed for bound in chain(*bounds.values())}
    month = periods.month_of(at, zone)
    before_rows, *figures = _running(account, moved, at)
    low = rules.fall(bounds[ThresholdKind.LOW_FUNDS], figures, month, before=before_rows)
    spends = [(billed, amount) for _, billed, amount in charges]
    if any(row.kind == MovementKind.ACCRUAL for row in moved):
        # A close writes charges before it locks the funds: they may show up behind what was seen
        # by then. Nothing more asks whether the month is above by whatever is there.
        spends.append((month, ZERO))
    spent = sums.up_to(account, {billed for billed, _ in spends}, before)
    high = rules.rise(bounds[ThresholdKind.SPENDING], spends, spent)
    for bound in chain(*bounds.values()):
        if bound.crossed != known[bound.threshold]:
            Threshold.objects.filter(pk=bound.threshold).update(crossed_month=bound.crossed)
    told = [(NoticeKind.LOW_FUNDS, one) for one in low]
    told += [(NoticeKind.SPENDING, one) for one in high]
    pace = outlook(account, at).in_words() if low else {}
    for what, one in told:
        more = pace if what == NoticeKind.LOW_FUNDS else {}
        notices.tell(
            terms.warnings_to,
            kind=what,
            about=account,
            at=at,
            threshold=one.amount,
            facts={"figure": one.figure, **more},
        )
    return len(told)


def _tell_caps(at: datetime) -> int:
    """Tell masters of members that passed their soft cap, once a month (F12)."""
    month = periods.month_of(at, ground.policy().zone)
    told = 0
    latest = Cap.objects.order_by("relationship_id", "-since", "-pk").distinct("relationship_id")
    for cap in latest.select_related("relationship"):
        link = cap.relationship
        if cap.is_hard or cap.amount is None or link.state not in ("active", "change_pending"):
            continue
        spent = spent_in_month(link.member_id, link.master_id, month)
        facts = {"month": f"{month:%Y-%m}", "cap": cap.pk}
        earlier = Notice.objects.filter(kind=NoticeKind.CAP, about=link.member_id, facts=facts)
        if spent > cap.amount and not earlier.exists():
            notices.tell(
                [link.master_id],
                kind=NoticeKind.CAP,
                about=link.member_id,
                at=at,
                threshold=cap.amount,
                facts=facts,
            )
            told += 1
    return told


def _running(account: int, moved: list[Movement], at: datetime) -> Iterator[Decimal]:
    """The available funds before the rows and after each decision of theirs, from today's back."""
    figures = ground.figures_of([account], at)[account]
    frozen: dict[datetime, bool] = {}  # many rows have one instant

    def available(when: datetime) -> Decimal:
        if when not in frozen:
            terms = ground.terms(account, when)
            frozen[when] = terms.is_own_credit_dormant or terms.is_own_credit_replaced
        return replace(figures, is_own_line_frozen=frozen[when]).available

    for row in moved:
        figures = _apply(figures, row, account, -1)
    yield available(moved[0].at if moved else at)
    for row, following in zip_longest(moved, moved[1:]):
        figures = _apply(figures, row, account, 1)
        if following is not None and following.decision_id == row.decision_id:
            continue  # one change: a bill releases what was owed and draws it
        yield available(row.at)


def _apply(figures: Figures, row: Movement, account: int, direction: int) -> Figures:
    changes: dict[str, Any] = {}
    sides = [(row.from_account_id, row.from_pocket, -1), (row.to_account_id, row.to_pocket, 1)]
    for side, pocket, way in sides:
        if side == account:
            for name, sign in FIGURES[pocket]:
                before = changes.get(name, getattr(figures, name))
                changes[name] = before + direction * way * sign * row.amount
    return replace(figures, **changes)


def _movements(account: int) -> QuerySet[Movement]:
    return Movement.objects.filter(Q(from_account_id=account) | Q(to_account_id=account))


def _bounds(account: int, kind: ThresholdKind) -> list[rules.Bound]:
    rows = Threshold.objects.filter(account_id=account, kind=kind)
    return [rules.Bound(row.pk, row.amount, row.crossed_month) for row in rows]


def _replace(
    account: Account, kind: ThresholdKind, amounts: Collection[Decimal], now: Decimal, month: date
) -> None:
    Threshold.objects.filter(account=account, kind=kind).exclude(amount__in=amounts).delete()
    for amount in set(amounts):
        is_low = kind == ThresholdKind.LOW_FUNDS
        is_crossed = now < amount if is_low else now > amount
        Threshold.objects.get_or_create(
            account=account,
            kind=kind,
            amount=amount,
            defaults={"crossed_month": month if is_crossed else None},
        )
    last = _movements(account.pk).aggregate(last=Max("pk"))["last"] or 0
    last_charge = Charge.objects.filter(payer=account).aggregate(last=Max("pk"))["last"] or 0
    Watch.objects.update_or_create(
        account=account, defaults={"last_movement": last, "last_charge": last_charge}
    )


def _judge_setter(account: Account, set_by: Account | None, at: datetime) -> None:
    if set_by is None or set_by.pk == account.pk:
        return
    standing = ground.standings([account.pk], at)[account.pk]
    may_view = standing.grants_master(Permission.VIEW_FINANCES)
    if standing.master == set_by.pk and standing.mode == Mode.MANAGEMENT and may_view:
        return
    text = f"{set_by.number} may not set thresholds of {account.number}: it needs view_finances."
    raise ThresholdRefused(
        Reason("W5", "not_allowed", text, {"permission": "view_finances"}, "the member")
    )
