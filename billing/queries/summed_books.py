"""Do the stored sums, with the charges that wait for theirs, say what all charges say? (F10)"""

from django.db import connection

from finance_mgmt import queries as ground

from .sums import WAITING
from .told import MOST_TOLD

# Which columns a sum is kept by, which it adds up, and the same read from any charges.
_KEPT = {
    "monthsum": (
        ("payer_id", "owner_id", "billing_month"),
        ("charge_count", "payable_amount"),
        "SELECT payer_id, owner_id, billing_month, 1 AS charge_count, payable_amount"
        " FROM {charges} charge",
    ),
    "productsum": (
        ("payer_id", "owner_id", "billing_month", "product_id"),
        ("payable_amount",),
        "SELECT payer_id, owner_id, billing_month, product_id, payable_amount"
        " FROM {charges} charge",
    ),
    "savingsum": (
        ("payer_id", "owner_id", "billing_month", "kind", "saver_id"),
        ("amount",),
        "SELECT payer_id, owner_id, billing_month, 'discount', discount_id, discount_amount"
        " FROM {charges} charge WHERE discount_id IS NOT NULL"
        " UNION ALL SELECT charge.payer_id, charge.owner_id, charge.billing_month, 'commitment',"
        " covered.commitment_id, covered.amount"
        " FROM {charges} charge JOIN billing_coverage covered ON covered.charge_id = charge.id"
        " WHERE charge.covered_amount <> 0",
    ),
    "daysum": (
        ("payer_id", "owner_id", "billing_month", "starts_on", "cycle"),
        ("payable_amount",),
        "SELECT charge.payer_id, charge.owner_id, charge.billing_month,"
        " (charge.period_start AT TIME ZONE %s)::date, product.cycle, charge.payable_amount"
        " FROM {charges} charge JOIN billing_product product ON product.id = charge.product_id"
        " WHERE charge.kind = 'usage'",
    ),
}


def wrong_sums() -> list[str]:
    """Stored sums that their charges don't add up to."""
    zone = ground.policy().billing_time_zone
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in _KEPT:
            sql = _compared(table)
            cursor.execute(sql, [zone] * sql.replace("%%", "").count("%s"))
            found += [sentence for (sentence,) in cursor.fetchall()]
    return found[:MOST_TOLD]


def _compared(table: str) -> str:
    """One statement, so that nothing moves while it looks."""
    keys, amounts, read = _KEPT[table]
    by = ", ".join(keys)
    told = ", ".join(f"'{key}', {key}" for key in keys)
    stored = ", ".join(f"'{name}', sum({name}) FILTER (WHERE is_stored)" for name in amounts)
    made = ", ".join(f"'{name}', sum({name}) FILTER (WHERE NOT is_stored)" for name in amounts)
    differ = " OR ".join(
        f"coalesce(sum({name}) FILTER (WHERE is_stored), 0)"
        f" <> coalesce(sum({name}) FILTER (WHERE NOT is_stored), 0)"
        for name in amounts
    )
    columns = ", ".join((*keys, *amounts))
    return f"""
        WITH waiting AS MATERIALIZED ({WAITING})
        SELECT format('A {table} of %%s is kept as %%s, its charges make %%s.',
            jsonb_strip_nulls(jsonb_build_object({told})), jsonb_build_object({stored}),
            jsonb_build_object({made}))
        FROM (
            SELECT true, {columns} FROM billing_{table}
            UNION ALL SELECT true, * FROM ({read.format(charges="waiting")}) waits
            UNION ALL SELECT false, * FROM ({read.format(charges="billing_charge")}) charged
        ) both_sides (is_stored, {columns})
        GROUP BY {by} HAVING {differ} ORDER BY {by} LIMIT {MOST_TOLD}
    """
