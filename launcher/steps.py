"""Commands that run to their end while the user waits, with their output in a log file."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from launcher.base import PROJECT
from launcher.processes import child_group
from launcher.progress import Step

POLL_SECONDS = 0.2


class StepFailed(Exception):
    """The command ended with another status than 0; its log says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


def run_step(
    title: str,
    command: list[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    how_far: Callable[[str], str] | None = None,
) -> None:
    """Run a command in the project's directory, showing elapsed seconds.

    `how_far` reads the log so far and says how far the command is. Raises StepFailed.
    """
    with log.open("wb") as output, Step(title) as step:
        with child_group(
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as child:
            status = None
            while status is None:
                status = _poll(child)
                text = log.read_text(encoding="utf-8", errors="replace") if how_far else ""
                step.tick(how_far(text) if how_far else "")
        if status != 0:
            raise StepFailed(status)


def _poll(child: subprocess.Popen[bytes]) -> int | None:
    try:
        return child.wait(timeout=POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return None
