"""Servers of a test's own, that it may kill: Valkey, PostgreSQL, and a wire that misbehaves."""

import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

from launcher.base import Base
from launcher.binaries import find_postgres
from launcher.lodging import delete_lodging
from launcher.postgres import Postgres
from launcher.upkeep import stop_base
from launcher.valkey import Valkey

PATIENCE_SECONDS = 90


@contextmanager
def own_base(*, is_durable: bool = False) -> Iterator[Base]:
    """A directory of its own, with whatever is started in it; all is gone afterwards.

    Not pytest's tmp_path: that one is closed to the account that root lends to PostgreSQL.
    """
    directory = Path(tempfile.mkdtemp(prefix="faults-")).resolve()
    directory.chmod(0o755)
    base = Base(directory, is_durable=is_durable, keeps_queue=False)
    base.prepare()
    try:
        yield base
    finally:
        stop_base(base)
        delete_lodging(base)
        shutil.rmtree(directory, ignore_errors=True)


def valkey_of(base: Base) -> Valkey:
    """A Valkey that forgets everything when it dies, started."""
    server = Valkey(base)
    server.start()
    return server


def postgres_of(base: Base) -> Postgres:
    """A PostgreSQL without tables, started."""
    server = Postgres(base, find_postgres())
    server.start()
    return server


def kill(server: Valkey | Postgres) -> None:
    """SIGKILL, as the kernel does when memory is short."""
    process = server.process()
    assert process is not None
    process.send(signal.SIGKILL)
    assert process.wait(10.0, is_patient=True)


def wait(is_there: Callable[[], object], what: str = "it") -> None:
    """Look again and again until it is there."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        assert time.monotonic() < until, f"{what} did not come"
        time.sleep(0.05)


class Wire:
    """A TCP port that leads to a server, and slows, holds or loses what comes back."""

    def __init__(self, target: str | tuple[str, int]) -> None:
        self.target = target
        self.delay = 0  # seconds before each answer is passed on
        self.is_open = True  # False: what is sent is swallowed, nothing comes back (half-open)
        self.loses_answers = False  # True: the connection breaks when the answer comes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if isinstance(self.target, str):
                far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            else:
                far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            far.connect(self.target)
            self._ends += [near, far]
            for source, sink, is_answer in ((near, far, False), (far, near, True)):
                pump = threading.Thread(
                    target=self._pump, args=(source, sink, is_answer), daemon=True
                )
                pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while received := source.recv(65_536):
                if is_answer and self.loses_answers:
                    break
                if not self.is_open:
                    continue
                if is_answer and self.delay:
                    time.sleep(self.delay)
                sink.sendall(received)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def tables_of_the_test(postgres: Postgres, name: str) -> None:
    """Copy the tables of the test's own database, without rows, into another server."""
    programs = find_postgres().directory
    dump = f"{programs}/pg_dump --schema-only --no-owner --dbname='{url_of_the_test(name)}'"
    load = f"{programs}/psql -q -v ON_ERROR_STOP=1 -o /dev/null --dbname='{postgres.url}'"
    assert os.system(f"{dump} | {load}") == 0  # noqa: S605 (paths of our own)


def url_of_the_test(name: str = "") -> str:
    """Where the test's own database is, as PostgreSQL's programs want to be told."""
    given = os.environ["DATABASE_URL"]
    head, _, tail = given.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name or connection.settings_dict['NAME']}?{tail}"
