"""Many orders in one call: in their order, each with its own outcome, or all or none (O1)."""

from decimal import Decimal

import pytest

from billing.models import Order
from billing.services.many_orders import NewOrder, NotAllPlaced, Placed, place_many
from tests.api.door import boss, problem
from tests.billing.shop import NOW, Shop, refused


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def group(shop):
    """Two trusteeship members of a master with 100 of credit."""
    master = shop.account("HQ", credit_limit="100", cash_amount="7")
    members = [shop.account("A"), shop.account("B")]
    for member in members:
        shop.link(master, member)
    return master, *members


def told(placed: list[Placed]) -> list[str]:
    return [
        " ".join(reason.code for reason in one.refusal.reasons) if one.refusal else "paid"
        for one in placed
    ]


def wishes(product, *rows: tuple) -> list[NewOrder]:
    return [
        NewOrder(f"o{place}", account, product, Decimal(amount))
        for place, (account, amount) in enumerate(rows, start=1)
    ]


@pytest.mark.rule("O1", "F4", "F5")
def test_each_is_paid_after_those_before_it_as_far_as_the_money_goes(shop, group):
    master, a, b = group
    shop.start_closing()
    wanted = wishes(shop.prepaid(), (a, "60"), (b, "50"), (b, "40"), (master, "5"), (a, "0.01"))
    placed = place_many(wanted=wanted, **shop.said(NOW))
    assert told(placed) == ["paid", "funds_too_low", "paid", "paid", "funds_too_low"]
    assert shop.stored(master) == {"credit_limit": 100, "cash": 2, "used": 100}


@pytest.mark.rule("O1", "V1")
def test_simple_and_other_orders_mix(shop, group):
    master, a, b = group
    alone = shop.account("C", cash_amount="10")
    product = shop.prepaid()
    shop.voucher(alone, "4")
    wanted = wishes(product, (a, "1"), (alone, "14"), (b, "2"), (alone, "0.01"), (b, "3"))
    assert told(place_many(wanted=wanted, **shop.said(NOW))) == [
        "paid",
        "paid",
        "paid",
        "funds_too_low",
        "paid",
    ]
    assert (shop.stored(master)["used"], shop.stored(alone)) == (6, {})


@pytest.mark.rule("O1")
def test_all_or_nothing_names_the_first_that_is_refused(shop, group):
    _, a, b = group
    wanted = wishes(shop.prepaid(), (a, "60"), (b, "50"))
    with refused(NotAllPlaced, "F4 funds_too_low"):
        place_many(wanted=wanted, is_all_or_nothing=True, **shop.said(NOW))
    wanted = wishes(wanted[0].product, (a, "60"), (b, "40"))
    placed = place_many(wanted=wanted, is_all_or_nothing=True, **shop.said(NOW))
    assert told(placed) == ["paid", "paid"]


@pytest.mark.rule("F11")
def test_repeated_what_was_done_is_found_and_the_rest_is_done(shop, group):
    master, a, b = group
    said = shop.said(NOW)
    wanted = wishes(shop.prepaid(), (a, "60"), (b, "50"))
    first = place_many(wanted=wanted, **said)
    shop.limit(master, "110")
    second = place_many(wanted=wanted, **said)
    assert (told(first), told(second)) == (["paid", "funds_too_low"], ["paid", "paid"])
    assert second[0].order == first[0].order
    assert shop.stored(master)["used"] == 110
    other = wishes(wanted[0].product, (a, "61"))
    assert told(place_many(wanted=other, **said)) == ["key_reused"]


@pytest.mark.rule("O1", "F11")
def test_through_the_api(shop, group):
    shop.prepaid("vm")
    rows = [
        {
            "number": f"o{place}",
            "account": account,
            "product": "vm",
            "list_amount": amount,
            "currency": "CNY",
        }
        for place, (account, amount) in enumerate([("A", "60"), ("B", "50"), ("B", "40")])
    ]
    answer = boss().post("orders/bulk", {"orders": rows})
    body = answer.json()
    assert (answer.status_code, body["placed"], body["refused"]) == (200, 2, 1)
    assert [one["order"] and one["order"]["payer"] for one in body["results"]] == ["HQ", None, "HQ"]
    assert [[why["code"] for why in one["reasons"]] for one in body["results"]] == [
        [],
        ["funds_too_low"],
        [],
    ]
    rows = [{**rows[0], "number": "o9", "account": "nobody"}, {**rows[0], "currency": "USD"}]
    wrong = boss().post("orders/bulk", {"orders": rows})
    assert (wrong.status_code, [one["pointer"] for one in problem(wrong)["errors"]]) == (
        422,
        ["/orders/0/account", "/orders/1/currency"],
    )
    assert Order.objects.count() == 2
