"""The provider with its shop open: orders, vouchers, commitments, settlements, and refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from billing.models import (
    Bill,
    Charge,
    Commitment,
    Coupon,
    Coverage,
    Discount,
    Order,
    Price,
    Resource,
    Settlement,
    Voucher,
    VoucherDraw,
)
from billing.services import (
    adjustments,
    bills,
    commitments,
    coupons,
    cycles,
    orders,
    prices,
    refunds,
    resources,
    settlement,
    vouchers,
)
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account, Relationship, Run
from finance_mgmt.services import cash, changes, credit, grants, relationships, runs
from tests.provider import LONG_AGO, Provider, at

NEW_YEAR = at("2024-01-01")
NOW = at("2024-05-10 14:20:30")
LATER = at("2024-05-20 10:00")
MAY, JUNE, JULY = (date(2024, month, 1) for month in (5, 6, 7))


def money(text: str | int) -> Decimal:
    return Decimal(text)


class Shop(Provider):
    """Words of a prepaid and postpaid shop, each one service call. Amounts are texts."""

    def prepaid(self, code: str = "vm", *, family: str = "compute", **more) -> object:
        return self.product(code, cycle="", unit_price=None, family=family, **more)

    def order(
        self,
        account: Account,
        product: object,
        amount: str,
        when: datetime = NOW,
        *,
        number: str | None = None,
        said: dict | None = None,
        **more,
    ) -> Order:
        return orders.place(
            number=number or f"order-{self.key()}",
            account=account,
            product=product,
            list_amount=Decimal(amount),
            **more,
            **(said or self.said(when)),
        )

    def pay(self, order: Order, when: datetime = NOW) -> Order:
        return orders.pay(order=order, **self.said(when))

    def cancel(self, order: Order, when: datetime = NOW) -> Order:
        return orders.cancel(order=order, **self.said(when))

    def override(self, order: Order, amount: str, when: datetime = NOW) -> Order:
        return orders.override_price(order=order, amount=Decimal(amount), **self.said(when))

    def refund(self, order: Order, when: datetime, amount: str | None = None) -> Order:
        given = None if amount is None else Decimal(amount)
        return refunds.refund(order=order, amount=given, **self.said(when))

    def downgrade(self, order: Order, amount: str, when: datetime) -> Order:
        return refunds.downgrade(order=order, amount=Decimal(amount), **self.said(when))

    def voucher(self, owner: Account, face: str, code: str = "", **more) -> Voucher:
        when = more.pop("when", NEW_YEAR)
        return vouchers.issue(
            code=code or f"voucher-{self.key()}",
            owner=owner,
            face_value=Decimal(face),
            **more,
            **self.said(when),
        )

    def coupon(self, owner: Account, amount: str, code: str = "", **more) -> Coupon:
        return coupons.issue(
            code=code or f"coupon-{self.key()}",
            owner=owner,
            amount=Decimal(amount),
            **more,
            **self.said(NEW_YEAR),
        )

    def instance(self, owner: Account, product: object, quantity: str, **more) -> Commitment:
        return self._commitment(
            owner, kind="reserved_instance", product=product, quantity=Decimal(quantity), **more
        )

    def capacity(self, owner: Account, family: object, quantity: str, **more) -> Commitment:
        facts = {"kind": "storage_capacity_unit", "families": [family]}
        return self._commitment(owner, quantity=Decimal(quantity), **facts, **more)

    def plan(self, owner: Account, commit: str, rate: str, **more) -> Commitment:
        facts = {"commit_amount": Decimal(commit), "rate": Decimal(rate)}
        return self._commitment(owner, kind="savings_plan", **facts, **more)

    def _commitment(self, owner: Account, *, code: str = "", **more) -> Commitment:
        said = self.said(more.pop("when", NEW_YEAR))
        code = code or f"commitment-{said['key']}"
        return commitments.add(
            code=code or f"commitment-{said['key']}", owner=owner, **more, **said
        )

    def set_price(
        self, product: object, unit_price: str, when: datetime, steps: tuple = (), **more
    ) -> Price:
        pairs = [(Decimal(start), Decimal(price)) for start, price in steps]
        return prices.set_price(
            product=product,
            unit_price=Decimal(unit_price),
            steps=pairs,
            **more,
            **self.said(when),
        )

    def offer(self, owner: Account, when: datetime = NEW_YEAR, **more) -> Discount:
        return prices.add_discount(owner=owner, **more, **self.said(when))

    def adjust(self, account: Account, amount: str, when: datetime, reason: str = "goodwill"):
        return adjustments.adjust(
            account=account, amount=Decimal(amount), reason=reason, **self.said(when)
        )

    def settle(
        self, account: Account, when: datetime, amount: str | None = None, month=None
    ) -> list[Settlement]:
        given = None if amount is None else Decimal(amount)
        return settlement.settle(account=account, amount=given, month=month, **self.said(when))

    def settle_for(
        self,
        master: Account,
        member: Account,
        when: datetime,
        amount: str | None = None,
        month=None,
    ) -> list[Settlement]:
        return settlement.settle_for(
            master=master,
            member=member,
            amount=None if amount is None else Decimal(amount),
            month=month,
            **self.said(when),
        )

    def settle_due(self, when: datetime) -> list[Settlement]:
        """The automatic run of every bill whose due date has come."""
        made = []
        for bill in settlement.due_bills(when):
            made += settlement.settle_due(bill=bill, by="job", at=when)
        return made

    def unified(self, link: Relationship, when: datetime, is_on: bool = True) -> Relationship:
        return settlement.switch_unified(relationship=link, is_on=is_on, **self.said(when))

    def start(self, account: Account, code: str, product: object, when: datetime = NOW) -> Resource:
        return resources.start(account=account, code=code, product=product, **self.said(when))

    def release(self, resource: Resource, when: datetime = NOW) -> Resource:
        return resources.release(resource=resource, **self.said(when))

    def review(self, when: datetime) -> list[str]:
        """Codes of the resources whose state the review changed."""
        return [row.code for row in resources.review(by="job", at=when)]

    def top_up(self, account: Account, amount: str, when: datetime = NOW) -> None:
        cash.top_up(account=account, amount=Decimal(amount), reason="", **self.said(when))

    def limit(self, account: Account, amount: str, when: datetime = NOW) -> None:
        credit.set_limit(account=account, limit=Decimal(amount), reason="", **self.said(when))

    def allocate(self, master: Account, member: Account, amount: str, when: datetime = NOW):
        return credit.allocate(
            master=master, member=member, amount=Decimal(amount), **self.said(when)
        )

    def transfer(self, master: Account, member: Account, amount: str, when: datetime = NOW):
        return cash.transfer(
            master=master, member=member, amount=Decimal(amount), **self.said(when)
        )

    def link_later(
        self, master: Account, member: Account, when: datetime, effective_at: datetime
    ) -> Relationship:
        return relationships.link(
            master=master,
            member=member,
            mode=Mode.TRUSTEESHIP,
            has_acknowledged=True,
            effective_at=effective_at,
            **self.said(when),
        )

    def grant(self, link: Relationship, permission: Permission, when: datetime) -> None:
        grants.grant(relationship=link, permission=permission, **self.said(when))

    def move(self, link: Relationship, master: Account, when: datetime) -> Relationship:
        return changes.move(
            relationship=link, master=master, has_acknowledged=True, **self.said(when)
        )

    def upgrade(self, link: Relationship, when: datetime) -> Relationship:
        return changes.upgrade(relationship=link, has_acknowledged=True, **self.said(when))

    def manage(
        self, master: Account, member: Account, *grants: Permission, when: datetime = LONG_AGO
    ) -> Relationship:
        return self.link(master, member, when, mode=Mode.MANAGEMENT, grants=grants)

    def wrong_books(self) -> list[str]:
        """What the invariants that hold at every moment say is wrong."""
        return [said for path in settings.BOOK_CHECKS for said in import_string(path)()]

    def close(self, when: datetime) -> Run | None:
        """One close at the instant, without bills; it may fail."""
        self.start_closing(when)
        run = cycles.close(by="job", at=when)
        return run and runs.work(run.pk, worker="test")

    def issue(self, when: datetime) -> Run | None:
        run = bills.issue(by="job", at=when)
        return run and runs.work(run.pk, worker="test")


def paid(order: Order) -> dict[str, Decimal]:
    """What the amounts of an order are, as stored: those that are not 0."""
    row = Order.objects.get(pk=order.pk)
    names = ("list", "discount", "coupon", "voucher", "payable")
    amounts = {name: getattr(row, f"{name}_amount") for name in names}
    amounts |= {"cash": row.from_cash, "credit": row.from_credit}
    return {name: amount for name, amount in amounts.items() if amount}


def amounts(**texts: str) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in texts.items()}


def bill(account: Account, month: date) -> dict[str, object]:
    """One bill as stored: its amounts that are not 0, and its status."""
    row = Bill.objects.get(payer=account, month=month)
    names = ("total", "round_off", "from_cash", "on_credit", "outstanding", "carried_forward")
    found = {name: getattr(row, name) for name in names if getattr(row, name)}
    return found | {"status": str(row.status)}


def charged(**where) -> list[tuple]:
    """(owner, payer, list, covered, discount, voucher, payable) of charges, oldest period first."""
    rows = Charge.objects.filter(**where).order_by("period_start", "id")
    return list(
        rows.values_list(
            "owner__number",
            "payer__number",
            "list_amount",
            "covered_amount",
            "discount_amount",
            "voucher_amount",
            "payable_amount",
        )
    )


def covered() -> list[tuple[str, str, Decimal, Decimal]]:
    """(commitment, owner of the usage, quantity, amount) of all cover, oldest charge first."""
    rows = Coverage.objects.order_by("charge__period_start", "charge_id", "id")
    return list(rows.values_list("commitment__code", "charge__owner__number", "quantity", "amount"))


def drawn() -> list[tuple[str, str, Decimal]]:
    """(voucher, owner of the charge, amount) of all draws, oldest charge first."""
    rows = VoucherDraw.objects.order_by("charge__period_start", "charge_id", "id")
    return list(rows.values_list("voucher__code", "charge__owner__number", "amount"))


def books() -> dict[str, str]:
    """A fingerprint of every row of every table of ours."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINTS)
        return dict(cursor.fetchall())


def _tables() -> list[str]:
    models = [
        model
        for label in ("finance_mgmt", "billing")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]
    return [model._meta.db_table for model in models if model._meta.managed]


_FINGERPRINTS = " UNION ALL ".join(
    f"SELECT '{table}', count(*) || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
    f' FROM "{table}" t'
    for table in _tables()
)


@contextmanager
def refused(error: type[FinanceError], *reasons: str) -> Iterator[None]:
    """The block is refused for exactly these reasons ("F5 funds_too_low") and leaves nothing."""
    before = books()
    with pytest.raises(error) as caught:
        yield
    assert [f"{reason.rule} {reason.code}" for reason in caught.value.reasons] == list(reasons)
    assert {name: row for name, row in books().items() if before[name] != row} == {}
