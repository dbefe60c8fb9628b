"""What is done on a database that gets full, and afterwards. `python full_database.py PHASE`.

Prints one JSON object.
"""

import json
import sys
from pathlib import Path

import django

USED = "2024-05-10 10:10"
ROWS, MOST_LOADS, IMPORTED = 1000, 30, 50

# Long names: few rows fill much.
LOAD = """
INSERT INTO billing_usagerecord (source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, reason, period_start, period_end, received_at, is_late, due_at)
SELECT source_id, gen_random_uuid()::text, kind, owner_id, product_id,
    gen_random_uuid()::text || repeat('x', 900), starts_at, ends_at, quantity, reason, period_start,
    period_end, received_at, is_late, due_at
FROM billing_usagerecord, generate_series(1, %s) WHERE resource = 'first'
"""


def filled() -> dict[str, object]:
    """Records come until there is no room; a file comes, too; money goes on where there is some."""
    from django.db import DatabaseError, connection

    from billing.models import ImportedRow, UsageRecord
    from billing.services import imports
    from finance_mgmt.services import runs
    from tests.billing import files
    from tests.billing.shop import Shop
    from tests.provider import at

    shop = Shop()
    files.small_world(shop)
    account = shop.account("L", cash_amount="1000000")
    shop.use(account, shop.product("ecs"), "1", at(USED), resource="first")
    loads, refused = 0, ""
    while not refused and loads < MOST_LOADS:
        try:
            with connection.cursor() as cursor:
                cursor.execute(LOAD, [ROWS])
            loads += 1
        except DatabaseError as error:
            refused = _in_short(str(error))
    rows = [{"ResourceId": '"' + "x" * 900 + '"'}] * IMPORTED
    received = imports.receive(
        file_name="usage.csv",
        content=[files.focus(*rows)],
        received_at=files.RECEIVED_AT,
        **shop.said(files.AT),
    )
    run = runs.work(received.run_id, worker="test")
    shop.top_up(account, "1")
    return {
        "refused": refused,
        "loads": loads,
        "import": [run.state, _in_short(run.steps.get().error)],
        "stored": [UsageRecord.objects.count(), ImportedRow.objects.count()],
        "cash": str(shop.figures(account).cash),
    }


def emptied() -> dict[str, object]:
    """There is room again: what failed is tried again, and the month is billed."""
    from billing.models import Bill, ImportedRow, UsageRecord
    from billing.services import bills, cycles
    from finance_mgmt.models import Run
    from finance_mgmt.services import runs
    from tests.billing.shop import Shop
    from tests.provider import at

    run, over = Run.objects.get(), at("2024-06-01")
    runs.retry(run, by="test", at=over)
    states = [runs.work(run.pk, worker="test").state]
    cycles.start_closing(key="later", by="test", at=over)
    for job in (cycles.close, bills.issue):
        states.append(runs.work(job(by="job", at=over).pk, worker="test").state)
    return {
        "states": states,
        "stored": [UsageRecord.objects.count(), ImportedRow.objects.count()],
        "bills": [str(bill.total) for bill in Bill.objects.all()],
        "books": Shop().wrong_books(),
    }


def _in_short(text: str) -> str:
    return "no room" if "could not extend file" in text else text


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    django.setup()
    print(json.dumps({"filled": filled, "emptied": emptied}[sys.argv[1]]()))
