"""Bills, their sums by owner, and their lines (B2-B5)."""

from django.db.models import Count, Sum
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api.fields import Amount, Instant, money, number_of
from finance_mgmt.api.filtering import (
    PAGED,
    Filters,
    account_number,
    before,
    filters,
    refuse_unknown,
    since,
)
from finance_mgmt.api.nouns import Listed, Noun, Shown, answer_page, page
from finance_mgmt.api.paging import ordered, page_size
from finance_mgmt.api.problem_examples import answers_with
from finance_mgmt.api.problems import Malformed

from ..focus.bill_columns import Version
from ..focus.bills import text
from ..models import Bill
from ..queries import access
from ..queries.bills import lines_of
from ..services import exports
from .charges import ChargeShown


class FocusFile(JSONRenderer):
    """Says that the address gives a file; only problems are rendered by it."""

    media_type = "text/csv"
    format = "csv"


class BillShown(serializers.ModelSerializer):
    """One payer's month. own + members + carried - round_off = total (B3)."""

    payer = number_of()
    own_amount = Amount(read_only=True)
    members_amount = Amount(read_only=True)
    carried_amount = money()
    carried_from = serializers.DateField(
        source="carried_from.month",
        read_only=True,
        allow_null=True,
        help_text="Month of the negative bill that this one begins with.",
    )
    carried_forward = money()
    round_off = Amount(read_only=True)
    total = money()
    from_cash = money()
    on_credit = money()
    outstanding = money()
    issued_at = Instant(read_only=True)

    class Meta:
        model = Bill
        fields = (
            "id",
            "payer",
            "month",
            "currency",
            "status",
            "charge_count",
            "own_amount",
            "members_amount",
            "carried_amount",
            "carried_from",
            "round_off",
            "total",
            "from_cash",
            "on_credit",
            "carried_forward",
            "outstanding",
            "issued_at",
            "due_on",
            "content_hash",
        )
        read_only_fields = fields


class OwnerShown(serializers.Serializer):
    """What one owner cost on a bill."""

    owner = serializers.CharField(source="owner__number")
    lines = serializers.IntegerField()
    list_amount = Amount(source="listed")
    payable_amount = Amount(source="payable")


class OwnersPage(serializers.Serializer):
    """Owners in order of their numbers; `next` begins the next page."""

    next = serializers.CharField(allow_null=True, help_text="For `after`; null: no more.")
    results = OwnerShown(many=True)


class BillFilters(Filters):
    payer = account_number("payer")
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    since = since("issued_at")
    before = before("issued_at")

    class Meta:
        model = Bill
        fields = ("payer", "month", "status", "currency")


class Bills(Listed, Shown, Noun):
    """Bills of payers whose bills the actor sees. A trusteeship member has none (B4)."""

    model = Bill
    rows = access.bills
    shown = BillShown
    staff_view = "billing.view_bill"
    filterset_class = BillFilters
    ordering_fields = ("id", "month", "due_on", "issued_at")

    @answers_with("bad_page_size")
    @extend_schema(
        responses={200: OwnersPage},
        parameters=[
            OpenApiParameter("after", str, description="From `next` of the page before."),
            OpenApiParameter("page_size", OpenApiTypes.INT),
        ],
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def owners(self, request: Request, pk: int) -> Response:
        """What each owner cost on the bill, by number."""
        refuse_unknown(request, {"after", "page_size"})
        size = page_size(request.query_params.get("page_size"))
        after = request.query_params.get("after", "").replace("\0", "")
        sums = (
            lines_of(self.get_object())
            .filter(owner__number__gt=after)
            .values("owner__number")
            .annotate(lines=Count("pk"), listed=Sum("list_amount"), payable=Sum("payable_amount"))
            .order_by("owner__number")
        )
        rows = list(sums[: size + 1])
        following = rows[size - 1]["owner__number"] if len(rows) > size else None
        return Response(OwnersPage({"next": following, "results": rows[:size]}).data)

    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("version", str, enum=list(Version), description="Default: 1.2.")
        ],
        filters=False,
    )
    @answers_with("unknown_version")
    @action(detail=True, pagination_class=None, renderer_classes=[FocusFile])
    def focus(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The bill as a FOCUS file: its billed costs sum to what is due. Sent as it is read."""
        refuse_unknown(request, {"version"})
        version = request.query_params.get("version", Version.NOW)
        if version not in list(Version):
            raise Malformed("Bills are written in version 1.2 or 1.0.", code="unknown_version")
        bill = self.get_object()
        answer = StreamingHttpResponse(
            (piece.encode() for piece in text([bill], Version(version))),
            content_type=exports.MEDIA_TYPES[exports.Form.FOCUS],
        )
        name = exports.file_name(bill, exports.Form.FOCUS)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @extend_schema(
        responses={200: ChargeShown(many=True)},
        parameters=[OpenApiParameter("owner", str, description="Account number of the owner.")],
        filters=False,
        operation_id="bills_lines_list",
    )
    @action(detail=True)
    @page
    def lines(self, request: Request, pk: int) -> Response:
        """The lines of the bill, in the order they were made."""
        refuse_unknown(request, {"owner", *PAGED})
        rows = lines_of(self.get_object()).select_related("owner", "payer", "product", "order")
        if owner := request.query_params.get("owner", "").replace("\0", ""):
            rows = rows.filter(owner__number=owner)
        return answer_page(self, ordered(rows, "id"), ChargeShown)
