"""One command in the foreground: its input, output, signals and exit status are the user's."""

import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Mapping

from launcher.base import PROJECT
from launcher.interrupts import interrupts
from launcher.processes import dying_with_parent, signal_group, wait_for

POLL_SECONDS = 0.2
PATIENCE_SECONDS = 10.0
PATIENT_TIMES = 3


def run(
    command: list[str],
    environment: Mapping[str, str],
    *,
    watch: Callable[[], None] | None = None,
    farewell: int = signal.SIGTERM,
) -> int:
    """Run it and return its exit status (128 + n when signal n ended it).

    `watch` is called now and then; when it raises, the command is ended and the error goes on.
    `farewell` is the signal that makes the command tidy up and end.
    """
    # At a terminal it stays in our process group, the one that may read and gets Ctrl-C itself.
    has_terminal = _has_terminal()
    started: list[subprocess.Popen[bytes]] = []

    passed_on = itertools.count(1)

    def pass_on(signum: int) -> None:
        if has_terminal and signum == signal.SIGINT:
            return
        wish = signal.SIGINT if signum == signal.SIGINT else farewell
        for child in started:
            child.send_signal(wish if next(passed_on) < PATIENT_TIMES else signal.SIGKILL)

    try:
        with interrupts.heard_by(pass_on):
            child = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=environment,
                process_group=None if has_terminal else 0,
                preexec_fn=dying_with_parent(farewell),
            )
            started.append(child)
            if interrupts.heard:
                pass_on(interrupts.heard)
            _await(child, watch)
    finally:
        with interrupts.postponed():
            for child in started:
                _end(child, farewell, owns_group=not has_terminal)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _await(child: subprocess.Popen[bytes], watch: Callable[[], None] | None) -> None:
    while child.poll() is None:
        if watch is not None:
            watch()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(POLL_SECONDS)


def _end(child: subprocess.Popen[bytes], farewell: int, *, owns_group: bool) -> None:
    if child.poll() is None:
        child.send_signal(farewell)
        wait_for(child, PATIENCE_SECONDS)
    if child.poll() is None:
        child.kill()
    child.wait()
    if owns_group:
        signal_group(child.pid, signal.SIGKILL)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True
