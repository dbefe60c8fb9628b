"""At start-up: do the settings name functions that exist?"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.utils.module_loading import import_string


@register()
def settings_name_functions(**options: Any) -> list[Error]:
    """Every dotted path by which upper floors plug into this one can be imported."""
    wrong = []
    for setting, path in _paths():
        try:
            import_string(path)
        except ImportError as error:
            hint = f"Mend the path in settings.{setting}."
            wrong.append(Error(f"{setting}: {error}", hint=hint, id="finance_mgmt.E001"))
    return wrong


FUNCTIONS = ("prepare", "perform", "split")  # the other words of a kind of run name no function


def _paths() -> Iterator[tuple[str, str]]:
    for doing in settings.RUN_STEPS.values():
        yield from (("RUN_STEPS", path) for name in FUNCTIONS if (path := doing.get(name)))
    for asks in settings.JOBS.values():
        yield from (("JOBS", path) for path in asks.values())
    for setting in ("LINK_FACTS", "CYCLE_LOCKS", "BOOK_CHECKS", "DASHBOARD_PANELS"):
        yield from ((setting, path) for path in getattr(settings, setting, []))
