"""Noting prepaid cover, and sharing it with members (K1, K2)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from finance_mgmt.admin.command_forms import AmountField, CommandForm, InstantField
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.new_rows import (
    ChoiceField,
    CodeField,
    NewRow,
    PercentField,
    RowField,
    RowsField,
)
from finance_mgmt.admin.panels import Fact, Facts, Panel
from finance_mgmt.services.previews import Preview

from ..enums import CommitmentKind
from ..models import Commitment
from ..services import commitments


class CommitmentForm(CommandForm):
    """What was bought."""

    code = CodeField(label=gettext_lazy("Code"))
    owner = RowField(Commitment, "owner", label=gettext_lazy("Owner"))
    kind = ChoiceField(label=gettext_lazy("Kind"), choices=CommitmentKind.choices)
    product = RowField(
        Commitment,
        "product",
        label=gettext_lazy("Product"),
        required=False,
        help_text=gettext_lazy("Needed by a reserved instance."),
    )
    families = RowsField(
        Commitment,
        "families",
        label=gettext_lazy("Product families"),
        help_text=gettext_lazy("Needed by a storage capacity unit."),
    )
    quantity = AmountField(
        is_money=False,
        label=gettext_lazy("Units per cycle"),
        required=False,
        help_text=gettext_lazy("Of a reserved instance or a storage capacity unit."),
    )
    commit_amount = AmountField(
        label=gettext_lazy("Committed per hour"),
        required=False,
        help_text=gettext_lazy("Of a savings plan, in the owner's currency."),
    )
    rate = PercentField(
        label=gettext_lazy("Plan rate in percent"),
        required=False,
        help_text=gettext_lazy("Of a savings plan: 60 covers 1.00 of list price with 0.60 (K1)."),
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Shared with trusteeship members"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("The owner's usage comes first, then the members' (K3)."),
    )
    starts_at = InstantField(
        label=gettext_lazy("Starts at"),
        help_text=gettext_lazy("Empty: now. Cycles that start then or later are covered (C1)."),
    )
    expires_at = InstantField(
        label=gettext_lazy("Expires at"), help_text=gettext_lazy("Empty: never.")
    )


class AddCommitment(NewRow):
    """Cover that its owner bought (K1)."""

    name, icon, needs, model = "new", "savings", "finance_mgmt.add_commitment", Commitment
    label = gettext_lazy("Add a commitment")
    form_class = CommitmentForm
    service = commitments.add
    done = gettext_lazy("The commitment is added.")
    intro = gettext_lazy("Prepaid cover of usage; what is left gets the discount (K1, K4).")

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in."""
        return super().arguments(row, given) | {"kind": CommitmentKind(given["kind"])}

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Whom it covers in which order."""
        return [
            (_("who first"), _("The owner, then members as their relationships began."), "K3"),
            (_("not used"), _("What nobody uses in a cycle is gone."), "K1"),
            (_("cycles"), _("Those that start while it is valid; what is closed stays."), "C1"),
        ]


class SharedForm(CommandForm):
    """Yes or no."""

    is_shared = forms.BooleanField(
        label=gettext_lazy("Shared with trusteeship members"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("The owner's usage comes first, then the members' (K3)."),
    )

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """No, too, is an answer."""
        answer = _("Yes") if self.cleaned_data["is_shared"] else _("No")
        return [(self.fields["is_shared"].label, answer)]


class ShareCommitment(CommandPage):
    """With trusteeship members, or no more (K2)."""

    name, icon, needs = "share", "share", "finance_mgmt.add_commitment"
    label = gettext_lazy("Share")
    form_class = SharedForm
    service = commitments.share
    done = gettext_lazy("Sharing is set.")
    intro = gettext_lazy("Shared cover helps trusteeship members of the owner, too (K2).")

    def initial(self, request: HttpRequest, row: Commitment) -> dict[str, Any]:
        """As it is."""
        return {"is_shared": row.is_shared}

    def arguments(self, row: Commitment, given: dict[str, Any]) -> dict[str, Any]:
        """Yes or no."""
        return {"commitment": row, "is_shared": given["is_shared"]}

    def parties(self, row: Commitment, given: dict[str, Any]) -> tuple[int, ...]:
        """Nobody's figures change."""
        return ()

    def shown(self, found: Preview, given: dict[str, Any], at: Any) -> list[Panel]:
        """What holds for cycles from now on."""
        text = _("Cycles that start from now on; what it covered stays covered.")
        return [Facts(facts=[Fact(_("cycles"), text, rule="C1")])]


OF_LIST: list[NewRow] = [AddCommitment()]
OF_COMMITMENT: list[CommandPage] = [ShareCommitment()]
