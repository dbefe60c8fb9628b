"""Processes known by pid and start time, so that a reused pid is never taken for one of ours."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.interrupts import interrupts

POLL_SECONDS = 0.05
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Process:
    """One process that was alive when it was looked at."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Still the same process, and not a zombie that nobody has reaped."""
        return look(self.pid) == self

    def send(self, signum: int) -> None:
        """Signal it unless it has gone."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def wait(self, seconds: float, *, is_patient: bool = False) -> bool:
        """Wait until it has gone; False when it is still there.

        A second Ctrl-C ends the wait, unless it is patient.
        """
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline or (interrupts.is_urgent and not is_patient):
                return False
            time.sleep(POLL_SECONDS)
        return True


def look(pid: int) -> Process | None:
    """The living process with this pid, or None when it has gone or is a zombie."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else Process(pid, fields[19])
    state, _, started = _ask_ps(pid, "state=,lstart=").partition(" ")
    return None if not state or state.startswith("Z") else Process(pid, started.strip())


def command_line(pid: int) -> str:
    """What the process was started with; empty for a zombie or when it has gone."""
    if sys.platform != "linux":
        return _ask_ps(pid, "command=")
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return ""


def _ask_ps(pid: int, columns: str) -> str:
    answer = subprocess.run(["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True)
    return answer.stdout.strip()


def dying_with_parent(signum: int = signal.SIGTERM) -> Callable[[], None]:
    """A preexec_fn: the kernel sends `signum` to the child when this process dies (Linux only)."""
    parent = os.getpid()

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signum)
            if os.getppid() != parent:
                os.kill(os.getpid(), signum)

    return prepare


@contextmanager
def child_group(
    command: Sequence[str], *, farewell: int = signal.SIGTERM, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a child that leads a process group; at the end nothing of the group is left."""
    child = None
    try:
        with interrupts.postponed():
            child = subprocess.Popen(
                command,
                start_new_session=True,
                preexec_fn=dying_with_parent(farewell),
                **options,
            )
        yield child
    finally:
        with interrupts.postponed():
            if child is not None:
                end_group(child)


def end_group(child: subprocess.Popen[bytes], *, seconds: float = 5.0) -> None:
    """End a child that leads its own process group, and whatever it left behind in the group."""
    if child.poll() is None:
        signal_group(child.pid, signal.SIGTERM)
        wait_for(child, seconds)
    signal_group(child.pid, signal.SIGKILL)
    child.wait()


def wait_for(child: subprocess.Popen[bytes], seconds: float, *, is_patient: bool = False) -> bool:
    """Wait for a child's end; False when it still runs.

    A second Ctrl-C ends the wait, unless it is patient.
    """
    deadline = time.monotonic() + seconds
    while child.poll() is None:
        if time.monotonic() > deadline or (interrupts.is_urgent and not is_patient):
            return False
        time.sleep(POLL_SECONDS)
    return True


def signal_group(group: int, signum: int) -> None:
    """Signal every process of a group that still has any."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)


@dataclass(frozen=True)
class PidFile:
    """A note about one running process, for other commands of this checkout."""

    path: Path

    def write(self, pid: int) -> None:
        """Note a process that is alive now."""
        process = look(pid)
        if process is not None:
            note = json.dumps({"pid": process.pid, "started": process.started})
            self.path.write_text(note, encoding="utf-8")

    def process(self) -> Process | None:
        """The noted process if it is still alive."""
        try:
            note = json.loads(self.path.read_text(encoding="utf-8"))
            noted = Process(int(note["pid"]), str(note["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return noted if noted.is_alive() else None

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
