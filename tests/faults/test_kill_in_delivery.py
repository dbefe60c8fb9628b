"""Many notices at once, and a worker killed while it sends: each arrives (W4, F1)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import connection

from finance_mgmt.clock import now
from finance_mgmt.delivery import mail
from finance_mgmt.delivery import webhooks as way_out
from finance_mgmt.enums import DeliveryState, Language, NoticeKind
from finance_mgmt.models import Delivery
from finance_mgmt.services import deliveries, notices, recipients, webhooks
from tests.faults.processes import environment
from tests.finance_mgmt.post_office import SMTP, allowed, endpoint, mail_server, mail_settings
from tests.provider import Provider

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MANY = int(os.environ.get("NOTICES", "1000"))  # NOTICES=10000: takes minutes
SOME = 400
WORKER = """
import sys
import django; django.setup()
from finance_mgmt.clock import now
from finance_mgmt.delivery import mail, webhooks
{"mail": mail, "webhooks": webhooks}[sys.argv[1]].deliver(clock=now, worker="v", seconds=60)
"""


def tell(provider: Provider, times: int, url: str) -> None:
    """So many notices to one account with a billing e-mail and a webhook."""
    account = provider.account("ACME-1")
    contact = {"email": "bills@acme.test", "language": Language.ENGLISH}
    recipients.set_contact(account=account, **contact, **provider.said())
    webhooks.add(account=account, url=url, kinds=[NoticeKind.LOW_FUNDS], **provider.said())
    for _ in range(times // 100):
        notices.tell(
            [account.pk] * 100,
            kind=NoticeKind.LOW_FUNDS,
            about=account.pk,
            at=now(),
            threshold=Decimal(9),
            facts={"figure": Decimal(5)},
        )
    while deliveries.hand_out(at=now()):
        pass


@contextmanager
def sink(kind: str) -> Iterator[tuple[int, list[int]]]:
    """A receiver in a process of its own: its port, and in the end how much came, how many ids."""
    command = [sys.executable, "-m", "tests.faults.sink", kind]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment(), cwd=settings.BASE_DIR, **pipes) as process:
        taken: list[int] = []
        yield int(process.stdout.readline()), taken
        taken += json.loads(process.communicate()[0])


@pytest.mark.rule("W4")
def test_many_notices_at_once_arrive_once_each(capsys):
    marks = [time.monotonic()]
    with sink("mail") as (mail_port, mails), sink("web") as (web_port, events):
        with mail_settings(mail_port), allowed(web_port):
            tell(Provider(), MANY, f"http://127.0.0.1:{web_port}/in")
            marks.append(time.monotonic())
            assert mail.deliver(clock=now, worker="w", seconds=600) == MANY
            marks.append(time.monotonic())
            assert way_out.deliver(clock=now, worker="w", seconds=600) == MANY
            marks.append(time.monotonic())
    told, mailed, posted = (later - first for first, later in pairwise(marks))
    with capsys.disabled():
        print(f"\n{MANY} notices: told {told:.1f} s, mailed {mailed:.1f} s, posted {posted:.1f} s")
    assert (mails, events) == ([MANY, MANY], [MANY, MANY])
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


@pytest.mark.rule("W4")
@pytest.mark.parametrize("way", ["mail", "webhooks"])
def test_killed_while_it_sends_the_next_worker_sends_the_rest(way):
    with mail_server() as box, endpoint() as receiver:
        tell(Provider(), SOME, receiver.url)
        arrived = box.ids if way == "mail" else receiver.ids
        victim = subprocess.Popen(
            [sys.executable, "-c", WORKER, way],
            env=environment(
                EMAIL_URL=f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
                WEBHOOK_PORTS=str(receiver.port),
                WEBHOOK_NETWORKS="127.0.0.1/32",
            ),
        )
        _until(lambda: len(arrived()) > SOME // 4, victim)
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        channel = "email" if way == "mail" else "webhook"
        rows = Delivery.objects.filter(channel=channel)
        left = rows.exclude(state=DeliveryState.SENT)
        assert 0 < left.count() < SOME
        _end_leases()
        sender = mail if way == "mail" else way_out
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "EMAIL_BACKEND", SMTP)
            sender.deliver(clock=now, worker="second", seconds=60)
    times = Counter(arrived())
    assert (len(times), set(rows.values_list("state", flat=True))) == (SOME, {"sent"})
    twice = [one for one, count in times.items() if count > 1]
    assert len(twice) <= 1, "only the one in flight"
    assert max(times.values()) <= 2


def _until(is_so, process: subprocess.Popen) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < ends, "nothing arrives"
        time.sleep(0.002)  # a process outside is watched: there is nothing to wait on


def _end_leases() -> None:
    with connection.cursor() as cursor:  # as if the lease had run out
        cursor.execute(
            "UPDATE finance_mgmt_delivery SET next_attempt_at = now() WHERE state = 'sending'"
        )
