"""The disk is full: for a file that is being written (F16), for PostgreSQL (F17)."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from billing.models import Bill
from billing.services import exports
from finance_mgmt.services import runs
from tests.faults.processes import WORK, environment
from tests.faults.servers import own_base, postgres_of, tables_of_the_test
from tests.invoicing.office import JUNE_2, JUNE_3, Office
from tests.provider import at

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

USED = at("2024-05-10 10:10")


@pytest.mark.case("F16")
def test_an_export_that_finds_the_disk_full_leaves_no_half_file(transactional_db):
    """A file may have 2,000 bytes, then writing fails as it does where no space is left."""
    office = Office()
    account, product = office.account("A", cash_amount="1000"), office.product("ecs")
    for number in range(40):
        office.use(account, product, "1", USED, resource=f"i-{number}")
    office.jobs(JUNE_2)
    bill = Bill.objects.get()
    run = exports.ask(bill=bill, form=exports.Form.CSV, language="en", **office.said(JUNE_3))
    path = exports.path_of(run, exports.Form.CSV)
    before = set(_files(path.parent))

    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))  # noqa: E731
    python = [sys.executable, "-c", WORK]
    quiet = {"env": environment(), "stderr": subprocess.DEVNULL}
    assert subprocess.run(python, preexec_fn=full, check=False, **quiet).returncode == 0
    run.refresh_from_db()
    assert (run.state, path.exists(), set(_files(path.parent))) == ("failed", False, before)
    assert "File too large" in run.steps.get().error

    office.verify_books()
    runs.retry(run, by="test", at=JUNE_3)
    assert runs.work(run.pk, worker="test").state == "done"
    assert path.read_text(encoding="utf-8-sig").count("i-") == 40
    path.unlink()


def _files(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.exists() else []


# -- F17: no room for PostgreSQL -------------------------------------------------------------------

# What one file may have. Not less than a segment of the log, which is made at its full size.
ROOM = 16 * 1024 * 1024


@pytest.mark.case("F17")
@pytest.mark.rule("B2", "F10")
def test_a_database_without_room_refuses_writes_and_goes_on_where_it_was_when_there_is_some(db):
    """No file system has to be mounted: no file of the server may grow beyond a size."""
    with own_base() as base:
        postgres = postgres_of(base)
        tables_of_the_test(postgres, connection.settings_dict["NAME"])
        postgres.stop()
        with _little_room():
            postgres.start()
        full = _phase("filled", postgres.url)
        postgres.stop()
        postgres.start()
        again = _phase("emptied", postgres.url)
    loads = full["loads"]
    assert 3 < loads < 30
    assert full == {
        "refused": "no room",
        "loads": loads,
        "import": ["failed", "no room"],
        "stored": [1000 * loads + 1, 0],  # whole loads only
        "cash": "1000001.000",
    }
    assert again == {
        "states": ["done", "done", "done"],
        "stored": [1000 * loads + 51, 50],
        "bills": [f"{1000 * loads + 1}.000"],
        "books": [],
    }


@contextmanager
def _little_room() -> Iterator[None]:
    """What is started meanwhile has it for its life. Needs no rights: it is only a lower limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _phase(name: str, url: str) -> dict:
    script = Path(__file__).with_name("full_database.py")
    done = subprocess.run(
        [sys.executable, str(script), name],
        env=environment(DATABASE_URL=url),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
