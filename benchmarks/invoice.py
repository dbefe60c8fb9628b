"""One invoice over a group of 1,000 members: how long, and in how much memory, it is made.

Every form is made in a process of its own, whose peak memory (start-up and all) is shown.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks import scratch
from benchmarks.close_world import decisions_in_transaction
from billing.models import Family, Price, Product, Source
from billing.services import bills, cycles
from finance_mgmt.models import Account, Funds, Relationship
from finance_mgmt.services import runs
from invoicing.models import TaxRate
from invoicing.services import invoices, sellers

MEMBERS, PRODUCTS = 1_000, 20
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
TAX_NUMBER = "91330100MA28K3M51M"
MONTH_OVER = datetime(2024, 6, 30, 16, tzinfo=UTC)  # midnight in Shanghai
FORMS = ("pdf", "csv", "cii", "ubl", "facturx")

USAGE = """
INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at)
SELECT %(source)s, 'r' || i, 'usage', %(first_member)s + i %% {members},
    %(first_product)s + (i / {members}) %% {products}, '', day, day, 1 + (i %% 97) / 1000.0, '',
    day, day + interval '1 day', day, false, day + interval '1 day'
FROM generate_series(0, %(records)s - 1) i, LATERAL (SELECT timestamptz '2024-06-01 16:00+00'
    + interval '1 day' * (i / {members} / {products}) AS day) t
"""

MAKE = """
import django, json, resource, sys, time; django.setup()
from django.db import connection; connection.settings_dict["NAME"] = {name!r}
from django.conf import settings; settings.MEDIA_ROOT = {folder!r}
from finance_mgmt.services import runs
from invoicing.models import Invoice
from invoicing.services import documents
asked = documents.request(invoice=Invoice.objects.get(), form={form!r}, language="zh-hans",
    key="bench", by="bench", at=Invoice.objects.get().issued_at)
started = time.perf_counter()
run = runs.work(asked.pk, worker="bench")
seconds = time.perf_counter() - started
spent = resource.getrusage(resource.RUSAGE_SELF)
helped = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = spent.ru_utime + spent.ru_stime + helped.ru_utime + helped.ru_stime
step = run.steps.get()
if run.state != "done":
    sys.exit(step.error)
own = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = max(int(own.split()[1]), helped.ru_maxrss) // 1024
print(json.dumps([f"{{seconds:.1f}} ({{cpu:.1f}} of CPU)", peak, step.result["file"]]))
"""


def measure(*, records: int, rounds: int) -> dict:
    """Bill one month, issue its combined invoice, and make every form of it, once."""
    with scratch.database("bench_invoice"), TemporaryDirectory() as folder:
        scratch.migrate()
        master, members = _load(records)
        for opened in (cycles.close, bills.issue):
            runs.work(opened(by="bench", at=MONTH_OVER).pk, worker="bench")
        started = perf_counter()
        invoice = invoices.issue(
            issuer=master,
            owners=members,
            month=date(2024, 6, 1),
            key="invoice",
            by="bench",
            at=MONTH_OVER,
        )
        rows = [_row("issue", f"{perf_counter() - started:.1f}", "", "")]
        charges = invoice.lines.count()
        connection.close()
        rows += [_made(form, folder) for form in FORMS]
        right = not [said for path in settings.BOOK_CHECKS for said in import_string(path)()]
    return {
        "title": f"One invoice of {charges:,} charges of {MEMBERS:,} members",
        "headings": ["what", "seconds", "peak MB", "file MB"],
        "rows": rows,
        "books_are_right": right,
    }


def _row(what: str, seconds: str, peak: str, size: str) -> dict:
    return {"what": what, "seconds": seconds, "ratio": peak, "rounds": [size]}


def _made(form: str, folder: str) -> dict:
    code = MAKE.format(name=connection.settings_dict["NAME"], folder=folder, form=form)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "finance_mgmt.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        return _row(form, "failed", "", done.stderr.strip().splitlines()[-1])
    seconds, peak, name = json.loads(done.stdout.splitlines()[-1])
    size = Decimal((Path(folder) / "invoices" / name).stat().st_size) / 1_000_000
    return _row(form, seconds, str(peak), f"{size:.1f}")


def _load(records: int) -> tuple[Account, list[Account]]:
    said = {"by": "bench", "at": SINCE}
    decision, _ = decisions_in_transaction(said)
    master, *members = Account.objects.bulk_create(
        Account(number=f"acct-{n:05}", name=f"子公司 {n}", opened_at=SINCE, decision=decision)
        for n in range(MEMBERS + 1)
    )
    Funds.objects.bulk_create(Funds(account=account) for account in (master, *members))
    Relationship.objects.bulk_create(
        Relationship(
            master=master,
            member=member,
            mode="trusteeship",
            state="active",
            effective_from=SINCE,
            trusteeship_from=SINCE,
            decision=decision,
        )
        for member in members
    )
    family = Family.objects.create(code="compute", name="Compute")
    products = Product.objects.bulk_create(
        Product(code=f"p-{n:02}", name=f"弹性计算 {n} 型", family=family, cycle="day", unit="GB")
        for n in range(PRODUCTS)
    )
    Price.objects.bulk_create(
        Price(product=product, unit_price=Decimal(n + 1) / 8, effective_from=SINCE)
        for n, product in enumerate(products)
    )
    for product in (None, products[0]):
        rate = Decimal("0.13") if product else Decimal("0.06")
        TaxRate.objects.create(product=product, rate=rate, effective_from=SINCE)
    sellers.set_seller(legal_name="云上科技", tax_number=TAX_NUMBER, key="seller", **said)
    facts = {
        "source": Source.objects.create(code="bench").pk,
        "first_member": members[0].pk,
        "first_product": products[0].pk,
        "records": records,
    }
    with connection.cursor() as cursor:
        cursor.execute(USAGE.format(members=MEMBERS, products=PRODUCTS), facts)
    cycles.start_closing(key="bench", **said)
    connection.close()
    scratch.execute("VACUUM ANALYZE")
    return master, members
