"""A scenario has a database of its own and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from finance_mgmt.models import Account
from simulation import sandbox

ROOT = Path(settings.BASE_DIR)

ENDLESS = """\
start: 2024-05-01T00:00:00+08:00
end: 2150-01-01T00:00:00+08:00
accounts: [{id: A, identity: Acme, cash: "1.00"}]
"""


def current_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return cursor.fetchone()[0]


def exists(database):
    """Asked from outside: no sandbox is needed to see whether one is there."""
    keeper = sandbox._wrapper("postgres")
    try:
        return sandbox._exists(keeper, database)
    finally:
        keeper.close()


def sandbox_of(process, who):
    """The sandbox that a process with this name is connected to."""
    keeper = sandbox._wrapper("postgres")
    query = "SELECT datname FROM pg_stat_activity WHERE application_name = %s AND datname LIKE %s"
    try:
        while process.poll() is None:
            rows = sandbox._ask(keeper, query, [who, f"{sandbox.RUN}%"])
            if rows:
                return rows[0][0]
            time.sleep(0.05)
    finally:
        keeper.close()
    raise AssertionError(process.communicate())


def endless(tmp_path, who):
    file = tmp_path / "endless.yaml"
    file.write_text(ENDLESS)
    return subprocess.Popen(
        [sys.executable, "manage.py", "simulate", str(file)],
        cwd=ROOT,
        env=os.environ | {"PGAPPNAME": who},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_it_is_empty_and_gone_afterwards(server):
    with sandbox.scratch():
        name = current_database()
        sandbox.require_empty()

    assert name.startswith(sandbox.RUN)
    assert not exists(name)
    assert connections["default"].settings_dict["NAME"] != name


def test_it_is_gone_after_an_error(server):
    names = []

    def fail():
        with sandbox.scratch():
            names.append(current_database())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [exists(name) for name in names] == [False]


def test_two_live_beside_each_other(server):
    with sandbox.scratch():
        outer = current_database()
        with sandbox.scratch():
            inner = current_database()
            assert exists(outer)
        assert current_database() == outer

    assert inner != outer


def test_the_real_database_is_not_touched(provider):
    provider.account("REAL")

    with sandbox.scratch():
        assert list(Account.objects.all()) == []

    assert [account.number for account in Account.objects.all()] == ["REAL"]


def test_a_pool_of_the_real_database_is_not_used(server, monkeypatch):
    options = connections["default"].settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "pool", {"min_size": 1, "max_size": 2})

    with sandbox.scratch():
        assert current_database().startswith(sandbox.RUN)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_gone_when_the_command_is_stopped(number, tmp_path, server):
    process = endless(tmp_path, f"stopped by {number}")
    name = sandbox_of(process, f"stopped by {number}")

    process.send_signal(number)
    process.communicate(timeout=60)

    assert not exists(name)


@pytest.mark.slow
def test_what_a_killed_command_left_is_dropped_by_the_next_one(tmp_path, server):
    process = endless(tmp_path, "killed")
    name = sandbox_of(process, "killed")

    process.kill()
    process.communicate(timeout=60)
    assert exists(name)
    while exists(name):  # the server notices that the session is gone within moments
        with sandbox.scratch():
            pass
