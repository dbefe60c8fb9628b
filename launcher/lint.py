"""`dev.py lint`: every check that needs no test run."""

from argparse import Namespace

from launcher import foreground
from launcher.base import PROJECT, main_base, spare_bases
from launcher.commands import MANAGE, SETTINGS
from launcher.progress import say
from launcher.servers import running_alone
from launcher.venv import PYTHON, install

TYPED = ("finance_mgmt", "billing", "invoicing", "simulation", "launcher", "dev.py")


def lint(options: Namespace) -> int:
    """Run all checks, also after a failure, and say which failed."""
    install(main_base(), for_developers=True)
    failed = []
    with running_alone(spare_bases("test")) as servers, servers.base.noted("lint"):
        for command in _checks():
            say(f"$ {_short(command)}")
            if foreground.run(command, servers.environment() | SETTINGS) != 0:
                failed.append(_short(command))
    say(f"Failed: {'; '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def _checks() -> list[list[str]]:
    python = str(PYTHON)
    typed = [name for name in TYPED if (PROJECT / name).exists()]
    return [
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "mypy", *typed],
        [str(PYTHON.with_name("lint-imports"))],
        [*MANAGE, "makemigrations", "--check", "--dry-run"],
        [*MANAGE, "check"],
    ]


def _short(command: list[str]) -> str:
    """What the reader could type, without the path of the environment."""
    words = [word.removeprefix(f"{PYTHON.parent}/") for word in command]
    return " ".join(words)
