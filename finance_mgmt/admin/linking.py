"""The wizard that links a member to a master: form, preview, confirmation (L1-L5, L9, L12)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..enums import Mode, Permission, RelationshipState
from ..models import Account, Relationship
from ..rules.grants import NEEDS
from ..services import relationships
from . import display
from .base import Command, ReadOnlyAdmin
from .command_forms import AccountField, CommandForm, InstantField
from .command_pages import CommandPage

ADDRESS = "finance_mgmt_relationship_link"
MODES = {
    Mode.TRUSTEESHIP: gettext_lazy("The master pays, is billed, is warned. Same identity needed."),
    Mode.MANAGEMENT: gettext_lazy("Both stay complete accounts; the member grants single powers."),
}
POWERS = {
    Permission.SHARE_CREDIT: gettext_lazy("allocated credit replaces the member's own line"),
    Permission.SHARE_DISCOUNTS: gettext_lazy("the master's contract prices apply"),
    Permission.FORBID_WITHDRAWAL: gettext_lazy("the member can't withdraw cash"),
    Permission.FORBID_INVOICING: gettext_lazy("only the master issues invoices"),
    Permission.VIEW_FINANCES: gettext_lazy("see funds; get copies of warnings"),
    Permission.MANAGE_INVOICES: gettext_lazy("issue invoices on the member's behalf"),
    Permission.VIEW_BILLS: gettext_lazy("see bills and consumption"),
}


class Choices:
    """Radio buttons or check boxes, each with a line that explains it."""

    template_name = "admin/finance_mgmt/choices.html"

    def __init__(self, notes: dict[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.notes = notes

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """With the notes."""
        context = super().get_context(name, value, attrs)  # type: ignore[misc]
        for _group, options, _index in context["widget"]["optgroups"]:
            for option in options:
                option["note"] = self.notes.get(option["value"], "")
        return context

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> str:
        return render_to_string(template_name, context)  # the renderer of forms knows only apps


class RadioChoices(Choices, forms.RadioSelect):
    """One of a few."""


class CheckChoices(Choices, forms.CheckboxSelectMultiple):
    """Some of a few."""


def power_notes() -> dict[str, Any]:
    """What each power is, and which other it needs (Z2)."""
    notes = {}
    for power, note in POWERS.items():
        needed = NEEDS.get(power)
        text = _("%(note)s; needs %(power)s") % {"note": note, "power": needed and needed.label}
        notes[power.value] = text if needed else note
    return notes


class PowersField(forms.MultipleChoiceField):
    """A set of powers."""

    def __init__(self, **options: Any) -> None:
        widget = CheckChoices(power_notes())
        super().__init__(choices=Permission.choices, required=False, widget=widget, **options)


class AcknowledgeField(forms.BooleanField):
    """The notice about the cycle in progress (L3)."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Notice acknowledged"),
            required=False,
            help_text=gettext_lazy(
                "The cycle in progress stays with its present payer (L3, C1). Needed where metered"
                " resources run or usage is not charged yet."
            ),
        )


class LinkForm(CommandForm):
    """Who, to whom, how, with which powers, from when."""

    master = AccountField("master", label=gettext_lazy("Master"))
    member = AccountField("member", label=gettext_lazy("Member"))
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"), choices=Mode.choices, widget=RadioChoices(dict(MODES))
    )
    effective_at = InstantField(
        label=gettext_lazy("Begins"),
        help_text=gettext_lazy("Empty: now. In the future it is scheduled (L9)."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["grants"] = PowersField(
            label=gettext_lazy("Powers of the master"),
            help_text=gettext_lazy("For management. In trusteeship none are needed (Z5)."),
        )
        self.fields["has_acknowledged"] = AcknowledgeField()
        self.order_fields(["master", "member", "mode", "grants", "has_acknowledged"])


class Link(CommandPage):
    """Propose a relationship; with the same identity it is in force at once."""

    name = "link"
    label = gettext_lazy("Link a member")
    icon = "add_link"
    needs = "finance_mgmt.link"
    form_class = LinkForm
    service = relationships.link
    intro = gettext_lazy(
        "One master per member, no chains (L1). Trusteeship wants one verified identity, a master"
        " with a credit line (L2) and funds that are not below 0 (L3); either mode a member with"
        " nothing unpaid (L4). The member agrees to exactly what you propose (L5)."
    )
    is_primary = True

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Either end, where one comes from its page."""
        known = {name: request.GET.get(name, "") for name in ("master", "member")}
        return {name: value for name, value in known.items() if value.isdecimal()}

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """As the service wants them."""
        return {
            "master": given["master"],
            "member": given["member"],
            "mode": Mode(given["mode"]),
            "grants": [Permission(power) for power in given["grants"]],
            "has_acknowledged": given["has_acknowledged"],
            "effective_at": given["effective_at"],
        }

    def parties(self, row: Any, given: dict[str, Any]) -> list[int]:
        """Both ends."""
        return [given["master"].pk, given["member"].pk]

    def told(self, result: Relationship) -> Any:
        """What became of it."""
        return {
            RelationshipState.INVITED: _("The member is invited and must confirm."),
            RelationshipState.SCHEDULED: _("The relationship is scheduled."),
        }.get(result.state, _("The member is linked."))

    def after(self, row: Any, result: Relationship) -> str:
        """The new relationship."""
        return display.page_of(Relationship, result.pk)

    def back(self, row: Any) -> str:
        """The list."""
        return display.list_of(Relationship)


LINK = Link()


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the wizard."""

    def view(request: HttpRequest) -> HttpResponse:
        return LINK.answer(request, model_admin, None)

    return [model_admin.own_url("link/", view, ADDRESS)]


def button(request: HttpRequest, account: Account | None = None) -> list[Command]:
    """The button of the list; on an account's page with that account as an end."""
    if not LINK.may(request, account):
        return []
    address = reverse(f"admin:{ADDRESS}")
    if account is None:
        return [Command(LINK.label, address, LINK.icon, is_primary=True)]
    if Relationship.objects.filter(member=account, state__in=BINDING).exists():
        return []
    return [Command(LINK.label, f"{address}?master={account.pk}", LINK.icon)]


BINDING = (
    RelationshipState.INVITED,
    RelationshipState.SCHEDULED,
    RelationshipState.ACTIVE,
    RelationshipState.CHANGE_PENDING,
)
