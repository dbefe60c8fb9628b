"""Processes of the product that a test starts, kills and starts again, on the test's database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

WORK = """
import django; django.setup()
from finance_mgmt.models import Run
from finance_mgmt.services import runs
for run in Run.objects.filter(state__in=["queued", "running"]).order_by("id"):
    runs.work(run.pk, worker="victim")
"""


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that works on the test's own database."""
    name = connection.settings_dict["NAME"]
    server = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")
    return os.environ | {
        "DATABASE_URL": urlunsplit(server),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        **more,
    }


def work(kill_at: str = "") -> int:
    """Do all unfinished runs in a process of its own. Returns its exit status; -9: killed."""
    python = [sys.executable, "-c", WORK]
    return subprocess.run(python, env=environment(KILL_AT=kill_at), check=False).returncode


def end_leases() -> None:
    """As if a minute had passed since a worker was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_mgmt_runstep SET heartbeat_at = now() - interval '2 minutes',"
            " lease_until = now() - interval '1 minute' WHERE lease_until IS NOT NULL"
        )


@contextmanager
def celery(*arguments: str, broker: str, **more: str) -> Iterator[None]:
    """A Celery process on the test's database, killed with all its children at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "finance_mgmt", *arguments, "-l", "WARNING"],
        env=environment(CELERY_BROKER_URL=broker, C_FORCE_ROOT="1", **more),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
