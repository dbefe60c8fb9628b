"""What becomes of each staged row, decided set-wise in one temporary table of the transaction."""

from typing import Any

from django.db import connection

from ..close_sql import IN_MEMORY

Facts = dict[str, Any] | None

# Each staged row meets: the accounts its ids mean today, its product, our price at the start of
# its charge period (re-rated rows only), and whatever was stored under its key before.
_JUDGE = """
CREATE TEMP TABLE import_verdict ON COMMIT DROP AS
SELECT staged.id AS staged_id, staged.row_number, staged.source_id, staged.key, staged.currency,
    staged.billed_cost, master.account_id AS master_id,
    CASE WHEN staged.sub_account IS NULL THEN master.account_id ELSE member.account_id END
        AS owner_id,
    price.unit_price, earlier.id AS earlier_id,
    CASE
        WHEN earlier.content = staged.content THEN 'known'
        WHEN earlier.id IS NOT NULL THEN 'conflict'
        WHEN taken.id IS NOT NULL THEN 'taken'
        ELSE 'new'
    END AS fate,
    CASE
        WHEN CASE WHEN staged.sub_account IS NULL THEN master.account_id
             ELSE member.account_id END IS NULL THEN 'unknown_account'
        WHEN staged.category = 'Credit' THEN 'credit_without_voucher'
        WHEN staged.category = 'Purchase' THEN 'purchase'
        WHEN staged.category = 'Tax' THEN 'tax'
        WHEN staged.category = 'Adjustment' AND staged.content->>'ChargeDescription' IS NULL
            THEN 'adjustment_without_reason'
        WHEN staged.starts_at < staged.billing_start - interval '1 year' THEN 'over_a_year_late'
        WHEN product.cycle = '' THEN 'no_cycle'
        WHEN staged.is_rerated AND staged.quantity IS NULL THEN 'no_quantity'
        WHEN staged.is_rerated AND price.unit_price IS NULL THEN 'no_price'
        ELSE ''
    END AS parked_because
FROM billing_stagedrow staged
LEFT JOIN billing_accountkey master
    ON master.source_id = staged.source_id AND master.external_id = staged.billing_account
LEFT JOIN billing_accountkey member
    ON member.source_id = staged.source_id AND member.external_id = staged.sub_account
LEFT JOIN billing_product product ON product.code = staged.product_code
LEFT JOIN LATERAL (
    SELECT unit_price FROM billing_price
    WHERE product_id = product.id AND effective_from <= staged.period_start
    ORDER BY effective_from DESC LIMIT 1
) price ON staged.is_rerated
LEFT JOIN billing_importedrow earlier
    ON earlier.source_id = staged.source_id AND earlier.key = staged.key
LEFT JOIN billing_usagerecord taken
    ON taken.source_id = staged.source_id AND taken.key = staged.key AND earlier.id IS NULL
WHERE staged.usage_import_id = %(import)s AND staged.reading = %(reading)s
"""

_STAGED = """
SELECT count(*), coalesce(array_agg(DISTINCT source_id) FILTER (WHERE source_id IS NOT NULL), '{}')
FROM billing_stagedrow WHERE usage_import_id = %(import)s AND reading = %(reading)s
"""

_TALLY = """
SELECT currency,
    CASE WHEN fate <> 'new' THEN fate WHEN parked_because <> '' THEN 'parked' ELSE 'stored' END,
    count(*), sum(billed_cost)
FROM import_verdict GROUP BY 1, 2
"""

# Amounts in the file judge the arithmetic of the file: quantity x ListUnitPrice against ListCost.
_RERATING = """
SELECT count(*), count(*) FILTER (WHERE difference <= 1e-9), coalesce(max(difference), 0) FROM (
    SELECT abs(quantity * list_unit_price - list_cost) AS difference FROM billing_stagedrow
    WHERE usage_import_id = %(import)s AND reading = %(reading)s
        AND quantity IS NOT NULL AND list_unit_price IS NOT NULL AND list_cost IS NOT NULL
) compared
"""

# The products of rows to be stored at the file's own amounts, each by its first row.
_MISSING_PRODUCTS = """
SELECT source_id, row_number, content FROM billing_stagedrow WHERE id IN (
    SELECT min(staged.id) FROM billing_stagedrow staged
    JOIN import_verdict verdict ON verdict.staged_id = staged.id
    WHERE verdict.fate = 'new' AND NOT staged.is_rerated
        AND NOT EXISTS (SELECT 1 FROM billing_product WHERE code = staged.product_code)
    GROUP BY staged.product_code
) ORDER BY product_code
"""

_OUTDATED = """
SELECT count(*) FROM billing_stagedrow staged
JOIN billing_product product ON product.code = staged.product_code
WHERE staged.usage_import_id = %(import)s AND staged.reading = %(reading)s
    AND product.cycle NOT IN ('', staged.cycle)
"""

_STORE = """
WITH stored AS (
    INSERT INTO billing_usagerecord (
        source_id, key, kind, owner_id, product_id, resource, starts_at, ends_at, quantity,
        given_amount, reason, period_start, period_end, received_at, is_late, due_at
    )
    SELECT staged.source_id, staged.key, lower(staged.category), verdict.owner_id, product.id,
        coalesce(staged.content->>'ResourceId', ''), staged.starts_at, staged.ends_at,
        coalesce(staged.quantity, 0),
        CASE WHEN staged.is_rerated THEN NULL ELSE staged.billed_cost END,
        CASE WHEN staged.category = 'Usage' THEN ''
             ELSE left(staged.content->>'ChargeDescription', 500) END,
        staged.period_start, staged.period_end, %(received_at)s,
        staged.period_end + %(close_after)s <= %(edge)s,
        CASE WHEN staged.period_end + %(close_after)s <= %(edge)s THEN %(late_due_at)s
             ELSE staged.period_end + %(close_after)s END
    FROM import_verdict verdict
    JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
    JOIN billing_product product ON product.code = staged.product_code
    WHERE verdict.fate = 'new' AND verdict.parked_because = ''
    ORDER BY verdict.staged_id  -- the same file gets the same ids where it is stored once more
    ON CONFLICT DO NOTHING
    RETURNING id, source_id, key, is_late
), kept AS (
    INSERT INTO billing_importedrow (
        usage_import_id, row_number, source_id, key, content, status, parked_because, record_id
    )
    SELECT %(import)s, staged.row_number, staged.source_id, staged.key, staged.content,
        CASE WHEN verdict.parked_because = '' THEN 'stored' ELSE 'parked' END,
        verdict.parked_because, stored.id
    FROM import_verdict verdict
    JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
    LEFT JOIN stored ON stored.source_id = staged.source_id AND stored.key = staged.key
    WHERE verdict.fate = 'new'
    RETURNING status
)
SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM stored WHERE is_late),
    (SELECT count(*) FROM kept WHERE status = 'parked')
"""


def judge(facts: dict[str, Any]) -> None:
    """Decide about every staged row of one reading; the others below read what was decided."""
    execute(IN_MEMORY)
    execute("DROP TABLE IF EXISTS pg_temp.import_verdict")
    execute(_JUDGE, facts)
    execute("ANALYZE import_verdict")


def drop() -> None:
    """Forget what was decided."""
    execute("DROP TABLE pg_temp.import_verdict")


def staged(facts: dict[str, Any]) -> tuple[int, list[int]]:
    """How many rows of a reading are still there, and of which known sources."""
    count, sources = fetch(_STAGED, facts)[0]
    return count, sources


def tally() -> list[tuple[Any, ...]]:
    """Currency, fate ("stored", "parked", "known", ...), rows and sum of BilledCost."""
    return fetch(_TALLY)


def rerating(facts: dict[str, Any]) -> tuple[Any, ...]:
    """How many rows were compared, how many match, and the largest difference."""
    return fetch(_RERATING, facts)[0]


def missing_products() -> list[tuple[Any, ...]]:
    """Source, row number and content of one row per product that has to be made."""
    return fetch(_MISSING_PRODUCTS)


def outdated(facts: dict[str, Any]) -> int:
    """How many rows were cut into cycles that their product does not have (any more)."""
    return int(fetch(_OUTDATED, facts)[0][0])


def store(facts: dict[str, Any]) -> tuple[int, int, int]:
    """Write the records and the rows. Returns how many: stored, late of these, parked."""
    stored, late, parked = fetch(_STORE, facts)[0]
    return stored, late, parked


def fetch(sql: str, facts: Facts = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def execute(sql: str, facts: Facts = None) -> None:
    """Run a statement without a result."""
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
