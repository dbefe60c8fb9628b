"""The sidebar: settings.ADMIN_NAVIGATION, as far as this person may see it, with its counts."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .display import list_of

MOST_COUNTED = 99


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar for UNFOLD["SIDEBAR"]["navigation"]."""
    found = [
        {"title": title, "items": [_item(entry) for entry in entries if _may_see(request, entry)]}
        for title, entries in settings.ADMIN_NAVIGATION
    ]
    _mark_active(request, [item for group in found for item in group["items"]])
    return [group for group in found if group["items"]]


def entries(request: HttpRequest) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every entry with its group, without its counts: what the search knows of pages."""
    for title, known in settings.ADMIN_NAVIGATION:
        for entry in known:
            if _may_see(request, entry):
                yield title, _item({name: entry[name] for name in entry if name != "badge"})


def time_zone(request: HttpRequest) -> str:
    """Under the site's name: the zone in which all times are shown."""
    return _("Times in %(zone)s") % {"zone": timezone.get_current_timezone_name()}


def _may_see(request: HttpRequest, entry: dict[str, Any]) -> bool:
    if "model" in entry:
        app, name = entry["model"].split(".")
        return request.user.has_perm(f"{app}.view_{name}")
    return "needs" not in entry or request.user.has_perm(entry["needs"])


def _item(entry: dict[str, Any]) -> dict[str, Any]:
    query = urlencode(entry.get("query", {}))
    item = {
        "title": entry.get("title") or capfirst(_model(entry)._meta.verbose_name_plural),
        "icon": entry["icon"],
        "link": _page(entry) + (f"?{query}" if query else ""),
        "active": False,
    }
    if "badge" in entry and (waiting := import_string(entry["badge"])(MOST_COUNTED + 1)):
        item["badge"] = f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else waiting
        item["badge_variant"] = entry.get("tone", "danger")
    return item


def _model(entry: dict[str, Any]) -> type[Model]:
    return apps.get_model(entry["model"])


def _page(entry: dict[str, Any]) -> str:
    return reverse(entry["page"]) if "page" in entry else list_of(_model(entry))


def _mark_active(request: HttpRequest, items: list[dict[str, Any]]) -> None:
    """Exactly one entry is where we are: the one that says most of the address."""
    fitting = [item for item in items if _fits(request, item["link"])]
    if fitting:
        max(fitting, key=lambda item: len(item["link"]))["active"] = True


def _fits(request: HttpRequest, link: str) -> bool:
    path, _mark, query = link.partition("?")
    if path == reverse("admin:index"):
        return request.path == path
    asked = {name: values[-1:] for name, values in parse_qs(query).items()}
    return request.path.startswith(path) and all(
        request.GET.getlist(name)[-1:] == values for name, values in asked.items()
    )
