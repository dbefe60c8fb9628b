"""What the close is measured on: 2,000 accounts, 300 of them masters, and a month of usage."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection, transaction

from benchmarks import scratch
from billing.models import (
    Commitment,
    CommitmentSharing,
    Discount,
    Family,
    Price,
    Product,
    Source,
    Voucher,
    VoucherSharing,
)
from billing.services import cycles
from finance_mgmt.models import Account, Decision, Funds, Relationship
from finance_mgmt.services import decisions

ACCOUNTS, PRODUCTS, MASTERS, MEMBERS_EACH = 2_000, 50, 300, 4
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
MONTH_OVER = datetime(2024, 6, 30, 16, tzinfo=UTC)  # midnight in Shanghai

# Every day of usage has as many records and charges as the first.
USAGE = """
INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at)
SELECT %(source)s, 'r' || day || '-' || i, 'usage',
    %(first_account)s + (i %% {accounts}), %(first_product)s + ((i / {accounts}) %% {products}), '',
    began + at, began + at, 1 + (i %% 97) / 1000.0, '', began, began + interval '1 day', began + at,
    false, began + interval '1 day'
FROM generate_series(%(first_day)s, %(last_day)s) day, generate_series(0, %(records)s - 1) i,
    LATERAL (SELECT timestamptz '2024-06-10 16:00+00' + interval '1 day' * day AS began,
        interval '1 second' * (i %% 86400) AS at) t
"""


def load(records: int, days: int = 1) -> None:
    """Into the current database, which is empty: accounts, prices, and `records` for each day."""
    said = {"by": "bench", "at": SINCE}
    decision, _ = decisions_in_transaction(said)
    accounts = _accounts(decision)
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
    Source.objects.create(code="bench")
    cycles.start_closing(key="bench", **said)
    _use(records, first_day=0, last_day=days - 1)


def more(records: int, days: int) -> None:
    """As many records on each of these days, after the first one."""
    _use(records, first_day=1, last_day=days)


def _use(records: int, *, first_day: int, last_day: int) -> None:
    facts = {
        "source": Source.objects.get().pk,
        "first_account": Account.objects.earliest("pk").pk,
        "first_product": Product.objects.earliest("pk").pk,
        "records": records,
        "first_day": first_day,
        "last_day": last_day,
    }
    with _bare("billing_usagerecord"), connection.cursor() as cursor:
        cursor.execute(USAGE.format(accounts=ACCOUNTS, products=PRODUCTS), facts)
    connection.close()
    scratch.execute("VACUUM ANALYZE")


@contextmanager
def _bare(table: str) -> Iterator[None]:
    """Without foreign keys and indexes, but unique ones; all at once afterwards costs a fifth."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', %(table)s, conname),
                format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', %(table)s, conname,
                    pg_get_constraintdef(oid))
            FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'f'
            UNION ALL
            SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
            FROM pg_index WHERE indrelid = %(table)s::regclass AND NOT indisunique
            """,
            {"table": table},
        )
        ways = cursor.fetchall()
    for drop, _ in ways:
        scratch.execute(drop)
    yield
    for _, add in ways:
        scratch.execute(add)


def _accounts(decision: Decision) -> list[Account]:
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
    return accounts


def decisions_in_transaction(said: dict) -> tuple:
    """The decision that everything loaded names."""
    with transaction.atomic():
        return decisions.record(verb="bench", facts={}, key="load", **said)


def cover() -> None:
    """Give 5 % of the accounts commitments and vouchers: 15 whole groups and 25 on their own."""
    decision, family = Decision.objects.get(key="load"), Family.objects.get()
    accounts = list(Account.objects.order_by("pk"))
    rich = accounts[:15] + accounts[-25:]
    plans = Commitment.objects.bulk_create(
        Commitment(
            code=f"plan-{owner.number}",
            owner=owner,
            kind="savings_plan",
            commit_amount=Decimal("0.01"),
            rate=Decimal("0.5"),
            is_shared=True,
            starts_at=SINCE,
            decision=decision,
        )
        for owner in rich
    )
    Commitment.families.through.objects.bulk_create(
        Commitment.families.through(commitment=plan, family=family) for plan in plans
    )
    CommitmentSharing.objects.bulk_create(
        CommitmentSharing(commitment=plan, is_shared=True, since=SINCE, decision=decision)
        for plan in plans
    )
    vouchers = Voucher.objects.bulk_create(
        Voucher(
            code=f"voucher-{owner.number}",
            owner=owner,
            face_value=Decimal(1000),
            remaining=Decimal(1000),
            share="all_trusteeship_members",
            issued_at=SINCE,
            decision=decision,
        )
        for owner in rich
    )
    VoucherSharing.objects.bulk_create(
        VoucherSharing(voucher=one, share=one.share, members=[], since=SINCE, decision=decision)
        for one in vouchers
    )
