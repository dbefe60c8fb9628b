"""Webhooks: where the programs of an account are told (W4)."""

from typing import Any

from rest_framework import serializers

from ..models import Delivery, Webhook
from ..queries import delivery as rows
from ..rules.addresses import LONGEST, AddressRefused
from ..services import webhooks
from . import actors
from .bodies import Body
from .commands import command
from .fields import Acting, Instant, number_of
from .filtering import Filters, account_number
from .notices import DeliveryShown, kinds
from .nouns import Listed, Noun, Shown


class WebhookShown(serializers.ModelSerializer):
    """One address that notices are posted to."""

    account = number_of()
    paused_until = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)

    class Meta:
        model = Webhook
        fields = (
            "id",
            "account",
            "url",
            "kinds",
            "is_active",
            "off_reason",
            "paused_until",
            "created_at",
        )
        read_only_fields = fields


class WebhookIssued(WebhookShown):
    """A webhook with its secret, shown this once; null where the answer is repeated."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookShown.Meta):
        fields = (*WebhookShown.Meta.fields, "secret")

    def get_secret(self, row: Webhook) -> str | None:
        """What signatures are checked with."""
        return webhooks.secret_text(row)


class WebhookBody(Body):
    """Where to post which notices."""

    account = Acting()
    url = serializers.CharField(max_length=LONGEST)
    kinds = kinds()


class WebhookChangeBody(Body):
    """What to change; the rest stays."""

    kinds = kinds(required=False)
    is_active = serializers.BooleanField(required=False)


class WebhookFilters(Filters):
    account = account_number("account")

    class Meta:
        model = Webhook
        fields = ("account", "is_active")


class Webhooks(Listed, Shown, Noun):
    """Where the account's notices are posted."""

    model = Webhook
    rows = rows.webhooks
    shown = WebhookShown
    staff_view = "finance_mgmt.view_webhook"
    ordering_fields = ("id", "created_at")
    viewers = actors.MONEY
    filterset_class = WebhookFilters

    @command(
        asks=WebhookBody,
        answers=WebhookIssued,
        staff="set_webhook",
        roles=actors.OWNERS,
        status=201,
        once="secret",
        example={"url": "https://example.com/billing", "kinds": ["low_funds"]},
        refuses=(
            AddressRefused,
            webhooks.WebhookRefused,
        ),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Webhook:
        """Post notices to an address; the answer shows the secret, this once."""
        return webhooks.add(**body, **said)

    @command(
        asks=WebhookChangeBody,
        answers=WebhookShown,
        staff="set_webhook",
        roles=actors.OWNERS,
        needs_match=True,
        example={"is_active": True},
        refuses=(webhooks.WebhookRefused,),
    )
    def change(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Webhook:
        """Choose other kinds, switch it off, or on again."""
        return webhooks.change(webhook=self.get_object(), **body, **said)

    @command(
        answers=WebhookIssued,
        staff="set_webhook",
        roles=actors.OWNERS,
        path="replace-secret",
        once="secret",
        refuses=(webhooks.WebhookRefused,),
    )
    def replace_secret(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Webhook:
        """Give it a new secret; for a day both sign."""
        return webhooks.replace_secret(webhook=self.get_object(), **said)

    @command(
        answers=DeliveryShown,
        staff="set_webhook",
        roles=actors.OWNERS,
        path="test",
        refuses=(webhooks.WebhookRefused,),
    )
    def send_test(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Delivery:
        """Post a test event; `deliveries` says what came of it."""
        return webhooks.send_test(webhook=self.get_object(), **said)

    @command(
        answers=WebhookShown,
        staff="set_webhook",
        roles=actors.OWNERS,
        refuses=(webhooks.WebhookRefused,),
    )
    def destroy(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Webhook:
        """Post nothing more there."""
        return webhooks.remove(webhook=self.get_object(), **said)
