"""What would have been: asked by staff, answered by a run."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Instant
from finance_mgmt.api.filtering import Filters, account_number, before, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.enums import RunState
from finance_mgmt.queries.access import Actor
from finance_mgmt.tasks import poke

from ..files.values import month_of
from ..models import WhatIf
from ..replay.question import CHANGES, MOST_MONTHS, Question, WhatIfRefused
from ..services import what_ifs


class WhatIfShown(serializers.ModelSerializer):
    """A question, and how far its answer is."""

    account = serializers.CharField(source="account.number", read_only=True)
    question = serializers.DictField(read_only=True)
    asked_at = Instant(read_only=True)
    run_state = serializers.ChoiceField(
        choices=RunState.choices, source="run.state", read_only=True
    )
    percent = serializers.IntegerField(source="run.done_units", read_only=True)

    class Meta:
        model = WhatIf
        fields = ("id", "account", "question", "by", "asked_at", "run", "run_state", "percent")
        read_only_fields = fields


class WhatIfInFull(WhatIfShown):
    """A question with its answer; null until the run is done."""

    answer = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="`lines`, `bills`, `accounts`: rows with `actual`, `what_if`, `differs`."
        " `refusal`: why the change would have been refused. `refused`: later commands that would"
        " have been. `is_exact`: the replay without the change gave the actual figures.",
    )

    class Meta(WhatIfShown.Meta):
        fields = (*WhatIfShown.Meta.fields, "answer")
        read_only_fields = fields


class QuestionBody(Body):
    """One change to a group's past, and the months to look at."""

    account = serializers.CharField(max_length=100, help_text="Any account of the group.")
    change = serializers.DictField(
        required=False,
        allow_null=True,
        help_text=f"As an event of a scenario: one of {', '.join(CHANGES)}, with its keys."
        " Left out: as it was.",
    )
    first = serializers.RegexField(r"^\d{4}-\d\d$", help_text="The first month: 2024-09.")
    months = serializers.IntegerField(required=False, min_value=1, max_value=MOST_MONTHS)
    at = Instant(required=False, help_text="When the change is made; else as the months start.")

    def validate_first(self, value: str) -> Any:
        """The first day of the month."""
        try:
            return month_of(value)
        except ValueError as wrong:
            raise serializers.ValidationError("There is no such month.") from wrong


class WhatIfFilters(Filters):
    account = account_number("account")
    since = since("asked_at")
    before = before("asked_at")

    class Meta:
        model = WhatIf
        fields = ("by",)


def rows(actor: Actor) -> QuerySet[WhatIf]:
    """Questions: for staff. A group's past may hold masters that are none of today's business."""
    found = WhatIf.objects.select_related("account", "run")
    return found if actor.is_staff else found.none()


class WhatIfs(Listed, Shown, Noun):
    """What would have been, replayed from a group's real history: for staff."""

    model = WhatIf
    rows = rows
    shown = WhatIfShown
    in_full = WhatIfInFull
    staff_view = "simulation.view_whatif"
    ordering_fields = ("id", "asked_at")
    viewers = actors.NOBODY
    filterset_class = WhatIfFilters

    @command(
        asks=QuestionBody,
        answers=WhatIfShown,
        staff="simulation.add_whatif",
        status=201,
        example={"account": "T", "change": {"end": {"member": "T"}}, "first": "2024-05"},
        refuses=(WhatIfRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> WhatIf:
        """Ask; a worker answers. The books are read, never written."""
        question = Question(
            account=body["account"],
            change=body.get("change"),
            first=body["first"],
            months=body.get("months", 1),
            at=body.get("at"),
        )
        asked = what_ifs.ask(question=question, **said)
        transaction.on_commit(lambda: poke(asked.run))
        return asked
