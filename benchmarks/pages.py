"""The admin's main pages over one master of many members and many charges: time on the server."""

from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.module_loading import import_string

from benchmarks import groups, scratch
from billing.models import Bill, Charge, Family, Price, Product, Source
from billing.services import bills, cycles, sums
from finance_mgmt.clock import now
from finance_mgmt.models import Account, Relationship
from finance_mgmt.services import runs

PRODUCTS = 5
BUDGET_MS = 300
LISTS = [
    *(f"finance_mgmt_{name}" for name in ("account", "relationship", "movement", "approval")),
    *(f"finance_mgmt_{name}" for name in ("run", "notice")),
    *(f"billing_{name}" for name in ("bill", "charge", "order", "usagerecord", "resource")),
    "invoicing_invoice",
]

# One record per member, product and day, on days of the last two months: each becomes a charge.
USAGE = """
INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at)
SELECT %(source)s, 'r' || i, 'usage', owners.ids[1 + i %% owners.count],
    products.ids[1 + (i / owners.count) %% products.count], '', ending - interval '12 hours',
    ending - interval '12 hours', 1 + (i %% 97) / 1000.0, '', ending - interval '1 day', ending,
    ending, false, ending
FROM generate_series(0, %(charges)s - 1) i,
    (SELECT array_agg(id ORDER BY id) AS ids, count(*)::integer FROM finance_mgmt_account
        WHERE number LIKE 'hot-%%') owners,
    (SELECT array_agg(id ORDER BY id) AS ids, count(*)::integer FROM billing_product
        WHERE cycle = 'day') products,
    LATERAL (SELECT owners.count * products.count AS a_day) one,
    LATERAL (SELECT greatest(60, %(charges)s / a_day) * (i / a_day) / (1 + %(charges)s / a_day)
        AS days) ago,
    LATERAL (SELECT %(midnight)s::timestamptz - interval '1 day' * ago.days AS ending) t
"""


def measure(*, members: int, charges: int, rounds: int) -> dict:
    """Load and close once, then ask for every page in turn; the first round warms up."""
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        _load(members, charges)
        wrong = [said for path in settings.BOOK_CHECKS for said in import_string(path)()]
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.create_superuser("bench"))
        pages = _pages()
        timed: dict[str, list[float]] = {what: [] for what in pages}
        queries = {what: _queries(client, address) for what, address in pages.items()}
        for _ in range(rounds):
            for what, address in pages.items():
                timed[what].append(_asked(client, address))
    slow = [what for what, some in timed.items() if 1000 * median(some) > BUDGET_MS]
    return {
        "title": f"Pages with {members:,} members of one master and {charges:,} charges",
        "rows": [
            {
                "what": what,
                "ms": f"{1000 * median(some):.0f}",
                "queries": queries[what],
                "rounds": [f"{1000 * one:.0f}" for one in some],
            }
            for what, some in timed.items()
        ],
        "targets": {f"{BUDGET_MS} ms per page": f"over it: {', '.join(slow)}" if slow else "kept"},
        "books_are_right": not wrong,
    }


def _load(members: int, charges: int) -> None:
    groups.load(members)
    family = Family.objects.create(code="storage", name="Storage")
    products = Product.objects.bulk_create(
        Product(code=f"disk-{n}", name=f"Disk {n}", family=family, cycle="day")
        for n in range(PRODUCTS)
    )
    Price.objects.bulk_create(
        Price(product=product, unit_price=n, effective_from=groups.SINCE)
        for n, product in enumerate(products, start=1)
    )
    at = now()
    with connection.cursor() as cursor:
        source = Source.objects.create(code="bench").pk
        facts = {"source": source, "charges": charges, "midnight": _midnight(at)}
        cursor.execute(USAGE, facts)
    scratch.execute("VACUUM ANALYZE")
    for begin in (cycles.close, bills.issue):
        run = begin(by="bench", at=at)
        if run is not None:
            runs.work(run.pk, worker="bench")
    sums.catch_up()
    scratch.execute("VACUUM ANALYZE")


def _midnight(at: datetime) -> datetime:
    """The last one in Shanghai, where the billing day of new books begins."""
    return (at + timedelta(hours=8)).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
        hours=8
    )


def _pages() -> dict[str, str]:
    master = Account.objects.get(number="hot")
    member = Account.objects.get(number="hot-0")
    bill = Bill.objects.filter(payer=master).latest("month")
    charge = Charge.objects.filter(owner=member).earliest("pk")
    of = {
        "account": ("finance_mgmt_account_change", master.pk),
        "account of a member": ("finance_mgmt_account_change", member.pk),
        "relationship": (
            "finance_mgmt_relationship_change",
            Relationship.objects.get(member=member).pk,
        ),
        "timeline": ("finance_mgmt_account_timeline", master.pk),
        "group": ("billing_bill_group", master.pk),
        "bill": ("billing_bill_change", bill.pk),
        "bill: one member's products": ("billing_bill_member", bill.pk, member.pk),
        "charge, explained": ("billing_charge_change", charge.pk),
    }
    found = {"home": reverse("admin:index"), "groups": reverse("admin:billing_bill_groups")}
    found |= {what: reverse(f"admin:{name}", args=some) for what, (name, *some) in of.items()}
    found |= {f"list: {name}": reverse(f"admin:{name}_changelist") for name in LISTS}
    found["group, by month to date, page 2"] = f"{found['group']}?o=month&p=2"
    found["charges of one owner"] = f"{found['list: billing_charge']}?q={member.number}"
    found["search"] = f"{reverse('admin:search')}?s={member.number}&extended=1"
    return found


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        _asked(client, address)
    return len(seen)


def _asked(client: Client, address: str) -> Any:
    started = perf_counter()
    answer = client.get(address)
    took = perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code} {answer.content[:300]!r}")
    return took
