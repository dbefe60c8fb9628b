"""The back office's pages about accounts, relationships, funds and background work."""

from . import (
    account_users,
    accounts,
    approvals,
    decisions,
    grants,
    identities,
    jobs,
    movements,
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
    "grants",
    "identities",
    "jobs",
    "movements",
    "parking",
    "people",
    "policy",
    "relationships",
    "runs",
    "schedules",
]
