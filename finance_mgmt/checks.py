"""At start-up: do the settings name things that exist?"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.utils.module_loading import import_string

LISTS = (
    "ACCOUNT_COMMANDS",
    "ACCOUNT_LINKS",
    "RELATIONSHIP_LINKS",
    "LINK_FACTS",
    "LINK_HOLDS",
    "CYCLE_LOCKS",
    "BOOK_CHECKS",
    "DASHBOARD_PANELS",
    "TODAY",
    "ACCOUNT_PANELS",
    "RELATIONSHIP_COMMANDS",
    "TIMELINE_SOURCES",
)
STEPS = ("prepare", "perform", "split")  # the other words of a kind of run name no function
MAPPINGS = ("GRANT_FACTS", "PREVIEW_FACTS", "APPROVABLE", "ARGUMENTS")


@register()
def settings_name_what_exists(**options: Any) -> list[Error]:
    """Every dotted path by which upper floors plug into this one can be imported."""
    wrong = []
    for setting, path in _paths():
        try:
            import_string(path)
        except ImportError as error:
            hint = f"Mend the path in settings.{setting}."
            wrong.append(Error(f"{setting}: {error}", hint=hint, id="finance_mgmt.E001"))
    return wrong


def _paths() -> Iterator[tuple[str, str]]:
    for doing in settings.RUN_STEPS.values():
        yield from _named("RUN_STEPS", (doing.get(name) for name in STEPS))
    for asks in settings.JOBS.values():
        yield from _named("JOBS", (asks.get(name) for name in ("due", "held")))
    for setting in LISTS:
        yield from _named(setting, getattr(settings, setting))
    for setting in MAPPINGS:
        yield from _named(setting, getattr(settings, setting).values())
    navigation: Any = settings.ADMIN_NAVIGATION
    for _group, entries in navigation:
        yield from _named("ADMIN_NAVIGATION", (entry.get("badge") for entry in entries))


def _named(setting: str, paths: Iterable[str | None]) -> Iterator[tuple[str, str]]:
    return ((setting, path) for path in paths if path)
