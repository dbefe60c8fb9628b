"""stop, reset and status: commands about what is running rather than with it."""

import os
import shutil
import signal
import sys
from argparse import Namespace

from launcher.base import Base, existing_bases, main_base, var
from launcher.lodging import delete_lodging, delete_programs
from launcher.processes import PidFile, Process, signal_group
from launcher.progress import say
from launcher.trouble import Trouble

KINDS = ("dev-*", "web", "beat", "worker", "valkey", "postgres")
KEPT_IN_BASE = ("postgres-*", "valkey", "log", "run", "media", "static")
DEV_SECONDS = 60.0


def stop(options: Namespace) -> int:
    """End everything that any command of this checkout has started."""
    stopped = [name for base in existing_bases() for name in stop_base(base)]
    say(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def stop_base(base: Base) -> list[str]:
    """End everything noted in one base; returns what was still running."""
    stopped = []
    for note in _notes(base):
        process = note.process()
        if process is not None and process.pid != os.getpid():
            _end(note.path.stem, process)
            stopped.append(f"{note.path.stem} ({process.pid})")
        note.remove()
    return stopped


def reset(options: Namespace) -> int:
    """Stop everything and delete all books, logs and files. Asks first."""
    if not options.yes and not _agrees():
        say("Nothing was deleted.")
        return 1
    stop(options)
    for base in reversed(existing_bases()):
        _delete(base)
    if "LAUNCHER_VAR" not in os.environ:  # with it, another var/ of this checkout may run
        delete_programs()
    say("All data of this checkout is deleted. `python3 dev.py demo` begins anew.")
    if os.environ.get("DATABASE_URL"):
        say("The database of DATABASE_URL is not ours to delete: it is as it was.")
    return 0


def status(options: Namespace) -> int:
    """What is running, per base. Exit status 0 when something is, else 3 like `systemctl`."""
    found = False
    for base in existing_bases():
        for note in _notes(base):
            process = note.process()
            if process is not None:
                found = True
                print(f"{note.path.stem:20} pid {process.pid:<8} {base.directory}")
    if not found:
        print("Nothing is running.")
    return 0 if found else 3


def _notes(base: Base) -> list[PidFile]:
    return [note for kind in KINDS for note in base.pid_files(kind)]


def _end(name: str, process: Process) -> None:
    """The way each kind ends in order; then the way nothing withstands."""
    try:
        process.send(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        if process.wait(DEV_SECONDS if name.startswith("dev-") else 15.0):
            return
        process.send(signal.SIGQUIT if name == "postgres" else signal.SIGKILL)
        process.wait(10.0)
    except PermissionError:
        raise Trouble(
            f"{name} (pid {process.pid}) was started by another user. Stop it as that user."
        ) from None
    finally:
        if name in ("web", "beat", "worker"):
            signal_group(process.pid, signal.SIGKILL)


def _agrees() -> bool:
    print(f"This deletes all books, logs and files in {var()}. Type yes to go on: ", end="")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _delete(base: Base) -> None:
    delete_lodging(base)
    for pattern in KEPT_IN_BASE:
        for path in base.directory.glob(pattern):
            shutil.rmtree(path)
    if base != main_base():
        shutil.rmtree(base.directory)
