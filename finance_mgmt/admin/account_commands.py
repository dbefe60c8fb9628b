"""Opening accounts, proving who they are, and changing it (L2, L11, L14)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from ..enums import Channel, Mode, Permission
from ..models import Account, Identity
from ..money import ZERO
from ..services import accounts, members
from ..services.previews import Preview
from . import display
from .command_forms import CommandForm
from .command_pages import CommandPage
from .linking import MODES, PowersField, RadioChoices
from .new_rows import ChoiceField, CodeField, NewRow, RowField, TextField
from .panels import Fact, Facts, Panel


class OpenForm(CommandForm):
    """A new customer."""

    number = CodeField(label=gettext_lazy("Number"))
    title = TextField(label=gettext_lazy("Name"), max_length=200)
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label=gettext_lazy("Currency"),
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Three letters, such as CNY. It stays once money has moved (L11)."),
    )
    identity = RowField(
        Account,
        "identity",
        label=gettext_lazy("Verified identity"),
        required=False,
        help_text=gettext_lazy("Trusteeship needs the same one on both ends (L2)."),
    )
    channel = ChoiceField(
        label=gettext_lazy("Channel"),
        choices=Channel.choices,
        help_text=gettext_lazy("Only direct customers are linked (L2)."),
    )


class OpenAccount(NewRow):
    """A customer (F1)."""

    name, icon, needs, model = "open", "person_add", "finance_mgmt.open_account", Account
    label = gettext_lazy("Open an account")
    form_class = OpenForm
    service = accounts.open
    done = gettext_lazy("The account is open.")
    intro = gettext_lazy("A customer with funds of its own, all figures 0 (F1).")

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in."""
        filled = {name: given[name] for name in ("number", "currency", "identity")}
        return filled | {"name": given["title"], "channel": Channel(given["channel"])}

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Where it stands."""
        return [
            (_("payer"), _("The account itself, until it is linked."), "C1"),
            (_("funds"), display.amount(ZERO, given["currency"]), "F1"),
        ]


class VerifyForm(CommandForm):
    """Who it is."""

    legal_name = TextField(label=gettext_lazy("Legal name"), max_length=200)
    registration_number = TextField(label=gettext_lazy("Registration number"), max_length=100)


class VerifyIdentity(NewRow):
    """A legal person that was proven (L2)."""

    name, icon, needs, model = "verify", "verified_user", "finance_mgmt.verify_identity", Identity
    label = gettext_lazy("Verify an identity")
    form_class = VerifyForm
    service = accounts.verify_identity
    done = gettext_lazy("The identity is verified.")
    intro = gettext_lazy(
        "Note that a legal person was proven to you. The same person is the same row (L2)."
    )

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """What it is good for."""
        return [(_("trusteeship"), _("Needs the same identity on both ends."), "L2")]


class MemberForm(CommandForm):
    """A new member; what else it is, it has from its master."""

    number = CodeField(label=gettext_lazy("Number"))
    title = TextField(label=gettext_lazy("Name"), max_length=200)
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"), choices=Mode.choices, widget=RadioChoices(dict(MODES))
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["grants"] = PowersField(
            label=gettext_lazy("Powers of the master"),
            help_text=gettext_lazy("For management. In trusteeship none are needed (Z5)."),
        )


class CreateMember(CommandPage):
    """A member account, linked at once (L14)."""

    name, icon, needs = "create-member", "person_add", "finance_mgmt.open_account"
    label = gettext_lazy("Create a member")
    form_class = MemberForm
    service = members.create
    done = gettext_lazy("The member is created and linked.")
    intro = gettext_lazy(
        "A new account with this one's identity, channel and currency, linked at once (L14)."
    )

    def is_offered(self, row: Account) -> bool:
        """For whoever is nobody's member (L1)."""
        return row.standing.master is None

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The master, and what was filled in."""
        return {
            "master": row,
            "number": given["number"],
            "name": given["title"],
            "mode": Mode(given["mode"]),
            "grants": {Permission(one) for one in given["grants"]},
        }

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The master: the member is not yet."""
        return [row.pk]

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What the member will be, and who pays for it."""
        master, mode = next(iter(found.accounts.values())), Mode(given["mode"])
        is_trusteeship = mode == Mode.TRUSTEESHIP
        payer = display.account(master) if is_trusteeship else _("The member itself.")
        facts = [
            Fact(_("master"), display.account(master), rule="L14"),
            Fact(_("mode"), mode.label, rule="L14"),
            Fact(_("payer"), payer, _("From its first cycle on."), "C3"),
            Fact(_("verified identity"), master.identity or display.NOTHING, rule="L14"),
            Fact(_("channel"), master.get_channel_display(), rule="L14"),
            Fact(_("funds"), display.amount(ZERO, master.currency), rule="F1"),
        ]
        return [Facts(title=_("The member"), facts=facts)]

    def after(self, row: Account, result: Any) -> str:
        """The relationship."""
        return display.page_of(type(result), result.pk)


class ChangeForm(CommandForm):
    """Who it is from now on."""

    identity = RowField(
        Account, "identity", label=gettext_lazy("Verified identity"), required=False
    )
    channel = ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    loses_identity = forms.BooleanField(
        label=gettext_lazy("Not verified any more"), required=False, widget=UnfoldBooleanWidget()
    )


class ChangeAccount(CommandPage):
    """Identity and channel: not while linked (L11)."""

    name, icon, needs = "change", "edit", "finance_mgmt.open_account"
    label = gettext_lazy("Change who it is")
    form_class = ChangeForm
    service = accounts.change
    done = gettext_lazy("The account is changed.")
    intro = gettext_lazy("Identity, channel and currency can't change while it is linked (L11).")

    def is_offered(self, row: Account) -> bool:
        """Where nobody is linked to it."""
        return row.standing.master is None and not row.member_count

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """As it is."""
        return {"identity": row.identity_id, "channel": row.channel}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """Only what differs."""
        loses = given["loses_identity"]
        return {
            "account": row,
            "identity": None if loses else given["identity"],
            "channel": Channel(given["channel"]),
            "loses_identity": loses,
        }

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The account."""
        return [row.pk]


OF_LIST: list[NewRow] = [OpenAccount()]
OF_IDENTITIES: list[NewRow] = [VerifyIdentity()]
OF_ACCOUNTS: list[CommandPage] = [CreateMember(), ChangeAccount()]
