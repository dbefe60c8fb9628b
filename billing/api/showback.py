"""Showback: what a trusteeship member used that its master pays, where the policy shows it (B4)."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from finance_mgmt.api import actors
from finance_mgmt.api.fields import Amount
from finance_mgmt.api.filtering import refuse_unknown
from finance_mgmt.api.nouns import Door
from finance_mgmt.api.problem_examples import answers_with
from finance_mgmt.api.problems import Malformed
from finance_mgmt.enums import Role
from finance_mgmt.models import Account
from finance_mgmt.queries import policy

from ..queries import showback
from ..queries.bills import first_day
from ..services import exports

MONTH = OpenApiParameter("month", str, required=True, description="For example 2024-05.")
ACCOUNT = OpenApiParameter("account", str, description="The member's number: for staff.")
AS = OpenApiParameter("as", str, enum=["csv", "xlsx"], description="Default: csv.")
NONE = "The policy `showback` is off, or the account is not yours: no statement is shown to you."
XLSX = exports.MEDIA_TYPES[exports.Form.XLSX]


class ShowbackLine(serializers.Serializer):
    """One product of one payer."""

    payer = serializers.CharField()
    product = serializers.CharField(help_text="Empty for manual lines.")
    name = serializers.CharField()
    unit = serializers.CharField()
    lines = serializers.IntegerField()
    quantity = Amount()
    list_amount = Amount()
    covered_amount = Amount()
    discount_amount = Amount()
    voucher_amount = Amount()
    payable_amount = Amount()


class ShowbackStatement(serializers.Serializer):
    """What the member used and others pay. Not a bill: it asks the member for nothing."""

    member = serializers.CharField(source="member.number")
    month = serializers.DateField()
    currency = serializers.CharField()
    is_bill = serializers.BooleanField(default=False, help_text="Always false.")
    total = Amount(help_text="What the lines cost their payers.")
    lines = ShowbackLine(many=True)


class Sheet(JSONRenderer):
    """Says that the address gives a file; only problems are rendered by it."""

    media_type = "text/csv"
    format = "csv"


class Book(Sheet):
    """The same, for XLSX."""

    media_type = XLSX
    format = "xlsx"


class Showback(Door, ViewSet):
    """The acting account's own statement. Where the policy does not show it, there is none."""

    def needs(self) -> tuple[str, tuple[Role, ...]]:
        """Staff who may see charges; everybody of the account."""
        return "billing.view_charge", actors.ANYBODY

    @answers_with("month_missing")
    @extend_schema(responses=ShowbackStatement, parameters=[MONTH, ACCOUNT], filters=False)
    def read(self, request: Request) -> Response:
        """A month's statement: what the member used, by payer and product."""
        return Response(ShowbackStatement(self._told(request, {"month", "account"})).data)

    @answers_with("month_missing", "unknown_form")
    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, XLSX): OpenApiTypes.BINARY},
        parameters=[MONTH, ACCOUNT, AS],
        filters=False,
    )
    def as_file(self, request: Request) -> HttpResponse:
        """The statement for a spreadsheet program."""
        told = self._told(request, {"month", "account", "as"})
        form = request.query_params.get("as", "csv")
        if form not in ("csv", "xlsx"):
            raise Malformed("Statements are written as csv or xlsx.", code="unknown_form")
        made = HttpResponse(
            exports.showback_file(told, exports.Form(form)),
            content_type=exports.MEDIA_TYPES[exports.Form(form)],
        )
        name = exports.showback_name(told, exports.Form(form))
        made["Content-Disposition"] = f'attachment; filename="{name}"'
        return made

    def _told(self, request: Request, known: set[str]) -> showback.Statement:
        refuse_unknown(request, known)
        month = first_day(request.query_params.get("month", ""))
        if month is None or not 2000 <= month.year < 2200:
            raise Malformed("Give a month as 2024-05.", code="month_missing")
        return showback.statement(self._member(request), month)

    def _member(self, request: Request) -> Account:
        wanted = request.query_params.get("account", "").replace("\0", "")
        mine = self.actor.account
        if mine is not None:
            if not policy().showback or wanted not in ("", mine.number):
                raise NotFound(NONE)
            return mine
        found = Account.objects.filter(number=wanted).first()
        if found is None:
            raise NotFound("Name a member that there is: account=NUMBER.")
        return found
