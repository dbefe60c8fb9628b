"""What an account was told, where it went, and who reads it (W4)."""

from typing import Any

from rest_framework import serializers

from ..enums import Language, NoticeKind
from ..models import Account, Delivery, Notice, Recipient
from ..queries import delivery as rows
from ..services import deliveries, recipients
from . import actors
from .bodies import Body
from .commands import command
from .fields import Acting, Amount, Instant, RowId, number_of
from .filtering import Filters, account_number, before, since
from .nouns import Listed, Noun, Shown


def kinds(**options: Any) -> serializers.ListField:
    """Kinds of notices."""
    child = serializers.ChoiceField(choices=NoticeKind.choices)
    return serializers.ListField(child=child, max_length=len(NoticeKind), **options)


class NoticeShown(serializers.ModelSerializer):
    """One thing told to one account, about itself or a member."""

    to = number_of()
    about = number_of()
    threshold = Amount(currency_of="about.currency", read_only=True, allow_null=True)
    currency = serializers.CharField(source="about.currency", read_only=True)
    facts = serializers.DictField(read_only=True)
    at = Instant(read_only=True)

    class Meta:
        model = Notice
        fields = ("id", "kind", "to", "about", "threshold", "currency", "facts", "at")
        read_only_fields = fields


class NoticeFilters(Filters):
    to = account_number("to")
    about = account_number("about")
    since = since("at")
    before = before("at")

    class Meta:
        model = Notice
        fields = ("kind",)


class Notices(Listed, Shown, Noun):
    """What the account was told."""

    model = Notice
    rows = rows.notices
    shown = NoticeShown
    staff_view = "finance_mgmt.view_notice"
    ordering_fields = ("id", "at")
    filterset_class = NoticeFilters


class DeliveryShown(serializers.ModelSerializer):
    """One notice on its way to one address or webhook; without a notice: a test event."""

    account = number_of()
    queued_at = Instant(read_only=True)
    next_attempt_at = Instant(read_only=True)
    sent_at = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "public_id",
            "account",
            "notice",
            "channel",
            "address",
            "webhook",
            "state",
            "attempts",
            "queued_at",
            "next_attempt_at",
            "sent_at",
            "answer",
            "error",
        )
        read_only_fields = fields


class DeliveryFilters(Filters):
    account = account_number("account")
    since = since("queued_at")
    before = before("queued_at")

    class Meta:
        model = Delivery
        fields = ("notice", "channel", "webhook", "state")


class Deliveries(Listed, Shown, Noun):
    """Where notices went, and what came of it."""

    model = Delivery
    rows = rows.deliveries
    shown = DeliveryShown
    staff_view = "finance_mgmt.view_delivery"
    ordering_fields = ("id", "queued_at")
    viewers = actors.MONEY
    filterset_class = DeliveryFilters

    @command(
        answers=DeliveryShown,
        staff="set_webhook",
        roles=actors.MONEY,
        refuses=(deliveries.DeliveryRefused,),
    )
    def requeue(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Delivery:
        """Try again what failed or was given up. It keeps its id."""
        return deliveries.requeue(delivery=self.get_object(), **said)


class RecipientShown(serializers.ModelSerializer):
    """One address, or one user of the account, and what goes there."""

    account = number_of()
    user = serializers.CharField(
        source="account_user.user.username", read_only=True, allow_null=True, default=None
    )
    email = serializers.CharField(source="address", read_only=True)

    class Meta:
        model = Recipient
        fields = ("id", "account", "user", "email", "language", "kinds")
        read_only_fields = fields


class RecipientBody(Body):
    """An address, or a user of the account by the id of `account-users`; no kind: nothing."""

    account = Acting()
    email = serializers.EmailField(required=False)
    account_user = RowId(rows.users, required=False)
    language = serializers.ChoiceField(choices=Language.choices)
    kinds = kinds()


class RecipientChangeBody(Body):
    """What goes there, in which language."""

    language = serializers.ChoiceField(choices=Language.choices)
    kinds = kinds()


class RecipientFilters(Filters):
    account = account_number("account")

    class Meta:
        model = Recipient
        fields = ("account", "language")


class Recipients(Listed, Shown, Noun):
    """Who reads the account's notices; nobody named: its billing e-mail reads all."""

    model = Recipient
    rows = rows.recipients
    shown = RecipientShown
    staff_view = "finance_mgmt.view_recipient"
    viewers = actors.MONEY
    filterset_class = RecipientFilters

    @command(
        asks=RecipientBody,
        answers=RecipientShown,
        staff="set_recipient",
        roles=actors.OWNERS,
        status=201,
        example={"email": "billing@example.com", "language": "en", "kinds": ["low_funds"]},
        refuses=(recipients.RecipientRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Recipient:
        """Let notices of some kinds go to an address or a person."""
        return recipients.add(**body, **said)

    @command(
        asks=RecipientChangeBody,
        answers=RecipientShown,
        staff="set_recipient",
        roles=actors.OWNERS,
        needs_match=True,
        example={"language": "zh-hans", "kinds": ["low_funds", "suspended"]},
        refuses=(recipients.RecipientRefused,),
    )
    def change(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Recipient:
        """Change what goes there."""
        return recipients.change(recipient=self.get_object(), **body, **said)

    @command(
        answers=RecipientShown,
        staff="set_recipient",
        roles=actors.OWNERS,
        refuses=(recipients.RecipientRefused,),
    )
    def destroy(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Recipient:
        """Send nothing more there."""
        return recipients.remove(recipient=self.get_object(), **said)


class ContactBody(Body):
    """The billing e-mail, which may be empty, and its language."""

    email = serializers.EmailField(allow_blank=True)
    language = serializers.ChoiceField(choices=Language.choices)


class ContactShown(serializers.ModelSerializer):
    """Where everything goes as long as there is no recipient."""

    email = serializers.CharField(source="billing_email", read_only=True)

    class Meta:
        model = Account
        fields = ("number", "email", "language")
        read_only_fields = fields


class Contacts(Shown, Noun):
    """The billing e-mail of an account."""

    model = Account
    rows = rows.contacts
    shown = ContactShown
    staff_view = "finance_mgmt.view_recipient"
    viewers = actors.MONEY
    lookup_field = "number"
    lookup_value_converter = "str"

    @command(
        asks=ContactBody,
        answers=ContactShown,
        staff="set_recipient",
        roles=actors.OWNERS,
        path="contact",
        needs_match=True,
        example={"email": "billing@example.com", "language": "en"},
        refuses=(recipients.RecipientRefused,),
    )
    def set_contact(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Account:
        """Set the billing e-mail: it reads every notice as long as there is no recipient."""
        return recipients.set_contact(account=self.get_object(), **body, **said)
