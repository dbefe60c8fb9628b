"""What of this floor stands on an account's timeline: each a query of one kind of event.

Each gives (at, id, what, amount, currency, other, by, decision_id) for `%(account)s`; `what` is a
word of the kind's choices, `other` the number of the account at the other end.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..enums import ApprovalState, Mode, MovementKind, NoticeKind, Permission


@dataclass(frozen=True)
class Source:
    """One kind of event: its name, the model its id belongs to, its words, and its query."""

    name: str
    title: Any
    model: str
    words: Any  # choices: value -> label; None: the title says it all
    icon: str
    tone: str
    sql: str


_MOVEMENTS = """
SELECT moved.at, moved.id, moved.kind::text AS what,
    CASE WHEN moved.to_account_id = %(account)s THEN moved.amount ELSE -moved.amount END AS amount,
    moved.currency::text AS currency, coalesce(other.number, owner.number)::text AS other,
    decision.by::text AS by,
    moved.decision_id
FROM finance_mgmt_movement moved
JOIN finance_mgmt_decision decision ON decision.id = moved.decision_id
LEFT JOIN finance_mgmt_account other ON other.id = nullif(
    CASE WHEN moved.to_account_id = %(account)s THEN moved.from_account_id
        ELSE moved.to_account_id END, %(account)s)
LEFT JOIN finance_mgmt_account owner ON owner.id = nullif(moved.owner_id, %(account)s)
WHERE moved.{side} = %(account)s {also}
"""

_LINKS = """
SELECT link.{at} AS at, link.id, link.mode::text AS what, NULL::numeric AS amount,
    ''::text AS currency,
    CASE WHEN link.master_id = %(account)s THEN member.number ELSE master.number END::text AS other,
    coalesce(decision.by, '')::text AS by, decision.id AS decision_id
FROM finance_mgmt_relationship link
JOIN finance_mgmt_account master ON master.id = link.master_id
JOIN finance_mgmt_account member ON member.id = link.member_id
LEFT JOIN finance_mgmt_decision decision ON decision.id = {decision}
WHERE (link.master_id = %(account)s OR link.member_id = %(account)s)
    AND link.{at} IS NOT NULL AND {where}
"""

_GRANTS = """
SELECT power.{at} AS at, power.id, power.permission::text AS what, NULL::numeric AS amount,
    ''::text AS currency,
    CASE WHEN link.master_id = %(account)s THEN member.number ELSE master.number END::text AS other,
    coalesce(decision.by, '')::text AS by, decision.id AS decision_id
FROM finance_mgmt_grant power
JOIN finance_mgmt_relationship link ON link.id = power.relationship_id
JOIN finance_mgmt_account master ON master.id = link.master_id
JOIN finance_mgmt_account member ON member.id = link.member_id
LEFT JOIN finance_mgmt_decision decision ON decision.id = {decision}
WHERE (link.master_id = %(account)s OR link.member_id = %(account)s) AND power.{at} IS NOT NULL
"""

_IN_FORCE = "link.state IN ('active', 'change_pending', 'ended')"

_CAPS = """
SELECT cap.since AS at, cap.id, ''::text AS what, cap.amount, account.currency::text AS currency,
    CASE WHEN link.master_id = %(account)s THEN account.number ELSE master.number END::text
        AS other,
    decision.by::text AS by, cap.decision_id
FROM finance_mgmt_cap cap
JOIN finance_mgmt_relationship link ON link.id = cap.relationship_id
JOIN finance_mgmt_account account ON account.id = link.member_id
JOIN finance_mgmt_account master ON master.id = link.master_id
JOIN finance_mgmt_decision decision ON decision.id = cap.decision_id
WHERE link.master_id = %(account)s OR link.member_id = %(account)s
"""

_APPROVALS = """
SELECT asked.asked_at AS at, asked.id, asked.state::text AS what, asked.amount,
    ''::text AS currency, NULL::text AS other, asked.asked_by::text AS by,
    NULL::bigint AS decision_id
FROM finance_mgmt_approval asked
JOIN finance_mgmt_account me ON me.id = %(account)s
WHERE me.number IN (asked.arguments->>'account', asked.arguments->>'master',
    asked.arguments->>'member') OR jsonb_exists(asked.arguments->'moves', me.number)
    OR asked.consent_of_id = me.id
"""

_NOTICES = """
SELECT told.at, told.id, told.kind::text AS what, told.threshold AS amount, me.currency::text
    AS currency, nullif(about.number, me.number)::text AS other,
    ''::text AS by, NULL::bigint AS decision_id
FROM finance_mgmt_notice told
JOIN finance_mgmt_account about ON about.id = told.about_id
JOIN finance_mgmt_account me ON me.id = %(account)s
WHERE told.to_id = %(account)s
"""

# Of a member in trusteeship only its master is told (W2), but it is its resources that stand still.
_STOPS = """
SELECT told.at, told.id, told.kind::text AS what, NULL::numeric AS amount, ''::text AS currency,
    receiver.number::text AS other, ''::text AS by, NULL::bigint AS decision_id
FROM finance_mgmt_notice told
JOIN finance_mgmt_account receiver ON receiver.id = told.to_id
WHERE told.about_id = %(account)s AND told.to_id <> %(account)s
    AND told.kind IN ('suspended', 'resumed')
    AND NOT EXISTS (
        SELECT 1 FROM finance_mgmt_notice own
        WHERE own.to_id = %(account)s AND own.about_id = %(account)s
            AND own.kind = told.kind AND own.at = told.at
    )
"""


SOURCES = [
    Source(
        "in",
        _("money"),
        "finance_mgmt.movement",
        MovementKind,
        "swap_horiz",
        "good",
        _MOVEMENTS.format(side="to_account_id", also=""),
    ),
    Source(
        "out",
        _("money"),
        "finance_mgmt.movement",
        MovementKind,
        "swap_horiz",
        "quiet",
        _MOVEMENTS.format(
            side="from_account_id", also="AND moved.to_account_id IS DISTINCT FROM %(account)s"
        ),
    ),
    Source(
        "linked",
        _("relationship begins"),
        "finance_mgmt.relationship",
        Mode,
        "link",
        "busy",
        _LINKS.format(at="effective_from", decision="link.decision_id", where=_IN_FORCE),
    ),
    Source(
        "upgraded",
        _("trusteeship begins"),
        "finance_mgmt.relationship",
        None,
        "upgrade",
        "busy",
        _LINKS.format(
            at="trusteeship_from",
            decision="link.upgrade_decision_id",
            where=f"{_IN_FORCE} AND link.mode = 'trusteeship'"
            " AND link.trusteeship_from > link.effective_from",
        ),
    ),
    Source(
        "unlinked",
        _("relationship ends"),
        "finance_mgmt.relationship",
        Mode,
        "link_off",
        "warn",
        _LINKS.format(
            at="effective_to",
            decision="link.end_decision_id",
            where="link.state = 'ended'",
        ),
    ),
    Source(
        "granted",
        _("power granted"),
        "finance_mgmt.grant",
        Permission,
        "key",
        "busy",
        _GRANTS.format(at="granted_from", decision="power.decision_id"),
    ),
    Source(
        "revoked",
        _("power ended"),
        "finance_mgmt.grant",
        Permission,
        "key_off",
        "warn",
        _GRANTS.format(at="granted_until", decision="power.end_decision_id"),
    ),
    Source("cap", _("cap set"), "finance_mgmt.cap", None, "vertical_align_top", "busy", _CAPS),
    Source(
        "asked",
        _("approval asked for"),
        "finance_mgmt.approval",
        ApprovalState,
        "approval_delegation",
        "warn",
        _APPROVALS,
    ),
    Source(
        "notice", _("notice"), "finance_mgmt.notice", NoticeKind, "notifications", "bad", _NOTICES
    ),
    Source(
        "stopped", _("notice"), "finance_mgmt.notice", NoticeKind, "pause_circle", "bad", _STOPS
    ),
]
