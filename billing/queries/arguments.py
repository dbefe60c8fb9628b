"""From the primitive arguments of stored commands back to rows."""

from ..models import Order


def order(number: str) -> Order:
    """The order with this number."""
    return Order.objects.get(number=number)
