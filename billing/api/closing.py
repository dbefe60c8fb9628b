"""Jobs that staff may start: closing cycles, issuing bills. The scheduled ones do the same."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Amount, Instant
from finance_mgmt.api.nouns import Listed, Noun
from finance_mgmt.api.previews import ReasonShown
from finance_mgmt.api.problems import shown
from finance_mgmt.api.runs import RunShown
from finance_mgmt.models import Run
from finance_mgmt.queries import access as ground_access
from finance_mgmt.tasks import poke

from ..models import ClosedThrough
from ..queries import access
from ..services import bills, cycles, rehearsed_closes
from ..services.rehearsed_closes import Rehearsal

JOBS = {"close": cycles.close, "bill": bills.issue}


class ClosingShown(serializers.ModelSerializer):
    """How far the books are closed."""

    started_at = Instant(read_only=True, allow_null=True)
    closed_through = Instant(source="instant", read_only=True, allow_null=True)

    class Meta:
        model = ClosedThrough
        fields = ("started_at", "closed_through", "billed_month")
        read_only_fields = fields


class CloseBody(Body):
    """Up to when."""

    through = Instant(required=False, help_text="Default: now. Never the future (C4).")


class CyclesShown(serializers.Serializer):
    """The charges of one product that would be made."""

    product = serializers.CharField()
    cycle = serializers.CharField()
    periods = serializers.IntegerField()
    charges = serializers.IntegerField()
    first = Instant()
    last = Instant()


class OwedShown(serializers.Serializer):
    """What one payer would owe by them."""

    payer = serializers.CharField(source="payer.number")
    currency = serializers.CharField(source="payer.currency")
    charges = serializers.IntegerField()
    amount = Amount()


class RehearsalShown(serializers.Serializer):
    """What a close would do. Above 20,000 records they are only counted."""

    allowed = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    records = serializers.IntegerField()
    accounts = serializers.IntegerField()
    is_counted_only = serializers.BooleanField()
    cycles = CyclesShown(many=True)
    payers = OwedShown(many=True, help_text="The largest twenty.")
    payer_count = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.CharField())

    def get_allowed(self, found: Rehearsal) -> bool:
        """Whether it would be carried out."""
        return found.refusal is None

    @extend_schema_field(ReasonShown(many=True))
    def get_reasons(self, found: Rehearsal) -> list[dict[str, Any]]:
        """Every reason why not."""
        return [shown(reason) for reason in found.refusal.reasons] if found.refusal else []


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

    @command(
        asks=CloseBody,
        answers=RunShown,
        staff="run_jobs",
        status=201,
        is_detail=False,
        example={"through": "2024-06-01T00:00:00+08:00"},
        refuses=(cycles.CloseRefused,),
    )
    def close(self, body: dict[str, Any], said: dict[str, Any]) -> Run:
        """Close every cycle that is due up to an instant, at once (C4)."""
        run = cycles.close_through(through=body.get("through") or said["at"], **said)
        transaction.on_commit(lambda: poke(run))
        return run

    @extend_schema(request=CloseBody, responses={200: RehearsalShown})
    @action(detail=False, methods=["post"], url_path="close/preview")
    def close_preview(self, request: Request) -> Response:
        """Which cycles, records, payers and amounts it would close. Nothing is changed."""
        given = CloseBody(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        through = given.validated_data.get("through") or self.at
        found = rehearsed_closes.rehearse(through=through, by="preview", at=self.at)
        return Response(RehearsalShown(found).data)

    close_preview.spec = close.spec  # type: ignore[attr-defined]  # the same permission


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
