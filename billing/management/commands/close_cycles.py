"""Close cycles by hand: now, or up to an instant."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services import cycles, rehearsed_closes
from billing.services.rehearsed_closes import Rehearsal
from finance_mgmt.clock import now
from finance_mgmt.errors import FinanceError
from finance_mgmt.money import plain
from finance_mgmt.tasks import poke


class Command(BaseCommand):
    help = "Close every cycle that is due up to an instant (C4). With --preview nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--through", help="ISO 8601 with an offset; default: now")
        parser.add_argument("--preview", action="store_true", help="say what it would do")

    def handle(self, **options: Any) -> None:
        at = now()
        through = _instant(options["through"]) if options["through"] else at
        if options["preview"]:
            found = rehearsed_closes.rehearse(through=through, by="command line", at=at)
            if found.refusal:
                raise CommandError(str(found.refusal))
            self._tell(found)
            return
        key = f"close_cycles {through.isoformat()}"
        try:
            run = cycles.close_through(through=through, key=key, by="command line", at=at)
        except FinanceError as refusal:
            raise CommandError(str(refusal)) from refusal
        poke(run)
        self.stdout.write(f"{run}: {run.total_units} records up to {through.isoformat()}.")

    def _tell(self, found: Rehearsal) -> None:
        self.stdout.write(f"{found.records} records of {found.accounts} accounts.")
        for cycle in found.cycles:
            periods = f"{cycle.first.isoformat()} - {cycle.last.isoformat()}"
            self.stdout.write(
                f"{cycle.product}: {cycle.charges} charges of {cycle.periods} cycles, {periods}"
            )
        for owed in found.payers:
            amount = f"{plain(owed.amount, 2)} {owed.payer.currency}"
            self.stdout.write(f"{owed.payer.number}: {owed.charges} charges, {amount}")
        for problem in found.problems:
            self.stdout.write(f"left out: {problem}")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise CommandError(f"--through {text}: {wrong}") from wrong
    if found.tzinfo is None:
        raise CommandError(f"--through {text}: say its offset, such as +08:00.")
    return found
