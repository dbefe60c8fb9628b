"""Races between closing and what it charges: links, records, prices, another close (RELIABILITY C7,
C12, C18, C20), each with a twin that shows the loss.
"""

from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import transaction

from billing.models import Charge, ClosedThrough, Price, UsageRecord
from billing.queries.books import wrong_payers, wrongly_charged_usage
from billing.queries.charge_books import wrong_prices
from billing.services import cycles, prices, usage
from finance_mgmt.models import Relationship, Run
from finance_mgmt.services import relationships, runs
from tests.billing.shop import Shop, charged
from tests.concurrency.races import Meeting, at_once, counted
from tests.provider import at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ELEVEN = at("2024-05-10 11:00")
MINUTE = timedelta(minutes=1)
PATIENCE = 10


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing(at("2024-05-10"))
    return it


def close(when) -> str | None:
    """One close at the instant, worked on."""
    run = cycles.close(by="job", at=when)
    return run and runs.work(run.pk, worker="test").state


# -- C7: a link at the edge of a cycle while its usage is closed -----------------------------------


def edge(shop, name: str = "") -> tuple:
    """Two that may be linked at 11:00, and usage of the minute that starts there."""
    master = shop.account(f"HQ{name}", credit_limit="100")
    member = shop.account(f"A{name}", cash_amount="100")
    shop.use(member, shop.product(f"cdn{name}", cycle="minute"), "3", ELEVEN)
    return master, member


@pytest.mark.case("C7")
@pytest.mark.rule("C1", "C3", "L9")
def test_c7_a_link_that_takes_longer_than_a_cycle_is_waited_for(shop, monkeypatch):
    """It looked before the close and commits after it was asked for: the close sees the link."""
    master, member = edge(shop)
    is_judged, put_in_force = Event(), relationships.put_in_force

    def slowly(*given) -> None:
        is_judged.set()
        put_in_force(*given)

    monkeypatch.setattr(relationships, "put_in_force", slowly)

    def closed() -> str | None:
        is_judged.wait(PATIENCE)
        return close(ELEVEN + MINUTE)

    assert counted(at_once([partial(shop.link, master, member, ELEVEN), closed])) == {"done": 2}
    close(ELEVEN + 2 * MINUTE)  # where the link came too late for the first one
    assert [row[:2] for row in charged()] == [("A", "HQ")]
    assert shop.wrong_books() == []


@pytest.mark.case("C7")
@pytest.mark.rule("C1")
def test_c7_twin_without_the_hold_the_cycle_is_charged_to_the_wrong_one(
    shop, monkeypatch, settings
):
    settings.LINK_HOLDS = []
    master, member = edge(shop)
    is_judged, is_closed, put_in_force = Event(), Event(), relationships.put_in_force

    def slowly(*given) -> None:
        is_judged.set()
        is_closed.wait(PATIENCE)
        put_in_force(*given)

    monkeypatch.setattr(relationships, "put_in_force", slowly)

    def closed() -> str | None:
        is_judged.wait(PATIENCE)
        try:
            return cycles_without_funds(monkeypatch, ELEVEN + MINUTE)
        finally:
            is_closed.set()

    at_once([partial(shop.link, master, member, ELEVEN), closed])
    (charge,) = Charge.objects.all()
    assert wrong_payers() == [
        f"Charge {charge.pk} is paid by account {member.pk}, by C1 it is account {master.pk}."
    ]


def cycles_without_funds(monkeypatch, when) -> str | None:
    """A close that does not wait for the funds that the link holds (it reads who pays before)."""
    monkeypatch.setattr(cycles, "_accrue", lambda sums, step, **said: None)
    return close(when)


@pytest.mark.case("C7")
@pytest.mark.rule("C1", "L12")
def test_c7_a_link_that_comes_after_the_close_of_its_first_cycle_is_to_be_asked_for_again(shop):
    master, member = edge(shop)
    assert close(ELEVEN + MINUTE) == "done"
    late = at_once([partial(shop.link, master, member, ELEVEN)])
    assert counted(late) == {"closed_since": 1}
    shop.link(master, member, ELEVEN + MINUTE)
    assert [row[:2] for row in charged()] == [("A", "A")]
    link = Relationship.objects.get()
    assert link.effective_from == ELEVEN + MINUTE
    assert shop.wrong_books() == []


@pytest.mark.case("C7")
@pytest.mark.rule("C1", "L10", "L12")
def test_c7_nor_does_an_end_reach_back_behind_a_close(shop):
    master, member = shop.account("HQ", credit_limit="100"), shop.account("A")
    link = shop.link(master, member)
    shop.use(member, shop.product("cdn", cycle="minute"), "3", ELEVEN)
    assert close(ELEVEN + MINUTE) == "done"
    assert counted(at_once([partial(shop.end, link, ELEVEN)])) == {"closed_since": 1}
    shop.end(link, ELEVEN + timedelta(seconds=1))  # the cycle that had begun stays where it was
    assert [row[:2] for row in charged()] == [("A", "HQ")]
    assert shop.wrong_books() == []


# -- C12: two that close the same cycle ------------------------------------------------------------


def used_by_many(shop) -> None:
    product = shop.product("ecs")
    for number in range(6):
        shop.use(shop.account(f"A{number}", cash_amount="100"), product, "1", ELEVEN)


@pytest.mark.case("C12")
@pytest.mark.rule("B2", "C4")
def test_c12_of_six_that_close_the_same_cycle_one_does(shop):
    used_by_many(shop)
    outcomes = at_once([partial(close, ELEVEN + 60 * MINUTE)] * 6)
    assert sorted(str(one) for one in outcomes) == ["None"] * 5 + ["done"]
    assert (Run.objects.filter(kind="close").count(), Charge.objects.count()) == (1, 6)
    assert shop.wrong_books() == []


@pytest.mark.case("C12")
@pytest.mark.rule("B2")
def test_c12_twin_without_the_horizon_the_cycle_is_handed_out_twice(shop, monkeypatch):
    """The key of the run is the last thing that stands in the way of a second one."""
    used_by_many(shop)
    monkeypatch.setattr(cycles, "horizon_locked", lambda: ClosedThrough.objects.get())
    Meeting(2).before(monkeypatch, cycles, "due_records")
    keys, opened = iter("ab"), runs.open

    def under_another_key(**facts) -> Run:
        return opened(**facts | {"key": next(keys)})

    monkeypatch.setattr(runs, "open", under_another_key)
    at_once([partial(cycles.close, by="job", at=ELEVEN + 60 * MINUTE)] * 2)
    found = Run.objects.filter(kind="close")
    assert len(found) == 2
    assert {run.facts["through"] for run in found} == {(ELEVEN + 60 * MINUTE).isoformat()}


# -- C18: records that arrive while their cycle is closed ------------------------------------------


def arrives_while_closed(shop, monkeypatch, *, patience: float = PATIENCE) -> None:
    """A record of 11:00 is judged in time, the close of its cycle runs, then it is stored."""
    member, product = shop.account("A", cash_amount="100"), shop.product("ecs")
    is_judged, is_closed, copy = Event(), Event(), usage._copy

    def slowly(*given) -> None:
        is_judged.set()
        is_closed.wait(patience)
        copy(*given)

    monkeypatch.setattr(usage, "_copy", slowly)
    when = ELEVEN + timedelta(minutes=59)

    def closed() -> str | None:
        is_judged.wait(PATIENCE)
        try:
            return close(ELEVEN + 60 * MINUTE)
        finally:
            is_closed.set()

    outcomes = at_once([partial(shop.use, member, product, "1", when), closed])
    assert [one for one in outcomes if isinstance(one, Exception)] == []


@pytest.mark.case("C18")
@pytest.mark.rule("C4", "B2")
def test_c18_a_record_that_is_being_stored_is_waited_for_by_the_close_of_its_cycle(
    shop, monkeypatch
):
    arrives_while_closed(shop, monkeypatch, patience=0.3)
    assert UsageRecord.objects.get().is_late is False
    assert [row[2] for row in charged()] == [1]
    assert shop.wrong_books() == []


@pytest.mark.case("C18")
@pytest.mark.rule("C4", "B2")
def test_c18_twin_without_the_hold_the_record_is_lost_between_both(shop, monkeypatch):
    received = usage.hold_horizon
    with transaction.atomic():
        seen = received(ELEVEN + timedelta(minutes=59))
    monkeypatch.setattr(usage, "hold_horizon", lambda when: seen)
    arrives_while_closed(shop, monkeypatch)
    close(ELEVEN + 120 * MINUTE)
    assert (UsageRecord.objects.count(), Charge.objects.count()) == (1, 0)
    assert len(wrongly_charged_usage()) == 1


# -- C20: a price changes in the minute that is rated ----------------------------------------------


@pytest.mark.case("C20")
@pytest.mark.rule("P1", "C1")
def test_c20_a_price_set_while_its_minute_is_closed_is_for_later_periods_only(shop):
    """However both meet: the minute that began before the new price has the old one."""
    account = shop.account("A", cash_amount="100")
    for number in range(4):
        product = shop.product(f"cdn{number}", cycle="minute", unit_price=None)
        shop.set_price(product, "1", at("2024-01-01"))
        start = ELEVEN + 10 * number * MINUTE
        shop.use(account, product, "1", start + timedelta(seconds=59))
        shop.use(account, product, "1", start + MINUTE, reported=start)
        changed = start + timedelta(seconds=30)
        at_once([partial(shop.set_price, product, "5", changed), partial(close, start + MINUTE)])
        close(start + 2 * MINUTE)
        assert [row[2] for row in charged(product=product)] == [1, 5]
    assert shop.wrong_books() == []


def priced_while_closed(shop, monkeypatch, *, patience: float) -> list:
    """A price of 11:00:30 is judged in time, the minute of 11:01 is closed, then it is written."""
    account = shop.account("A", cash_amount="100")
    product = shop.product("cdn", cycle="minute", unit_price=None)
    shop.set_price(product, "1", at("2024-01-01"))
    shop.use(account, product, "1", ELEVEN, reported=ELEVEN)
    shop.use(account, product, "1", ELEVEN + MINUTE, reported=ELEVEN)
    is_judged, is_closed, write = Event(), Event(), Price.objects.update_or_create

    def slowly(**given):
        is_judged.set()
        is_closed.wait(patience)
        return write(**given)

    monkeypatch.setattr(Price.objects, "update_or_create", slowly)

    def closed() -> str | None:
        is_judged.wait(PATIENCE)
        try:
            return close(ELEVEN + 2 * MINUTE)
        finally:
            is_closed.set()

    changed = ELEVEN + timedelta(seconds=30)
    return at_once([partial(shop.set_price, product, "5", changed), closed])


@pytest.mark.case("C20")
@pytest.mark.rule("P1", "C1")
def test_c20_a_price_that_is_being_set_is_waited_for_by_the_close_of_its_minute(shop, monkeypatch):
    assert counted(priced_while_closed(shop, monkeypatch, patience=0.3)) == {"done": 2}
    assert [row[2] for row in charged()] == [1, 5]
    assert shop.wrong_books() == []


@pytest.mark.case("C20")
@pytest.mark.rule("P1")
def test_c20_twin_without_the_hold_the_minute_after_the_price_costs_the_old_one(shop, monkeypatch):
    monkeypatch.setattr(prices, "_judge_start", lambda *given: [])
    assert counted(priced_while_closed(shop, monkeypatch, patience=PATIENCE)) == {"done": 2}
    assert [row[2] for row in charged()] == [1, 1]
    (wrong,) = wrong_prices()
    assert wrong.endswith("is charged at 1.000000000000000000, in force was 5.000000000000000000.")


@pytest.mark.case("C20")
@pytest.mark.rule("P1")
def test_c20_a_price_that_comes_after_the_close_is_to_be_asked_for_again(shop):
    product = shop.product("cdn", cycle="minute", unit_price=None)
    shop.set_price(product, "1", at("2024-01-01"))
    shop.use(shop.account("A", cash_amount="9"), product, "1", ELEVEN + MINUTE, reported=ELEVEN)
    assert close(ELEVEN + 2 * MINUTE) == "done"
    changed = ELEVEN + timedelta(seconds=30)
    late = at_once([partial(shop.set_price, product, "5", changed)])
    assert counted(late) == {"closed_since": 1}
    shop.set_price(product, "5", ELEVEN + 2 * MINUTE)
    assert shop.wrong_books() == []
