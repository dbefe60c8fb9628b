"""The disk is full: for a file that is being written (F16)."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from billing.models import Bill
from billing.services import exports
from finance_mgmt.services import runs
from tests.faults.processes import WORK, environment
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
