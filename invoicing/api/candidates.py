"""What can be invoiced for an account, why the rest can't, and for which members (I1-I5)."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api.fields import Amount
from finance_mgmt.api.filtering import refuse_unknown
from finance_mgmt.api.nouns import Noun
from finance_mgmt.api.previews import ReasonShown
from finance_mgmt.api.problems import shown as as_problem
from finance_mgmt.models import Account
from finance_mgmt.queries.access import Actor

from ..queries import candidates, statements

MOST = 20_000
RULES = {"unbilled": "I1", "invoiced": "I1", "owed": "I6"}


class GroupShown(serializers.Serializer):
    """Charges of one owner, month and product."""

    owner = serializers.CharField()
    month = serializers.DateField()
    product = serializers.CharField(allow_null=True)
    lines = serializers.IntegerField()
    amount = Amount()


class LeftOutShown(serializers.Serializer):
    """Charges that can't be invoiced, and why."""

    why = serializers.ChoiceField(choices=sorted(RULES))
    rule = serializers.CharField()
    owner = serializers.CharField()
    month = serializers.DateField()
    lines = serializers.IntegerField()
    amount = Amount()


class ManagedShown(serializers.Serializer):
    """A member in management; no reasons: this account may invoice for it."""

    member = serializers.CharField()
    lines = serializers.IntegerField()
    amount = Amount()
    reasons = ReasonShown(many=True)


class CandidatesShown(serializers.Serializer):
    """`reasons` say why the account can't invoice what it paid itself; none: it can."""

    account = serializers.CharField()
    currency = serializers.CharField()
    arrears = Amount(help_text="At least as much must stay uninvoiced (I5).")
    reasons = ReasonShown(many=True)
    groups = GroupShown(many=True)
    left_out = LeftOutShown(many=True)
    members = ManagedShown(many=True)
    is_complete = serializers.BooleanField(help_text="False: only the first groups are shown.")


def _payers(actor: Actor) -> QuerySet[Account]:
    """Accounts whose bills the actor may see: others' candidates do not exist for it (Z5)."""
    rows = Account.objects.select_related("identity")
    return rows if actor.sight is None else rows.filter(pk__in=actor.sight.bills)


class Candidates(Noun):
    """What can be invoiced of one account."""

    model = Account
    rows = _payers
    shown = CandidatesShown
    staff_view = "invoicing.view_invoice"
    lookup_field = "number"
    lookup_value_converter = "str"

    @extend_schema(responses={200: CandidatesShown}, filters=False)
    def retrieve(self, request: Request, number: str) -> Response:
        """By owner, month and product, with what is left out and why."""
        refuse_unknown(request, set())
        account = self.get_object()
        groups = statements.groups(account.pk)
        left = list(candidates.left_out(account.pk)[:MOST])
        owners = {one.owner for one in groups} | {row["owner"] for row in left}
        numbers = dict(Account.objects.filter(pk__in=owners).values_list("pk", "number"))
        products = statements.products_of(groups)
        is_own = self.actor.account is None or self.actor.account == account
        managed = statements.managed(account, self.at) if is_own else []
        answer: dict[str, Any] = {
            "account": account.number,
            "currency": account.currency,
            "arrears": candidates.arrears(account.pk, self.at),
            "reasons": [as_problem(one) for one in statements.own_reasons(account, self.at)],
            "groups": [
                {
                    "owner": numbers[one.owner],
                    "month": one.month,
                    "product": products[one.product].code if one.product else None,
                    "lines": one.lines,
                    "amount": one.amount,
                }
                for one in groups[:MOST]
            ],
            "left_out": [
                {
                    "why": row["why"],
                    "rule": RULES[row["why"]],
                    "owner": numbers[row["owner"]],
                    "month": row["billing_month"],
                    "lines": row["lines"],
                    "amount": row["amount"],
                }
                for row in left
            ],
            "members": [
                {
                    "member": one.member.number,
                    "lines": one.lines,
                    "amount": one.amount,
                    "reasons": [as_problem(reason) for reason in one.reasons],
                }
                for one in managed
            ],
            "is_complete": len(groups) <= MOST,
        }
        return Response(CandidatesShown(answer).data)
