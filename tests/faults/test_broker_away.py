"""The broker is killed, emptied, slow or dumb: money goes on, work starts later (F7, F8, F9)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import current_app
from kombu import pools

from billing.models import Charge
from billing.services import cycles
from finance_mgmt import tasks
from finance_mgmt.clock import now
from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import runs
from tests.api.door import staff
from tests.faults.processes import celery
from tests.faults.servers import Wire, kill, own_base, valkey_of, wait
from tests.provider import LONG_AGO, Provider

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DEADLINE_SECONDS = 5


@contextmanager
def broker(url: str) -> Iterator[None]:
    """The tasks of this process go there."""
    before = current_app.conf.broker_url
    _use(url)
    try:
        yield
    finally:
        _use(before)


def _use(url: str) -> None:
    current_app.conf.broker_url = current_app.conf.broker_write_url = url
    current_app.conf.broker_read_url = url
    pools.reset()  # connections to the broker before are forgotten
    current_app._get_current_object()._pool = None
    current_app.amqp._producer_pool = None


@pytest.fixture
def usage(transactional_db) -> Provider:
    """A group with an hour of usage, not closed."""
    provider = Provider()
    member = provider.account("A")
    provider.link(provider.account("HQ", credit_limit="100"), member)
    provider.use(member, provider.product("ecs"), "2", now() - timedelta(days=2))
    cycles.start_closing(**provider.said(now() - timedelta(days=1)))
    return provider


@pytest.mark.case("F7", "F8")
@pytest.mark.rule("C4")
def test_a_killed_broker_costs_no_money_and_no_work(usage, settings):
    with own_base() as base:
        valkey = valkey_of(base)
        settings.CACHES = _cache(valkey)
        with broker(valkey.broker_url):
            waiting = [_small_run(number) for number in range(125)]
            for run in waiting:
                tasks.poke(run)
            assert valkey.ask("LLEN celery") == "500"
            kill(valkey)
            answer = staff("finance_mgmt.run_jobs").send("post", "closing/close", {})
            assert answer.status_code == 201  # committed, although nobody can be told
            assert Run.objects.get(kind="close").state == "queued"
            assert Charge.objects.count() == 0
            valkey.start()
            assert valkey.ask("DBSIZE") == "0"
            with celery("worker", "-c", "2", broker=valkey.broker_url):
                tasks.reconcile()
                wait(lambda: not Run.objects.exclude(state="done").exists(), "the last run")
    assert set(RunStep.objects.values_list("attempts", flat=True)) == {1}  # none twice
    assert Charge.objects.count() == 1
    usage.verify_books()


def _small_run(number: int) -> Run:
    return runs.open(
        kind="verify",
        scopes=[{"check": "finance_mgmt.queries.books.wrong_funds"}] * tasks.MOST_WORKERS,
        facts={},
        total_units=tasks.MOST_WORKERS,
        key=f"small {number}",
        by="job",
        at=LONG_AGO,
    )


@pytest.mark.case("F9")
@pytest.mark.parametrize("trouble", ["slow", "dumb"])
def test_a_slow_or_dumb_broker_holds_no_request_beyond_its_deadline(usage, settings, trouble):
    with own_base() as base:
        valkey = valkey_of(base)
        wire = Wire(str(valkey.socket))
        url = f"redis://127.0.0.1:{wire.port}/0"
        settings.CACHES = _cache(valkey)
        with broker(url):
            api = staff("finance_mgmt.run_jobs", "finance_mgmt.view_run")
            if trouble == "slow":
                wire.delay = 2
            else:
                wire.is_open = False
            began = time.monotonic()
            answer = api.send("post", "closing/close", {})
            took = time.monotonic() - began
            assert answer.status_code == 201
            assert took < DEADLINE_SECONDS, f"{took:.1f} s"
            began = time.monotonic()
            assert api.get("runs").status_code == 200  # reads don't ask the broker
            assert time.monotonic() - began < 2
        wire.close()
    assert runs.work(Run.objects.get().pk, worker="w").state == "done"


def _cache(valkey) -> dict:
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": valkey.cache_url,
        }
    }
