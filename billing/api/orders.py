"""Prepaid orders: placed, paid, cancelled, repriced, refunded (O1-O4)."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from finance_mgmt import queries as ground
from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body, currency_code, same_currency
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import NUMBER, AccountNumber, Amount, Coded
from finance_mgmt.api.filtering import Filters, account_number, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.api.previews import Asked, ReasonShown
from finance_mgmt.api.problem_examples import answers_with

from ..enums import OrderKind
from ..models import Order, Product
from ..models.orders import MOST_MONTHS
from ..queries import access
from ..services import many_orders, orders, refunds
from .many_orders import ManyBody, as_stored, reasons_of
from .orders_shown import OrderShown


class PlaceBody(Body):
    """A new order. Its list amount is the provider's to say: that is why only staff place it."""

    number = serializers.RegexField(NUMBER)
    account = AccountNumber()
    product = Coded(queryset=Product.objects.all())
    list_amount = Amount()
    currency = currency_code()
    kind = serializers.ChoiceField(choices=OrderKind.choices, required=False)
    months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, required=False)
    resource = serializers.CharField(max_length=1000, required=False)
    is_paid = serializers.BooleanField(required=False, help_text="False: it waits for payment.")


class ResultShown(serializers.Serializer):
    """What became of one of many: the order, or why there is none."""

    order = OrderShown(allow_null=True)
    reasons = ReasonShown(many=True)


class ManyShown(serializers.Serializer):
    """What became of each, in the order they came in."""

    placed = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ResultShown(many=True)


class PriceBody(Body):
    """What the order is to cost before vouchers."""

    amount = Amount()
    currency = currency_code()

    class Meta:
        ref_name = "OverrideBody"


class RefundBody(Body):
    """How much to give back; left out: the whole unused part. Only staff give back parts."""

    amount = Amount(required=False)


class DowngradeBody(Body):
    """What the downgrade gives back."""

    amount = Amount()


class OrderFilters(Filters):
    owner = account_number("owner")
    payer = account_number("payer")
    product = filters.CharFilter(field_name="product__code")
    since = since("placed_at")
    before = before("placed_at")

    class Meta:
        model = Order
        fields = ("owner", "payer", "product", "kind", "status", "number")


class Orders(Listed, Shown, Noun):
    """Orders of the account, of others whose consumption it sees, and those it paid."""

    model = Order
    rows = access.orders
    shown = OrderShown
    staff_view = "billing.view_order"
    ordering_fields = ("id", "number", "placed_at")
    filterset_class = OrderFilters
    lookup_field = "number"
    lookup_value_converter = "str"

    @command(
        asks=PlaceBody,
        answers=OrderShown,
        staff="place_order",
        status=201,
        example={
            "number": "O-1",
            "account": "ACME-2",
            "product": "vm-small",
            "list_amount": "120.00",
            "currency": "CNY",
            "months": 1,
        },
        refuses=(orders.OrderRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Order:
        """Place an order, and pay it at once unless `is_paid` is false (O1)."""
        same_currency(body.pop("currency"), body["account"])
        body["kind"] = OrderKind(body.get("kind", OrderKind.NEW))
        return orders.place(**body, **said)

    create_preview = preview_of(create)

    @command(
        asks=ManyBody,
        answers=ManyShown,
        staff="place_order",
        is_detail=False,
        path="bulk",
        example={
            "orders": [
                {
                    "number": "O-1",
                    "account": "ACME-2",
                    "product": "vm-small",
                    "list_amount": "120.00",
                    "currency": "CNY",
                }
            ],
            "all_or_nothing": False,
        },
        refuses=(many_orders.NotAllPlaced,),
    )
    def place_many(self, body: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """Place and pay up to 500 orders, each after those before it (O1).

        One that is refused stops no other, unless `all_or_nothing`.
        """
        together = body.get("all_or_nothing", False)
        placed = many_orders.place_many(wanted=body["orders"], is_all_or_nothing=together, **said)
        stored = as_stored(placed)
        return {
            "placed": len(stored),
            "refused": len(placed) - len(stored),
            "results": [
                {
                    "order": stored[one.order.pk] if one.order else None,
                    "reasons": reasons_of(one.refusal),
                }
                for one in placed
            ],
        }

    @command(
        answers=OrderShown, staff="place_order", roles=actors.MONEY, refuses=(orders.OrderRefused,)
    )
    def pay(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Order:
        """Pay a pending order by the terms of this instant (C2)."""
        return orders.pay(order=self._managed(), **said)

    pay_preview = preview_of(pay)

    @command(
        answers=OrderShown, staff="place_order", roles=actors.MONEY, refuses=(orders.OrderRefused,)
    )
    def cancel(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Order:
        """Cancel a pending order (O1)."""
        return orders.cancel(order=self._managed(), **said)

    @command(
        asks=PriceBody,
        answers=OrderShown,
        staff="override_price",
        example={"amount": "100.00", "currency": "CNY"},
        may_wait=True,
        refuses=(orders.OrderRefused,),
    )
    def override_price(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Asked:
        """Staff replace what an unpaid order costs before vouchers (O3)."""
        order = self._managed()
        same_currency(body["currency"], order.owner)
        amount = body["amount"]
        return Asked("orders.override_price", {"order": order, "amount": amount}, amount)

    override_price_preview = preview_of(override_price)

    @answers_with("whole_only")
    @command(
        asks=RefundBody,
        answers=OrderShown,
        staff="refund",
        roles=actors.MONEY,
        example={},
        may_wait=True,
        refuses=(refunds.RefundRefused,),
    )
    def refund(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Asked:
        """Give the unused part back to whoever paid (O4). It releases the resource."""
        order = self._managed()
        if self.actor.account and "amount" in body:
            text = "Leave the amount out: the whole unused part is given back."
            raise PermissionDenied(text, code="whole_only")  # else the resource would run on
        amount = body.get("amount", refunds.refundable(order, self.at))
        return Asked("refunds.refund", {"order": order, **body}, amount)

    refund_preview = preview_of(refund)

    @command(
        asks=DowngradeBody,
        answers=OrderShown,
        staff="refund",
        example={"amount": "20.00"},
        refuses=(refunds.RefundRefused,),
    )
    def downgrade(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Order:
        """Staff give back the value of a downgrade; nothing where it is lost (R2)."""
        return refunds.downgrade(order=self._managed(), **body, **said)

    def parties_of(self, row: Any) -> dict[str, int]:
        """Whose order it is, and who pays it."""
        payer = row.payer_id or ground.terms(row.owner_id, self.at).payer
        return {"owner": row.owner_id, "payer": payer}

    def _managed(self) -> Order:
        """The order of the address, if the actor may change it."""
        return self.managed(self.get_object())
