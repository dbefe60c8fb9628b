"""Closing cycles: from due usage to charges, each record exactly once (C1-C6, B1, B2).

`close` moves the horizon of the books and writes a run whose steps hold whole groups of accounts.
Each record names the instant at which it is due, so the windows of the runs, which tile time,
decide what a run charges: nothing has to be marked, and running a step again finds the same.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Parked, Pocket, RunState
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Relationship, Run, RunStep
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO
from finance_mgmt.queries.parking import parked_from
from finance_mgmt.services import decisions, effects, ledger, locks, runs
from finance_mgmt.services.checkpoints import checkpoint

from ..models import ClosedThrough, Voucher, VoucherDraw
from ..queries import due_records
from ..rules.chunks import chunks, groups_of
from . import close_sql
from .walked_charges import Walk
from .walked_groups import walked

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class CloseRefused(FinanceError):
    """A step of a close can't be done until somebody mends what the reasons name."""

    code = "close_refused"
    example = Reason(
        "C4", "nothing_due", "No cycle is due up to then.", {"through": "2024-06-01T00:00:00Z"}
    )


@transaction.atomic
def start_closing(*, key: str, by: str, at: datetime) -> ClosedThrough:
    """Let the scheduled jobs close cycles from now on. Before that, history can be loaded (C4)."""
    _, is_new = decisions.record(verb="cycles.start_closing", facts={}, key=key, by=by, at=at)
    horizon = horizon_locked()
    if is_new and horizon.started_at is None:
        horizon.started_at = at
        horizon.save(update_fields=["started_at"])
    return horizon


@transaction.atomic
def close(*, by: str, at: datetime, through: datetime | None = None) -> Run | None:
    """Hand every record due up to now, or `through`, to a new run (C4). None: there is nothing.

    Safe to call any number of times: while a run is unfinished no other is opened, and the
    horizon only moves forward. Nothing happens before `start_closing`. A change of a relationship
    that is due and not yet made is waited for: nothing after its instant is closed before (L9).
    Groups with a parked account get steps of their own, which are skipped until it is released.
    """
    horizon = horizon_locked()
    unfinished = Run.objects.filter(kind="close", state__in=[RunState.QUEUED, RunState.RUNNING])
    after = horizon.instant or BEGINNING
    parked = parked_from(Parked.CLOSE)
    waited_for = [link for link in effects.due_changes(at) if link.member_id not in parked]
    until = min([through or at, *(effects.instant(link) for link in waited_for)])
    if horizon.started_at is None or until <= after or unfinished.exists():
        return None
    records = due_records(after, until)
    horizon.instant = until
    horizon.save(update_fields=["instant"])
    if not records:
        return None
    scopes, skipped = _steps(records, parked)
    return runs.open(
        kind="close",
        scopes=scopes,
        facts={"after": after.isoformat(), "through": until.isoformat()},
        total_units=sum(records.values()),
        skipped=skipped,
        key=f"close through {until.isoformat()}",
        by=by,
        at=at,
    )


@transaction.atomic
def close_through(*, through: datetime, key: str, by: str, at: datetime) -> Run:
    """Close every cycle that is due up to an instant, because somebody asks: now, or not so far.

    Raises CloseRefused where there is nothing to close or something has to come first, KeyReused.
    """
    through = through.astimezone(UTC)
    facts = {"through": through.isoformat()}
    decision, is_new = decisions.record(
        verb="cycles.close_through", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Run.objects.get(key=f"close through {decision.facts['through']}")
    if reasons := _judge_close(horizon_locked(), through, at):
        raise CloseRefused(reasons)
    run = close(by=by, at=at, through=through)
    if run is None:
        text = f"No cycle ended up to {through.isoformat()} that is not closed."
        raise CloseRefused(Reason("C4", "nothing_due", text, {"through": through}))
    return run


def _judge_close(horizon: ClosedThrough, through: datetime, at: datetime) -> list[Reason]:
    found = []
    if horizon.started_at is None:
        text = "Closing was not started. Load history, then start it."
        found.append(Reason("C4", "not_started", text, {}, "the provider's finance staff"))
    if through > at:
        text = "Cycles that still go on can't be closed. Choose an instant that is past."
        found.append(Reason("C4", "in_the_future", text, {"through": through}))
    if horizon.instant and through <= horizon.instant:
        text = f"All is closed up to {horizon.instant.isoformat()}. Choose a later instant."
        found.append(Reason("C4", "closed_already", text, {"closed_through": horizon.instant}))
    unfinished = Run.objects.filter(kind="close", state__in=[RunState.QUEUED, RunState.RUNNING])
    if run := unfinished.first():
        text = f"{run} is not finished. Wait for it."
        found.append(Reason("C4", "unfinished", text, {"run": run.pk}))
    parked = parked_from(Parked.CLOSE)
    waiting = [link for link in effects.due_changes(through) if link.member_id not in parked]
    if waiting:
        text = f"{len(waiting)} planned changes take effect first; the job makes them in a moment."
        found.append(Reason("L9", "changes_first", text, {"changes": len(waiting)}))
    return found


def close_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Charge the due usage of the step's owners and accrue it on their payers. In a transaction.

    Raises CloseRefused where a product has no price in force (P1) or a voucher is used up.
    """
    checkpoint("close-claimed")
    policy = ground.policy()
    facts: dict[str, Any] = {
        "after": datetime.fromisoformat(step.run.facts["after"]),
        "through": datetime.fromisoformat(step.run.facts["through"]),
        "owners": step.scope["owners"],
        "records": step.scope["records"],
        "zone": policy.billing_time_zone,
        "delay": policy.close_after,
        "step": step.pk,
    }
    facts["walked_owners"], facts["stepped_products"] = walked(step.scope["owners"])
    sums = _write_charges(facts)
    if facts["walked_owners"] or facts["stepped_products"]:
        walk = Walk(facts, policy.zone)
        if walk.lacks_prices:
            _refuse_without_price(facts)
        sums += walk.write()
    checkpoint("close-charges-written")
    _draw_credits(facts)
    _accrue(sums, step, by=by, at=at)
    checkpoint("close-ledger-posted")
    return {
        "units": step.scope["records"],
        "charges": sum(count for _, _, _, count, _ in sums),
        "payers": len({payer for payer, *_ in sums}),
    }


def split_step(step: RunStep) -> list[dict[str, Any]]:
    """The scope of a step that failed in smaller parts; one part: it is a single group (P1)."""
    after, through = (datetime.fromisoformat(step.run.facts[end]) for end in ("after", "through"))
    owners = set(step.scope["owners"])
    due = {owner: size for owner, size in due_records(after, through).items() if owner in owners}
    half = (sum(due.values()) + 1) // 2
    pairs = _links().values_list("master_id", "member_id")
    return _scopes(chunks(due, pairs, most=half))


def _steps(
    records: dict[int, int], parked: set[int]
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """The scopes of a close, and which of them are skipped, with the reason."""
    pairs = list(_links().values_list("master_id", "member_id"))
    free = {owner: size for owner, size in records.items() if owner not in parked}
    scopes: list[dict[str, Any]] = []
    skipped: dict[int, str] = {}
    for account in sorted(parked):
        group = groups_of([account], pairs)
        due = [owner for owner in sorted(group) if owner in records]
        if due and not any(owner in scope["owners"] for scope in scopes for owner in due):
            skipped[len(scopes)] = "Its group waits for an account that is parked."
            size = sum(records[owner] for owner in due)
            held = sorted(parked.intersection(group))
            scopes.append({"owners": due, "records": size, "waits_for": held})
        for owner in group:
            free.pop(owner, None)
    return scopes + _scopes(chunks(free, pairs)), skipped


def _links() -> QuerySet[Relationship]:
    return Relationship.objects.filter(state__in=DATED_STATES)


def _scopes(steps: list[tuple[list[int], int]]) -> list[dict[str, Any]]:
    return [{"owners": owners, "records": size} for owners, size in steps]


def horizon_locked() -> ClosedThrough:
    """The horizon of the books, locked for writing until the transaction ends.

    The table is locked, not only its row: row locks for sharing overtake one for writing, so that
    steady usage would keep the close waiting.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE billing_closedthrough IN EXCLUSIVE MODE")
    ClosedThrough.objects.bulk_create([ClosedThrough()], ignore_conflicts=True)
    return ClosedThrough.objects.select_for_update().get()


def _write_charges(facts: dict[str, Any]) -> list[tuple[int, int, str, int, Decimal]]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(close_sql.IN_MEMORY)
            is_many = facts["records"] > close_sql.MANY
            if is_many:
                cursor.execute(close_sql.BY_SETS.format("off"))
            cursor.execute(close_sql.CLOSE, facts)
            found = cursor.fetchall()
            if is_many:
                cursor.execute(close_sql.BY_SETS.format("on"))
            return found
    except IntegrityError:
        _refuse_without_price(facts)
        raise


def _refuse_without_price(facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(close_sql.WITHOUT_PRICE, facts)
        codes = [code for (code,) in cursor.fetchall()]
    if not codes:
        return
    text = f"No price is in force for {', '.join(codes[:20])}. Add one, then try again."
    mend = "the provider's finance staff: add a price"
    raise CloseRefused(Reason("P1", "no_price", text, {"products": codes}, mend))


def _draw_credits(facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(close_sql.CREDITS, facts)
        credits = cursor.fetchall()
    if not credits:
        return
    ids = {voucher for _, voucher, _ in credits}
    vouchers = Voucher.objects.select_for_update().filter(pk__in=ids).order_by("pk").in_bulk()
    for _, voucher_id, amount in credits:
        vouchers[voucher_id].remaining -= amount
    if short := [voucher.code for voucher in vouchers.values() if voucher.remaining < ZERO]:
        text = f"A credit takes more than is left of {', '.join(short)}."
        raise CloseRefused(Reason("V1", "voucher_used_up", text, {"vouchers": short}))
    Voucher.objects.bulk_update(vouchers.values(), ["remaining"])
    VoucherDraw.objects.bulk_create(
        VoucherDraw(charge_id=charge, voucher_id=voucher, amount=amount)
        for charge, voucher, amount in credits
    )


def _accrue(
    sums: list[tuple[int, int, str, int, Decimal]], step: RunStep, *, by: str, at: datetime
) -> None:
    locks.hold_funds({payer for payer, *_ in sums})
    facts = {"run": step.run_id, "step": step.number}
    key = f"close {step.run_id}/{step.number}"
    decision, _ = decisions.record(verb="cycles.close", facts=facts, key=key, by=by, at=at)
    ledger.post_many(
        (
            accrual(payer, owner, amount, currency, MovementKind.ACCRUAL)
            for payer, owner, currency, _, amount in sums
            if amount
        ),
        decision=decision,
        at=at,
    )


def accrual(
    payer: int, owner: int, amount: Decimal, currency: str, kind: MovementKind
) -> ledger.Line:
    """The movement that raises what is unsettled of the payer by `amount`; negative: lowers it."""
    pocket = Pocket.UNSETTLED_OWN if payer == owner else Pocket.UNSETTLED_MEMBERS
    reason = "cycles closed" if kind == MovementKind.ACCRUAL else "bill issued"
    return ledger.between(
        (payer, pocket), -amount, kind=kind, currency=currency, reason=reason, owner=owner
    )
