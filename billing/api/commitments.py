"""Prepaid cover of usage, and with whom it is shared (K1, K2)."""

from typing import Any

from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import (
    NUMBER,
    AccountNumber,
    Amount,
    Coded,
    Instant,
    code_of,
    number_of,
)
from finance_mgmt.api.filtering import Filters, account_number, before, since
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..enums import CommitmentKind
from ..models import Commitment, Family, Product
from ..queries import access
from ..services import commitments
from .vouchers import codes


class CommitmentShown(serializers.ModelSerializer):
    """Cover that its owner bought: units per cycle, or a committed spend per hour."""

    owner = number_of()
    product = code_of(allow_null=True)
    families = code_of(many=True)
    quantity = Amount(read_only=True, allow_null=True)
    commit_amount = Amount(read_only=True, allow_null=True)
    rate = Amount(read_only=True, allow_null=True)
    starts_at = Instant(read_only=True)
    expires_at = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Commitment
        fields = (
            "code",
            "owner",
            "kind",
            "product",
            "families",
            "quantity",
            "commit_amount",
            "rate",
            "is_shared",
            "starts_at",
            "expires_at",
        )
        read_only_fields = fields


class CommitmentBody(Body):
    """A commitment that its owner bought."""

    code = serializers.RegexField(NUMBER)
    owner = AccountNumber()
    kind = serializers.ChoiceField(choices=CommitmentKind.choices)
    product = Coded(queryset=Product.objects.all(), required=False)
    families = codes(Family)
    quantity = Amount(required=False, help_text="Units per cycle.")
    commit_amount = Amount(required=False, help_text="Spend per hour of a savings plan.")
    rate = Amount(required=False, help_text="Plan rate of a savings plan.")
    is_shared = serializers.BooleanField(required=False)
    starts_at = Instant(required=False, help_text="Left out: now.")
    expires_at = Instant(required=False)


class SharedBody(Body):
    """Whether trusteeship members share it."""

    is_shared = serializers.BooleanField()


class CommitmentFilters(Filters):
    owner = account_number("owner")
    since = since("starts_at")
    before = before("starts_at")

    class Meta:
        model = Commitment
        fields = ("owner", "kind", "is_shared")


class Commitments(Listed, Shown, Noun):
    """The account's own commitments."""

    model = Commitment
    rows = access.commitments
    shown = CommitmentShown
    staff_view = "billing.view_commitment"
    ordering_fields = ("id", "code", "starts_at")
    filterset_class = CommitmentFilters
    lookup_field = "code"
    lookup_value_converter = "str"

    @command(
        asks=CommitmentBody,
        answers=CommitmentShown,
        staff="add_commitment",
        status=201,
        example={
            "code": "RI-1",
            "owner": "ACME-1",
            "kind": "reserved_instance",
            "product": "vm-small",
            "quantity": "2",
        },
        refuses=(commitments.CommitmentRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Commitment:
        """Note a commitment (K1)."""
        body["kind"] = CommitmentKind(body["kind"])
        return commitments.add(**body, **said)

    @command(
        asks=SharedBody,
        answers=CommitmentShown,
        staff="add_commitment",
        roles=actors.MONEY,
        example={"is_shared": True},
    )
    def share(self, body: dict[str, Any], said: dict[str, Any], code: str) -> Commitment:
        """The owner shares it with its trusteeship members, or stops (K2).

        It counts for cycles that start from now on; those in progress keep what held at their
        start, however late they are closed or reported (C1).
        """
        return commitments.share(commitment=self.own(self.get_object()), **body, **said)
