"""PostgreSQL as a background server of one base: start, ask, recover, stop.

Alive means that a real connection works: `pg_ctl status` takes a zombie for a running server.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from launcher.base import Base
from launcher.binaries import PostgresBinaries
from launcher.lodging import find_lodging
from launcher.processes import Process, command_line, look
from launcher.trouble import Trouble, last_lines

ROLE = DATABASE = "billing"
PORT = "5432"  # only part of the socket's name: nothing listens on the network
ANSWER_SECONDS = 60
FAST_STOP, IMMEDIATE_STOP = signal.SIGINT, signal.SIGQUIT
SETTINGS = {"listen_addresses": "", "port": PORT, "timezone": "UTC", "log_timezone": "UTC"}
FORGETFUL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The cluster of one base, for one major version of PostgreSQL."""

    def __init__(self, base: Base, binaries: PostgresBinaries) -> None:
        self.base = base
        self.binaries = binaries
        self.lodging = find_lodging(base, binaries)

    @property
    def url(self) -> str:
        """The value of DATABASE_URL for this cluster."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.lodging.sockets}"

    @property
    def description(self) -> str:
        """Name, version and source, for the user."""
        return f"PostgreSQL {self.binaries.version} ({self.binaries.source})"

    def start(self) -> None:
        """Make it answer: create the cluster, recover from a crash, start it. Safe to repeat.

        Raises Trouble with the end of its log. Only one process at a time may call this
        (the caller holds the base's start lock).
        """
        if not (self.lodging.data / "PG_VERSION").exists():
            self.stop()  # somebody deleted the directory under a running server
            self._create_cluster()
        if self.process() is None:
            self._forget_the_dead()
            self._start_server()
        else:
            self._await_answer()
        self._create_database()

    def stop(self) -> None:
        """End it and everything connected to it. A second Ctrl-C makes it drop its work."""
        process = self.process()
        if process is None:
            return
        process.send(FAST_STOP)
        if process.wait(30.0):
            return
        process.send(IMMEDIATE_STOP)
        if not process.wait(10.0, is_patient=True):
            process.send(signal.SIGKILL)

    def answers(self) -> bool:
        """Whether a connection works."""
        return self.ask("SELECT 1", database="postgres") == "1"

    def ask(self, *statements: str, database: str = DATABASE, role: str = "postgres") -> str | None:
        """What psql prints for statements run one by one; None when it fails."""
        sockets = self.lodging.sockets
        command = [str(self.lodging.programs / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", str(sockets), "-p", PORT, "-U", role, "-d", database]
        for statement in statements:
            command += ["-c", statement]
        answer = subprocess.run(
            command, capture_output=True, text=True, env=_environment() | {"PGCONNECT_TIMEOUT": "5"}
        )
        return answer.stdout.strip() if answer.returncode == 0 else None

    def process(self) -> Process | None:
        """The living postmaster; None for a zombie or for another process with its pid."""
        pid = self._noted_pid()
        if pid is None or str(self.lodging.data) not in command_line(pid):
            return None
        return look(pid)

    @property
    def _pid_notes(self) -> tuple[Path, Path]:
        """The two lock files whose first line is the pid; the second outlives a deleted `data`."""
        return self.lodging.data / "postmaster.pid", self.lodging.sockets / f".s.PGSQL.{PORT}.lock"

    def _noted_pid(self) -> int | None:
        for note in self._pid_notes:
            try:
                return int(note.read_text(encoding="utf-8").splitlines()[0])
            except (OSError, ValueError, IndexError):
                continue
        return None

    def _forget_the_dead(self) -> None:
        """Remove lock files that name a zombie or a stranger; PostgreSQL would believe them."""
        pid = self._noted_pid()
        if pid is not None and Path(f"/proc/{pid}").exists():
            for note in self._pid_notes:
                note.unlink(missing_ok=True)

    def _create_cluster(self) -> None:
        locale = "C" if os.uname().sysname == "Darwin" else "C.UTF-8"
        made = self._run(
            *("initdb", "-D", self.lodging.data, "-U", "postgres", "--auth=trust"),
            *(f"--locale={locale}", "--encoding=UTF8", "--no-instructions"),
        )
        if made.returncode != 0:
            raise Trouble(
                f"PostgreSQL could not create its data directory {self.lodging.data}:\n"
                f"{made.stderr.strip()}\nFree some disk space or mend the rights, then run this "
                "again; or set DATABASE_URL to a server you have."
            )

    def _start_server(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.lodging.sockets)}
        if not self.base.is_durable:
            settings |= FORGETFUL_SETTINGS
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        command = ("pg_ctl", "start", "-D", self.lodging.data, "-l", self.lodging.log)
        for _attempt in range(3):  # children of a killed postmaster may need a moment to go
            started = self._run(*command, "-w", "-t", ANSWER_SECONDS, "-o", options)
            if started.returncode == 0 and self.answers():
                return
            time.sleep(1)
        raise self._trouble(started.stderr.strip())

    def _await_answer(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise self._trouble()
            time.sleep(0.2)

    def _create_database(self) -> None:
        """The role owns its database and may create others (tests do), but is no superuser."""
        known = self.ask(
            f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'",
            f"SELECT 2 FROM pg_database WHERE datname = '{DATABASE}'",
            database="postgres",
        )
        statements = {
            "1": f"CREATE ROLE {ROLE} LOGIN CREATEDB",
            "2": f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
        }
        missing = [make for key, make in statements.items() if key not in (known or "").split()]
        if missing and self.ask(*missing, database="postgres") is None:
            raise self._trouble()

    def _trouble(self, complaint: str = "") -> Trouble:
        return Trouble(
            f"{self.description} does not start. {complaint}\n{last_lines(self.lodging.log)}\n"
            "Mend what it complains about and run this again, or `python3 dev.py reset` to begin "
            "with an empty database."
        )

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's own programs as its account, out of Ctrl-C's reach."""
        return subprocess.run(
            [self.lodging.programs / program, *(str(argument) for argument in arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
            start_new_session=True,
            **self.lodging.account.arguments(),
        )


def _environment() -> dict[str, str]:
    """Nothing of the user's that PostgreSQL would listen to (PGHOST, PGPORT, odd locales)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
