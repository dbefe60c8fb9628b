"""Who reads the notices of an account: its billing e-mail, recipients, webhooks (W4)."""

from typing import Any

from django import forms
from django.core.validators import EmailValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ..enums import Language, NoticeKind
from ..models import Account, Recipient, Webhook
from ..services import recipients, webhooks
from . import display
from .command_forms import CommandForm
from .command_pages import CommandPage
from .linking import CheckChoices


class LanguageForm(CommandForm):
    """In which language."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=Language.choices,
        widget=UnfoldAdminSelectWidget(),
    )


class KindsForm(CommandForm):
    """Which kinds of notices."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        choices=NoticeKind.choices,
        widget=CheckChoices(notes={}),
        required=False,
        help_text=gettext_lazy("None: nothing goes there."),
    )


def email_field(**options: Any) -> forms.CharField:
    """An e-mail address."""
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "email", "autocomplete": "off"})
    checks = [EmailValidator()]
    label = gettext_lazy("E-mail")
    return forms.CharField(label=label, max_length=254, widget=widget, validators=checks, **options)


class ContactForm(LanguageForm):
    """The billing e-mail."""

    email = email_field(required=False, help_text=gettext_lazy("Empty: nobody is written to."))
    field_order = ("email", "language")


class RecipientForm(LanguageForm, KindsForm):
    """One more address."""

    email = email_field()
    field_order = ("email", "language", "kinds")


class RecipientChangeForm(LanguageForm, KindsForm):
    """What goes there."""

    field_order = ("language", "kinds")


class WebhookForm(KindsForm):
    """Where to post."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "url", "autocomplete": "off"}),
        help_text=gettext_lazy("https://, reachable from the internet."),
    )
    field_order = ("url", "kinds")


class OfNotices(CommandPage):
    """Changes nobody's money: nothing to compare."""

    needs = "finance_mgmt.set_recipient"

    def parties(self, row: Any, given: dict[str, Any]) -> list[int]:
        """None."""
        return []


class OfAccount(OfNotices):
    """On the page of an account it is reached from its panel, not from the head."""

    def is_offered(self, row: Any) -> bool:
        """In the panel."""
        return False


class SetContact(OfAccount):
    """The billing e-mail."""

    name, icon, label = "contact", "mail", gettext_lazy("Set billing e-mail")
    form_class = ContactForm
    service = recipients.set_contact
    done = gettext_lazy("The billing e-mail is set.")
    intro = gettext_lazy("It reads every notice as long as the account has no other recipient.")

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """As it is."""
        return {"email": row.billing_email, "language": row.language}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, the address and the language."""
        return {
            "account": row,
            "email": given["email"],
            "language": Language(given["language"]),
        }


class AddRecipient(OfAccount):
    """One more reader."""

    name, icon, label = "recipient", "person_add", gettext_lazy("Add a recipient")
    form_class = RecipientForm
    service = recipients.add
    done = gettext_lazy("The recipient is added.")
    intro = gettext_lazy("Once there is a recipient, the billing e-mail reads nothing by itself.")

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """Everything, in the account's language."""
        return {"language": row.language, "kinds": list(NoticeKind)}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, where, in which language, what."""
        wanted = {"email": given["email"], "language": Language(given["language"])}
        return {"account": row, "kinds": kinds_of(given), **wanted}


class AddWebhook(OfAccount):
    """One more program."""

    name, icon, label = "webhook", "webhook", gettext_lazy("Add a webhook")
    needs = "finance_mgmt.set_webhook"
    form_class = WebhookForm
    service = webhooks.add
    intro = gettext_lazy("Notices are posted there as signed events. The secret is shown once.")

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """Everything."""
        return {"kinds": list(NoticeKind)}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, where, what."""
        return {"account": row, "url": given["url"].strip(), "kinds": kinds_of(given)}

    def after(self, row: Account, result: Webhook) -> str:
        """To the webhook."""
        return display.page_of(Webhook, result.pk)

    def told(self, result: Webhook) -> Any:
        """The secret, this once."""
        return secret_said(result)


class ChangeRecipient(OfNotices):
    """What goes there."""

    name, icon, label = "change", "edit", gettext_lazy("Change")
    form_class = RecipientChangeForm
    service = recipients.change
    done = gettext_lazy("Changed.")
    intro = gettext_lazy("Who reads which notices, in which language (W4).")

    def is_offered(self, row: Recipient) -> bool:
        """While it is there."""
        return row.removed_at is None

    def initial(self, request: HttpRequest, row: Recipient) -> dict[str, Any]:
        """As it is."""
        return {"language": row.language, "kinds": row.kinds}

    def arguments(self, row: Recipient, given: dict[str, Any]) -> dict[str, Any]:
        """What, in which language."""
        return {
            "recipient": row,
            "language": Language(given["language"]),
            "kinds": kinds_of(given),
        }


class RemoveRecipient(OfNotices):
    """Nothing more goes there."""

    name, icon, label = "remove", "delete", gettext_lazy("Remove")
    service = recipients.remove
    done = gettext_lazy("Nothing more goes there.")
    intro = gettext_lazy("Later notices are not sent there any more (W4).")

    def is_offered(self, row: Recipient) -> bool:
        """While it is there."""
        return row.removed_at is None

    def arguments(self, row: Recipient, given: dict[str, Any]) -> dict[str, Any]:
        """The recipient."""
        return {"recipient": row}


def kinds_of(given: dict[str, Any]) -> list[NoticeKind]:
    """The kinds that were ticked."""
    return [NoticeKind(one) for one in given["kinds"]]


def secret_said(webhook: Webhook) -> str:
    """The secret, this once."""
    said = _("The secret, shown this once: %(secret)s")
    return said % {"secret": webhooks.secret_text(webhook)}


OF_ACCOUNTS: list[CommandPage] = [SetContact(), AddRecipient(), AddWebhook()]
OF_RECIPIENTS: list[CommandPage] = [ChangeRecipient(), RemoveRecipient()]
