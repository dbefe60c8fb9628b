"""What the demo moves on the stage: the clock that all processes read, and the scheduled jobs."""

from datetime import datetime

from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask, PeriodicTasks


def set_clock(at: datetime) -> None:
    """Stop the clock of this database at an instant, for every connection made from now on."""
    _alter("SET app.clock = %s", at.isoformat())


def release_clock() -> None:
    """Let this database tell the time again."""
    _alter("RESET app.clock")


def pause_jobs() -> None:
    """Have beat leave all jobs alone. It hears within five seconds."""
    _switch(is_on=False)


def resume_jobs() -> None:
    """Have beat look at all jobs again."""
    _switch(is_on=True)


def _switch(*, is_on: bool) -> None:
    PeriodicTask.objects.filter(task__in=settings.JOBS).update(enabled=is_on)
    PeriodicTasks.update_changed()


def _alter(clause: str, *values: str) -> None:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        literals = [f"'{value}'" for value in values]  # instants of ours; ALTER takes no parameters
        cursor.execute(f"ALTER DATABASE {name} {clause.replace('%s', '{}').format(*literals)}")
