"""Resources: started, paid for, released, suspended and resumed by funds (R1-R3)."""

from calendar import monthrange
from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from finance_mgmt import queries as ground
from finance_mgmt.enums import NoticeKind
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO
from finance_mgmt.rules.terms import Standing, decide
from finance_mgmt.services import decisions, notices

from ..enums import OrderKind, ResourceKind, ResourceStatus
from ..models import Order, Product, Resource


class ResourceRefused(FinanceError):
    """The resource can't be started, released or ordered like this (R1)."""

    code = "resource_refused"
    example = Reason(
        "R3",
        "funds_below_zero",
        "Available funds are below 0: top up or settle first.",
        {"available": "-3.20"},
    )


@transaction.atomic
def start(
    *, account: Account, code: str, product: Product, key: str, by: str, at: datetime
) -> Resource:
    """Start a postpaid resource (R1). Raises ResourceRefused, KeyReused."""
    facts = {"account": account.number, "code": code, "product": product.code}
    _, is_new = decisions.record(verb="resources.start", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Resource.objects.get(account=account, code=code)
    if reasons := _judge_start(account, code, product, at):
        raise ResourceRefused(reasons)
    return Resource.objects.create(
        account=account, code=code, product=product, kind=ResourceKind.POSTPAID, started_at=at
    )


@transaction.atomic
def release(*, resource: Resource, key: str, by: str, at: datetime) -> Resource:
    """Give a resource up (R1). Raises ResourceRefused, KeyReused."""
    facts = {"account": resource.account.number, "code": resource.code}
    _, is_new = decisions.record(verb="resources.release", facts=facts, key=key, by=by, at=at)
    locked = Resource.objects.select_for_update().get(pk=resource.pk)
    if is_new:
        if locked.status == ResourceStatus.RELEASED:
            text = f"{locked.code} is released already."
            raise ResourceRefused(Reason("R1", "released", text, {"resource": locked.code}))
        locked.status, locked.released_at = ResourceStatus.RELEASED, at
        locked.save(update_fields=["status", "released_at"])
    return locked


@transaction.atomic
def review(*, by: str, at: datetime) -> list[Resource]:
    """Suspend and resume resources by the funds that decide now (R3). Returns what changed.

    Prepaid resources are spared in their paid period. Safe to call any time.
    """
    used = Resource.objects.exclude(status=ResourceStatus.RELEASED).order_by()
    stands = set(used.values_list("account_id", "status").distinct())
    _, short = _judged({account for account, _ in stands}, at)
    if not any(status == ResourceStatus.SUSPENDED or one in short for one, status in stands):
        return []
    suspects = used.filter(_wrong(short, at)).values("account_id")  # only theirs are locked
    rows = list(used.filter(account_id__in=suspects).select_for_update(of=("self",)).order_by("pk"))
    if not rows:
        return []
    standings, short = _judged({row.account_id for row in rows}, at)  # judged again: locked now
    changed = []
    for row in rows:
        wanted = _wanted(row, row.account_id in short, at)
        if row.status != wanted:
            row.status = wanted
            changed.append(row)
    Resource.objects.bulk_update(changed, ["status"])
    _tell(changed, {pk: decide(standing).warnings_to for pk, standing in standings.items()}, at)
    return changed


def _judged(accounts: set[int], at: datetime) -> tuple[dict[int, Standing], set[int]]:
    """Where accounts stand now, and those whose deciding funds are below 0 (R3)."""
    standings = ground.standings(accounts, at)
    deciding = {pk: decide(standing).funds_that_decide for pk, standing in standings.items()}
    figures = ground.figures_of(set(deciding.values()), at)
    return standings, {pk for pk, funds in deciding.items() if figures[funds].available < ZERO}


def _wrong(short: set[int], at: datetime) -> Q:
    """Resources in use whose status is not what `_wanted` says."""
    is_spared = Q(kind=ResourceKind.PREPAID, paid_until__gt=at)
    is_stopped = Q(account_id__in=short) & ~is_spared
    return Q(status=ResourceStatus.RUNNING) & is_stopped | (
        Q(status=ResourceStatus.SUSPENDED) & ~is_stopped
    )


def _judge_start(account: Account, code: str, product: Product, at: datetime) -> list[Reason]:
    reasons = []
    if Resource.objects.filter(account=account, code=code).exists():
        text = f"{account.number} has a resource {code} already. Choose another name."
        reasons.append(Reason("R1", "code_in_use", text, {"resource": code}))
    if not product.cycle:
        text = f"{product.code} is prepaid only. Order it instead."
        reasons.append(Reason("R1", "prepaid_only", text, {"product": product.code}))
    funds = ground.terms(account.pk, at).funds_that_decide
    available = ground.figures_of([funds], at)[funds].available
    if available < ZERO:
        text = "The funds that decide are below 0. Top up or settle first."
        reasons.append(Reason("R3", "funds_below_zero", text, {"available": available}))
    return reasons


def judge_order(order: Order, at: datetime) -> list[Reason]:
    """Why there is no resource that the order could be for (O1); locks the one there is."""
    named = {"resource": order.resource_code}
    resource = _locked(order)
    if order.kind == OrderKind.NEW:
        if resource is None:
            return []
        text = f"{order.resource_code} exists already. Renew or upgrade it instead."
        return [Reason("O1", "resource_exists", text, named)]
    if resource is None or resource.kind != ResourceKind.PREPAID:
        text = f"{order.owner.number} has no prepaid resource {order.resource_code}."
        return [Reason("O1", "no_such_resource", text, named)]
    if resource.status == ResourceStatus.RELEASED:
        text = f"{order.resource_code} is released. Order a new one."
        return [Reason("O1", "released", text, named)]
    if order.kind == OrderKind.UPGRADE and (resource.paid_until or at) <= at:
        text = f"Nothing of {order.resource_code} is paid for any more. Renew it first."
        return [Reason("O1", "nothing_left", text, named | {"paid_until": resource.paid_until})]
    return []


def deliver(order: Order, at: datetime) -> None:
    """Give the paid order its resource and its period (O1, R1)."""
    resource = _locked(order)
    zone = ground.policy().zone
    if order.kind == OrderKind.UPGRADE and resource and resource.paid_until:
        order.covers_from, order.covers_until = at, max(resource.paid_until, at)
    elif order.kind == OrderKind.RENEW and resource and resource.paid_until:
        order.covers_from = max(resource.paid_until, at)
        order.covers_until = months_after(order.covers_from.astimezone(zone), order.months)
    else:
        order.covers_from = at
        order.covers_until = months_after(at.astimezone(zone), order.months)
    if resource is None:
        resource = Resource(
            account=order.owner,
            code=order.resource_code,
            product=order.product,
            kind=ResourceKind.PREPAID,
            started_at=at,
        )
    resource.paid_until = order.covers_until
    resource.save()
    order.resource = resource


def months_after(start: datetime, months: int) -> datetime:
    """The same day and time some months later; the month's last day where there is no such day."""
    whole = start.year * 12 + start.month - 1 + months
    year, month = divmod(whole, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def _locked(order: Order) -> Resource | None:
    found = Resource.objects.filter(account=order.owner, code=order.resource_code)
    return found.select_for_update().first()


def _tell(changed: list[Resource], recipients: dict[int, tuple[int, ...]], at: datetime) -> None:
    """One notice per account and direction: its resources stopped, or run again (W2)."""
    codes: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in changed:
        codes[row.account_id, row.status].append(row.code)
    for (account, status), stopped in sorted(codes.items()):
        kind = NoticeKind.SUSPENDED if status == ResourceStatus.SUSPENDED else NoticeKind.RESUMED
        facts = {"resources": sorted(stopped)}
        notices.tell(recipients[account], kind=kind, about=account, at=at, facts=facts)


def _wanted(row: Resource, is_below_zero: bool, at: datetime) -> str:
    is_spared = row.kind == ResourceKind.PREPAID and row.paid_until and row.paid_until > at
    if is_below_zero and not is_spared:
        return ResourceStatus.SUSPENDED
    return ResourceStatus.RUNNING
