"""What the tests of the launcher look at from outside: processes and dev.py itself."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from launcher.base import PROJECT, Base
from launcher.processes import command_line, look

PATIENCE_SECONDS = 180.0


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `python3 dev.py ARGUMENTS` as a user would."""
    command = [sys.executable, str(PROJECT / "dev.py"), *arguments]
    known: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, text=True, **(known | options))


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python3 dev.py ARGUMENTS` to its end."""
    command = [sys.executable, str(PROJECT / "dev.py"), *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False, **options)


def until(fact: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is true; fails the test when it never is."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {fact}"
        time.sleep(0.05)


def processes_of(directory: Path) -> dict[int, str]:
    """Living processes of the base in this directory and of the bases below it.

    They name it in their command line (PostgreSQL), their environment, or their socket (Valkey).
    """
    bases = [Base(directory), *(Base(path.parent) for path in directory.glob("*/log"))]
    signs = [str(directory), *(f"/billing-{base.label}-" for base in bases)]
    found = {}
    for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()):
        if pid != os.getpid() and look(pid) and any(sign in _traces(pid) for sign in signs):
            found[pid] = command_line(pid)
    return found


def _traces(pid: int) -> str:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        environment = b""
    return command_line(pid) + environment.decode(errors="replace")
