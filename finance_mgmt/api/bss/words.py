"""Their words for our things: permissions, states, modes, instants, accounts (docs/bss.md)."""

from datetime import UTC, datetime

from ...enums import Mode, Permission, RelationshipState
from ...models import Account, Relationship

VERSION = "2017-12-14"
RELATION_TYPE = "enterprise_group"
TRUSTEESHIP = "trusteeship"

PERMISSIONS = {
    "SYNCHRONIZE_FINANCE_IDENTITY": Permission.SHARE_CREDIT,
    "SYNCHRONIZE_FINANCE_DISCOUNT_POLICY_TO_TARGET": Permission.SHARE_DISCOUNTS,
    "FORBID_WITHDRAW_CASH": Permission.FORBID_WITHDRAWAL,
    "FORBID_MANAGE_INVOICE": Permission.FORBID_INVOICING,
    "CHECK_FINANCE_INFO": Permission.VIEW_FINANCES,
    "MANAGE_TARGET_INVOICE": Permission.MANAGE_INVOICES,
    "CHECK_TARGET_CONSUMPTION": Permission.VIEW_BILLS,
}
PERMISSION_CODES = {permission: code for code, permission in PERMISSIONS.items()}

MODES = {Mode.MANAGEMENT: "FinancialManagement", Mode.TRUSTEESHIP: "FinancialTrusteeship"}

CHANGING = "CHANGE_CONFIRMING"
STATES = {
    RelationshipState.INVITED: "CONFIRMING",
    RelationshipState.SCHEDULED: "INITIAL",
    RelationshipState.ACTIVE: "RELATED",
    RelationshipState.CHANGE_PENDING: CHANGING,
    RelationshipState.DECLINED: "REJECTED",
    RelationshipState.CANCELLED: "CONNECTION_MASTER_CANCEL",
    RelationshipState.EXPIRED: "CONNECTION_MASTER_CANCEL",
    RelationshipState.ENDED: "CONNECTION_CANCELED",
}
IN_FORCE = ("RELATED", CHANGING)

# Their document gives the third one in words only, so those are taken as well.
AGREE, DISAGREE, CANCEL = "child_agree", "child_disagree", "master_cancel"
CONFIRM_CODES = {AGREE: AGREE, DISAGREE: DISAGREE, CANCEL: CANCEL, "主账号取消确认": CANCEL}


def user_id(account: Account) -> int | str:
    """An account as they name one: its number, as an integer where it is written like one."""
    number = account.number
    is_integer = number.isascii() and number.isdecimal() and str(int(number)) == number
    return int(number) if is_integer else number


def state_of(link: Relationship, at: datetime) -> str:
    """Where a relationship stands, in their word."""
    is_open = link.state == RelationshipState.INVITED
    if is_open and link.expires_at is not None and link.expires_at <= at:
        return STATES[RelationshipState.EXPIRED]
    return STATES[RelationshipState(link.state)]


def iso(instant: datetime | None) -> str | None:
    """An instant in UTC, to the second."""
    return instant and instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(instant: datetime | None) -> int | None:
    """An instant as their long integers count it: from 1970 on."""
    if instant is None:
        return None
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000
