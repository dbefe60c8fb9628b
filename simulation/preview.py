"""What an event would change: done, looked at, and taken back (L12)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.models import Product
from finance_mgmt import periods, queries
from finance_mgmt.enums import Cycle
from finance_mgmt.enums import RelationshipState as State
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Relationship
from finance_mgmt.services import effects, relationships

from .files import Event
from .outcome import View, entries
from .verbs import VERBS
from .world import BY, World

COMPARED = (
    "relationships",
    "funds",
    "orders",
    "bills",
    "vouchers",
    "resources",
    "charges",
    "settlements",
    "movements",
)
WAITING = (State.SCHEDULED, State.CHANGE_PENDING)

Rows = dict[str, dict[Any, dict[str, Any]]]


def ask(world: World, event: Event) -> tuple[dict[str, Any], tuple[Reason, ...]]:
    """What would change, or the reasons why it would be refused. Nothing stays changed."""
    before = _rows(View(world, event.at))
    stood = _standing(event.at)
    links_before = set(Relationship.objects.values_list("pk", "state", "mode", "effective_to"))
    world.is_asking = True
    try:
        with transaction.atomic():
            VERBS[event.verb](world, event)
            touched = _touched(links_before)
            would = {"needs_consent": True} if _consent(touched, event) else {}
            instant = _take_effect(touched, event.at)
            would |= _changes(before, _rows(View(world, instant)))
            if touched:
                would |= _terms_changes(world, instant, stood, _standing(instant))
            transaction.set_rollback(True)
    except FinanceError as refusal:
        return {}, refusal.reasons
    finally:
        world.is_asking = False
    return would, ()


def _rows(view: View) -> Rows:
    return {name: {e.pk: e.row for e in entries(view, name)} for name in COMPARED}


def _changes(before: Rows, after: Rows) -> dict[str, Any]:
    found = {}
    for name in COMPARED:
        changed = [
            {"before": before[name].get(pk), "after": row}
            for pk, row in after[name].items()
            if before[name].get(pk) != row
        ]
        if changed:
            found[name] = changed
    return found


def _touched(before: Collection[tuple]) -> list[Relationship]:
    rows = Relationship.objects.select_related("master", "member").order_by("pk")
    return [r for r in rows if (r.pk, r.state, r.mode, r.effective_to) not in before]


def _consent(touched: list[Relationship], event: Event) -> bool:
    """Let the other end agree to an invitation, to see what would come of it."""
    invited = [link for link in touched if link.state == State.INVITED]
    for link in invited:
        key = f"event {event.index} consent"
        relationships.confirm(relationship=link, key=key, by=BY, at=event.at)
        link.refresh_from_db()
    return bool(invited)


def _take_effect(touched: list[Relationship], at: datetime) -> datetime:
    """Let a future-dated change come, to see what it would do. Returns the instant."""
    instant = at
    for link in touched:
        link.refresh_from_db()
        if link.state in WAITING:
            instant = max(instant, effects.instant(link))
    if instant > at:
        for due in effects.due_changes(instant):
            effects.apply(relationship=due, by=BY, at=instant)
    return instant


def _standing(at: datetime) -> dict[str, dict[str, Any]]:
    """The terms of every account that a preview names, as plain words."""
    numbers = dict(Account.objects.values_list("pk", "number"))
    found = {}
    for pk, number in numbers.items():
        terms = queries.terms(pk, at)
        found[number] = {
            "payer": numbers[terms.payer],
            "discounts_of": numbers[terms.discounts_of],
            "warnings_to": [numbers[one] for one in terms.warnings_to],
            "credit_dormant": terms.is_own_credit_dormant,
        }
    return found


def _terms_changes(world: World, instant: datetime, before: dict, after: dict) -> dict[str, Any]:
    changed = {
        number: {"before": before[number], "after": terms}
        for number, terms in after.items()
        if before.get(number) != terms and number in before
    }
    cycles = Product.objects.exclude(cycle="").values_list("cycle", flat=True)
    cut_over = {
        cycle: periods.first_starting_at_or_after(instant, Cycle(cycle), world.zone)
        for cycle in sorted(set(cycles))
    }
    return {"takes_effect": instant, "cut_over": cut_over, "terms": changed}
