"""The back office's pages about accounts, relationships, funds and background work."""

from . import (
    account_users,
    accounts,
    approvals,
    decisions,
    deliveries,
    grants,
    identities,
    jobs,
    movements,
    notices,
    parking,
    people,
    policy,
    relationships,
    runs,
    schedules,
)

__all__ = [
    "account_users",
    "accounts",
    "approvals",
    "decisions",
    "deliveries",
    "grants",
    "identities",
    "jobs",
    "movements",
    "notices",
    "parking",
    "people",
    "policy",
    "relationships",
    "runs",
    "schedules",
]
