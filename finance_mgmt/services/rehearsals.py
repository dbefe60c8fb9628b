"""What a waiting request would do if it were approved now (Z7, L12)."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.utils.module_loading import import_string

from ..models import Account, Approval, Relationship
from . import previews
from .approvals import agreed
from .previews import Preview


def rehearse(*, approval: Approval, by: str, at: datetime) -> Preview:
    """Carry the command out as if it were approved, and take it back."""
    loaded = {
        name: import_string(settings.ARGUMENTS[name])(value)
        if name in settings.ARGUMENTS
        else value
        for name, value in approval.arguments.items()
    }
    command = import_string(settings.APPROVABLE[approval.verb])
    said = {"key": f"preview {uuid4()}", "by": approval.asked_by, "at": at}
    return previews.run(
        lambda: command(**loaded, **agreed(approval, by), **said),
        look=lambda result: None,
        accounts=parties(loaded.values()),
        at=at,
    )


def parties(values: Collection[object]) -> set[int]:
    """The accounts that the arguments of a command name, directly or by their ends."""
    found: set[int] = set()
    for value in values:
        if isinstance(value, Account):
            found.add(value.pk)
        elif isinstance(value, Relationship):
            found |= {value.master_id, value.member_id}
        elif isinstance(value, dict):
            numbers = Account.objects.filter(number__in=list(value))
            found |= set(numbers.values_list("pk", flat=True))
        elif owner := getattr(value, "owner_id", None):
            found |= {owner, getattr(value, "payer_id", None) or owner}
    return found
