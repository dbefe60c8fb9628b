"""Races between those who charge, the job that sums, and those who read sums meanwhile.

The twin sums as one would do it without noting what waits: up to the last id that can be seen. It
passes over a charge that was committed late with an earlier id.
"""

from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import transaction
from django.db.models import Sum

from billing.models import Charge, MonthSum, Unsummed
from billing.queries import sums as read
from billing.queries.summed_books import wrong_sums
from billing.services import adjustments, sums
from tests.billing.shop import MAY, Shop
from tests.concurrency.races import at_once, counted
from tests.provider import at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NOW = at("2024-05-10 11:00")
PATIENCE = 60
ROUNDS = 15


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing(at("2024-05-01"))
    return it


def stored(account) -> int:
    found = MonthSum.objects.filter(owner=account).aggregate(sum=Sum("payable_amount"))["sum"]
    return int(found or 0)


def late_charge(shop, account, is_written: Event, may_commit: Event) -> None:
    """A charge that is written first and committed last."""
    with transaction.atomic():
        shop.adjust(account, "1", NOW)
        is_written.set()
        may_commit.wait(PATIENCE)


def overtaken(shop, summed) -> list[int]:
    """What `summed` stores of a late and a later charge, before and after the late one's commit."""
    slow, quick = shop.account("A"), shop.account("B")
    is_written, may_commit = Event(), Event()
    seen = []

    def overtake() -> None:
        is_written.wait(PATIENCE)
        try:
            shop.adjust(quick, "10", NOW)
            summed()
            seen.append(stored(slow) + stored(quick))
        finally:
            may_commit.set()

    late = partial(late_charge, shop, slow, is_written, may_commit)
    assert counted(at_once([late, overtake])) == {"done": 2}
    first, second = Charge.objects.order_by("pk")
    assert (first.owner, second.owner) == (slow, quick)
    summed()
    return [*seen, stored(slow) + stored(quick)]


@pytest.mark.rule("F10")
def test_a_charge_that_is_committed_late_with_an_earlier_id_is_summed(shop):
    assert overtaken(shop, sums.catch_up) == [10, 11]
    assert wrong_sums() == []


def test_twin_with_a_high_water_mark_it_is_passed_over(shop):
    mark = [0]

    def summed() -> None:
        for charge in Charge.objects.filter(pk__gt=mark[0]).order_by("pk"):
            MonthSum.objects.create(
                payer=charge.payer,
                owner=charge.owner,
                billing_month=MAY,
                charge_count=1,
                payable_amount=charge.payable_amount,
            )
            mark[0] = charge.pk
        Unsummed.objects.all().delete()

    assert overtaken(shop, summed) == [10, 10]
    assert len([said for said in wrong_sums() if said.startswith("A monthsum")]) == 1


@pytest.mark.rule("F10")
def test_who_reads_while_others_charge_and_sum_never_sees_less_nor_more(shop):
    """Two who charge, two jobs, one reader: its sums only grow, and are those of its instant."""
    account = shop.account("A")
    keys = [shop.said(NOW) for _ in range(2 * ROUNDS)]
    done = Event()

    def charge(number: int) -> None:
        for said in keys[number::2]:
            adjustments.adjust(account=account, amount=Decimal(1), reason="race", **said)

    def catch_up() -> None:
        while not done.is_set():
            sums.catch_up()

    def watch() -> list[int]:
        seen = []
        try:
            while not seen or seen[-1] < len(keys):
                with transaction.atomic():
                    shown = read.of_payers([account.pk], [MAY]).get((account.pk, MAY), 0)
                seen.append(int(shown))
        finally:
            done.set()
        return seen

    outcomes = at_once([partial(charge, 0), partial(charge, 1), catch_up, catch_up, watch])
    assert counted(outcomes) == {"done": 5}
    seen = outcomes[-1]
    assert (seen, seen[-1]) == (sorted(seen), len(keys))
    sums.catch_up()
    assert (stored(account), Unsummed.objects.count(), wrong_sums()) == (len(keys), 0, [])
