"""Movements: every amount that went from one pocket to another (F10)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from ..models import Account, Movement
from . import columns, display, written_words
from .base import ReadOnlyAdmin
from .panels import Column, Fact, Facts, Panel

MOVEMENT_COLUMNS = (
    Column(gettext_lazy("at")),
    Column(gettext_lazy("kind")),
    Column(gettext_lazy("from")),
    Column(gettext_lazy("to")),
    Column(gettext_lazy("for")),
    Column(gettext_lazy("amount"), True),
)


def side(account: Account | None, pocket: str) -> Any:
    """One end of a movement: whose pocket, or the provider."""
    if account is None:
        return format_html('<span class="bo-pocket is-alone">{}</span>', pocket)
    return format_html('{} <span class="bo-pocket">{}</span>', display.number(account), pocket)


def movement_cells(row: Movement) -> list[Any]:
    """A row of a table of movements."""
    return [
        display.instant(row.at),
        display.link(row, row.get_kind_display()),
        side(row.from_account, row.get_from_pocket_display()),
        side(row.to_account, row.get_to_pocket_display()),
        display.number(row.owner),
        display.amount(row.amount, row.currency),
    ]


class EitherSide(DropdownFilter):
    """Movements out of or into one account: reached from its page, shown while in use."""

    title = gettext_lazy("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Only the account that is asked for: there may be thousands."""
        asked = request.GET.get("account", "")
        found = Account.objects.filter(pk=int(asked)).first() if asked.isdecimal() else None
        return [(asked, str(found))] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Either end."""
        asked = self.value()
        if not (asked and asked.isdecimal()):
            return queryset
        return queryset.filter(Q(from_account=asked) | Q(to_account=asked))


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """The journal. Never changed; a correction is another row."""

    when_empty = gettext_lazy(
        "Every top-up, order, bill and allocation moves money here. Top up an account first."
    )
    first_step = (
        gettext_lazy("Accounts"),
        "admin:finance_mgmt_account_changelist",
        "finance_mgmt.view_account",
    )
    is_large = True
    list_display = (
        "at_instant",
        "kind",
        "from_side",
        "to_side",
        "owner_account",
        "row_amount",
        "why",
    )
    list_select_related = ("from_account", "to_account", "owner")
    list_filter = (EitherSide, ("kind", ChoicesDropdownFilter))
    search_fields = ("=from_account__number", "=to_account__number", "=owner__number")
    search_help_text = gettext_lazy("Whole number of an account")
    ordering = ("-id",)
    sortable_by = ()

    at_instant = columns.instant("at", gettext_lazy("at"))
    row_amount = columns.amount("amount", gettext_lazy("amount"))
    owner_account = columns.account("owner", gettext_lazy("for"))

    @admin.display(description=gettext_lazy("from"))
    def from_side(self, row: Movement) -> Any:
        """Whose pocket paid."""
        return side(row.from_account, row.get_from_pocket_display())

    @admin.display(description=gettext_lazy("to"))
    def to_side(self, row: Movement) -> Any:
        """Whose pocket received."""
        return side(row.to_account, row.get_to_pocket_display())

    @admin.display(description=gettext_lazy("reason"))
    def why(self, row: Movement) -> str:
        """As whoever moved it said."""
        return written_words.reason(row.reason)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With both ends."""
        found = super().get_queryset(request)
        return found.select_related("from_account", "to_account", "owner")

    def panels(self, request: HttpRequest, row: Movement) -> Sequence[Panel]:
        """Both sides, and the decision that moved it."""
        return [
            Facts(
                title=_("Movement"),
                facts=[
                    Fact(_("amount"), display.amount(row.amount, row.currency)),
                    Fact(_("from"), side(row.from_account, row.get_from_pocket_display())),
                    Fact(_("to"), side(row.to_account, row.get_to_pocket_display())),
                    Fact(
                        _("owner"),
                        display.account(row.owner),
                        _("Whose order or usage caused it."),
                        "B4",
                    ),
                    Fact(_("reason"), written_words.reason(row.reason) or display.NOTHING),
                    Fact(_("at"), display.instant(row.at)),
                    Fact(_("corrects"), display.link(row.corrects), rule="F10"),
                    Fact(_("decision"), display.decision(row.decision), rule="Z8"),
                ],
            )
        ]
