"""Which account runs PostgreSQL. It refuses to run as root, so root lends it an existing account.

No account is created and no directory of the user is opened up.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.trouble import Trouble

LENT_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL."""

    uid: int
    gid: int
    is_lent: bool
    """True: we are root and PostgreSQL runs as somebody else."""

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of subprocess that run a command as this account."""
        if not self.is_lent:
            return {"cwd": "/"}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def own(self, path: Path) -> None:
        """Give one file or directory of ours to this account."""
        if self.is_lent:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Whether the account can reach the directory; asked of the kernel, not computed."""
        check = ["/bin/sh", "-c", '[ -x "$0" ] && [ -r "$0" ]', str(directory)]
        return subprocess.run(check, **self.arguments()).returncode == 0


def account_for(cluster: Path) -> Account:
    """The account for a cluster: its owner if it exists, else us, else (root) a lent one."""
    if os.geteuid() != 0:
        _require_name(os.geteuid())
        return Account(os.geteuid(), os.getegid(), is_lent=False)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    for lent in _candidates(owner):
        return Account(lent.pw_uid, lent.pw_gid, is_lent=True)
    raise Trouble(
        "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor "
        "`nobody` to lend. Run this as an ordinary user, or set DATABASE_URL to a server you have."
    )


def _candidates(owner: int) -> list[pwd.struct_passwd]:
    found = []
    for key in (owner, *LENT_ACCOUNTS):
        try:
            entry = pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            found.append(entry)
    return found


def _require_name(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise Trouble(
            f"PostgreSQL does not run for user id {uid}, which has no name in /etc/passwd. "
            "Set DATABASE_URL to a server you have, or run this as a user with a name."
        ) from None
