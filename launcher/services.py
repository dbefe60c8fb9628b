"""The product's own background processes: web, beat and worker."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.base import PROJECT, Base
from launcher.interrupts import interrupts
from launcher.processes import dying_with_parent, end_group, signal_group, wait_for
from launcher.progress import say
from launcher.trouble import Trouble, last_lines
from launcher.venv import PYTHON

UNREMARKABLE_SECONDS = 4.0
HURRIED_SECONDS = 2.0  # what a worker needs to give its tasks back to the queue


@dataclass(frozen=True)
class Program:
    """How one service is started and how it is asked to end."""

    name: str
    arguments: tuple[str, ...]
    farewells: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 8.0),)
    """Signals to send one after the other, with the seconds to wait after each."""


WORKER = Program(
    "worker",
    ("celery", "-A", "finance_mgmt", "worker", "-c", "2", "-l", "INFO", "--without-mingle"),
    # Warm: end the running tasks. Cold: give them back to the queue (they are acknowledged late).
    farewells=((signal.SIGTERM, 10.0), (signal.SIGQUIT, 5.0)),
)


def beat(base: Base) -> Program:
    """The one scheduler of a base."""
    schedule = str(base.run / "celerybeat-schedule")
    return Program("beat", ("celery", "-A", "finance_mgmt", "beat", "-l", "INFO", "-s", schedule))


def web(port: int) -> Program:
    """The pages on 127.0.0.1."""
    options = ("--interface", "wsgi", "--http", "1", "--port", str(port))
    workers = ("--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers")
    ending = ("--workers-kill-timeout", "5")
    return Program("web", ("granian", "finance_mgmt.wsgi:application", *options, *workers, *ending))


class Services:
    """The services that one dev.py has started in a base."""

    def __init__(self, base: Base, environment: Mapping[str, str]) -> None:
        self.base = base
        self._environment = environment
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def start(self, program: Program) -> None:
        """Start one; its output goes to a log file of its name."""
        left_behind = self.base.pid_file(program.name).process()
        if left_behind is not None:
            signal_group(left_behind.pid, signal.SIGKILL)
            left_behind.wait(5.0)
        with interrupts.postponed(), self._log(program).open("wb") as log:
            child = subprocess.Popen(
                [str(PYTHON), "-m", *program.arguments],
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dying_with_parent(program.farewells[-1][0]),
            )
            self._running.append((program, child))
            self.base.pid_file(program.name).write(child.pid)

    def check(self) -> None:
        """Raise Trouble with the end of its log when one of them has ended by itself."""
        for program, child in self._running:
            if child.poll() is not None:
                raise Trouble(
                    f"The {program.name} process has ended by itself (status {child.returncode}). "
                    f"{last_lines(self._log(program))}"
                )

    def stop(self) -> None:
        """End them all: last started first, each with the time it may need."""
        while self._running:
            program, child = self._running.pop()
            for signum, seconds in program.farewells:
                if child.poll() is None:
                    child.send_signal(signum)
                    _wait_patiently(program, child, seconds)
            if interrupts.is_urgent:
                wait_for(child, HURRIED_SECONDS, is_patient=True)
            end_group(child, seconds=0)
            self.base.pid_file(program.name).remove()

    def _log(self, program: Program) -> Path:
        return self.base.logs / f"{program.name}.log"


def _wait_patiently(program: Program, child: subprocess.Popen[bytes], seconds: float) -> None:
    if not wait_for(child, UNREMARKABLE_SECONDS) and not interrupts.is_urgent:
        say(f"Waiting up to {seconds:.0f} s for {program.name} (Ctrl-C again: do not wait).")
        wait_for(child, seconds - UNREMARKABLE_SECONDS)


@contextmanager
def serving(base: Base, environment: Mapping[str, str]) -> Iterator[Services]:
    """Nothing yet, but whatever is started inside is stopped at the end."""
    services = Services(base, environment)
    try:
        yield services
    finally:
        with interrupts.postponed():
            services.stop()
