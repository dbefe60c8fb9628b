"""The command line of dev.py: which command, with what, and what to tell when it fails."""

import argparse
import errno
from collections.abc import Callable

from launcher import commands, upkeep
from launcher.interrupts import Interrupted, interrupts
from launcher.lint import lint
from launcher.progress import say
from launcher.trouble import Trouble

DESCRIPTION = """\
Runs this product on this machine: installs what it needs into .venv, starts PostgreSQL and
Valkey (no system packages, no ports, no root), runs the command and stops what it started.
"""

EPILOG = """\
demo, serve and manage work on the same books (database `billing` in var/): after a demo, the
other two show and change the demo's books. test and bench have servers of their own.

environment:
  DATABASE_URL, REDIS_URL   use these servers instead of starting any (each by itself)
  CELERY_BROKER_URL         where Celery's messages go, when REDIS_URL is given too
                            (default: the same place as REDIS_URL)
  LAUNCHER_POSTGRES         wheel or system: which PostgreSQL to start
                            (default: the wheel's, else the system's newest, 15 or newer)
  LAUNCHER_VAR              a directory to use instead of var/
"""


def main(arguments: list[str]) -> int:
    """Run one command and return the exit status."""
    interrupts.install()
    try:
        return _chosen(arguments)()
    except Trouble as trouble:
        say(str(trouble))
    except Interrupted as interrupted:
        say("\nStopped.")
        return 128 + interrupted.signum
    except OSError as error:
        say(_advice(error))
    return 1


def _chosen(arguments: list[str]) -> Callable[[], int]:
    """The function to call. `manage`, `test` and `bench` get their arguments untouched."""
    untouched = {"manage": commands.manage, "test": commands.test, "bench": commands.bench}
    if arguments and arguments[0] in untouched:
        return lambda: untouched[arguments[0]](arguments[1:])
    options = _parser().parse_args(arguments or ["--help"])
    run: Callable[[argparse.Namespace], int] = options.run
    return lambda: run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = kinds.add_parser("demo", help="load the demo's books, bill them, open the pages")
    demo.add_argument("--no-serve", action="store_true", help="end after the summary")
    demo.set_defaults(run=commands.demo)
    serve = kinds.add_parser("serve", help="web, worker and beat on your own books")
    serve.set_defaults(run=commands.serve)
    for command in (demo, serve):
        command.add_argument("--port", type=int, help="of the pages (default: 8000 or next free)")

    kinds.add_parser("manage", help="manage ARGS...: a command of manage.py, servers running")
    kinds.add_parser("test", help="test [ARGS...]: pytest, on fast servers of its own")
    kinds.add_parser("bench", help="bench [NAME ARGS...]: benchmarks, on durable servers")
    kinds.add_parser("lint", help="style, types, imports, migrations").set_defaults(run=lint)
    stop = kinds.add_parser("stop", help="stop all that this checkout has started, tests too")
    stop.set_defaults(run=upkeep.stop)
    reset = kinds.add_parser("reset", help="stop and delete all books, logs and files in var/")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.set_defaults(run=upkeep.reset)
    kinds.add_parser("status", help="what is running").set_defaults(run=upkeep.status)
    return parser


def _advice(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    advice = {
        errno.ENOSPC: "The disk is full: free some space and run this again.",
        errno.EACCES: "Run this as the user who owns the files, or set LAUNCHER_VAR.",
        errno.EPERM: "Run this as the user who owns the files, or set LAUNCHER_VAR.",
        errno.EROFS: "This directory is read-only: set LAUNCHER_VAR to one that is not.",
    }
    known = advice.get(error.errno or 0, "Mend that and run this again.")
    return f"{error.strerror or error}{where}. {known}"
