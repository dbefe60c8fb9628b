"""Whatever is broken off in the middle leaves all of it or nothing, and can be done again (F2, F15,
F21-F23).
"""

import os
import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from billing.models import Bill, Charge, Settlement, UsageRecord
from billing.services import bills, cycles, imports, settlement
from finance_mgmt.enums import Permission
from finance_mgmt.models import Account, Run, RunStep
from finance_mgmt.services import credit, locks, runs
from invoicing.models import Invoice, InvoiceLine
from invoicing.services import invoices
from tests.billing import files
from tests.billing.files import focus
from tests.billing.shop import books
from tests.faults.processes import end_leases, environment, work
from tests.faults.servers import wait
from tests.invoicing.office import JUNE_2, JUNE_3, Office
from tests.provider import at

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

USED = at("2024-05-10 10:10")
NOON = at("2024-05-10 12:00")


@pytest.fixture
def office(transactional_db):
    return Office()


# -- F2: killed in an import, a settlement, a reclaim, an invoice ----------------------------------


@pytest.mark.case("F2")
@pytest.mark.rule("B2")
@pytest.mark.parametrize("name", ["import-staged", "import-stored", "step-performed"])
def test_a_worker_killed_in_an_import_stored_nothing_and_the_next_one_everything(office, name):
    files.small_world(office)
    content = focus({}, {"Id": "2", "BilledCost": "2.50"})
    received = imports.receive(
        file_name="usage.csv",
        content=[content],
        received_at=files.RECEIVED_AT,
        key="k",
        by="ann",
        at=files.AT,
    )
    assert work(kill_at=name) == -9
    assert (UsageRecord.objects.count(), RunStep.objects.get().state) == (0, "running")
    end_leases()
    assert work() == 0
    received.refresh_from_db()
    assert (received.state, UsageRecord.objects.count()) == ("stored", 2)
    office.verify_books()


# Each process kills itself after its money, or its lines, were written and before the commit.
DIE = """
import django; django.setup()
import os, signal
from datetime import datetime
from finance_mgmt.services import ledger
from invoicing.services import lines
from tests.faults.test_interrupted import COMMANDS
def dies(function):
    def done(*given, **named):
        function(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
    return done
ledger.post, lines.copy = dies(ledger.post), dies(lines.copy)
COMMANDS["{name}"]()
"""
SAID = {"key": "once", "by": "test", "at": JUNE_3}
COMMANDS = {
    "settlement": lambda: settlement.settle(account=of("A"), **SAID),
    "reclaim": lambda: credit.reclaim(master=of("HQ"), member=of("A"), amount=Decimal(60), **SAID),
    "invoice": lambda: invoices.issue(issuer=of("A"), month=date(2024, 5, 1), **SAID),
}


def of(number: str) -> Account:
    return Account.objects.get(number=number)


@pytest.mark.case("F2")
@pytest.mark.rule("F10", "F11", "S1", "F6", "I6")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_process_killed_in_a_command_wrote_nothing_and_its_key_is_free(office, name):
    master, member = office.account("HQ", credit_limit="500"), office.account("A")
    office.manage(master, member, Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    office.allocate(master, member, "100")
    office.use(member, office.product("ecs"), "30", USED)
    office.jobs(JUNE_2)
    office.top_up(member, "50", JUNE_2)
    before = books()
    python = [sys.executable, "-c", DIE.format(name=name)]
    assert subprocess.run(python, env=environment()).returncode == -9
    assert books() == before
    assert (Invoice.objects.count(), InvoiceLine.objects.count()) == (0, 0)
    first = COMMANDS[name]()
    assert COMMANDS[name]() == first
    done = {
        "settlement": Settlement.objects.aggregate(sum=Sum("amount"))["sum"] == 30,
        "reclaim": office.stored(member)["allocated_in"] == 40,
        "invoice": list(Invoice.objects.values_list("number", "total")) == [("INV-000001", 30)],
    }
    assert done[name]
    office.verify_books()


# -- F15: a statement times out in the middle of rating --------------------------------------------


@pytest.mark.case("F15")
@pytest.mark.rule("B2", "F10")
def test_a_statement_that_times_out_takes_its_step_back_and_the_run_goes_on_there(office):
    """Two steps: the second group's funds are held until its step has failed three times."""
    product = office.product("ecs")
    owners = [office.account(number, cash_amount="100") for number in "AB"]
    for owner in owners:
        office.use(owner, product, "5", USED)
    office.start_closing(NOON)
    cycles.close(by="job", at=NOON)
    run = Run.objects.get(kind="close")
    first, second = ({"owners": [owner.pk], "records": 1} for owner in owners)
    RunStep.objects.update(scope=first)
    RunStep.objects.create(run=run, number=2, scope=second)
    is_held, may_go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            locks.lock_funds([owners[1].pk])
            is_held.set()
            may_go.wait(60)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert is_held.wait(60)

    def attempts() -> int:
        return RunStep.objects.get(number=2).attempts

    def work_and_time_out() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '150ms'")
        runs.work(run.pk, worker="test")
        connection.close()

    worker = Thread(target=work_and_time_out)
    worker.start()
    wait(lambda: attempts() >= 3, "the third attempt")
    assert list(Charge.objects.values_list("owner__number", flat=True)) == ["A"]
    assert "statement timeout" in RunStep.objects.get(number=2).error
    may_go.set()
    holder.join(60)
    worker.join(60)
    office.jobs(NOON)
    assert RunStep.objects.filter(run=run).values_list("state", flat=True).distinct()[0] == "done"
    assert Charge.objects.count() == 2
    office.verify_books()


# -- F21: the clock jumps back ---------------------------------------------------------------------


@pytest.mark.case("F21")
@pytest.mark.rule("C4", "B2", "B5")
def test_a_clock_that_jumps_back_over_midnight_closes_and_bills_nothing_twice(office):
    member = office.account("A", cash_amount="100")
    office.use(member, office.product("ecs", cycle="day"), "5", at("2024-05-31 10:00"))
    after, before = at("2024-06-01 00:10"), at("2024-05-31 23:50")
    office.start_closing(at("2024-05-01"))
    cycles.close(by="job", at=after)
    for back in (before, before, after):
        assert cycles.close(by="job", at=back) is None
        assert bills.issue(by="job", at=back) is None  # the close is not done
    runs.work(Run.objects.get().pk, worker="test")
    office.jobs(before)
    office.use(member, office.product("late", cycle="day"), "7", before, reported=before)
    for back in (before, after, before, after):
        office.jobs(back)
    assert [(bill.month.month, bill.total) for bill in Bill.objects.all()] == [(5, 5)]
    office.jobs(at("2024-07-01 00:10"))
    totals = Bill.objects.order_by("month").values_list("total", flat=True)
    assert list(totals) == [5, 7]  # what came for a day that was closed is late
    office.verify_books()


# -- F22: asked to stop in a close -----------------------------------------------------------------


@pytest.mark.case("F22")
@pytest.mark.rule("B2")
def test_a_worker_that_is_asked_to_stop_ends_its_step_first(office):
    """SIGTERM to a Celery worker in the middle of a close, as a deploy does."""
    member = office.account("A", cash_amount="100")
    office.use(member, office.product("ecs"), "5", USED)
    office.start_closing(NOON)
    run = cycles.close(by="job", at=NOON)
    broker = os.environ["CELERY_BROKER_URL"].split("?")[0]
    where = broker + ("?virtual_host=11" if broker.startswith("redis+socket") else "")
    settings = environment(CELERY_BROKER_URL=where, C_FORCE_ROOT="1")
    celery = [sys.executable, "-m", "celery", "-A", "finance_mgmt"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": settings}
    ask = ["call", "finance_mgmt.work_run", "--kwargs", f'{{"run_id": {run.pk}}}']
    with transaction.atomic():
        locks.lock_funds([member.pk])
        subprocess.run([*celery, *ask], check=True, **quiet)
        worker = subprocess.Popen([*celery, "worker", "-c", "1", "-l", "WARNING"], **quiet)
        try:
            wait(_is_waiting_for_a_lock, "the step in work")
            worker.send_signal(signal.SIGTERM)
        except BaseException:
            worker.kill()
            worker.wait()
            raise
    assert worker.wait(30) == 0
    assert RunStep.objects.values_list("state", "attempts").get() == ("done", 1)
    assert Charge.objects.count() == 1
    office.verify_books()


def _is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]


# -- F23: old and new workers side by side ---------------------------------------------------------


@pytest.mark.case("F23")
@pytest.mark.rule("B2")
def test_an_old_worker_leaves_what_only_newer_ones_know_and_does_the_rest(office, settings):
    newer = settings.RUN_STEPS | {"telepathy": {"prepare": None, "perform": "none.yet"}}
    settings.RUN_STEPS = newer
    facts = {"facts": {}, "total_units": 1, "by": "job", "at": NOON}
    unknown = runs.open(kind="telepathy", scopes=[{"new": 1}], key="new", **facts)
    settings.RUN_STEPS = {kind: doing for kind, doing in newer.items() if kind != "telepathy"}
    member = office.account("A", cash_amount="100")
    office.use(member, office.product("ecs"), "5", USED)
    office.start_closing(NOON)
    cycles.close(by="job", at=NOON)
    assert work() == 0  # a process that knows only what stands in the settings today
    assert list(Run.objects.order_by("pk").values_list("kind", "state")) == [
        ("telepathy", "queued"),
        ("close", "done"),
    ]
    assert unknown.steps.values_list("state", "attempts", "error").get() == ("queued", 0, "")
    office.verify_books()
