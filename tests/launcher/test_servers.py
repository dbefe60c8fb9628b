"""Who shares servers, who stops them, and what their users are told."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from launcher.base import PROJECT, Base
from launcher.processes import PidFile
from launcher.servers import broker_url, running
from tests.launcher.surroundings import processes_of

USER = """
import sys
from pathlib import Path
from launcher.base import Base
from launcher.servers import running
with running(Base(Path(sys.argv[1]))) as servers:
    print(servers.postgres.process().pid, servers.valkey.process().pid, flush=True)
    input()
"""


@pytest.fixture
def user(base: Base) -> Callable[[], subprocess.Popen[str]]:
    """Starts another process that uses the base until it is told to leave."""

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", USER, str(base.directory)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    return start


def _pids(one: subprocess.Popen[str]) -> str:
    assert one.stdout is not None
    return one.stdout.readline()


def test_three_simultaneous_starts_give_one_server(
    base: Base, user: Callable[[], subprocess.Popen[str]]
) -> None:
    users = [user() for _ in range(3)]
    first, *others = [_pids(one) for one in users]
    assert first.split()
    assert others == [first, first]

    for one in users[:2]:
        one.communicate("\n")
    assert base.pid_file("postgres").process() is not None, "the last user still works"
    users[2].communicate("\n")
    assert processes_of(base.directory) == {}


@pytest.mark.faults
def test_servers_of_a_killed_user_are_taken_over_and_stopped(
    base: Base, user: Callable[[], subprocess.Popen[str]]
) -> None:
    killed = user()
    pids = _pids(killed)
    killed.kill()
    killed.communicate()

    with running(base) as servers:
        assert servers.postgres is not None
        assert servers.valkey is not None
        found = [servers.postgres.process(), servers.valkey.process()]
        assert [str(one.pid) for one in found if one] == pids.split()
    assert processes_of(base.directory) == {}


def test_given_servers_are_used_and_nothing_is_started(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "DATABASE_URL": "postgresql://somebody@db.example/books",
        "REDIS_URL": "redis://queue.example:6379/3",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with running(base) as servers:
        known = servers.environment()
        assert processes_of(base.directory) == {}
    assert {name: known[name] for name in given} == given
    assert known["CELERY_BROKER_URL"] == given["REDIS_URL"]


@pytest.mark.parametrize(
    ("given", "started"), [("DATABASE_URL", "valkey"), ("REDIS_URL", "postgres")]
)
def test_each_server_is_given_by_itself(
    base: Base, monkeypatch: pytest.MonkeyPatch, given: str, started: str
) -> None:
    monkeypatch.setenv(given, "given://elsewhere")
    monkeypatch.setenv("PGPORT", "6543")
    with running(base) as servers:
        known = servers.environment()
        notes = [PidFile(path) for path in base.run.glob("*.pid")]
        assert [note.path.stem for note in notes if note.process()] == [started]
    assert known[given] == "given://elsewhere"
    assert ("PGPORT" in known) == (given == "DATABASE_URL")


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://queue.example:6379/3", "redis://queue.example:6379/3"),
        ("rediss://queue.example/0", "rediss://queue.example/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=2", "redis+socket:///run/redis.sock?virtual_host=2"),
    ],
)
def test_the_broker_is_derived_from_the_cache(url: str, broker: str) -> None:
    assert broker_url({"REDIS_URL": url}) == broker
