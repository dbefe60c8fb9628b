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
    if changed.zone != current().zone and any(
        import_string(path)() for path in settings.TIME_ZONE_LOCKS
    ):
        raise PolicyRefused(
            Reason(
                "C5",
                "time_zone_in_use",
                "Usage was already cut into cycles of the old time zone. It can't change any more.",
                {"billing_time_zone": current().billing_time_zone},
            )
        )
    StoredPolicy.objects.update_or_create(pk=1, defaults=asdict(changed))
    return changed
