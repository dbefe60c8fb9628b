"""A request for approval, as it is shown."""

from rest_framework import serializers

from ..models import Approval
from .fields import Amount, Instant


class ApprovalShown(serializers.ModelSerializer):
    """A command that waits, or waited, for a second person (Z7)."""

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
            "state",
            "asked_by",
            "asked_at",
            "expires_at",
            "decided_by",
            "decided_at",
            "comment",
        )
        read_only_fields = fields
