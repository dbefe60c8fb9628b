"""The books recomputed: four answers, and the sentences behind a "no"."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from ..contract import CHECKS
from . import limits

# Which answer a check of settings.BOOK_CHECKS speaks to; all others are about the ledger.
ANSWERS = {
    "wrong_bills": "bills_add_up",
    "wrongly_charged_usage": "usage_charged_once",
    "wrong_payers": "usage_charged_once",
}


def wrong() -> dict[str, list[str]]:
    """What is wrong with the books, by the contract's four names. Empty lists: all is well."""
    found: dict[str, list[str]] = {name: [] for name in CHECKS}
    for path in settings.BOOK_CHECKS:
        name = ANSWERS.get(path.rsplit(".", 1)[1], "ledger_balanced")
        check: Callable[[], list[str]] = import_string(path)
        found[name] += check()
    found["limits_kept"] += limits.exceeded()
    return found
