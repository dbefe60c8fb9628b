"""Which powers may be given to whom, and which need which (Z1-Z4). Pure."""

from collections.abc import Collection

from ..enums import End, Mode, Permission
from ..errors import Reason

NEEDS = {  # Z2
    Permission.SHARE_CREDIT: Permission.VIEW_FINANCES,
    Permission.MANAGE_INVOICES: Permission.VIEW_BILLS,
    Permission.FORBID_INVOICING: Permission.VIEW_BILLS,
}
BOTH_WAYS = (Permission.VIEW_FINANCES, Permission.VIEW_BILLS)  # Z3


def judge_grants(
    wanted: Collection[str],
    held_by: End,
    held: Collection[str] = (),
    mode: Mode = Mode.MANAGEMENT,
) -> list[Reason]:
    """All reasons against giving these powers, beside those already held by the same end."""
    reasons = []
    if mode == Mode.TRUSTEESHIP and held_by == End.MASTER and wanted:
        text = "In trusteeship the master needs no single powers. Leave them out."
        reasons.append(Reason("Z5", "nothing_to_grant", text, {"permissions": sorted(wanted)}))
    for permission in sorted(wanted):
        if held_by == End.MEMBER and permission not in BOTH_WAYS:
            text = f"{permission} can only be held by the master."
            reasons.append(Reason("Z3", "one_direction_only", text, {"permission": permission}))
        needed = NEEDS.get(Permission(permission))
        if needed and needed not in wanted and needed not in held:
            text = f"{permission} needs {needed}. Grant {needed} as well."
            facts = {"permission": permission, "missing": str(needed)}
            reasons.append(Reason("Z2", "dependency_missing", text, facts, "the member"))
        if permission in held:
            text = f"{permission} is granted already."
            reasons.append(Reason("Z1", "already_granted", text, {"permission": permission}))
    return reasons


def with_dependants(permission: str, held: Collection[str]) -> list[str]:
    """The power itself and all held powers that need it: they go along when it is revoked (Z4)."""
    return [permission, *(one for one in sorted(held) if NEEDS.get(Permission(one)) == permission)]
