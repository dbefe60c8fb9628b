"""Random months: usage, links, closes and bills in any order, beside a model of plain Python.

The model knows the records and the relationships and sums what each payer owes for whom, by C1,
P1 and D1-D2, in its own words. After every step the books are verified; after every run of the
jobs the charges are the model's, to the last digit, and running the jobs again changes nothing.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from billing.models import Bill, Charge, ClosedThrough
from billing.services import adjustments, vouchers
from finance_mgmt.enums import Cycle, Mode, Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account, Movement, Run
from finance_mgmt.periods import containing
from finance_mgmt.services import cash, changes
from tests.billing.charge_sums import differences
from tests.provider import SHANGHAI, Provider, at

EXAMPLES = int(os.environ.get("RANDOM_MONTHS", "6"))
STEPS = 25

START = at("2024-05-20")
ACCOUNTS = ("HQ", "HQ2", "A", "B")
RATES = {"HQ": Decimal("0.8"), "A": Decimal("0.9")}
PRODUCTS = {  # code -> cycle, unit price, unit price since PRICED_ANEW, keeps own discount
    "ecs": (Cycle.HOUR, Decimal("1.25"), Decimal("1.3"), False),
    "disk": (Cycle.DAY, Decimal("0.004"), Decimal("0.004"), False),
    "sms": (Cycle.WEEK, Decimal("0.05"), Decimal("0.06"), True),
    "seat": (Cycle.MONTH, Decimal("30"), Decimal("31"), False),
}
PRICED_ANEW = at("2024-06-10")


@dataclass(frozen=True)
class Link:
    """A relationship as the model sees it."""

    pk: int
    master: str
    member: str
    since: datetime
    trusteeship_since: datetime | None
    shares_discounts: bool
    until: datetime | None = None

    def holds(self, when: datetime) -> bool:
        return self.since <= when and (self.until is None or when < self.until)

    def is_trusteeship(self, when: datetime) -> bool:
        return self.trusteeship_since is not None and self.trusteeship_since <= when


@dataclass(frozen=True)
class Used:
    """A usage record as the model sees it."""

    owner: str
    product: str
    quantity: Decimal
    period_start: datetime
    due_at: datetime


class Months(RuleBasedStateMachine):
    """The services and the model, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.provider = Provider()
        self.now = START
        self.links: list[Link] = []
        self.records: list[Used] = []
        self.adjusted = Decimal(0)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(is_walked=st.booleans(), delay=st.sampled_from([0, 5400]))
    def open(self, is_walked: bool, delay: int) -> None:
        provider = self.provider
        provider.policy(close_delay=delay)
        self.delay = timedelta(seconds=delay)
        self.accounts = {
            number: provider.account(number, cash_amount="500", credit_limit="100000")
            for number in ACCOUNTS
        }
        self.products = {}
        for code, (cycle, price, anew, flagged) in PRODUCTS.items():
            product = provider.product(
                code, cycle=cycle, unit_price=str(price), keeps_own_discount=flagged
            )
            provider.price(product, str(anew), PRICED_ANEW)
            self.products[code] = product
        for number, rate in RATES.items():
            provider.discount(self.accounts[number], rate=str(rate))
        if is_walked:  # a voucher for nothing that is used: the other way to charge, same charges
            never = provider.product("never")
            for number, account in self.accounts.items():
                vouchers.issue(
                    code=number,
                    owner=account,
                    face_value=Decimal(100),
                    products=[never],
                    **provider.said(),
                )
        provider.start_closing(START)

    # -- What happens --------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 7, 24, 24 * 9, 24 * 31]), minutes=st.integers(0, 59))
    def time_passes(self, hours: int, minutes: int) -> None:
        self.now += timedelta(hours=hours, minutes=minutes)

    @rule(
        owner=st.sampled_from(ACCOUNTS),
        product=st.sampled_from(sorted(PRODUCTS)),
        quantity=st.decimals("-3", "9", places=3),
        hours_ago=st.sampled_from([0, 0, 0, 1, 5, 30, 24 * 20]),
        resource=st.sampled_from(["", "i-1"]),
    )
    def use(
        self, owner: str, product: str, quantity: Decimal, hours_ago: int, resource: str
    ) -> None:
        when = self.now - timedelta(hours=hours_ago)
        record = self.provider.use(
            self.accounts[owner],
            self.products[product],
            str(quantity),
            when,
            reported=self.now,
            resource=resource,
        )
        period = containing(when, PRODUCTS[product][0], SHANGHAI)
        due_at = period.end + self.delay
        is_late = due_at <= max(self.now, ClosedThrough.objects.get().instant or self.now)
        assert record.is_late == is_late
        self.records.append(
            Used(owner, product, quantity, period.start, record.due_at if is_late else due_at)
        )

    @rule(
        master=st.sampled_from(ACCOUNTS[:3]),
        member=st.sampled_from(ACCOUNTS),
        mode=st.sampled_from(list(Mode)),
        shares_discounts=st.booleans(),
    )
    def link(self, master: str, member: str, mode: Mode, shares_discounts: bool) -> None:
        powers = (Permission.SHARE_DISCOUNTS,) if shares_discounts else ()
        try:
            made = self.provider.link(
                self.accounts[master], self.accounts[member], self.now, mode=mode, grants=powers
            )
        except FinanceError:
            return
        held_since = self.now if mode == Mode.TRUSTEESHIP else None
        self.links.append(
            Link(made.pk, master, member, self.now, held_since, bool(shares_discounts))
        )

    @rule(number=st.integers(0, 3), change=st.sampled_from(["end", "upgrade", "move"]))
    def change(self, number: int, change: str) -> None:
        open_links = [link for link in self.links if link.until is None]
        if number >= len(open_links):
            return
        link = open_links[number]
        row = self.accounts[link.member].as_member.get(pk=link.pk)
        more = {} if change == "end" else {"has_acknowledged": True}
        if change == "move":
            more["master"] = self.accounts["HQ2" if link.master == "HQ" else "HQ"]
        try:
            made = getattr(changes, change)(
                relationship=row, **more, **self.provider.said(self.now)
            )
        except FinanceError:
            return
        self.links.remove(link)
        if change == "upgrade":
            self.links.append(replace(link, trusteeship_since=self.now))
            return
        self.links.append(replace(link, until=self.now))
        if change == "move":
            held_since = self.now if link.is_trusteeship(self.now) else None
            self.links.append(
                replace(
                    link,
                    pk=made.pk,
                    master=made.master.number,
                    since=self.now,
                    trusteeship_since=held_since,
                )
            )

    @rule(owner=st.sampled_from(ACCOUNTS), cents=st.integers(1, 100_000))
    def top_up(self, owner: str, cents: int) -> None:
        cash.top_up(
            account=self.accounts[owner],
            amount=Decimal(cents).scaleb(-2),
            reason="",
            **self.provider.said(self.now),
        )

    @rule(owner=st.sampled_from(ACCOUNTS), amount=st.decimals("-20", "20", places=4).filter(bool))
    def adjust(self, owner: str, amount: Decimal) -> None:
        adjustments.adjust(
            account=self.accounts[owner],
            amount=amount,
            reason="test",
            **self.provider.said(self.now),
        )
        self.adjusted += amount

    @rule()
    def run_jobs(self) -> None:
        self.provider.jobs(self.now)
        assert self._charged() == self._expected()
        assert _payable(kind="adjustment") == self.adjusted
        billed = sum(
            (b.total + b.round_off - b.carried_amount for b in Bill.objects.all()), Decimal(0)
        )
        months = set(Bill.objects.values_list("payer", "month"))
        rows = Charge.objects.values_list("payer", "billing_month", "payable_amount")
        assert billed == sum((c for *bill, c in rows if tuple(bill) in months), Decimal(0))
        before = _counts()
        self.provider.jobs(self.now)
        assert _counts() == before
        assert differences(sorted({month for _, month, _ in rows})[-2:], self.now) == {}

    # -- What always holds ---------------------------------------------------------------------

    @invariant()
    def books_are_right(self) -> None:
        self.provider.verify_books()

    def _charged(self) -> dict[tuple[str, str], Decimal]:
        rows = Charge.objects.filter(kind="usage").order_by()
        sums = rows.values_list("payer__number", "owner__number").annotate(Sum("payable_amount"))
        return {(payer, owner): amount for payer, owner, amount in sums if amount}

    def _expected(self) -> dict[tuple[str, str], Decimal]:
        horizon = ClosedThrough.objects.get().instant
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for record in self.records:
            if horizon is not None and record.due_at <= horizon:
                payer, discounts_of = self._terms(record)
                _, price, anew, _ = PRODUCTS[record.product]
                unit_price = anew if record.period_start >= PRICED_ANEW else price
                rate = RATES.get(discounts_of, Decimal(1))
                sums[payer, record.owner] += record.quantity * unit_price * rate
        return {key: amount for key, amount in sums.items() if amount}

    def _terms(self, record: Used) -> tuple[str, str]:
        owner, when = record.owner, record.period_start
        held = [link for link in self.links if link.member == owner and link.holds(when)]
        is_flagged = PRODUCTS[record.product][3]
        for link in held:
            if link.is_trusteeship(when):
                return link.master, owner if is_flagged else link.master
            if link.shares_discounts and not is_flagged:
                return owner, link.master
        return owner, owner


def _payable(**which) -> Decimal:
    found = Charge.objects.filter(**which).aggregate(sum=Sum("payable_amount"))["sum"]
    return found or Decimal(0)


def _counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Charge, Bill, Movement, Run, Account))


@pytest.mark.slow
@pytest.mark.rule("B1", "B2", "B3", "C1", "C4", "D1", "D2", "F10", "P1")
@pytest.mark.django_db
def test_random_months_are_charged_as_plain_python_would():
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
