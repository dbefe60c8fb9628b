"""What an event would change: done, looked at, and taken back (L12).

The doors' previews (finance_mgmt.services.previews) show terms and figures of the accounts that a
command names; this one shows every row of the scenario's outcome that would differ. How far an
event is followed is one and the same.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.models import Product
from finance_mgmt import periods, queries
from finance_mgmt.enums import Cycle
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Relationship
from finance_mgmt.services import previews

from .files import Event
from .outcome import View, entries
from .verbs import VERBS
from .world import World

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
    "invoices",
    "credit_notes",
)

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
            asks, instant = previews.follow(touched, event.at)
            would: dict[str, Any] = {"needs_consent": True} if asks else {}
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
