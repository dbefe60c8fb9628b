"""Valkey (or Redis) as a background server of one base, for Celery's messages and the cache."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from launcher.base import Base
from launcher.binaries import find_valkey
from launcher.lodging import socket_directory
from launcher.processes import Process, command_line, look
from launcher.trouble import Trouble, last_lines

ANSWER_SECONDS = 30.0


class Valkey:
    """The one queue server of a base."""

    def __init__(self, base: Base) -> None:
        base.prepare()
        self.base = base
        self.program, self.source = find_valkey()
        self.data = base.directory / "valkey"
        self.log = base.logs / "valkey.log"
        self.socket = socket_directory(base, os.geteuid(), server="valkey") / "redis.sock"
        self._pid_note = self.socket.with_suffix(".pid")

    @property
    def cache_url(self) -> str:
        """REDIS_URL. Database 1, so that clearing the cache cannot clear the queue."""
        return f"unix://{self.socket}?db=1"

    @property
    def broker_url(self) -> str:
        """CELERY_BROKER_URL. Database 0."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    @property
    def description(self) -> str:
        """Name, version and source, for the user."""
        facts = dict(
            line.split(":", 1) for line in self.ask("INFO server").splitlines() if ":" in line
        )
        name, version = "Valkey", facts.get("valkey_version")
        if version is None:
            name, version = "Redis", facts.get("redis_version", "of unknown version")
        return f"{name} {version} ({self.source})"

    def start(self) -> None:
        """Make it answer. Safe to repeat; the caller holds the base's start lock.

        Raises Trouble with the end of its log.
        """
        if not (self.data.is_dir() and self.base.keeps_queue):
            self.stop()
            shutil.rmtree(self.data, ignore_errors=True)
            self.data.mkdir()
        if self.answers():
            return
        with self.log.open("ab") as log:
            subprocess.run(
                [self.program, *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                start_new_session=True,
            )
        self._await_answer()

    def stop(self) -> None:
        """End it; what it had acknowledged is on disk."""
        process = self.process()
        if process is None:
            return
        process.send(signal.SIGTERM)
        if not process.wait(10.0):
            process.send(signal.SIGKILL)
            process.wait(5.0, is_patient=True)

    def answers(self) -> bool:
        """Whether it takes connections and commands."""
        return self.ask("PING") == "PONG"

    def ask(self, command: str) -> str:
        """The text it answers to one command; empty when it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(5)
                connection.connect(str(self.socket))
                connection.sendall(f"{command}\r\nQUIT\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError:
            return ""
        text = answer.removesuffix("+OK\r\n").strip()
        return text[1:] if text[:1] in ("+", ":") else text.partition("\r\n")[2]

    def process(self) -> Process | None:
        """The living server of this base."""
        try:
            pid = int(self._pid_note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return look(pid) if str(self.socket) in command_line(pid) else None

    def _await_answer(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{Path(self.program).name} does not start. {last_lines(self.log)}\n"
                    "Mend what it complains about and run this again, or set REDIS_URL to a "
                    "server you have."
                )
            time.sleep(0.05)

    def _arguments(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.data), "--save", ""),
            *("--appendonly", "yes" if self.base.keeps_queue or self.base.is_durable else "no"),
            *("--maxmemory-policy", "noeviction", "--daemonize", "yes"),
            *("--pidfile", str(self._pid_note), "--logfile", str(self.log)),
        ]
