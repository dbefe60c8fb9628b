"""Orders: placed, paid, cancelled, their price overridden, refunded, downgraded (O1-O4)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanWidget

from finance_mgmt import queries as ground
from finance_mgmt.admin import display, preview_panels
from finance_mgmt.admin.command_forms import AmountField, CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.new_rows import ChoiceField, CodeField, NewRow, RowField, TextField
from finance_mgmt.admin.panels import Fact, Panel, Tiles
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.services.previews import Preview

from ..enums import OrderKind, OrderStatus
from ..models import Order
from ..services import orders, refunds

PAID = (OrderStatus.PAID, OrderStatus.PARTLY_REFUNDED)


class OfOrder(CommandPage):
    """A command of one order in certain states."""

    states: tuple[str, ...] = (OrderStatus.PENDING,)
    needs = "finance_mgmt.place_order"

    def is_offered(self, row: Order) -> bool:
        """In its states."""
        return row.status in self.states

    def arguments(self, row: Order, given: dict[str, Any]) -> dict[str, Any]:
        """The order, and what was filled in."""
        return {"order": row, **{name: value for name, value in given.items() if name != "key"}}

    def panels(self, row: Order, at: datetime) -> list[Panel]:
        """What it costs and who pays as things stand."""
        payer = row.payer or Account.objects.get(pk=ground.terms(row.owner_id, at).payer)
        currency = row.owner.currency
        paid = row.payable_amount if row.paid_at else row.override_amount
        facts = [
            Fact(_("list"), display.amount(row.list_amount, currency), rule="K4"),
            Fact(_("payable"), display.amount(paid, currency), rule="O3"),
            Fact(_("payer"), payer.number, payer.name, rule="C2"),
        ]
        return [Tiles(facts=facts)]

    def parties(self, row: Order, given: dict[str, Any]) -> set[int]:
        """Whose it is, and who pays."""
        payer = row.payer_id or ground.terms(row.owner_id, now()).payer
        return {row.owner_id, payer}


class PriceForm(CommandForm):
    """The new price."""

    amount = AmountField(
        label=gettext_lazy("Price"),
        help_text=gettext_lazy("Replaces what is payable before vouchers; never above the list."),
    )


class RefundForm(CommandForm):
    """How much."""

    amount = AmountField(
        label=gettext_lazy("Amount"),
        required=False,
        help_text=gettext_lazy("Empty: all that is not used, by days. The resource is released."),
    )


class DowngradeForm(CommandForm):
    """What is worth less now."""

    amount = AmountField(
        label=gettext_lazy("Amount to give back"),
        help_text=gettext_lazy("Nothing where the value is lost (R2)."),
    )


class PlaceForm(CommandForm):
    """What is bought, for whom, for how much."""

    number = CodeField(label=gettext_lazy("Number"))
    account = RowField(Order, "owner", label=gettext_lazy("Account"))
    product = RowField(Order, "product", label=gettext_lazy("Product"))
    list_amount = AmountField(
        label=gettext_lazy("List price"),
        help_text=gettext_lazy("For all months together, in the account's currency."),
    )
    kind = ChoiceField(label=gettext_lazy("Kind"), choices=OrderKind.choices)
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=1,
        max_value=120,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    resource = TextField(
        label=gettext_lazy("Resource"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Empty: the number of the order."),
    )
    is_paid = forms.BooleanField(
        label=gettext_lazy("Pay at once"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy("If not, it waits; its price may be overridden (O3)."),
    )


class Place(NewRow):
    """A new prepaid order (O1)."""

    name, icon, needs, model = "place", "add_shopping_cart", "finance_mgmt.place_order", Order
    label = gettext_lazy("Place an order")
    form_class = PlaceForm
    service = orders.place
    done = gettext_lazy("The order is placed.")
    intro = gettext_lazy(
        "Vouchers, then the payer's money: it must fit, else nothing is left of it (O1, F5)."
    )

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """An account from the address."""
        return {"months": 1, "is_paid": True} | super().initial(request, row)

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in."""
        return super().arguments(row, given) | {"kind": OrderKind(given["kind"])}

    def parties(self, row: Any, given: dict[str, Any]) -> tuple[int, ...]:
        """Whose it is, and who pays."""
        owner = given["account"].pk
        return (owner, ground.terms(owner, now()).payer)

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What it takes from whom."""
        return preview_panels.panels(found, at)


class Pay(OfOrder):
    """Pay by the terms of this instant (C2)."""

    name, icon = "pay", "shopping_cart_checkout"
    label = gettext_lazy("Pay the order")
    service = orders.pay
    done = gettext_lazy("The order is paid.")
    is_primary = True
    intro = gettext_lazy("Price, payer and discount are those of the instant of payment (C2).")


class Cancel(OfOrder):
    """Nothing was paid, nothing is left (O1)."""

    name, icon = "cancel", "cancel"
    label = gettext_lazy("Cancel the order")
    service = orders.cancel
    done = gettext_lazy("The order is cancelled.")
    intro = gettext_lazy("Only before it is paid; what is paid is refunded instead (O1).")


class OverridePrice(OfOrder):
    """A price of our own (O3)."""

    name, icon, needs = "override-price", "sell", "finance_mgmt.override_price"
    label = gettext_lazy("Override the price")
    form_class = PriceForm
    service = orders.override_price
    verb = "orders.override_price"
    done = gettext_lazy("The price is changed.")
    intro = gettext_lazy("Only before it is paid, and never for a member in trusteeship (O3).")


class Refund(OfOrder):
    """Back to the payer who paid: credit first, then cash (O4)."""

    name, icon, needs = "refund", "currency_exchange", "finance_mgmt.refund"
    label = gettext_lazy("Refund")
    form_class = RefundForm
    states = PAID
    service = refunds.refund
    verb = "refunds.refund"
    done = gettext_lazy("The order is refunded.")
    intro = gettext_lazy("It goes back to the payer who paid: credit first, then cash (O4).")

    def amount(self, arguments: dict[str, Any], at: datetime) -> Decimal | None:
        """All that could be given back, where no amount was given."""
        return arguments["amount"] or refunds.refundable(arguments["order"], at)


class Downgrade(OfOrder):
    """What is worth less from now on (O1)."""

    name, icon, needs = "downgrade", "trending_down", "finance_mgmt.refund"
    label = gettext_lazy("Downgrade")
    form_class = DowngradeForm
    states = PAID
    service = refunds.downgrade
    done = gettext_lazy("The downgrade is made.")
    intro = gettext_lazy("The unused difference goes back to the payer who paid (O4).")


OF_LIST: list[NewRow] = [Place()]
PAGES: list[CommandPage] = [Pay(), Cancel(), OverridePrice(), Refund(), Downgrade()]
