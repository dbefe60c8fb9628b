"""Usage records: reported as JSON Lines, and as they are stored (B2, C4)."""

import json
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import REPLAYED, asked_of, command, key_of
from finance_mgmt.api.fields import Amount, Instant, code_of, number_of
from finance_mgmt.api.filtering import Filters, account_number, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.api.problem_examples import answers_with
from finance_mgmt.api.problems import Malformed
from finance_mgmt.services import api_requests

from ..models import Source, UsageRecord
from ..queries import access
from ..services import catalog
from .usage_lines import MEDIA_TYPE, JsonLines, Lines, store


class SourceShown(serializers.ModelSerializer):
    """Where usage comes from. Record keys are unique per source."""

    class Meta:
        model = Source
        fields = ("code", "name", "mode", "quantity_column", "cycle")
        read_only_fields = fields


class SourceBody(Body):
    """A meter of its own."""

    code = serializers.RegexField(r"^[A-Za-z0-9._-]{1,50}$")


class SourceFilters(Filters):
    class Meta:
        model = Source
        fields = ("code", "mode")


class Sources(Listed, Shown, Noun):
    """Meters and providers of files: for staff."""

    model = Source
    rows = access.sources
    shown = SourceShown
    staff_view = "billing.view_source"
    viewers = actors.NOBODY
    lookup_field = "code"
    lookup_value_converter = "str"
    ordering = "code"
    ordering_fields = ("code", "id")
    filterset_class = SourceFilters

    @command(
        asks=SourceBody,
        answers=SourceShown,
        staff="report_usage",
        status=201,
        example={"code": "meter"},
        refuses=(catalog.SourceDiffers,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Source:
        """Make a source of records that programs report."""
        return catalog.ensure_source(code=body["code"], name=None, **said)


class UsageShown(serializers.ModelSerializer):
    """One reported quantity."""

    source = code_of()
    owner = number_of()
    product = code_of()
    quantity = Amount(read_only=True)
    given_amount = Amount(read_only=True, allow_null=True)
    starts_at = Instant(read_only=True)
    ends_at = Instant(read_only=True)
    period_start = Instant(read_only=True)
    period_end = Instant(read_only=True)
    received_at = Instant(read_only=True)
    due_at = Instant(read_only=True)

    class Meta:
        model = UsageRecord
        fields = (
            "id",
            "source",
            "key",
            "kind",
            "owner",
            "product",
            "resource",
            "quantity",
            "given_amount",
            "starts_at",
            "ends_at",
            "period_start",
            "period_end",
            "received_at",
            "is_late",
            "due_at",
            "reason",
        )
        read_only_fields = fields


class UsageFilters(Filters):
    owner = account_number("owner")
    product = filters.CharFilter(field_name="product__code")
    source = filters.CharFilter(field_name="source__code")
    since = since("starts_at")
    before = before("starts_at")

    class Meta:
        model = UsageRecord
        fields = ("owner", "product", "source", "key", "kind", "is_late", "resource")


class LinesRenderer(JSONRenderer):
    """JSON Lines, for content negotiation; the answer is streamed."""

    media_type = MEDIA_TYPE
    format = "ndjson"


EXAMPLE = {
    "key": "m-1",
    "owner": "ACME-2",
    "product": "vm-small",
    "quantity": "24",
    "starts_at": "2024-05-10T00:00:00+08:00",
    "resource": "vm-1",
}


class Usage(Listed, Shown, Noun):
    """Usage of the account, and of others whose consumption it sees."""

    model = UsageRecord
    rows = access.usage
    shown = UsageShown
    staff_view = "billing.view_usagerecord"
    ordering_fields = ("id", "starts_at", "received_at")
    filterset_class = UsageFilters

    def needs(self) -> Any:
        """Meters report; nobody reports their own usage."""
        if self.action == "create":
            return "finance_mgmt.report_usage", actors.NOBODY
        return super().needs()

    def get_parsers(self) -> list[Any]:
        """Lines, where something is reported."""
        return [JsonLines()] if self.request and self.request.method == "POST" else []

    def get_renderers(self) -> list[Any]:
        """JSON, and lines where they are answered."""
        is_post = self.request and self.request.method == "POST"
        return [LinesRenderer(), JSONRenderer()] if is_post else [JSONRenderer()]

    @answers_with("empty_body", "unknown_source")
    @extend_schema(
        parameters=[OpenApiParameter("source", str, required=True, description="Its code.")],
        request={MEDIA_TYPE: OpenApiTypes.BINARY},
        responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY},
        examples=[
            OpenApiExample(
                "One line", json.dumps(EXAMPLE), request_only=True, media_type=MEDIA_TYPE
            )
        ],
        filters=False,
    )
    def create(self, request: Request, **kwargs: Any) -> StreamingHttpResponse:
        """Report usage: one JSON object per line, one result per line, in the same order.

        Each is `stored`, `known` (the same record came before) or `refused` with its errors;
        one that is refused stops no other. At most 10,000 lines at once.
        """
        key = key_of(request)
        found = request.data
        if not isinstance(found, Lines):
            raise Malformed("Send at least one line.", code="empty_body")
        source = self._source(request)
        asked = asked_of(self, request, key, f"{source.code} {found.sha256}")

        def do() -> tuple[int, str]:
            said = self.said(self.actor.key_prefix + key)
            results = store(found.lines, source=source, **said)
            return 200, "\n".join(json.dumps(one) for one in results)

        done, was_done = api_requests.once(asked, at=self.at, do=do)
        headers = {REPLAYED: "true"} if was_done else {}
        lines = (f"{line}\n" for line in done.answer.splitlines())
        return StreamingHttpResponse(lines, content_type=MEDIA_TYPE, headers=headers)

    create.takes_key = True  # type: ignore[attr-defined]

    def _source(self, request: Request) -> Source:
        code = request.query_params.get("source", "").replace("\0", "")
        if not (source := access.sources(self.actor).filter(code=code).first()):
            raise Malformed("Name a source in the query: ?source=meter.", code="unknown_source")
        return source
