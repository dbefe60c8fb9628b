"""A machine that trades at random; after every step the books are right (RELIABILITY 4, 5 H).

Each rule is one command, or time that passes with the scheduled jobs. A refusal is fine and must
change nothing; any other error, any wrong book, any lost cent stops the machine and hypothesis
makes the story short. `tests/invoicing/test_random_trade.py` adds the rest of the commands to it
and runs both.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from billing.models import Bill, Charge, CoverUse, Order, Voucher
from billing.services import bills, cycles, sums, vouchers
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account, Funds, Movement, Relationship
from finance_mgmt.services import cash, credit, effects, runs
from tests.billing.shop import books
from tests.invoicing.office import Office
from tests.provider import at

NUMBERS = ["HQ", "HQ2", "A", "B", "C"]
account = st.sampled_from(NUMBERS)
member = st.sampled_from(["A", "B", "C"])
master = st.sampled_from(["HQ", "HQ2"])
money = st.sampled_from(["0.01", "1", "3.33", "10", "25", "70"])
odd = st.sampled_from(["0", "0.005", "1.119", "7", "24.999", "60"])
product = st.sampled_from(["hour", "day", "flagged", "stepped"])
pick = st.integers(0, 1000)
maybe = st.booleans()
SHARING = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT, Permission.SHARE_DISCOUNTS)


class Repeating(Office):
    """An office that can say its last words again: the same keys, for the same commands (F11)."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.repeated: list[str] | None = None

    def key(self) -> str:
        if self.repeated:
            return self.repeated.pop(0)
        self.spoken.append(super().key())
        return self.spoken[-1]


class Trading(RuleBasedStateMachine):
    """Two masters, three members, four metered products and a prepaid one, from late May on."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.shop, self.now = Repeating(), at("2024-05-29 21:40")
        for number, cash_amount, limit in [
            ("HQ", "90", "300"),
            ("HQ2", "0", "100"),
            ("A", "200", "0"),
            ("B", "50.5", "80"),
            ("C", "5", "0"),
        ]:
            self.shop.account(number, cash_amount=cash_amount, credit_limit=limit)
        self.products = {
            "hour": self.shop.product("hour", unit_price="0.333"),
            "day": self.shop.product("day", cycle="day", unit_price="0.05", family="storage"),
            "flagged": self.shop.product(
                "flagged", unit_price="1.1", family="sms", keeps_own_discount=True
            ),
            "stepped": self.shop.product("stepped", unit_price=None, family="storage"),
            "vm": self.shop.prepaid("vm"),
        }
        steps = (("5", "0.3"), ("20", "0.1"))
        self.shop.set_price(self.products["stepped"], "0.5", at("2024-01-01"), steps)
        self.shop.start_closing(at("2024-05-01"))
        self.done = self.refusals = 0

    @initialize(
        first=st.sampled_from([None, Mode.TRUSTEESHIP]),
        second=st.sampled_from([None, Mode.TRUSTEESHIP, Mode.MANAGEMENT]),
        has_discount=maybe,
    )
    def open(self, first, second, has_discount):
        """A may be in trusteeship of HQ, B in trusteeship of HQ2 or in management of HQ."""
        if first:
            self.shop.link(self.of("HQ"), self.of("A"), self.now)
        if second == Mode.MANAGEMENT:
            self.shop.link(self.of("HQ"), self.of("B"), self.now, mode=second, grants=SHARING)
        elif second:
            self.shop.link(self.of("HQ2"), self.of("B"), self.now)
        if has_discount:
            self.shop.offer(self.of("HQ"), rate=Decimal("0.777"))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # -- How a command is given --------------------------------------------------------------------

    def attempt(self, command: Callable[[], object]) -> bool:
        """Whether it was done; a refusal leaves everything as it was."""
        before = books()
        self.shop.spoken = []
        try:
            command()
        except FinanceError:
            assert _changed(before) == {}
            self.refusals += 1
            return False
        self.done += 1
        if self.done % 4 == 0:
            self.give_again(command)
        return True

    def give_again(self, command: Callable[[], object]) -> None:
        """A command that comes twice with its keys is answered and does nothing (F11)."""
        before = books()
        self.shop.repeated = list(self.shop.spoken)
        command()
        self.shop.repeated = None
        assert _changed(before) == {}

    def of(self, number: str) -> Account:
        return Account.objects.get(number=number)

    def one_of(self, rows, chosen: int):
        """One of the rows; a command on none of them is not given."""
        found = list(rows.order_by("pk"))
        return found[chosen % len(found)] if found else None

    def spend(self, owner: str, command: Callable[[], object]) -> None:
        """An order never takes its payer further over the limit than usage did already (F5)."""
        before = self.overshoots()
        self.attempt(command)
        assert [n for n, over in self.overshoots().items() if over > before[n]] == []

    def overshoots(self) -> dict[str, Decimal]:
        return {n: self.shop.figures(self.of(n), self.now).overshoot for n in NUMBERS}

    # -- Money -------------------------------------------------------------------------------------

    @rule(number=account, amount=money)
    def top_up(self, number, amount):
        self.attempt(lambda: self.shop.top_up(self.of(number), amount, self.now))

    @rule(number=account, amount=money)
    def withdraw(self, number, amount):
        said = self.shop.said(self.now)
        self.attempt(lambda: cash.withdraw(account=self.of(number), amount=Decimal(amount), **said))

    @rule(number=account, amount=st.sampled_from(["0", "15", "60", "200"]))
    def set_limit(self, number, amount):
        self.attempt(lambda: self.shop.limit(self.of(number), amount, self.now))

    @rule(
        giver=master,
        taker=member,
        amount=money,
        move=st.sampled_from([credit.allocate, credit.reclaim, cash.transfer, cash.take_back]),
    )
    def move_money(self, giver, taker, amount, move):
        ends = {"master": self.of(giver), "member": self.of(taker)}
        said = self.shop.said(self.now)
        self.attempt(lambda: move(amount=Decimal(amount), **ends, **said))

    # -- Relationships -----------------------------------------------------------------------------

    @rule(
        giver=master,
        taker=member,
        mode=st.sampled_from([Mode.TRUSTEESHIP, Mode.TRUSTEESHIP, Mode.MANAGEMENT]),
        is_sharing=maybe,
    )
    def link(self, giver, taker, mode, is_sharing):
        grants = SHARING if is_sharing and mode == Mode.MANAGEMENT else ()
        self.attempt(
            lambda: self.shop.link(
                self.of(giver), self.of(taker), self.now, mode=mode, grants=grants
            )
        )

    @rule(giver=master, taker=member, hours=st.sampled_from([1, 30]))
    def link_later(self, giver, taker, hours):
        later = self.now + timedelta(hours=hours)
        self.attempt(lambda: self.shop.link_later(self.of(giver), self.of(taker), self.now, later))

    @rule(chosen=pick, turn=st.sampled_from(["end", "end later", "move", "upgrade", "unify"]))
    def turn(self, chosen, turn):
        link = self.one_of(Relationship.objects.filter(state="active"), chosen)
        if link is None:
            return
        other = self.of("HQ2" if link.master.number == "HQ" else "HQ")
        later = self.now + timedelta(hours=2)
        turns = {
            "end": lambda: self.shop.end(link, self.now),
            "end later": lambda: self.shop.end(link, self.now, effective_at=later),
            "move": lambda: self.shop.move(link, other, self.now),
            "upgrade": lambda: self.shop.upgrade(link, self.now),
            "unify": lambda: self.shop.unified(
                link, self.now, is_on=link.unified_settlement_from is None
            ),
        }
        self.attempt(turns[turn])

    # -- Usage and what covers it ------------------------------------------------------------------

    @rule(
        number=account,
        what=product,
        quantity=st.sampled_from(["1", "3.7", "12", "40"]),
        hours_ago=st.sampled_from([0, 0, 0, 1, 30]),
    )
    def use(self, number, what, quantity, hours_ago):
        when = self.now - timedelta(hours=hours_ago)
        self.attempt(
            lambda: self.shop.use(
                self.of(number), self.products[what], quantity, when, reported=self.now
            )
        )

    @rule(number=account, what=product, hours_ago=st.sampled_from([0, 1, 30]))
    def correct(self, number, what, hours_ago):
        when = self.now - timedelta(hours=hours_ago)
        self.attempt(
            lambda: self.shop.use(
                self.of(number), self.products[what], "-2.5", when, reported=self.now
            )
        )

    @rule(number=account, amount=st.sampled_from(["-30", "-0.005", "2.345", "40"]))
    def adjust(self, number, amount):
        self.attempt(lambda: self.shop.adjust(self.of(number), amount, self.now))

    @rule(
        number=account,
        face=odd,
        share=st.sampled_from(["private", "all_trusteeship_members"]),
        minimum=st.sampled_from(["0", "5"]),
    )
    def voucher(self, number, face, share, minimum):
        self.attempt(
            lambda: self.shop.voucher(
                self.of(number), face, share=share, minimum_spend=Decimal(minimum), when=self.now
            )
        )

    @rule(chosen=pick, share=st.sampled_from(["private", "all_trusteeship_members"]))
    def share_voucher(self, chosen, share):
        one = self.one_of(Voucher.objects.all(), chosen)
        if one is not None:
            said = self.shop.said(self.now)
            self.attempt(lambda: vouchers.share(voucher=one, share=share, **said))

    @rule(number=account, amount=st.sampled_from(["1.5", "30"]))
    def coupon(self, number, amount):
        self.attempt(lambda: self.shop.coupon(self.of(number), amount))

    @rule(
        number=account,
        kind=st.sampled_from(["instance", "capacity", "plan"]),
        is_shared=maybe,
        hours=st.sampled_from([None, 3]),
    )
    def commit(self, number, kind, is_shared, hours):
        owner = self.of(number)
        more = {
            "is_shared": is_shared,
            "when": self.now,
            "expires_at": hours and self.now + timedelta(hours=hours),
        }
        kinds = {
            "instance": lambda: self.shop.instance(owner, self.products["hour"], "2", **more),
            "capacity": lambda: self.shop.capacity(owner, self.products["day"].family, "7", **more),
            "plan": lambda: self.shop.plan(owner, "0.5", "0.7", **more),
        }
        self.attempt(kinds[kind])

    @rule(number=account, rate=st.sampled_from(["0", "0.333", "0.8"]))
    def discount(self, number, rate):
        self.attempt(lambda: self.shop.offer(self.of(number), self.now, rate=Decimal(rate)))

    # -- Orders ------------------------------------------------------------------------------------

    @rule(
        number=account,
        amount=odd,
        kind=st.sampled_from(["new", "new", "new", "renew", "upgrade"]),
        is_paid=st.sampled_from([True, True, False]),
        what=st.sampled_from(["vm", "vm", "flagged"]),
        resource=st.sampled_from(["", "", "web"]),
    )
    def order(self, number, amount, kind, is_paid, what, resource):
        if kind != "new":
            resource = "web"
        self.spend(
            number,
            lambda: self.shop.order(
                self.of(number),
                self.products[what],
                amount,
                self.now,
                kind=kind,
                is_paid=is_paid,
                resource=resource,
            ),
        )

    @rule(number=account, amount=st.sampled_from(["3", "11.11", "45"]), months=st.integers(1, 2))
    def buy(self, number, amount, months):
        self.spend(
            number,
            lambda: self.shop.order(
                self.of(number), self.products["vm"], amount, self.now, months=months
            ),
        )

    @rule(chosen=pick, what=st.sampled_from(["pay", "pay", "cancel", "override"]))
    def pending(self, chosen, what):
        one = self.one_of(Order.objects.filter(status="pending"), chosen)
        if one is None:
            return
        commands = {
            "pay": lambda: self.shop.pay(one, self.now),
            "cancel": lambda: self.shop.cancel(one, self.now),
            "override": lambda: self.shop.override(one, "4.5", self.now),
        }
        self.spend(one.owner.number, commands[what])

    @rule(chosen=pick, amount=st.sampled_from([None, None, "0.5", "9"]), is_downgrade=maybe)
    def refund(self, chosen, amount, is_downgrade):
        one = self.one_of(Order.objects.filter(paid_at__isnull=False), chosen)
        if one is None:
            return
        if is_downgrade and amount:
            self.attempt(lambda: self.shop.downgrade(one, amount, self.now))
        else:
            self.attempt(lambda: self.shop.refund(one, self.now, amount))

    @rule(number=account, hours=st.sampled_from([0, 1, 49]))
    def buy_and_return(self, number, hours):
        """Bought with what is there, returned now or when a bill may have shown it."""
        self.buy(number, "45", 1)
        self.now += timedelta(hours=hours)
        self.jobs()
        newest = Order.objects.filter(status="paid").order_by("-pk").first()
        if newest is not None:
            self.attempt(lambda: self.shop.refund(newest, self.now, "7.77"))

    # -- Settling ----------------------------------------------------------------------------------

    @rule(number=account, amount=st.sampled_from([None, "0.01", "5"]))
    def settle(self, number, amount):
        self.attempt(lambda: self.shop.settle(self.of(number), self.now, amount))

    @rule(giver=master, taker=member)
    def settle_for(self, giver, taker):
        self.attempt(lambda: self.shop.settle_for(self.of(giver), self.of(taker), self.now))

    # -- Time --------------------------------------------------------------------------------------

    @rule(span=st.sampled_from([1, 19, 61, 61, 25 * 60, 3 * 24 * 60, 16 * 24 * 60]))
    def time_passes(self, span):
        self.now += timedelta(minutes=span)
        self.jobs()

    def jobs(self) -> None:
        """What the scheduled jobs do, until nothing is due any more."""
        while self._close_or_issue() or self._apply():
            pass
        self.shop.settle_due(self.now)
        self.shop.review(self.now)
        sums.catch_up()

    def _close_or_issue(self) -> bool:
        run = cycles.close(by="job", at=self.now) or bills.issue(by="job", at=self.now)
        if run is None:
            return False
        finished = runs.work(run.pk, worker="test")
        errors = [step.error for step in finished.steps.all() if step.error]
        assert (finished.state, errors) == ("done", [])
        return True

    def _apply(self) -> bool:
        due = effects.due_changes(self.now)
        for link in due:
            effects.apply(relationship=link, by="job", at=self.now)
        return bool(due)

    # -- What always holds -------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self):
        connection.check_constraints()
        assert self.shop.wrong_books() == []

    @invariant()
    def no_cent_is_lost(self):
        """What was charged was drawn, is still owed, or was forgiven as a bill's round-off."""
        for payer in Account.objects.all():
            charged = _sum(Charge.objects.filter(payer=payer), "payable_amount")
            funds = Funds.objects.get(pk=payer.pk)
            owed = funds.unsettled_own + funds.unsettled_members
            assert (payer.number, charged) == (
                payer.number,
                owed + _drawn(payer) + _forgiven(payer),
            )

    @invariant()
    def no_cover_gives_more_than_it_has(self):
        for use in CoverUse.objects.select_related("commitment"):
            one = use.commitment
            worth = one.quantity if one.commit_amount is None else one.commit_amount / one.rate
            assert use.used <= worth + Decimal("1E-17")

    @invariant()
    def what_came_back_is_what_its_refunds_say(self):
        orders = Order.objects.annotate(
            back=Coalesce(Sum("refunds__amount"), Decimal(0)),
            back_to_credit=Coalesce(Sum("refunds__to_credit"), Decimal(0)),
        )
        right = Q(refunded_amount=F("back"), refunded_to_credit=F("back_to_credit"))
        assert list(orders.exclude(right)) == []


def _changed(before: dict[str, str]) -> dict[str, str]:
    return {name: row for name, row in books().items() if before[name] != row}


def _sum(rows, column: str) -> Decimal:
    return rows.aggregate(sum=Sum(column))["sum"] or Decimal(0)


def _drawn(payer: Account) -> Decimal:
    """What orders, bills and refunds took from the payer's cash and credit, less what came back."""
    kinds = ["order", "bill", "refund"]
    taken = Movement.objects.filter(kind__in=kinds, from_account=payer)
    returned = Movement.objects.filter(kind__in=kinds, to_account=payer)
    return _sum(taken, "amount") - _sum(returned, "amount")


def _forgiven(payer: Account) -> Decimal:
    """The round-off of all bills that were drawn: a negative one is drawn with the next."""
    waiting = set()
    for bill in Bill.objects.filter(payer=payer, carried_forward__lt=0, carried_to=None):
        while bill is not None:
            waiting.add(bill.pk)
            bill = bill.carried_from
    return _sum(Bill.objects.filter(payer=payer).exclude(pk__in=waiting), "round_off")
