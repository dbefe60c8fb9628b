"""Jobs that staff may start: closing cycles, issuing bills. The scheduled ones do the same."""

from typing import Any

from django.db import transaction
from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Instant
from finance_mgmt.api.nouns import Listed, Noun
from finance_mgmt.api.runs import RunShown
from finance_mgmt.models import Run
from finance_mgmt.queries import access as ground_access
from finance_mgmt.tasks import poke

from ..models import ClosedThrough
from ..queries import access
from ..services import bills, cycles

JOBS = {"close": cycles.close, "bill": bills.issue}


class ClosingShown(serializers.ModelSerializer):
    """How far the books are closed."""

    started_at = Instant(read_only=True, allow_null=True)
    closed_through = Instant(source="instant", read_only=True, allow_null=True)

    class Meta:
        model = ClosedThrough
        fields = ("started_at", "closed_through", "billed_month")
        read_only_fields = fields


class Closing(Listed, Noun):
    """How far the books are closed: one row, or none before the first usage."""

    model = ClosedThrough
    rows = access.closing
    shown = ClosingShown
    staff_view = "billing.view_closedthrough"
    viewers = actors.NOBODY

    @command(answers=ClosingShown, staff="run_jobs", is_detail=False)
    def start(self, body: dict[str, Any], said: dict[str, Any]) -> ClosedThrough:
        """Close cycles from now on. Load history before: what comes later may be late (C4)."""
        return cycles.start_closing(**said)


class JobBody(Body):
    """Which job."""

    kind = serializers.ChoiceField(choices=sorted(JOBS))


class JobShown(serializers.Serializer):
    """The run that was opened; null: nothing is due."""

    run = RunShown(allow_null=True)

    def __init__(self, run: Run | None = None, **options: Any) -> None:
        super().__init__({"run": run}, **options)


class Jobs(Noun):
    """Runs that staff start themselves."""

    model = Run
    rows = ground_access.runs
    shown = RunShown

    @command(
        asks=JobBody, answers=JobShown, staff="run_jobs", status=201, example={"kind": "close"}
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Run | None:
        """Close what is due (C4), or issue the bills of the earliest closed month (B5)."""
        run = JOBS[body["kind"]](by=said["by"], at=said["at"])
        if run is not None:
            transaction.on_commit(lambda: poke(run))
        return run
