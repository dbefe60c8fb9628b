"""Play a scenario file and show what comes of it."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser, OutputWrapper
from rich.console import Console

from simulation import compare, files, jobs, outcome, runner, sandbox, tables

FAILED, MALFORMED = 1, 2  # exit statuses of the contract


class Command(BaseCommand):
    help = (
        "Play a scenario file (docs/scenarios.md) in a sandbox of its own. Exit status 0; 1 if"
        " something expected did not come; 2 if the file is malformed."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a scenario as YAML")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")
        parser.add_argument(
            "--keep", action="store_true", help="play in the configured database, if it is empty"
        )

    def handle(self, **options: Any) -> None:
        try:
            scenario = files.read(options["file"])
            runner.require_built(scenario)
            if options["keep"]:
                sandbox.require_empty()
            with _ending_on_sigterm(), nullcontext() if options["keep"] else sandbox.scratch():
                world = runner.play(scenario)
                found = outcome.gather(outcome.View(world, scenario.end))
        except (files.Malformed, sandbox.NoSandbox) as error:
            self.stderr.write(str(error))
            sys.exit(MALFORMED)
        except (runner.EventFailed, jobs.JobFailed) as error:
            if options["traceback"]:
                raise
            self.stderr.write(f"{options['file']}: {error}")
            sys.exit(FAILED)
        self._print(world, found, as_json=options["json"])
        if wrong := compare.differences(scenario, found):
            console = _console(self.stderr)
            tables.show_differences(console, wrong, scenario.file)
            sys.exit(FAILED)

    def _print(self, world: Any, found: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            tables.show(_console(self.stdout), world, found)


def _console(stream: OutputWrapper) -> Console:
    """As wide as the terminal; wide enough for all columns where there is none."""
    return Console(file=cast(TextIO, stream), width=None if stream.isatty() else 200)


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the command like Ctrl-C does, so that the sandbox is dropped."""

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread: nobody sends it signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
