"""PostgreSQL and Valkey for as long as somebody uses them.

Every user of a base holds a shared lock on its lease file; the kernel gives it back even after a
SIGKILL. Whoever leaves last stops the servers, also those that a killed user left behind. While
that happens newcomers wait, and then start them again.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TextIO

from launcher.base import Base
from launcher.binaries import find_postgres
from launcher.interrupts import interrupts
from launcher.lodging import delete_sockets
from launcher.postgres import Postgres
from launcher.progress import Step
from launcher.trouble import Trouble
from launcher.valkey import Valkey


class Servers:
    """What a base runs, and what its users have to know about it."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(base, find_postgres())
        self.valkey = None if os.environ.get("REDIS_URL") else Valkey(base)

    def start(self) -> None:
        """Start what is not given from outside and does not run yet."""
        for name, server in self._own():
            server.start()
            process = server.process()
            if process is not None:
                self.base.pid_file(name).write(process.pid)

    def stop(self) -> None:
        """Stop both."""
        for name, server in reversed(self._own()):
            server.stop()
            self.base.pid_file(name).remove()
        delete_sockets(self.base)

    def _own(self) -> list[tuple[str, Postgres | Valkey]]:
        own = (("postgres", self.postgres), ("valkey", self.valkey))
        return [(name, server) for name, server in own if server is not None]

    def environment(self) -> dict[str, str]:
        """The environment of everything that uses the servers."""
        known = dict(os.environ)
        if self.postgres:  # PGPORT and friends would lead away from our socket
            known = {name: value for name, value in known.items() if not name.startswith("PG")}
            known["DATABASE_URL"] = self.postgres.url
            known["PGHOST"] = str(self.postgres.lodging.sockets)  # for `manage dbshell` and psql
            known["PATH"] = f"{known.get('PATH', os.defpath)}:{self.postgres.lodging.programs}"
        if self.valkey:
            known["REDIS_URL"] = self.valkey.cache_url
            known["CELERY_BROKER_URL"] = self.valkey.broker_url
        known.setdefault("CELERY_BROKER_URL", broker_url(known))
        known.setdefault("DATA_DIR", str(self.base.directory))
        return known

    def description(self) -> str:
        """One line for the user: which server, which version, from where."""
        database = self.postgres.description if self.postgres else "PostgreSQL of DATABASE_URL"
        queue = self.valkey.description if self.valkey else "Redis of REDIS_URL"
        return f"{database} and {queue}"


def broker_url(environment: Mapping[str, str]) -> str:
    """Celery's way to write REDIS_URL, for those who set only that one."""
    url = environment["REDIS_URL"]
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


@contextmanager
def running(base: Base) -> Iterator[Servers]:
    """Both servers of a base that many may use at once."""
    base.prepare()
    with open(base.run / "lease", "a", encoding="utf-8") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        with _started(base, lease) as servers:
            yield servers


@contextmanager
def running_alone(bases: Iterator[Base]) -> Iterator[Servers]:
    """Both servers of the first base that nobody else is using."""
    for base in bases:
        base.prepare()
        with ExitStack() as stack:
            lease = stack.enter_context(open(base.run / "lease", "a", encoding="utf-8"))
            if _take_alone(lease):
                yield stack.enter_context(_started(base, lease))
                return
    raise Trouble("Too many of these run at once. Stop some, or run `python3 dev.py stop`.")


@contextmanager
def _started(base: Base, lease: TextIO) -> Iterator[Servers]:
    servers = None
    try:
        starting = Step("Starting PostgreSQL and Valkey")
        with interrupts.postponed(), starting, base.lock("start"):
            servers = Servers(base)
            servers.start()
        yield servers
    finally:
        with interrupts.postponed():
            if servers is not None and _take_alone(lease):
                servers.stop()


def _take_alone(lease: TextIO) -> bool:
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
