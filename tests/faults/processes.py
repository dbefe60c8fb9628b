"""Processes of the product that a test starts, kills and starts again, on the test's database."""

import os
import subprocess
import sys
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
