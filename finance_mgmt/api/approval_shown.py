"""A request for approval, as it is shown."""

from rest_framework import serializers

from ..models import Approval
from .fields import Amount, Instant, number_of


class ApprovalShown(serializers.ModelSerializer):
    """A command that waits, or waited, for a second person (Z7) or the member's consent (L5)."""

    consent_of = number_of(allow_null=True)
    amount = Amount(read_only=True, allow_null=True)
    asked_at = Instant(read_only=True)
    expires_at = Instant(read_only=True)
    decided_at = Instant(read_only=True, allow_null=True)
    arguments = serializers.DictField(read_only=True)
    preview = serializers.DictField(read_only=True)

    class Meta:
        model = Approval
        fields = (
            "id",
            "verb",
            "arguments",
            "preview",
            "amount",
            "consent_of",
            "state",
            "asked_by",
            "asked_at",
            "expires_at",
            "decided_by",
            "decided_at",
            "comment",
        )
        read_only_fields = fields
