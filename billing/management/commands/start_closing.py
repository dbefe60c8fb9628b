"""Let the scheduled jobs close and bill from now on."""

from typing import Any

from django.core.management.base import BaseCommand

from billing.services import cycles
from finance_mgmt.clock import now


class Command(BaseCommand):
    help = "Start closing cycles. Load history before: what comes later may be late (C4)."

    def handle(self, **options: Any) -> None:
        horizon = cycles.start_closing(key="start closing", by="command line", at=now())
        self.stdout.write(f"Cycles are closed since {horizon.started_at}.")
