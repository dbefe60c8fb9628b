"""dev.py as its users know it: output, exit status, Ctrl-C, and nothing left behind."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import urllib.request
from pathlib import Path

import pytest

from launcher.base import Base, spare_bases
from launcher.lodging import SHARED_DIRECTORY
from launcher.web import FIRST_PORT, choose_port
from tests.launcher import surroundings

pytestmark = pytest.mark.slow
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")


def _log(directory: Path, name: str) -> str:
    path = directory / "log" / name
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def test_manage_passes_input_output_and_status(private_var: Path) -> None:
    code = "import sys\nprint(input())\nsys.exit(7)\nhello\n"
    told = surroundings.run("manage", "shell", "--no-imports", "-c", code, input="hello\n")
    assert (told.stdout, told.returncode) == ("hello\n", 7)
    assert surroundings.processes_of(private_var) == {}


def test_dbshell_finds_its_program_and_its_server(private_var: Path) -> None:
    told = surroundings.run("manage", "dbshell", "--", "-XAt", "-c", "SELECT current_user")
    assert told.stdout == "billing\n", told.stderr


def test_help_of_manage_is_manages_own() -> None:
    assert "Available subcommands" in surroundings.run("manage", "--help").stdout


def test_an_unknown_command_is_explained() -> None:
    told = surroundings.run("demmo")
    assert told.returncode == 2
    assert "invalid choice: 'demmo'" in told.stderr


def test_pytests_arguments_and_status_are_passed(private_var: Path) -> None:
    told = surroundings.run("test", "--co", "-q", "tests/launcher/no_such_file.py")
    assert told.returncode == 4, "pytest's status for a file that is not there"
    assert "file or directory not found" in told.stdout + told.stderr
    assert surroundings.processes_of(private_var) == {}


def test_a_second_test_run_gets_servers_of_its_own(private_var: Path) -> None:
    first, second = (base for base, _ in zip(spare_bases("test"), range(2), strict=False))
    first.prepare()
    with open(first.run / "lease", "w", encoding="utf-8") as lease:
        fcntl.flock(lease, fcntl.LOCK_EX)
        assert surroundings.run("test", "--version").returncode == 0
    assert not (first.logs / "valkey.log").exists()
    assert (second.logs / "valkey.log").exists()


def test_ctrl_c_at_a_terminal_ends_everything(private_var: Path) -> None:
    """Serve in a real terminal, look at the pages, press Ctrl-C."""
    serving, keyboard = _start_in_terminal("serve", "--port", str(_free_port()))
    shown = _read_until(keyboard, r"Open (http://localhost:\d+/)")
    with urllib.request.urlopen(shown[1] + "admin/login/") as page:
        assert page.status == 200
    running = surroundings.run("status")
    assert running.returncode == 0
    assert {line.split()[0].partition("-")[0] for line in running.stdout.splitlines()} == {
        *("dev", "web", "beat", "worker", "valkey", "postgres")
    }

    os.write(keyboard, b"\x03")

    _read_until(keyboard, "Stopping web")
    assert serving.wait(60) == 0, "Ctrl-C is the normal end of serving"
    os.close(keyboard)
    assert surroundings.processes_of(private_var) == {}
    assert surroundings.run("status").returncode == 3


SLEEPER = """
import time
try:
    print("asleep", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("woken once", flush=True)
    raise SystemExit(9)
"""


def test_ctrl_c_at_a_terminal_is_the_commands_own(private_var: Path) -> None:
    """A command of manage.py decides itself what Ctrl-C means, and hears it once."""
    managing, keyboard = _start_in_terminal("manage", "shell", "--no-imports", "-c", SLEEPER)
    _read_until(keyboard, "asleep")

    os.write(keyboard, b"\x03")

    _read_until(keyboard, "woken once")
    assert managing.wait(30) == 9
    os.close(keyboard)
    assert surroundings.processes_of(private_var) == {}


@pytest.mark.parametrize(
    ("signum", "status"), [(signal.SIGINT, 9), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_signal_without_a_terminal_reaches_the_command(
    private_var: Path, signum: int, status: int
) -> None:
    managing = surroundings.start(
        *("manage", "shell", "--no-imports", "-c", SLEEPER),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert managing.stdout is not None
    assert managing.stdout.readline() == "asleep\n"

    managing.send_signal(signum)

    managing.communicate(timeout=30)
    assert managing.returncode == status
    assert surroundings.processes_of(private_var) == {}


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_everything(private_var: Path, signum: int) -> None:
    serving = surroundings.start("serve", "--port", str(_free_port()))
    surroundings.until((private_var / "log" / "migrate.log").exists)

    serving.send_signal(signum)

    shown, _ = serving.communicate(timeout=60)
    assert serving.returncode == 128 + signum, shown
    assert "Traceback" not in shown
    assert surroundings.processes_of(private_var) == {}


@linux
@pytest.mark.faults
def test_nothing_outlives_a_killed_dev_py_and_stop_cleans_up(private_var: Path) -> None:
    serving = surroundings.start("serve", "--port", str(_free_port()))
    surroundings.until(lambda: " ready." in _log(private_var, "worker.log"))

    serving.kill()
    serving.communicate()

    servers_only = re.compile("postgres|valkey-server")
    surroundings.until(
        lambda: all(map(servers_only.search, surroundings.processes_of(private_var).values()))
    )
    told = surroundings.run("stop")
    assert "postgres" in told.stderr
    assert surroundings.processes_of(private_var) == {}


def test_stop_ends_a_running_serve(private_var: Path) -> None:
    serving = surroundings.start("serve", "--port", str(_free_port()))
    surroundings.until(lambda: "Listening at" in _log(private_var, "web.log"))

    assert surroundings.run("stop").returncode == 0

    assert surroundings.processes_of(private_var) == {}
    shown, _ = serving.communicate(timeout=10)
    assert "Traceback" not in shown


def test_a_taken_port_is_told(private_var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = surroundings.run("serve", "--port", str(port))
    assert told.returncode == 1
    assert f"Port {port} is taken" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_taken_first_port_is_told_and_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody else has taken it already
            taken.bind(("127.0.0.1", FIRST_PORT))
            taken.listen()
        port = choose_port(None)
    assert port > FIRST_PORT
    assert f"so the pages are on {port}" in capsys.readouterr().err


def test_reset_asks_first_and_then_deletes(private_var: Path) -> None:
    surroundings.run("manage", "check")
    assert surroundings.run("reset", input="").returncode == 1
    assert (private_var / "valkey").is_dir()

    assert surroundings.run("reset", "--yes").returncode == 0
    assert list(private_var.iterdir()) == []
    assert list(SHARED_DIRECTORY.glob(f"billing-{Base(private_var).label}*")) == []


def _start_in_terminal(*arguments: str) -> tuple[subprocess.Popen[str], int]:
    """Start dev.py in a terminal of its own; the number is its keyboard and screen."""
    keyboard, terminal = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    started = surroundings.start(
        *arguments,
        **{"stdin": terminal, "stdout": terminal, "stderr": terminal},
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(terminal)
    return started, keyboard


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port


def _read_until(keyboard: int, pattern: str) -> re.Match[str]:
    shown = ""
    while not (found := re.search(pattern, shown)):
        shown += os.read(keyboard, 4096).decode(errors="replace")
    return found
