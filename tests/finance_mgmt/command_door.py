"""What tests of commands in the admin share: filling in, previewing, confirming."""

from django.test import Client
from django.urls import reverse

from finance_mgmt.models import Decision


def address(row, name: str) -> str:
    """The page of one command of one row."""
    label = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{label}_do", args=[row.pk, name])


def preview(browser: Client, url: str, **values):
    """The second step: what it would change, or why it can't be done."""
    return browser.post(url, {"key": "k", "step": "preview", **values})


def confirm(browser: Client, url: str, **values):
    """The third step."""
    return browser.post(url, {"key": "k", "step": "confirm", **values})


def reasons(response) -> list[tuple[str, str]]:
    """(rule, code) of every reason on the page, in order."""
    shown = response.context.get("reasons") or {"reasons": []}
    return [(one.rule, one.code) for one in shown["reasons"]]


def decided(verb: str) -> int:
    """How often the command was carried out."""
    return Decision.objects.filter(verb=verb).count()
