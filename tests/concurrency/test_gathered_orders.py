"""Orders that come at the same time are paid together, each as if it had come alone (O1, F5)."""

from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from threading import Event, Thread
from time import monotonic

import pytest
from django.db import connection, transaction

from billing.models import Order
from billing.services import answered_orders, gathered_orders, orders
from finance_mgmt import origin
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import ApiRequest, Decision, Funds
from finance_mgmt.services.gathering import Line
from tests.api.door import Caller, boss, person
from tests.billing.shop import NOW, Shop
from tests.concurrency.races import PATIENCE_SECONDS, at_once, counted

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing()
    return it


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Nobody gives up while the test holds a lock to have them gather."""
    monkeypatch.setattr(gathered_orders, "PATIENCE_MS", 1000 * PATIENCE_SECONDS)


def line() -> Line:
    """That of the orders that services pay."""
    return gathered_orders.line(gathered_orders._lines, gathered_orders._pay)


def line_of_programs() -> Line:
    """That of the orders that come through the API."""
    return gathered_orders.line(answered_orders._lines, answered_orders._place_together)


def until(holds) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    pause = Event()
    while not holds():
        assert monotonic() < deadline, "it never came to that"
        pause.wait(0.01)  # leaves the interpreter to those who are watched


@contextmanager
def held(sql: str, *arguments):
    """A lock that another transaction has until the block ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        yield


def together(jobs: list, line: Callable[[], Line] = line) -> list:
    """Do the first, which has to wait for the horizon; the others gather, and are done at once."""
    outcomes: list = [None] * len(jobs)

    def work(number: int) -> None:
        try:
            outcomes[number] = jobs[number]()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            outcomes[number] = error
        finally:
            connection.close()

    threads = [Thread(target=work, args=(number,)) for number in range(len(jobs))]
    with held("SELECT FROM billing_closedthrough FOR UPDATE"):
        threads[0].start()
        until(lambda: line()._is_led and not line()._waiting)
        for thread in threads[1:]:
            thread.start()
        until(lambda: len(line()._waiting) == len(jobs) - 1)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert (line()._is_led, line()._waiting) == (False, [])
    return outcomes


def written_together() -> list[int]:
    """How many orders each transaction wrote, by the system column that tells which one it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_order GROUP BY xmin ORDER BY min(id)")
        return [count for (count,) in cursor.fetchall()]


def buyer(shop, account, amount: str, name: str, **more) -> partial:
    product = shop.prepaid(f"vm-{name[:9]}")
    said = {"key": name, "by": f"by {name}", "at": NOW} | more
    wanted = {"number": name, "account": account, "product": product}
    return partial(orders.place, **wanted, list_amount=Decimal(amount), **said)


@pytest.mark.rule("O1", "O2", "F5", "Z8")
def test_those_who_wait_are_paid_in_one_transaction_each_under_its_own_name(shop):
    master = shop.account("HQ", credit_limit="100")
    members = [shop.account(f"M{number}") for number in range(4)]
    for member in members:
        shop.link(master, member)
    alone = shop.account("X", cash_amount="7")

    def asked(buy: partial, request_id: str) -> Order:
        origin.request_id.set(request_id)
        return buy()

    buyers = [buyer(shop, member, "10", f"o{n}") for n, member in enumerate(members)]
    buyers.append(buyer(shop, alone, "5", "o4"))
    found = together([partial(asked, buy, f"request {n}") for n, buy in enumerate(buyers)])
    assert [(order.number, order.status, order.payer_id) for order in found] == [
        *((f"o{number}", "paid", master.pk) for number in range(4)),
        ("o4", "paid", alone.pk),
    ]
    assert written_together() == [1, 4]
    decisions = Decision.objects.filter(verb="orders.place").order_by("key")
    assert list(decisions.values_list("key", "by", "request_id")) == [
        (f"o{number}", f"by o{number}", f"request {number}") for number in range(5)
    ]
    assert shop.stored(master) == {"credit_limit": 100, "used": 40}
    assert shop.stored(alone) == {"cash": 2}
    assert shop.wrong_books() == []


@pytest.mark.rule("F5", "V1")
def test_whoever_is_refused_or_not_simple_stops_no_other(shop):
    poor, rich = shop.account("P", cash_amount="1"), shop.account("R", cash_amount="100")
    shop.voucher(vouched := shop.account("V", cash_amount="100"), "3")
    jobs = [
        buyer(shop, rich, "1", "first"),
        buyer(shop, rich, "10", "a"),
        buyer(shop, poor, "2", "b"),
        buyer(shop, vouched, "10", "c"),
        buyer(shop, rich, "20", "d"),
    ]
    found = together(jobs)
    assert counted(found) == {"done": 4, "funds_too_low": 1}
    assert [found[place].from_cash for place in (0, 1, 3, 4)] == [1, 10, 7, 20]
    assert not Order.objects.filter(number="b").exists()
    assert shop.wrong_books() == []


@pytest.mark.rule("F11")
def test_one_key_in_one_line_is_one_order(shop):
    account = shop.account("A", cash_amount="100")
    same = buyer(shop, account, "10", "same")
    other = partial(same, list_amount=Decimal("11"))
    found = together([buyer(shop, account, "1", "first"), same, same, other])
    told = [type(one) for one in found]
    assert told.count(KeyReused) in (1, 2)  # whoever of the two came first has the key
    assert told.count(Order) + told.count(KeyReused) == 4
    assert Order.objects.filter(number="same").count() == 1
    assert shop.wrong_books() == []


def test_what_the_database_refuses_is_told_to_the_one_who_asked_it(shop):
    account = shop.account("A", cash_amount="100")
    jobs = [
        buyer(shop, account, "1", "first"),
        buyer(shop, account, "10", "a"),
        buyer(shop, account, "10", "n" * 150),  # longer than a number may be
        buyer(shop, account, "10", "b"),
    ]
    found = together(jobs)
    assert [type(one).__name__ for one in found] == ["Order", "Order", "DataError", "Order"]
    assert shop.stored(account) == {"cash": 79}
    assert shop.wrong_books() == []


@pytest.mark.parametrize("is_first", [True, False])
def test_a_payer_that_is_locked_for_long_keeps_no_other_waiting(shop, monkeypatch, is_first):
    """Neither alone at the head of the line nor among others: it goes on by itself."""
    monkeypatch.setattr(gathered_orders, "PATIENCE_MS", 50)
    locked, free = (shop.account(name, cash_amount="100") for name in ("L", "F"))
    found: dict[str, Order] = {}

    def work(name: str, buy: partial) -> None:
        found[name] = buy()
        connection.close()

    names = ["locked", "free", "other"] if is_first else ["free", "locked", "other"]
    payers = {"locked": locked, "free": free, "other": free}
    buys = [(name, buyer(shop, payers[name], "10", name)) for name in names]
    threads = [Thread(target=work, args=buy) for buy in buys]
    with held("SELECT FROM finance_mgmt_funds WHERE account_id = %s FOR UPDATE", locked.pk):
        for thread in threads:
            thread.start()
        until(lambda: set(found) == {"free", "other"})
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert found["locked"].from_cash == 10
    assert list(Funds.objects.order_by("pk").values_list("cash", flat=True)) == [90, 80]


# -- Through the API -------------------------------------------------------------------------------


@pytest.mark.rule("F11", "O1")
def test_an_order_through_the_api_is_answered_as_by_the_long_way(shop):
    """Inside another transaction the short way is not to be had: both answers are the same."""
    master, member = shop.account("HQ", credit_limit="100"), shop.account("M")
    shop.link(master, member)
    shop.discount(master, rate="0.8")
    shop.prepaid("vm")
    caller = boss()
    body = {"account": "M", "product": "vm", "list_amount": "30.00", "currency": "CNY"}
    with transaction.atomic():
        by_the_long_way = caller.post("orders", {**body, "number": "o1"}, key="k")
        long_rows = list(ApiRequest.objects.values("key", "fingerprint", "status", "answer"))
        transaction.set_rollback(True)
    answer = caller.post("orders", {**body, "number": "o1"}, key="k")
    stamps = {"placed_at", "paid_at", "covers_from", "covers_until"}
    assert answer.status_code == by_the_long_way.status_code == 201
    told, told_before = answer.json(), by_the_long_way.json()
    assert {k: v for k, v in told.items() if k not in stamps} == {
        k: v for k, v in told_before.items() if k not in stamps
    }
    assert set(told) == set(told_before)
    (row,) = ApiRequest.objects.all()
    assert (row.key, row.fingerprint, row.status) == tuple(
        long_rows[0][column] for column in ("key", "fingerprint", "status")
    )
    assert written_together() == [1]
    again = caller.post("orders", {**body, "number": "o1"}, key="k")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (told, "true")
    assert caller.post("orders", {**body, "number": "o2"}, key="k").status_code == 422
    shown = caller.get("orders/o1").json()
    assert {k: v for k, v in shown.items() if k not in stamps} == {
        k: v for k, v in told.items() if k not in stamps
    }
    assert shop.wrong_books() == []


@pytest.mark.rule("F11", "O1", "Z8")
def test_orders_of_several_programs_are_read_paid_and_answered_together(shop):
    """Those among them that may not be, or are not simple, stop no other."""
    master, other = shop.account("HQ", credit_limit="100"), shop.account("X", cash_amount="50")
    shop.link(master, shop.account("M"))
    shop.voucher(shop.account("V", cash_amount="9"), "3")
    shop.prepaid("vm")
    ann, bob, spy = boss(), boss(), Caller(person(is_staff=True))

    def send(caller: Caller, number: str, account: str, amount: str) -> tuple[int, str]:
        body = {"number": number, "account": account, "product": "vm", "list_amount": amount}
        answer = Caller.post(caller, "orders", {**body, "currency": "CNY"}, key=f"key-{number}")
        return answer.status_code, answer.json().get("payer", "")

    asked = [
        (ann, "o0", "M", "10"),
        (ann, "o1", "M", "20"),
        (bob, "o2", "X", "5"),
        (spy, "o3", "X", "5"),  # has no permission
        (bob, "o4", "V", "7"),  # has a voucher
        (bob, "o5", "nobody", "7"),
        (bob, "o6", "M", "71"),  # more than is left
        (bob, "o7", "M", "70"),
    ]
    found = together([partial(send, *one) for one in asked], line_of_programs)
    assert found == [
        (201, "HQ"),
        (201, "HQ"),
        (201, "X"),
        (403, ""),
        (201, "V"),
        (422, ""),
        (409, ""),
        (201, "HQ"),
    ]
    assert written_together() == [1, 3, 1]
    assert shop.stored(master) == {"credit_limit": 100, "used": 100}
    assert shop.stored(other) == {"cash": 45}
    by = Decision.objects.filter(verb="orders.place").values_list("facts__number", "by")
    assert dict(by) == {
        "o0": ann.user.username,
        "o1": ann.user.username,
        **dict.fromkeys(("o2", "o4", "o7"), bob.user.username),
    }
    assert shop.wrong_books() == []


@pytest.mark.rule("F11")
def test_one_order_asked_for_ten_times_at_once_is_placed_once(shop):
    shop.account("A", cash_amount="100")
    shop.prepaid("vm")
    caller = boss()
    body = {"number": "o1", "account": "A", "product": "vm", "list_amount": "10.00"}

    def send() -> tuple[int, str]:
        answer = Caller.post(caller, "orders", {**body, "currency": "CNY"}, key="once")
        return answer.status_code, answer.json().get("number", "")

    found = at_once([send] * 10)
    assert found.count((201, "o1")) >= 1
    assert found.count((201, "o1")) + found.count((409, "")) == 10
    assert (Order.objects.count(), ApiRequest.objects.count()) == (1, 1)
    assert send() == (201, "o1")
    assert shop.wrong_books() == []
