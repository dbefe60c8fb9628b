"""Last night's dump is restored, and what came since is done again (F24)."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from billing.models import Bill, UsageRecord
from finance_mgmt.models import Account
from invoicing.models import Invoice
from launcher.binaries import find_postgres
from tests.billing import files
from tests.billing.shop import JUNE, MAY
from tests.faults.processes import environment
from tests.faults.servers import own_base, postgres_of, url_of_the_test
from tests.invoicing.office import JUNE_2, JUNE_3, Office
from tests.provider import LONG_AGO, at

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AGAIN = """
import django; django.setup()
import json
from tests.faults.test_restored import Tomorrow
print(json.dumps(Tomorrow().comes()))
"""


def of(day: int, month: int = 6) -> dict[str, str]:
    start = f"2024-{month:02}-{day:02} 10:00:00"
    return {
        "Id": f"{month}{day:02}",
        "ChargePeriodStart": f'"{start}"',
        "ChargePeriodEnd": f'"{start.replace("10:", "11:")}"',
        "BillingPeriodStart": f'"2024-{month:02}-01 00:00:00"',
        "BillingPeriodEnd": f'"2024-{month + 1:02}-01 00:00:00"',
    }


MAYS, JUNES = files.focus(of(10, 5), of(11, 5)), files.focus(of(10), of(11), of(12))


class Tomorrow(Office):
    """What is done after the dump: by the test, and once more on what was restored."""

    def said(self, when=LONG_AGO) -> dict:
        """Keys of its own: those of the day before are used."""
        return super().said(when) | {"key": f"tomorrow-{next(self._numbers)}"}

    def comes(self) -> dict[str, list]:
        """June's file comes, and May's once more; May is settled, June billed and invoiced."""
        for content in (JUNES, MAYS):
            files.load(self, content, received_at=at("2024-06-20"))
        self.settle(ends()[0], at("2024-06-25"))
        self.jobs(at("2024-07-02"))
        self.invoice(*ends(), month=JUNE, when=at("2024-07-03"))
        return told()


def ends() -> list[Account]:
    """The master, who is invoiced, and the member whose usage it is."""
    return [Account.objects.get(number=number) for number in ("HQ", "A")]


def told() -> dict[str, list]:
    bills = Bill.objects.order_by("pk").values_list("pk", "total", "content_hash")
    return {
        "records": [
            list(row) for row in UsageRecord.objects.order_by("pk").values_list("pk", "key")
        ],
        "bills": [[pk, str(total), said] for pk, total, said in bills],
        "invoices": [
            list(row) for row in Invoice.objects.order_by("pk").values_list("pk", "number")
        ],
        "wrong": [said for path in settings.BOOK_CHECKS for said in import_string(path)()],
    }


@pytest.mark.case("F24")
@pytest.mark.rule("B2", "I6")
def test_what_came_after_the_dump_comes_out_the_same_when_it_is_done_again(
    transactional_db, tmp_path
):
    office = Office()
    files.small_world(office)
    office.top_up(ends()[0], "100")
    office.start_closing(at("2024-05-01"))
    files.load(office, MAYS, received_at=at("2024-05-20"))
    office.jobs(JUNE_2)
    office.invoice(*ends(), month=MAY, when=JUNE_3)
    before = told()
    dump = tmp_path / "last-night.dump"
    run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", url_of_the_test())

    happened = Tomorrow().comes()

    with own_base() as base:
        postgres = postgres_of(base)
        run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={postgres.url}", str(dump))
        python = [sys.executable, "-c", AGAIN]
        again = subprocess.run(
            python, env=environment(DATABASE_URL=postgres.url), capture_output=True, text=True
        )
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == happened
    assert happened["wrong"] == []
    assert [len(happened[what]) for what in ("records", "bills", "invoices")] == [5, 2, 2]
    for what in ("records", "bills", "invoices"):  # nothing of the dump is numbered anew
        assert happened[what][: len(before[what])] == before[what]
    numbers = [number for _, number in happened["invoices"]]
    assert numbers == ["INV-000001", "INV-000002"]


def run(program: str, *arguments: str) -> None:
    programs = find_postgres().directory
    done = subprocess.run(
        [f"{programs}/{program}", *arguments],
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
