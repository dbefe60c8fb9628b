"""Changing the provider's switches."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from ..errors import FinanceError, Reason
from ..models import StoredPolicy
from ..policy import Policy
from ..queries import policy as current
from . import decisions


class PolicyRefused(FinanceError):
    """A switch can't be changed any more."""

    code = "policy_refused"


@transaction.atomic
def change(*, changes: dict[str, Any], key: str, by: str, at: datetime) -> Policy:
    """Change some switches (DOMAIN 6); the others stay. Raises TypeError for an unknown one."""
    _, is_new = decisions.record(verb="policy.change", facts=changes, key=key, by=by, at=at)
    if not is_new:
        return current()
    changed = replace(current(), **changes)
    if reasons := _judge(current(), changed):
        raise PolicyRefused(reasons)
    StoredPolicy.objects.update_or_create(pk=1, defaults=asdict(changed))
    return changed


def _judge(before: Policy, after: Policy) -> list[Reason]:
    """How cycles are cut and closed is fixed once there is usage: its cycles would be torn."""
    before.zone, after.zone  # noqa: B018 (raises for a zone that does not exist)
    fixed = {
        "billing_time_zone": ("C5", "time_zone_in_use", "the time zone"),
        "close_delay": ("C4", "close_delay_in_use", "how long cycles stay open"),
    }
    changed = [name for name in fixed if getattr(before, name) != getattr(after, name)]
    if not changed or not any(import_string(path)() for path in settings.CYCLE_LOCKS):
        return []
    reasons = []
    for name in changed:
        rule, code, what = fixed[name]
        text = f"Usage was already cut into cycles: {what} can't change any more."
        reasons.append(Reason(rule, code, text, {name: getattr(before, name)}))
    return reasons
