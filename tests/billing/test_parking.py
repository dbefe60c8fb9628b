"""One account that can't be worked on is parked with its reason; all others go on (C4, B5, S1)."""

from decimal import Decimal

import pytest

from billing.models import Bill, Charge, Price, Product, Source, UsageRecord
from billing.services import bills, cycles, usage
from finance_mgmt.enums import Parked
from finance_mgmt.models import Account, Parking, Run
from finance_mgmt.queries.parking import parked_from
from finance_mgmt.services import parking, runs
from tests.provider import LONG_AGO, Provider, at

USED = at("2024-05-10 14:20")
OVER, NEXT_OVER = at("2024-06-01 00:00"), at("2024-07-01 00:00")


@pytest.fixture
def shop(provider: Provider) -> Provider:
    """Two accounts of one price, and a third that uses what has none."""
    product = provider.product("ecs")
    provider.product("gpu")
    for name in ("A", "B", "poor"):
        provider.account(name, cash_amount="100")
    for name in ("A", "B"):
        provider.use(account(name), product, "1", USED)
    provider.use(account("poor"), _product("gpu"), "1", USED)
    Price.objects.filter(product__code="gpu").delete()
    return provider


def account(number: str) -> Account:
    return Account.objects.get(number=number)


def _product(code: str):
    return Product.objects.get(code=code)


def close(provider: Provider, when) -> Run | None:
    cycles.start_closing(**provider.said(when))
    run = cycles.close(by="job", at=when)
    return run and runs.work(run.pk, worker="w")


def issue(when) -> Run | None:
    run = bills.issue(by="job", at=when)
    return run and runs.work(run.pk, worker="w")


def parked() -> list[tuple]:
    return [
        (row.account.number, row.job, row.tries, bool(row.parked_at), bool(row.released_at))
        for row in Parking.objects.order_by("pk")
    ]


def billed() -> list[tuple]:
    return sorted(
        (bill.payer.number, f"{bill.month:%Y-%m}", bill.total) for bill in Bill.objects.all()
    )


def mend() -> None:
    Price.objects.create(product=_product("gpu"), unit_price=Decimal(2), effective_from=LONG_AGO)


@pytest.mark.rule("C4", "P1")
def test_what_fails_for_good_parks_its_account_and_the_others_are_billed(shop):
    run = close(shop, OVER)
    assert (run.state, run.done_units, run.total_units) == ("failed", 2, 3)
    assert parked() == [("poor", "close", 1, True, False)]
    assert Parking.objects.get().reason.startswith("No price is in force for gpu.")
    issue(OVER)
    assert billed() == [("A", "2024-05", 1), ("B", "2024-05", 1)]


def test_what_is_parked_is_skipped_with_its_reason_until_it_is_released(shop):
    first = close(shop, OVER)
    shop.use(account("poor"), _product("ecs"), "5", at("2024-06-10 10:00"))
    shop.use(account("A"), _product("ecs"), "1", at("2024-06-10 10:00"))
    second = close(shop, NEXT_OVER)
    assert [(s.state, s.scope["owners"]) for s in second.steps.order_by("number")] == [
        ("skipped", [account("poor").pk]),
        ("done", [account("A").pk]),
    ]
    assert second.state == "done"
    assert (
        second.steps.get(state="skipped").error == "Its group waits for an account that is parked."
    )
    mend()
    again = parking.release(account=account("poor"), **shop.said(NEXT_OVER))
    assert again == [first, second]
    assert runs.work(second.pk, worker="w").state == "queued"  # the earlier one comes first
    assert [runs.work(run.pk, worker="w").state for run in again] == ["done", "done"]
    charged = Charge.objects.filter(owner=account("poor")).order_by("period_start")
    assert list(charged.values_list("payable_amount", flat=True)) == [2, 5]
    assert parked() == [("poor", "close", 1, True, True)]
    for _month in range(3):
        issue(NEXT_OVER)
    assert [row for row in billed() if row[0] == "poor"] == [
        ("poor", "2024-05", 2),
        ("poor", "2024-06", 5),
    ]


def test_a_second_try_of_the_run_releases_too(shop):
    run = close(shop, OVER)
    mend()
    runs.retry(run, by="clerk", at=OVER)
    assert runs.work(run.pk, worker="w").state == "done"
    assert parked() == [("poor", "close", 1, True, True)]


def test_the_whole_group_waits_for_its_member(shop):
    shop.link(account("A"), account("B"), mode="management")
    parking.park(account=account("B"), reason="under dispute", **shop.said(OVER))
    mend()
    run = close(shop, OVER)
    assert [(s.state, s.scope["owners"]) for s in run.steps.order_by("number")] == [
        ("skipped", [account("A").pk, account("B").pk]),
        ("done", [account("poor").pk]),
    ]
    issue(OVER)
    assert billed() == [("poor", "2024-05", 2)]
    for again in parking.release(account=account("B"), **shop.said(OVER)):
        runs.work(again.pk, worker="w")
    issue(OVER)
    assert billed() == [("A", "2024-05", 1), ("B", "2024-05", 1), ("poor", "2024-05", 2)]


def test_parking_by_hand_is_one_decision_and_refused_twice(shop):
    said = shop.said(OVER)
    first = parking.park(account=account("A"), reason="under dispute", **said)
    assert parking.park(account=account("A"), reason="under dispute", **said) == first
    with pytest.raises(parking.ParkingRefused) as refused:
        parking.park(account=account("A"), reason="again", **shop.said(OVER))
    assert [reason.code for reason in refused.value.reasons] == ["already_parked"]
    assert parked_from("settle") == {account("A").pk}
    said = shop.said(OVER)
    assert parking.release(account=account("A"), **said) == []
    assert parking.release(account=account("A"), **said) == []
    with pytest.raises(parking.ParkingRefused) as refused:
        parking.release(account=account("A"), **shop.said(OVER))
    assert [reason.code for reason in refused.value.reasons] == ["not_parked"]


def test_settling_goes_on_beside_an_account_that_fails_and_parks_it_after_three_tries(
    shop, monkeypatch, settings
):
    def fail() -> None:
        raise ZeroDivisionError("a broken row")

    said = {"job": Parked.SETTLE, "account": account("A").pk, "by": "job", "at": OVER}
    assert [parking.attempt(fail, **said) for _ in range(4)] == [(False, None)] * 4
    assert parked() == [("A", "settle", 3, True, False)]
    assert Parking.objects.get().reason.startswith("ZeroDivisionError: a broken row")
    assert parking.attempt(lambda: 1, **said) == (False, None)
    parking.release(account=account("A"), **shop.said(OVER))
    assert parking.attempt(lambda: 1, **said) == (True, 1)


def test_a_try_that_ends_well_forgets_the_earlier_ones(shop):
    said = {"job": Parked.WARNINGS, "account": account("A").pk, "by": "job", "at": OVER}
    parking.attempt(lambda: 1 / 0, **said)
    assert parking.attempt(lambda: 7, **said) == (True, 7)
    assert parked() == [("A", "warnings", 1, False, True)]
    assert parked_from("warnings") == set()


@pytest.mark.rule("B2")
def test_one_poisoned_record_in_ten_thousand_is_parked_and_the_others_are_billed(provider):
    product = provider.product("ecs", unit_price="0.01")
    dear = provider.product("dear", unit_price="1")
    owners = [provider.account(f"A-{n}", credit_limit="99", identity=f"{n}") for n in range(9)]
    source, _ = Source.objects.get_or_create(code="meter")
    records = [
        usage.NewUsage(
            key=f"{owner.number} {number}",
            owner=owner,
            product=product,
            quantity=Decimal(1),
            starts_at=USED,
        )
        for owner in owners
        for number in range(1_111)
    ]
    usage.accept(records, source=source, **provider.said(USED))
    poisoned = provider.account("poisoned", credit_limit="99", identity="poisoned")
    provider.use(poisoned, dear, "99999999999999", USED)
    Price.objects.filter(product=dear).update(unit_price="99999999999999999999")  # behind our back
    run = close(provider, OVER)
    assert (run.state, run.done_units, run.total_units) == ("failed", 9_999, 10_000)
    assert parked() == [("poisoned", "close", runs.MOST_ATTEMPTS, True, False)]
    assert Parking.objects.get().reason.count("must round to an absolute value") == 1
    issue(OVER)
    assert [(number, total) for number, _, total in billed()] == [
        (owner.number, Decimal("11.11")) for owner in owners
    ]
    assert UsageRecord.objects.count() == 10_000
