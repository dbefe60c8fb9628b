"""Agreeing contract prices (D1)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import AmountField, CommandForm, InstantField
from finance_mgmt.admin.new_rows import NewRow, PercentField, RowField

from ..models import Discount
from ..services import prices


class DiscountForm(CommandForm):
    """Whose, on what, how much."""

    owner = RowField(Discount, "owner", label=gettext_lazy("Owner"))
    product = RowField(
        Discount,
        "product",
        label=gettext_lazy("Product"),
        required=False,
        help_text=gettext_lazy("A product or a family, not both; neither means everything."),
    )
    family = RowField(Discount, "family", label=gettext_lazy("Product family"), required=False)
    rate = PercentField(
        label=gettext_lazy("Percent of the list price"),
        required=False,
        help_text=gettext_lazy("What is still paid: 85 is 15 % off. This or a fixed price (D1)."),
    )
    fixed_price = AmountField(label=gettext_lazy("Fixed price per unit"), required=False)
    valid_from = InstantField(
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("Empty: now. Cycles that start then or later count (C1)."),
    )
    valid_until = InstantField(
        label=gettext_lazy("Valid until"), help_text=gettext_lazy("Empty: without end.")
    )


class GiveDiscount(NewRow):
    """A contract price."""

    name, icon, needs, model = "give", "percent", "finance_mgmt.give_discount", Discount
    label = gettext_lazy("Give a discount")
    form_class = DiscountForm
    service = prices.add_discount
    done = gettext_lazy("The discount is given.")
    intro = gettext_lazy("The one best for the customer applies; discounts don't stack (D1).")

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Which one counts, and for whom."""
        found = Discount.objects.filter(owner=given["owner"]).count()
        others = display.list_link(Discount, found, owner__id__exact=given["owner"].pk)
        return [
            (_("discounts of this owner so far"), others, "D1"),
            (_("which counts"), _("The best one for the customer, and no other."), "D1"),
            (_("cycles"), _("Those that start while it is valid; what is closed stays."), "C1"),
            (
                _("for whom"),
                _("The owner's own usage, and what its trusteeship members use."),
                "D2",
            ),
        ]

    def after(self, row: Any, result: Discount) -> str:
        """The list: there it stands first."""
        return display.list_of(Discount)


OF_LIST: list[NewRow] = [GiveDiscount()]
