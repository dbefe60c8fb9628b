"""Commands that a member must agree to, where its consent is not automatic (L5)."""

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from ..models import Account, Relationship
from ..services import consents
from ..services.previews import Preview
from . import preview_panels
from .command_pages import CommandPage


class ConsentField(forms.BooleanField):
    """That the member has agreed already."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("The member has agreed"),
            required=False,
            help_text=gettext_lazy(
                "In writing, outside of here. Not ticked: the member is asked, unless both ends are"
                " the same verified legal person and the policy says that this is enough (L5)."
            ),
        )


class Consented(CommandPage):
    """Done where the member has agreed or need not be asked; else the member is asked."""

    asked_as: ClassVar[str]  # in settings.APPROVABLE

    def master(self, row: Relationship, given: dict[str, Any]) -> Account:
        """At whose wish."""
        return row.master

    def asks_member(self, row: Relationship, given: dict[str, Any]) -> bool:
        """Whether the member has to be asked first."""
        is_needed = consents.is_needed(self.master(row, given), row.member)
        return is_needed and not given["has_consented"]

    def rehearse(self, row: Relationship, given: dict[str, Any], at: datetime) -> Preview:
        """What would happen if the member agreed."""
        found = super().rehearse(row, {**given, "has_consented": True}, at)
        asks = self.asks_member(row, given)
        return replace(found, needs_consent=True) if asks and found.is_allowed else found

    def carry_out(self, row: Relationship, given: dict[str, Any], said: dict[str, Any]) -> Any:
        """Do it, or ask the member. Raises FinanceError."""
        if not self.asks_member(row, given):
            return super().carry_out(row, given, said)
        arguments = self.arguments(row, given)
        del arguments["has_consented"]
        return consents.ask(
            relationship=row,
            verb=self.asked_as,
            arguments=arguments,
            preview=preview_panels.stored(self.rehearse(row, given, said["at"])),
            **said,
        )
