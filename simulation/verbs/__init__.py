"""The verbs of scenario files, by noun. Adding one: a decorated function that calls one service."""

from . import accounts, approvals, catalog, documents, links, money, orders, settling, usage
from .registry import VERBS

__all__ = [
    "VERBS",
    "accounts",
    "approvals",
    "catalog",
    "documents",
    "links",
    "money",
    "orders",
    "settling",
    "usage",
]
