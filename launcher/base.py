"""A base: one directory with one PostgreSQL and one Valkey of its own, their logs and pid files."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.processes import PidFile
from launcher.trouble import Trouble

PROJECT = Path(__file__).resolve().parent.parent


def var() -> Path:
    """Where everything that is not in the repository lives; LAUNCHER_VAR moves it."""
    return Path(os.environ.get("LAUNCHER_VAR") or PROJECT / "var").resolve()


@dataclass(frozen=True)
class Base:
    """One place to run servers in. Two bases never meet: no ports, sockets named by directory."""

    directory: Path
    is_durable: bool = True
    """False: PostgreSQL may lose everything in a power cut (tests only)."""
    keeps_queue: bool = True
    """False: every start begins with an empty Valkey."""

    @property
    def logs(self) -> Path:
        """Log files of everything that runs in this base."""
        return self.directory / "log"

    @property
    def run(self) -> Path:
        """Locks and pid files."""
        return self.directory / "run"

    @property
    def label(self) -> str:
        """Eight characters that stand for this directory in paths elsewhere."""
        return hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:8]

    def prepare(self) -> None:
        """Create the directories. Raises Trouble when the disk or its rights forbid it."""
        try:
            for directory in (self.directory, self.logs, self.run):
                directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble(
                f"Cannot create {error.filename}: {error.strerror}. Make its parent writable, "
                "or set LAUNCHER_VAR to a directory of your own."
            ) from error
        if not os.access(self.run, os.W_OK):
            raise Trouble(
                f"{self.directory} belongs to another user. Run this as that user, delete the "
                "directory, or set LAUNCHER_VAR to a directory of your own."
            )

    def pid_file(self, name: str) -> PidFile:
        """The note about one running process of this base."""
        return PidFile(self.run / f"{name}.pid")

    def pid_files(self, pattern: str) -> list[PidFile]:
        """Notes whose name fits a pattern such as `dev-*`."""
        return [PidFile(path) for path in sorted(self.run.glob(f"{pattern}.pid"))]

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Wait for and hold one exclusive lock; the kernel frees it if this process dies."""
        with open(self.run / f"{name}.lock", "a", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    @contextmanager
    def sole(self, name: str, refusal: str) -> Iterator[None]:
        """Hold a lock that only one command may hold; raises Trouble(refusal) for a second one."""
        with open(self.run / f"{name}.lock", "a", encoding="utf-8") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(refusal) from None
            yield

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Tell `status` and `stop` about this process as long as it works here."""
        note = self.pid_file(f"dev-{name}-{os.getpid()}")
        note.write(os.getpid())
        try:
            yield
        finally:
            note.remove()


def main_base() -> Base:
    """The books of this checkout: what demo, serve and manage work on."""
    return Base(var())


def spare_bases(kind: str) -> Iterator[Base]:
    """Bases for `test` or `bench`, in order: the second is for a run beside the first, ..."""
    for number in range(1, 100):
        name = kind if number == 1 else f"{kind}-{number}"
        yield Base(var() / name, is_durable=kind != "test", keeps_queue=False)


def existing_bases() -> list[Base]:
    """The main base and every other one of this checkout that has ever been used."""
    others = [Base(path.parent) for path in sorted(var().glob("*/run")) if path.is_dir()]
    return [main_base(), *others]
