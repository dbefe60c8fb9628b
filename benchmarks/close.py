"""A month of usage of 2,000 accounts and 50 products: how far is the close from the bare SQL?"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks import scratch
from billing.models import Discount, Family, Price, Product, Source
from billing.services import bills, cycles
from finance_mgmt.models import Account, Funds, Relationship
from finance_mgmt.services import decisions, runs

ACCOUNTS, PRODUCTS, MASTERS, MEMBERS_EACH = 2_000, 50, 300, 4
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
MONTH_OVER = datetime(2024, 6, 30, 16, tzinfo=UTC)  # midnight in Shanghai

USAGE = """
INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at)
SELECT %(source)s, 'r' || i, 'usage',
    %(first_account)s + (i %% {accounts}), %(first_product)s + ((i / {accounts}) %% {products}), '',
    at, at, 1 + (i %% 97) / 1000.0, '', '2024-06-10 16:00+00', '2024-06-11 16:00+00', at, false,
    '2024-06-11 16:00+00'
FROM generate_series(0, %(records)s - 1) i,
    LATERAL (SELECT timestamptz '2024-06-10 16:00+00' + interval '1 second' * (i %% 86400) AS at) t
"""

# The same groups and as many rows, with constants for all that the close has to find out.
FLOOR = """
INSERT INTO floor (id, kind, owner_id, payer_id, product_id, resource, period_start, period_end,
    billing_month, quantity, unit_price, list_amount, covered_amount, discount_amount,
    voucher_amount, payable_amount, currency, is_late, reason)
SELECT row_number() OVER (), 'usage', owner_id, owner_id, product_id, resource, period_start,
    period_end, '2024-06-01', sum(quantity), 1, sum(quantity), 0, 0, 0, sum(quantity), 'CNY',
    false, ''
FROM billing_usagerecord GROUP BY owner_id, product_id, resource, period_start, period_end
"""


def measure(*, records: int, rounds: int) -> dict:
    """Load once, then time floor and close in turn, each round on a fresh copy."""
    timed: dict[str, list[float]] = {name: [] for name in ("floor", "one", "bills", "two")}
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        _load(records)
        with scratch.away():
            right = True
            for number in range(rounds + 1):  # the first one warms up
                seen = _round()
                right = right and seen.pop("right")
                if number:
                    for name, seconds in seen.items():
                        timed[name].append(seconds)
    floor = timed["floor"]
    rows = [
        ("floor: GROUP BY + INSERT of constants", floor),
        ("close, one worker", timed["one"]),
        ("bills of that month", timed["bills"]),
        ("close and bills", [a + b for a, b in zip(timed["one"], timed["bills"], strict=True)]),
        ("close, two workers (with their start-up)", timed["two"]),
    ]
    return {
        "title": f"Closing {records:,} usage records of {ACCOUNTS:,} accounts",
        "rows": [_row(name, seconds, floor) for name, seconds in rows],
        "books_are_right": right,
    }


def _row(name: str, seconds: list[float], floor: list[float]) -> dict:
    ratio = median(a / b for a, b in zip(seconds, floor, strict=True))
    return {
        "what": name,
        "seconds": f"{median(seconds):.2f}",
        "ratio": f"{ratio:.2f}",
        "rounds": [f"{one:.2f}" for one in seconds],
    }


def _round() -> dict:
    seen: dict = {}
    with scratch.database(f"{scratch.OWN}_floor", scratch.LOADED):
        scratch.execute("CREATE TABLE floor (LIKE billing_charge INCLUDING ALL)")
        seen["floor"] = _timed(lambda: scratch.execute(FLOOR))
    with scratch.database(f"{scratch.OWN}_one", scratch.LOADED):
        run = cycles.close(by="bench", at=MONTH_OVER)
        seen["one"] = _timed(lambda: runs.work(run.pk, worker="one"))
        run = bills.issue(by="bench", at=MONTH_OVER)
        seen["bills"] = _timed(lambda: runs.work(run.pk, worker="one"))
        seen["right"] = not [
            said for path in settings.BOOK_CHECKS for said in import_string(path)()
        ]
    with scratch.database(f"{scratch.OWN}_two", scratch.LOADED):
        run = cycles.close(by="bench", at=MONTH_OVER)
        seen["two"] = _timed(lambda: _two_workers(run.pk))
    return seen


def _timed(action) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _two_workers(run_id: int) -> None:
    work = (
        "import django; django.setup(); from django.db import connection;"
        f"connection.settings_dict['NAME'] = {connection.settings_dict['NAME']!r};"
        f"from finance_mgmt.services import runs; runs.work({run_id}, worker='w')"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "finance_mgmt.settings"}
    workers = [subprocess.Popen([sys.executable, "-c", work], env=environment) for _ in "ab"]
    if any(worker.wait() for worker in workers):
        raise RuntimeError("a worker failed")


def _load(records: int) -> None:
    said = {"by": "bench", "at": SINCE}
    decision, _ = decisions_in_transaction(said)
    accounts = Account.objects.bulk_create(
        Account(number=f"acct-{n:05}", name=f"Account {n}", opened_at=SINCE, decision=decision)
        for n in range(ACCOUNTS)
    )
    Funds.objects.bulk_create(Funds(account=account) for account in accounts)
    members = iter(accounts[MASTERS:])
    Relationship.objects.bulk_create(
        Relationship(
            master=master,
            member=next(members),
            mode="trusteeship",
            state="active",
            effective_from=SINCE,
            trusteeship_from=SINCE,
            decision=decision,
        )
        for master in accounts[:MASTERS]
        for _ in range(MEMBERS_EACH)
    )
    family = Family.objects.create(code="compute", name="Compute")
    products = Product.objects.bulk_create(
        Product(code=f"product-{n:02}", name=f"Product {n}", family=family, cycle="day")
        for n in range(PRODUCTS)
    )
    Price.objects.bulk_create(
        Price(product=product, unit_price=Decimal(n + 1) / 8, effective_from=SINCE)
        for n, product in enumerate(products)
    )
    Discount.objects.bulk_create(
        Discount(owner=master, family=family, rate=Decimal("0.8")) for master in accounts[:MASTERS]
    )
    facts = {
        "source": Source.objects.create(code="bench").pk,
        "first_account": accounts[0].pk,
        "first_product": products[0].pk,
        "records": records,
    }
    with connection.cursor() as cursor:
        cursor.execute(USAGE.format(accounts=ACCOUNTS, products=PRODUCTS), facts)
    cycles.start_closing(key="bench", **said)
    connection.close()
    scratch.execute("VACUUM ANALYZE")


def decisions_in_transaction(said: dict) -> tuple:
    from django.db import transaction

    with transaction.atomic():
        return decisions.record(verb="bench", facts={}, key="load", **said)
