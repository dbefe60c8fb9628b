"""Memory while 100,000 rows are imported: how much it takes, and what a lack of it leaves (F27)."""

import subprocess
import sys

import pytest

from billing.models import ImportedRow, UsageRecord
from billing.services import imports
from finance_mgmt.models import RunStep
from finance_mgmt.services import runs
from tests.billing import files
from tests.faults.processes import WORK, end_leases, environment
from tests.faults.servers import wait
from tests.provider import Provider

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = 100_000
MOST_KILOBYTES = 512 * 1024


# Its own memory alone: what `wait4` tells counts that of whoever started it, too.
TELL_MOST = """
import re
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def worker(*, then: str = "", **options) -> subprocess.Popen:
    python = [sys.executable, "-c", WORK + then]
    return subprocess.Popen(python, env=environment(), stderr=subprocess.DEVNULL, **options)


def stored() -> tuple[int, int]:
    return UsageRecord.objects.count(), ImportedRow.objects.count()


@pytest.mark.case("F27")
@pytest.mark.rule("B2")
def test_100_000_rows_take_less_than_512_mib_and_a_kill_half_way_stores_nothing(transactional_db):
    provider = Provider()
    files.small_world(provider)
    received = imports.receive(
        file_name="usage.csv",
        content=[files.focus(*[{}] * ROWS)],
        received_at=files.RECEIVED_AT,
        key="k",
        by="ann",
        at=files.AT,
    )
    killed = worker()
    wait(lambda: _bytes_read(received) * 2 > received.size, "half of the file")
    killed.kill()  # as the kernel does when memory is short
    assert killed.wait(10) == -9
    assert (stored(), RunStep.objects.get().state) == ((0, 0), "running")

    end_leases()
    good = worker(then=TELL_MOST, stdout=subprocess.PIPE, text=True)
    told, _ = good.communicate()
    assert (good.returncode, stored()) == (0, (ROWS, ROWS))
    assert int(told) < MOST_KILOBYTES
    provider.verify_books()


@pytest.mark.case("F27")
@pytest.mark.rule("B2")
def test_where_memory_ends_the_step_says_so_and_nothing_is_stored(transactional_db):
    """Its address space ends a little above what the worker has when it starts."""
    provider = Provider()
    files.small_world(provider)
    rows = [{"ResourceId": '"' + "x" * 900 + '"', "Tags": '"' + "y" * 8000 + '"'}] * 2000
    received = imports.receive(
        file_name="usage.csv",
        content=[files.focus(*rows)],
        received_at=files.RECEIVED_AT,
        key="k",
        by="ann",
        at=files.AT,
    )
    short = ROOM + WORK.replace("for run in", "little_room()\nfor run in")
    python = [sys.executable, "-c", short]
    subprocess.run(python, env=environment(), stderr=subprocess.DEVNULL, check=False)
    assert stored() == (0, 0)
    assert "MemoryError" in RunStep.objects.get().error
    runs.retry(received.run, by="ann", at=files.AT)
    assert worker().wait(60) == 0
    assert stored() == (2000, 2000)
    provider.verify_books()


ROOM = """
import resource
def little_room():
    pages = int(open("/proc/self/statm").read().split()[0])
    most = pages * resource.getpagesize() + 12 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
"""


def _bytes_read(received) -> int:
    received.run.refresh_from_db()
    return received.run.done_units
