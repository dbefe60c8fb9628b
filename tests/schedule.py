"""The schedule that migrations leave, for tests that come after some that empty all tables."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.db.migrations import RunPython

FLOORS = ("finance_mgmt", "billing", "invoicing")


def restore() -> None:
    """Have every job scheduled. Safe to repeat."""
    for migration in _that_schedule():
        for operation in migration.operations:
            if isinstance(operation, RunPython):
                operation.code(apps, None)


def _that_schedule() -> Iterator[Any]:
    for floor in FLOORS:
        package = import_module(f"{floor}.migrations")
        for module in iter_modules(package.__path__):
            migration = import_module(f"{package.__name__}.{module.name}").Migration
            if "django_celery_beat" in {app for app, _ in migration.dependencies}:
                yield migration
