"""Who is alive: zombies and reused pids are not."""

import os
import subprocess
import sys
from pathlib import Path

from launcher.processes import PidFile, Process, command_line, look


def test_a_living_process_is_known_again() -> None:
    myself = look(os.getpid())
    assert myself is not None
    assert myself.is_alive()
    assert "python" in command_line(os.getpid())


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert look(child.pid) is None
    assert command_line(child.pid) == ""
    child.wait()


def test_a_reused_pid_is_somebody_else(tmp_path: Path) -> None:
    assert not Process(os.getpid(), "another start").is_alive()


def test_a_pid_file_tells_only_the_living(tmp_path: Path) -> None:
    note = PidFile(tmp_path / "one.pid")
    assert note.process() is None
    note.path.write_text("half a fi")
    assert note.process() is None
    note.write(os.getpid())
    assert note.process() == look(os.getpid())
    note.remove()
    assert note.process() is None
