"""Nobody waits in a circle: money, links, closes and bills at once (RELIABILITY C8, C23)."""

import random
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from billing.models import Bill, Order
from billing.services import bills, cycles, settlement
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Funds, Relationship
from finance_mgmt.services import cash, credit, locks, runs
from tests.billing.shop import NOW, Shop, charged
from tests.concurrency.races import Meeting, at_once, counted
from tests.provider import at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SHARE_CREDIT = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


@pytest.fixture
def shop(transactional_db):
    return Shop()


# -- A to B and B to A -----------------------------------------------------------------------------


def back_and_forth(shop):
    master = shop.account("HQ", cash_amount="1000", credit_limit="1000")
    member = shop.account("A")
    shop.manage(master, member, *SHARE_CREDIT)
    shop.transfer(master, member, "100")
    shop.allocate(master, member, "100")
    return master, member


@pytest.mark.rule("F7", "F6")
def test_160_moves_against_each_other(shop):
    master, member = back_and_forth(shop)

    def often(command) -> None:
        for _ in range(40):
            command(master=master, member=member, amount=Decimal(1), **shop.said(NOW))

    moves = (cash.transfer, cash.take_back, credit.allocate, credit.reclaim)
    assert counted(at_once([partial(often, move) for move in moves])) == {"done": 4}
    assert shop.stored(member) == {"cash": 100, "transferred_in": 100, "allocated_in": 100}
    assert shop.wrong_books() == []


@pytest.mark.rule("F7")
def test_moves_twin_locked_in_the_order_of_the_names_wait_in_a_circle(shop):
    accounts = back_and_forth(shop)
    first_is_held = Meeting(2)

    def lock_as_named(one, other) -> None:
        with transaction.atomic():
            Funds.objects.select_for_update().get(pk=one.pk)
            first_is_held.wait()
            Funds.objects.select_for_update().get(pk=other.pk)

    race = [partial(lock_as_named, *accounts), partial(lock_as_named, *reversed(accounts))]
    outcomes = at_once(race)
    assert [type(one) for one in outcomes if one is not None] == [OperationalError]


# -- C8: a relationship ends while a close runs ----------------------------------------------------


def closing(shop) -> Relationship:
    """A trusteeship member with usage of two hours, and its relationship about to end."""
    master = shop.account("HQ", credit_limit="1000", cash_amount="1000")
    member = shop.account("A", cash_amount="100")
    link = shop.link(master, member)
    ecs = shop.product("ecs")
    shop.use(member, ecs, "1", at("2024-05-10 10:10"))
    shop.use(member, ecs, "2", at("2024-05-10 11:10"))
    shop.start_closing(at("2024-05-10"))
    return link


def close_and_end_at_once(shop, link, monkeypatch) -> list:
    """The close holds the funds and has rows to commit; the end holds whom they name."""
    meeting = Meeting(2, times=1)
    meeting.before(monkeypatch, locks, "lock_funds")

    def checkpoint(name: str) -> None:
        if name == "close-ledger-posted":
            meeting.wait()

    monkeypatch.setattr(cycles, "checkpoint", checkpoint)

    def close() -> str:
        run = cycles.close(by="job", at=at("2024-05-10 12:00"))
        return runs.work(run.pk, worker="test").state

    return at_once([close, partial(shop.end, link, at("2024-05-10 12:00:01"))])


@pytest.mark.rule("C1", "L10")
def test_c8_a_relationship_ends_while_its_cycles_are_closed(shop, monkeypatch):
    link = closing(shop)
    state, ended = close_and_end_at_once(shop, link, monkeypatch)
    assert (state, ended.state) == ("done", "ended")
    assert [row[1] for row in charged()] == ["HQ", "HQ"]
    assert shop.wrong_books() == []


@pytest.mark.rule("L10")
def test_c8_twin_with_whole_rows_locked_they_wait_for_each_other(shop, monkeypatch):
    """A lock on the key, too, blocks whoever commits a row that only names the account."""
    lock = QuerySet.select_for_update

    def with_keys(rows, **options):
        return lock(rows, **{name: value for name, value in options.items() if name != "no_key"})

    monkeypatch.setattr(QuerySet, "select_for_update", with_keys)
    link, died, note = closing(shop), [], runs._note_failure
    monkeypatch.setattr(runs, "_note_failure", lambda step, e: (died.append(e), note(step, e)))
    outcomes = close_and_end_at_once(shop, link, monkeypatch)
    text = f"{died} {outcomes}"
    assert "deadlock detected" in text


# -- Who pays an order while the relationship changes ----------------------------------------------


@pytest.mark.rule("C2", "L4", "L10")
def test_an_order_and_a_change_of_its_payer_at_once(shop):
    """Whoever is first: the order is paid by the terms of its instant, or one of them waits."""
    master = shop.account("HQ", credit_limit="1000", cash_amount="1000")
    product = shop.prepaid()
    for number in range(6):
        member = shop.account(f"A{number}", cash_amount="100")
        is_end = bool(number % 2)
        link = shop.link(master, member) if is_end else None
        turned, bought = NOW, NOW + timedelta(milliseconds=1 if number < 4 else -1)
        turn = (
            partial(shop.end, link, turned)
            if is_end
            else partial(shop.link, master, member, turned)
        )
        outcomes = at_once([turn, partial(shop.order, member, product, "10", bought)])
        assert counted(outcomes).get("done", 0) >= 1
    assert shop.wrong_books() == []


# -- C23: everything at once -----------------------------------------------------------------------


class Trade:
    """A group with money, vouchers and usage, and random commands on it from many threads."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self._seconds = shop, count(1)
        self.master = shop.account("HQ", cash_amount="5000", credit_limit="5000")
        self.members = [shop.account(f"M{n}", cash_amount="300") for n in range(3)]
        for member in self.members:
            shop.link(self.master, member)
        self.managed = shop.account("G", cash_amount="300", credit_limit="300")
        shop.unified(shop.manage(self.master, self.managed, *SHARE_CREDIT), NOW)
        self.all = [self.master, self.managed, *self.members]
        self.ecs, self.vm = shop.product("ecs", cycle="minute"), shop.prepaid()
        for owner in self.all:
            shop.voucher(owner, "200", share="all_trusteeship_members")
        shop.plan(self.master, "5", "0.5", is_shared=True)

    def now(self):
        """Each command has an instant of its own, over the end of a month."""
        return at("2024-05-31 23:58") + next(self._seconds) * timedelta(seconds=1)

    def client(self, seed: int, commands: int) -> int:
        """Returns how many commands were done; refusals are fine, other errors are raised."""
        dice, done = random.Random(seed), 0
        for _ in range(commands):
            command = dice.choice([self.order, self.order, self.use, self.pay_back, self.settle])
            command = dice.choice([command, command, self.move, self.turn, self.jobs])
            try:
                command(dice)
                done += 1
            except FinanceError:
                continue
        return done

    def order(self, dice) -> None:
        self.shop.order(dice.choice(self.all), self.vm, str(dice.randint(1, 40)), self.now())

    def use(self, dice) -> None:
        now = self.now()
        started = now - timedelta(seconds=dice.choice([0, 0, 90]))
        self.shop.use(
            dice.choice(self.all), self.ecs, str(dice.randint(1, 9)), started, reported=now
        )

    def pay_back(self, dice) -> None:
        order = Order.objects.filter(paid_at__isnull=False).order_by("?").first()
        if order:
            self.shop.refund(order, self.now(), dice.choice([None, "1"]))

    def settle(self, dice) -> None:
        now = self.now()
        bill = Bill.objects.filter(outstanding__gt=0).order_by("?").first()
        if bill and dice.random() < 0.5:
            settlement.settle_due(bill=bill, by="job", at=now)
        elif bill and dice.random() < 0.5:
            self.shop.settle_for(self.master, self.managed, now, "1")
        else:
            self.shop.settle(dice.choice(self.all), now)

    def move(self, dice) -> None:
        move = dice.choice([cash.transfer, cash.take_back, credit.allocate, credit.reclaim])
        amount = Decimal(dice.randint(1, 20))
        said = self.shop.said(self.now())
        move(master=self.master, member=self.managed, amount=amount, **said)

    def turn(self, dice) -> None:
        member, now = dice.choice(self.members), self.now()
        link = Relationship.objects.filter(member=member, state="active").first()
        if link:
            self.shop.end(link, now)
        else:
            self.shop.link(self.master, member, now, mode=Mode.TRUSTEESHIP)

    def jobs(self, dice) -> None:
        now = self.now()
        self.shop.review(now)
        if run := cycles.close(by="job", at=now) or bills.issue(by="job", at=now):
            runs.work(run.pk, worker=f"test {dice.random()}")


@pytest.mark.rule("F10", "F5", "B2")
def test_c23_mixed_load_keeps_the_books_and_nobody_waits_in_a_circle(shop):
    trade = Trade(shop)
    shop.start_closing(at("2024-05-31"))
    outcomes = at_once([partial(trade.client, seed, 40) for seed in range(6)])
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert sum(outcomes) > 60
    assert shop.wrong_books() == []
    end = trade.now() + timedelta(days=40)
    shop.jobs(end)
    assert shop.wrong_books() == []
