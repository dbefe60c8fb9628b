"""Reads of the first floor."""

from .due import due_payers, due_records, open_months
from .facts import (
    bills_past_due_of,
    has_usage,
    open_orders_of,
    open_usage_of,
    running_postpaid_of,
)

__all__ = [
    "bills_past_due_of",
    "due_payers",
    "due_records",
    "has_usage",
    "open_months",
    "open_orders_of",
    "open_usage_of",
    "running_postpaid_of",
]
