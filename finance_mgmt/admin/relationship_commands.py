"""What can be done with a relationship: answer, change, end, take back, grant, cap (L, Z)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from ..enums import End, Mode, Permission, RelationshipState
from ..models import Account, Relationship
from ..services import caps, changes, effects, grants, relationships
from .command_forms import AccountField, AmountField, CommandForm, InstantField
from .command_pages import CommandPage
from .consenting import Consented, ConsentField
from .linking import AcknowledgeField

IN_FORCE = (RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING)
WAITING = (RelationshipState.SCHEDULED, RelationshipState.CHANGE_PENDING)


class OfRelationship(CommandPage):
    """A command of one relationship in certain states."""

    states: Sequence[str] = (RelationshipState.ACTIVE,)
    mode: str = ""

    def is_offered(self, row: Relationship) -> bool:
        """In its states, and in its mode where it has one."""
        return row.state in self.states and self.mode in ("", row.mode)

    def arguments(self, row: Relationship, given: dict[str, Any]) -> dict[str, Any]:
        """The relationship, and what was filled in."""
        filled = {name: value for name, value in given.items() if name != "key"}
        return {"relationship": row, **filled}

    def parties(self, row: Relationship, given: dict[str, Any]) -> list[int]:
        """Both ends."""
        return [row.master_id, row.member_id]


class DatedForm(CommandForm):
    """From when on."""

    effective_at = InstantField(
        label=gettext_lazy("Takes effect"),
        help_text=gettext_lazy("Empty: now. In the future it is scheduled (L9)."),
    )


class ChangeForm(DatedForm):
    """From when on, the notice, and the member's consent."""

    has_acknowledged = AcknowledgeField()
    has_consented = ConsentField()


class MoveForm(ChangeForm):
    """To whom."""

    master = AccountField("master", label=gettext_lazy("New master"))
    field_order = ("master",)


class PowerForm(CommandForm):
    """Which power, and who holds it."""

    permission = forms.ChoiceField(
        label=gettext_lazy("Power"),
        choices=Permission.choices,
        widget=UnfoldAdminSelectWidget(),
    )
    held_by = forms.ChoiceField(
        label=gettext_lazy("Held by"),
        choices=End.choices,
        initial=End.MASTER,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("Only the powers to view may be held by the member (Z3)."),
    )

    def clean_permission(self) -> Permission:
        """As the service wants it."""
        return Permission(self.cleaned_data["permission"])

    def clean_held_by(self) -> End:
        """As the service wants it."""
        return End(self.cleaned_data["held_by"])


class CapForm(CommandForm):
    """How much a month, and whether orders above it are refused."""

    amount = AmountField(
        label=gettext_lazy("Amount per month"),
        required=False,
        help_text=gettext_lazy("Empty: no cap from now on."),
    )
    is_hard = forms.BooleanField(
        label=gettext_lazy("Hard"),
        required=False,
        help_text=gettext_lazy("Hard: orders above it are refused. Soft: the master is warned."),
    )


class Confirm(OfRelationship):
    """The member says yes to exactly what was proposed (L5)."""

    name, icon, needs = "confirm", "how_to_reg", "finance_mgmt.link"
    label = gettext_lazy("Confirm for the member")
    states = (RelationshipState.INVITED,)
    service = relationships.confirm
    done = gettext_lazy("The invitation is confirmed.")
    intro = gettext_lazy("The member consents to the mode and exactly the proposed powers (L5).")
    is_primary = True


class Decline(OfRelationship):
    """The member says no."""

    name, icon, needs = "decline", "person_cancel", "finance_mgmt.link"
    label = gettext_lazy("Decline for the member")
    states = (RelationshipState.INVITED,)
    service = relationships.decline
    done = gettext_lazy("The invitation is declined.")
    intro = gettext_lazy(
        "The member does not agree: nothing changes between it and its master (L5)."
    )


class CancelInvitation(OfRelationship):
    """The master takes the invitation back."""

    name, icon, needs = "cancel-invitation", "cancel", "finance_mgmt.link"
    label = gettext_lazy("Cancel the invitation")
    states = (RelationshipState.INVITED,)
    service = relationships.cancel_invitation
    done = gettext_lazy("The invitation is cancelled.")
    intro = gettext_lazy("The member is not linked; the master may invite it again (L5, L6).")


class Upgrade(Consented, OfRelationship):
    """Management becomes trusteeship in place (L7)."""

    name, icon, needs = "upgrade", "upgrade", "finance_mgmt.upgrade"
    label = gettext_lazy("Upgrade to trusteeship")
    form_class = ChangeForm
    asked_as = "changes.upgrade"
    mode = Mode.MANAGEMENT
    service = changes.upgrade
    done = gettext_lazy("The upgrade is made.")
    intro = gettext_lazy("There is no way back in place: to undo it, end it and link anew (L7).")


class Move(Consented, OfRelationship):
    """To another master at one instant, without a gap (L8)."""

    name, icon, needs = "move", "moving", "finance_mgmt.move"
    label = gettext_lazy("Move to another master")
    form_class = MoveForm
    asked_as = "changes.move"
    service = changes.move
    done = gettext_lazy("The member is moved.")
    intro = gettext_lazy(
        "From one master to another at one instant, without a gap: the rules of both are "
        "checked (L8)."
    )

    def master(self, row: Relationship, given: dict[str, Any]) -> Account:
        """The new one."""
        return given["master"]

    def parties(self, row: Relationship, given: dict[str, Any]) -> list[int]:
        """All three."""
        return [row.master_id, row.member_id, given["master"].pk]


class EndIt(OfRelationship):
    """End it, now or later (L10)."""

    name, icon, needs = "end", "link_off", "finance_mgmt.end"
    label = gettext_lazy("End the relationship")
    form_class = DatedForm
    service = changes.end
    verb = "changes.end"
    done = gettext_lazy("The relationship ends.")
    intro = gettext_lazy(
        "The member stands alone again: all allocated credit must be reclaimed, nothing "
        "unpaid left (L10)."
    )

    def amount(self, arguments: dict[str, Any], at: datetime) -> None:
        """Ending counts as above any amount (Z7)."""

    def second_said(self, above: Any) -> Any:
        """Always."""
        return gettext_lazy("Ending a relationship always needs a second person.")


class CancelChange(OfRelationship):
    """Take a future-dated change back (L9)."""

    name, icon, needs = "cancel-change", "event_busy", "finance_mgmt.link"
    label = gettext_lazy("Cancel what is planned")
    states = WAITING
    service = effects.cancel
    done = gettext_lazy("What was planned is cancelled.")
    is_primary = True
    intro = gettext_lazy(
        "What is dated in the future is called off; what is in force goes on (L9)."
    )


class GrantPower(OfRelationship):
    """One more power; the other end has consented (Z4)."""

    name, icon, needs = "grant", "key", "finance_mgmt.grant"
    label = gettext_lazy("Grant a power")
    states = IN_FORCE
    mode = Mode.MANAGEMENT
    form_class = PowerForm
    service = grants.grant
    done = gettext_lazy("The power is granted.")
    intro = gettext_lazy("The end that gives it has consented: note where in the ticket (Z4).")


class RevokePower(OfRelationship):
    """A power ends at once, with those that need it (Z4)."""

    name, icon, needs = "revoke", "key_off", "finance_mgmt.grant"
    label = gettext_lazy("Revoke a power")
    states = IN_FORCE
    mode = Mode.MANAGEMENT
    form_class = PowerForm
    service = grants.revoke
    done = gettext_lazy("The power is revoked, with those that need it.")
    intro = gettext_lazy(
        "Giving up a power needs nobody's consent; powers that depend on it go with it (Z4)."
    )

    def is_offered(self, row: Relationship) -> bool:
        """Where one is in force."""
        return super().is_offered(row) and row.grants.filter(granted_until=None).exists()


class SetCap(OfRelationship):
    """What a member may cost its master a month (F12)."""

    name, icon, needs = "cap", "vertical_align_top", "finance_mgmt.set_cap"
    label = gettext_lazy("Cap the member")
    states = IN_FORCE
    mode = Mode.TRUSTEESHIP
    form_class = CapForm
    service = caps.set_cap
    done = gettext_lazy("The cap counts from now on.")
    intro = gettext_lazy(
        "What the member may cost its master in a month: a soft cap warns, a hard one "
        "refuses orders (F12)."
    )

    def initial(self, request: HttpRequest, row: Relationship) -> dict[str, Any]:
        """The cap in force."""
        last = row.caps.order_by("-since", "-id").first()
        if last is None or last.amount is None:
            return {}
        return {"amount": f"{last.amount.normalize():f}", "is_hard": last.is_hard}


PAGES: list[CommandPage] = [
    Confirm(),
    Decline(),
    CancelInvitation(),
    CancelChange(),
    GrantPower(),
    RevokePower(),
    SetCap(),
    Upgrade(),
    Move(),
    EndIt(),
]


def pages() -> list[CommandPage]:
    """All, with those of upper floors (settings.RELATIONSHIP_COMMANDS)."""
    return PAGES + [import_string(path)() for path in settings.RELATIONSHIP_COMMANDS]
