"""Many orders in one request: which accounts and products they name, read at once."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from finance_mgmt.api.bodies import Body
from finance_mgmt.api.fields import NUMBER, Amount
from finance_mgmt.api.problems import shown
from finance_mgmt.errors import FinanceError
from finance_mgmt.queries import access

from ..enums import OrderKind
from ..models import Order, Product
from ..models.orders import MOST_MONTHS
from ..services.many_orders import MOST_AT_ONCE, NewOrder, Placed


class RowBody(Body):
    """One of many new orders."""

    number = serializers.RegexField(NUMBER)
    account = serializers.RegexField(r"^[^\0]{1,100}$", help_text="Its number.")
    product = serializers.RegexField(r"^[^\0]{1,100}$", help_text="Its code.")
    list_amount = Amount()
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="That of the account: a check.")
    kind = serializers.ChoiceField(choices=OrderKind.choices, required=False)
    months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, required=False)
    resource = serializers.CharField(max_length=1000, required=False)


class ManyBody(Body):
    """New orders, each placed and paid after those before it."""

    orders = RowBody(many=True, allow_empty=False, max_length=MOST_AT_ONCE)
    all_or_nothing = serializers.BooleanField(
        required=False, help_text="True: one that is refused takes all others back."
    )

    def validate_orders(self, rows: list[dict[str, Any]]) -> list[NewOrder]:
        """The orders, with the accounts and products they name, in two queries."""
        actor = self.context["request"].actor
        accounts = _found(access.accounts(actor), "number", {row["account"] for row in rows})
        products = _found(Product.objects.all(), "code", {row["product"] for row in rows})
        problems, wanted = [], []
        for row in rows:
            wrong = _wrong(row, accounts, products)
            problems.append(wrong)
            if not wrong:
                row = {name: value for name, value in row.items() if name != "currency"}
                row["account"] = accounts[row["account"]]
                row["product"] = products[row["product"]]
                row["kind"] = OrderKind(row.get("kind", OrderKind.NEW))
                wanted.append(NewOrder(**row))
        if any(problems):
            raise serializers.ValidationError(problems)
        return wanted


def _found(rows: QuerySet[Any], column: str, wanted: set[str]) -> dict[str, Any]:
    return {getattr(row, column): row for row in rows.filter(**{f"{column}__in": wanted})}


def _wrong(
    row: dict[str, Any], accounts: dict[str, Any], products: dict[str, Any]
) -> dict[str, list[str]]:
    wrong = {}
    account = accounts.get(row["account"])
    if account is None:
        wrong["account"] = ["There is no such account."]
    elif account.currency != row["currency"]:
        wrong["currency"] = [f"{account.number} is in {account.currency}."]
    if row["product"] not in products:
        wrong["product"] = ["There is no such product."]
    return wrong


def reasons_of(refusal: FinanceError | None) -> list[dict[str, Any]]:
    """Why one was refused; empty: it was not."""
    return [shown(reason) for reason in refusal.reasons] if refusal else []


def as_stored(placed: list[Placed]) -> dict[int, Order]:
    """The placed orders with all that is shown of them, in one query."""
    ids = [one.order.pk for one in placed if one.order]
    named = ("owner", "payer", "product", "coupon")
    return {order.pk: order for order in Order.objects.select_related(*named).filter(pk__in=ids)}
