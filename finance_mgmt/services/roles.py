"""The roles of finance staff as groups (Z6)."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction


@transaction.atomic
def create(wanted: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Make these groups hold exactly these permissions. Returns how many each. Safe to repeat.

    Who is in a group stays in it; other groups are not looked at. Raises LookupError for a
    permission that does not exist.
    """
    names = {name for permissions in wanted.values() for name in permissions}
    known = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in Permission.objects.select_related("content_type")
    }
    if missing := sorted(names - set(known)):
        raise LookupError(f"No such permission: {', '.join(missing)}. Run migrate first.")
    for name, permissions in wanted.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([known[permission] for permission in permissions])
    return {name: len(set(permissions)) for name, permissions in wanted.items()}
