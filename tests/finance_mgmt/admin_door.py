"""What admin tests share: people with permissions, and pages as plain text."""

import re
from collections.abc import Iterable
from html import unescape

from django.contrib.auth.models import Permission, User
from django.db.models import Model, Q
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from finance_mgmt.admin.panels import Facts, Panel, Table, Tiles

# What every page asks: session, person, time zone, and what the sidebar counts (a clock, approvals,
# failed runs, parked rows, deliveries that were given up).
FRAME = 8


def staff(*permissions: str) -> User:
    """A person who may sign in, with these permissions ("billing.view_bill")."""
    number = User.objects.count() + 1
    user = User.objects.create_user(f"staff-{number}", is_staff=True)
    wanted = Q(pk__in=[])
    for permission in permissions:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = Permission.objects.filter(wanted)
    assert found.count() == len(permissions), f"no such permission among {permissions}"
    user.user_permissions.set(found)
    return user


def door(*permissions: str) -> Client:
    """The browser of such a person."""
    client = Client()
    client.force_login(staff(*permissions))
    return client


def everything() -> Client:
    """The browser of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser(f"root-{User.objects.count()}"))
    return client


def viewer(*models: type[Model]) -> Client:
    """The browser of somebody who may look at these models, and nothing else."""
    return door(*(f"{model._meta.app_label}.view_{model._meta.model_name}" for model in models))


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def page_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def text(html: object) -> str:
    """What a person reads: no tags, no double spaces."""
    joined = str(html).replace('<span class="bo-tail">', "<i>")  # the finest digits of a number
    spaced = re.sub(r"<(/?(td|th|p|br|span|div|li)\b)", r" <\1", joined)
    return re.sub(r"\s+", " ", unescape(strip_tags(spaced))).strip()


def rows(table: Table) -> list[list[str]]:
    """A table's cells as text."""
    return [[text(cell) for cell in row] for row in table.rows]


def facts(panel: Facts | Tiles) -> dict[str, str]:
    """A panel's labels and values as text."""
    return {str(fact.label): text(fact.value) for fact in panel.facts}


def panel(panels: Iterable[Panel], title: str) -> Panel:
    """The panel with this title."""
    found = [one for one in panels if str(one.title) == title]
    assert len(found) == 1, f"{title}: {[str(one.title) for one in panels]}"
    return found[0]


def listed(response) -> list[list[str]]:
    """The rows of a list as text, without the column that selects."""
    body = response.content.decode()
    found = re.findall(r'<tr class="data-row.*?</tr>', body, re.DOTALL)
    return [
        [text(cell) for cell in re.findall(r"<(?:td|th)\b.*?</(?:td|th)>", row, re.DOTALL)]
        for row in found
    ]
