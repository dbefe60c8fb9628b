"""The trail: every command that was carried out (Z8), and what happened to one account."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ..models import Account, Decision
from ..queries import access, timeline
from . import actors
from .fields import Amount, Instant
from .filtering import Filters, before, refuse_unknown, since
from .nouns import Listed, Noun, Shown
from .paging import page_size
from .problem_examples import answers_with
from .problems import Malformed


class DecisionShown(serializers.ModelSerializer):
    """One command that was carried out, once: who, when, what, under which key."""

    facts = serializers.DictField(read_only=True)
    at = Instant(read_only=True)

    class Meta:
        model = Decision
        fields = ("id", "verb", "by", "at", "key", "request_id", "facts")
        read_only_fields = fields


class DecisionFilters(Filters):
    since = since("at")
    before = before("at")

    class Meta:
        model = Decision
        fields = ("verb", "by", "key", "request_id")


class Decisions(Listed, Shown, Noun):
    """All commands for staff; for owners of an account those that its users gave here."""

    model = Decision
    rows = access.decisions
    shown = DecisionShown
    staff_view = "finance_mgmt.view_decision"
    viewers = actors.OWNERS
    filterset_class = DecisionFilters


class EventShown(serializers.Serializer):
    """One thing that happened. `kind` says of which sort `id` is, `other` who stood there."""

    at = Instant()
    kind = serializers.CharField(source="source.name")
    id = serializers.IntegerField(source="pk")
    what = serializers.CharField()
    amount = Amount(allow_null=True)
    currency = serializers.CharField()
    other = serializers.CharField()
    by = serializers.CharField()
    decision = serializers.IntegerField(allow_null=True)


class EventPage(serializers.Serializer):
    """Some events, newest first; `next` is what to send as `before`."""

    next = serializers.CharField(allow_null=True)
    results = EventShown(many=True)


class Timeline(Noun):
    """What happened to one account, for staff."""

    model = Account
    rows = access.accounts
    shown = EventPage
    staff_view = "finance_mgmt.view_movement"
    viewers = actors.NOBODY
    lookup_field = "number"
    lookup_value_converter = "str"

    @extend_schema(
        parameters=[
            OpenApiParameter("before", str, description="From `next` of the page before."),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        responses={200: EventPage},
        operation_id="accounts_timeline_retrieve",
        filters=False,
    )
    @answers_with("bad_cursor", "bad_page_size")
    def retrieve(self, request: Request, number: str) -> Response:
        """Money, links, powers, decisions, bills and suspensions in one list, newest first."""
        refuse_unknown(request, {"before", "page_size"})
        size = page_size(request.query_params.get("page_size"))
        account = self.get_object()
        try:
            found, goes_on = timeline.events(account.pk, self.at, before=self._before(), size=size)
        except (ValueError, OverflowError):
            raise Malformed("Take `before` from `next`, unchanged.", code="bad_cursor") from None
        page: dict[str, Any] = {"next": found[-1].cursor if goes_on else None, "results": found}
        return Response(EventPage(page).data)

    def _before(self) -> str:
        """The place to go on from; a + that arrived as a space is meant as one."""
        asked: str = self.request.query_params.get("before", "")
        if "\0" in asked:
            raise ValueError("no place in a timeline")
        return asked.replace(" ", "+")
