"""Orders of members on one hot master and on 1,000 masters, against bare inserts and naive code."""

from functools import partial
from itertools import count
from random import Random
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils.module_loading import import_string

from benchmarks import crowd, groups, naive_orders, scratch, web
from billing.models import Order
from billing.services import many_orders, orders
from finance_mgmt.models import Funds
from finance_mgmt.services import again

FLOOR_DATABASE = f"{scratch.OWN}_floor"

# The rows of one order with constants for all that has to be found out, and no draw.
FLOOR = """
WITH decided AS (
    INSERT INTO finance_mgmt_decision (key, verb, facts, by, at)
    VALUES (%(name)s, 'orders.place', '{}', 'bench', %(at)s) RETURNING id
), run AS (
    INSERT INTO billing_resource (account_id, code, product_id, kind, status, started_at,
        paid_until)
    VALUES (%(owner)s, %(name)s, %(product)s, 'prepaid', 'running', %(at)s, %(at)s) RETURNING id
), bought AS (
    INSERT INTO billing_order (number, kind, status, owner_id, product_id, resource_id,
        resource_code, months, placed_at, list_amount, discount_amount, coupon_amount,
        voucher_amount, payable_amount, from_cash, from_credit, refunded_amount,
        refunded_to_credit, paid_at, covers_from, covers_until, payer_id, decision_id)
    SELECT %(name)s, 'new', 'paid', %(owner)s, %(product)s, run.id, %(name)s, 1, %(at)s, 0.01, 0,
        0, 0, 0.01, 0, 0.01, 0, 0, %(at)s, %(at)s, %(at)s, %(payer)s, decided.id
    FROM run, decided RETURNING id
), charged AS (
    INSERT INTO billing_charge (kind, owner_id, payer_id, product_id, resource, period_start,
        period_end, billing_month, quantity, list_amount, covered_amount, discount_amount,
        voucher_amount, payable_amount, currency, order_id, is_late, reason)
    SELECT 'order', %(owner)s, %(payer)s, %(product)s, %(name)s, %(at)s, %(at)s, '2024-06-01', 1,
        0.01, 0, 0, 0, 0.01, 'CNY', id, false, '' FROM bought
)
INSERT INTO finance_mgmt_movement (decision_id, kind, from_account_id, from_pocket, to_pocket,
    owner_id, amount, currency, reason, at)
SELECT id, 'order', %(payer)s, 'credit', 'provider', %(owner)s, 0.01, 'CNY', %(name)s, %(at)s
FROM decided
"""


def floor(shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    names = count()

    def act() -> int:
        owner = random.choice(shop.buyers).pk
        facts = {"owner": owner, "payer": shop.masters[owner], "product": shop.product.pk}
        with connection.cursor() as cursor:
            name = f"{tag} {next(names)}"
            cursor.execute(FLOOR, facts | {"name": name, "at": groups.NOW})
        return 1

    return act


def naive(shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    names = count()

    def act() -> int:
        owner = random.choice(shop.buyers)
        naive_orders.buy(f"{tag} {next(names)}", owner, shop.masters[owner.pk], shop.product)
        return 1

    return act


def service(shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    names = count()

    def act() -> int:
        name = f"{tag} {next(names)}"
        orders.place(**_wanted(shop, name, random), key=name, by="bench", at=groups.NOW)
        return 1

    return act


def long_way(shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    names = count()

    def act() -> int:
        name = f"{tag} {next(names)}"
        order, facts = orders.draft(**_wanted(shop, name, random), at=groups.NOW)
        said = (facts, True, name, "bench", groups.NOW)
        again.in_transaction(lambda: orders._place(order, *said))
        return 1

    return act


def bulk(shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    names = count()

    def act() -> int:
        name = f"{tag} {next(names)}"
        wanted = [
            many_orders.NewOrder(**_wanted(shop, f"{name} {n}", random))
            for n in range(groups.TOGETHER)
        ]
        placed = many_orders.place_many(wanted=wanted, key=name, by="bench", at=groups.NOW)
        if any(one.refusal for one in placed):
            raise RuntimeError("an order was refused")
        return groups.TOGETHER

    return act


def _wanted(shop: groups.Shop, name: str, random: Random) -> dict[str, Any]:
    owner = random.choice(shop.buyers)
    return {"number": name, "account": owner, "product": shop.product, "list_amount": groups.CENT}


CONTENDERS = {
    "floor": floor,
    "naive": naive,
    "long": long_way,
    "service": service,
    "bulk": bulk,
}
WHAT = {
    "floor": "floor: the same inserts alone, raw SQL",
    "naive": "naive: select_for_update, then ORM creates",
    "long": "service, the long way (every feature)",
    "service": "service, the short way (orders.place)",
    "bulk": f"bulk, {groups.TOGETHER} at once (place_many)",
    "http_naive": "HTTP: naive, in a bare view",
    "http": "HTTP: POST /orders",
    "http_bulk": f"HTTP: POST /orders/bulk, {groups.TOGETHER} at once",
}


def measure(
    *, members: int, seconds: Any, rounds: int, clients: tuple[int, ...], only: list[str]
) -> dict:
    """Every contender in turn, round after round; the floor, which draws nothing, elsewhere."""
    found: dict[tuple[str, int, str], list[dict]] = {}
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        groups.load(members)
        scratch.execute("VACUUM ANALYZE")
        shops = {where: groups.Shop(where) for where in ("hot", "spread")}
        with scratch.away():
            scratch.execute(f'CREATE DATABASE "{FLOOR_DATABASE}" TEMPLATE "{scratch.LOADED}"')
        try:
            with web.serving(scratch.LOADED) as site:
                contenders = CONTENDERS | web.contenders(site)
                if only:
                    contenders = {name: contenders[name] for name in ("floor", "naive", *only)}
                for number in range(rounds):
                    _round(found, contenders, shops, clients, seconds, number)
            scratch.connect(scratch.LOADED)
            wrong = verdict(found)
        finally:
            scratch.connect(scratch.LOADED)
            scratch.execute(f'DROP DATABASE "{FLOOR_DATABASE}" WITH (FORCE)')
    names = list(contenders)
    return {
        "title": f"Orders per second, each of one cent: one hot master, and {members:,} masters",
        "rows": [_row(found, name, size) for size in clients for name in names],
        "targets": {} if only else _targets(found, max(clients)),
        "wrong": wrong,
        "books_are_right": not wrong,
    }


def _round(
    found: dict, contenders: dict, shops: dict, clients: tuple[int, ...], seconds: Any, number: int
) -> None:
    for size in clients:
        for name, contender in contenders.items():
            for where, shop in shops.items():
                scratch.connect(FLOOR_DATABASE if name == "floor" else scratch.LOADED)
                one = crowd.run(
                    partial(contender, shop),
                    clients=size,
                    seconds=seconds,
                    tag=f"{number} {size} {name} {where}",
                )
                found.setdefault((name, size, where), []).append(one)


def verdict(found: dict) -> list[str]:
    """What is wrong with the books, with the limits, or with what was acknowledged."""
    wrong = [said for path in settings.BOOK_CHECKS for said in import_string(path)()]
    over = Funds.objects.filter(used__gt=F("credit_limit")).count()
    if over:
        wrong.append(f"{over} accounts are over their limit.")
    told = sum(
        one["done"] for (name, _, _), some in found.items() for one in some if name != "floor"
    )
    if (kept := Order.objects.count()) < told:
        wrong.append(f"{told} orders were acknowledged, {kept} are there.")
    return wrong


def _row(found: dict, name: str, clients: int) -> dict:
    """Medians of the rounds; ratios are taken within a round, then the median of them."""
    hot, spread = found[name, clients, "hot"], found[name, clients, "spread"]
    return {
        "what": WHAT[name],
        "clients": clients,
        "hot": round(_middle(hot)),
        "spread": round(_middle(spread)),
        "hot_by_spread": _ratio(hot, spread),
        "by_floor": _ratio(hot, found["floor", clients, "hot"]),
        "by_naive": _ratio(hot, found["naive", clients, "hot"]),
        "p50_ms": f"{median(one['p50'] for one in hot):.1f}",
        "p99_ms": f"{median(one['p99'] for one in hot):.1f}",
        "rounds": [round(one["per_second"]) for one in hot],
    }


def _targets(found: dict, clients: int) -> dict[str, str]:
    """The ratios that PERFORMANCE names, at the largest crowd."""
    hot = {
        name: some
        for (name, size, where), some in found.items()
        if (size, where) == (clients, "hot")
    }
    spread = found["service", clients, "spread"]
    p = median(one["p99"] / one["p50"] for one in hot["service"])
    return {
        "service hot / spread >= 0.9": _ratio(hot["service"], spread),
        "service hot / floor >= 0.5": _ratio(hot["service"], hot["floor"]),
        "HTTP hot / HTTP naive >= 8": _ratio(hot["http"], hot["http_naive"]),
        "bulk / floor >= 1.5": _ratio(hot["bulk"], hot["floor"]),
        "service p99 / p50 < 20": f"{p:.1f}",
    }


def _middle(some: list[dict]) -> Any:
    return median(one["per_second"] for one in some)


def _ratio(some: list[dict], others: list[dict]) -> str:
    pairs = zip(some, others, strict=True)
    return f"{median(a['per_second'] / b['per_second'] for a, b in pairs):.2f}"
