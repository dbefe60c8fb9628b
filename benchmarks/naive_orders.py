"""The order that everyone writes first: lock, check, then one ORM row after the other."""

from django.db import transaction

from benchmarks.groups import CENT, NOW
from billing.models import Charge, Order, Product, Resource
from finance_mgmt.models import Account, Decision, Funds, Movement


def buy(number: str, owner: Account, payer: int, product: Product) -> None:
    """Lock, check, then a row after the other: what everyone writes first."""
    at = NOW
    with transaction.atomic():
        funds = Funds.objects.select_for_update().get(pk=payer)
        if funds.credit_limit - funds.used < CENT:
            raise ValueError("over the limit")
        decision = Decision.objects.create(key=number, verb="bench", facts={}, by="bench", at=at)
        resource = Resource.objects.create(
            account=owner,
            code=number,
            product=product,
            kind="prepaid",
            started_at=at,
            paid_until=at,
        )
        order = Order.objects.create(
            number=number,
            kind="new",
            status="paid",
            owner=owner,
            product=product,
            resource=resource,
            resource_code=number,
            placed_at=at,
            list_amount=CENT,
            payable_amount=CENT,
            from_credit=CENT,
            paid_at=at,
            payer_id=payer,
            decision=decision,
        )
        Charge.objects.create(
            kind="order",
            owner=owner,
            payer_id=payer,
            product=product,
            resource=number,
            period_start=at,
            period_end=at,
            billing_month="2024-06-01",
            quantity=1,
            list_amount=CENT,
            payable_amount=CENT,
            currency="CNY",
            order=order,
        )
        Movement.objects.create(
            decision=decision,
            kind="order",
            from_account_id=payer,
            from_pocket="credit",
            to_pocket="provider",
            owner=owner,
            amount=CENT,
            currency="CNY",
            reason=f"order {number}",
            at=at,
        )
        funds.used += CENT
        funds.save(update_fields=["used"])
