"""Background work, for staff: how far it is, and trying again."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers

from ..models import Run, RunStep
from ..queries import access
from ..services import runs
from ..tasks import poke
from . import actors
from .commands import command
from .fields import Instant
from .filtering import Filters, before, since
from .nouns import Listed, Noun, Shown


class RunShown(serializers.ModelSerializer):
    """One piece of background work."""

    asked_at = Instant(read_only=True)
    started_at = Instant(read_only=True, allow_null=True)
    finished_at = Instant(read_only=True, allow_null=True)
    facts = serializers.DictField(read_only=True)

    class Meta:
        model = Run
        fields = (
            "id",
            "kind",
            "state",
            "by",
            "facts",
            "done_units",
            "total_units",
            "asked_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields


class StepShown(serializers.ModelSerializer):
    """One unit of a run."""

    result = serializers.DictField(read_only=True)
    finished_at = Instant(read_only=True, allow_null=True)

    class Meta:
        model = RunStep
        fields = ("number", "state", "attempts", "result", "finished_at")
        read_only_fields = fields


class RunInFull(RunShown):
    """A run with its steps."""

    steps = StepShown(many=True, read_only=True)

    class Meta(RunShown.Meta):
        fields = (*RunShown.Meta.fields, "steps")
        read_only_fields = fields


class RunFilters(Filters):
    since = since("asked_at")
    before = before("asked_at")

    class Meta:
        model = Run
        fields = ("kind", "state", "by")


class Runs(Listed, Shown, Noun):
    """Background work: for staff."""

    model = Run
    rows = access.runs
    shown = RunShown
    in_full = RunInFull
    staff_view = "finance_mgmt.view_run"
    ordering_fields = ("id", "asked_at")
    viewers = actors.NOBODY
    filterset_class = RunFilters

    def get_queryset(self) -> QuerySet[Run]:
        """With the steps, where one run is shown."""
        rows = super().get_queryset()
        return rows.prefetch_related("steps") if self.action == "retrieve" else rows

    @command(answers=RunShown, staff="run_jobs")
    def retry(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Run:
        """Queue the failed steps again: somebody mended the cause."""
        run = runs.retry(self.get_object(), by=said["by"], at=said["at"])
        transaction.on_commit(lambda: poke(run))
        return run
