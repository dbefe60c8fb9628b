"""Private bases: nothing here meets the servers that the tests themselves run on."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.base import Base
from launcher.binaries import find_postgres
from launcher.lodging import delete_lodging
from launcher.postgres import Postgres
from launcher.upkeep import stop_base
from launcher.valkey import Valkey
from tests.launcher.surroundings import processes_of

GIVEN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE")


@pytest.fixture(autouse=True)
def private_var(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A var/ of its own for the test and every dev.py it starts; emptied and stopped at the end.

    Not pytest's tmp_path: that one is closed to the account that root lends to PostgreSQL.
    """
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)
    directory = Path(tempfile.mkdtemp(prefix="launcher-test-")).resolve()
    directory.chmod(0o755)
    monkeypatch.setenv("LAUNCHER_VAR", str(directory))
    yield directory
    bases = [Base(directory), *(Base(path.parent) for path in directory.glob("*/log"))]
    for base in bases:
        stop_base(base)
    for pid in processes_of(directory):  # of a test that failed half-way
        os.kill(pid, signal.SIGKILL)
    for base in bases:
        delete_lodging(base)
    shutil.rmtree(directory)


@pytest.fixture
def base(private_var: Path) -> Base:
    """A durable base, like the one of demo and serve."""
    made = Base(private_var)
    made.prepare()
    return made


@pytest.fixture
def postgres(base: Base) -> Iterator[Postgres]:
    """A PostgreSQL of its own, started."""
    server = Postgres(base, find_postgres())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey(base: Base) -> Iterator[Valkey]:
    """A Valkey of its own, started."""
    server = Valkey(base)
    server.start()
    yield server
    server.stop()
