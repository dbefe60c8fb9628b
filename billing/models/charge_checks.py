"""Triggers that check all charges of a statement at once (decision 8)."""

from collections.abc import Iterable

# Up to here the plan of a check is the one that the session keeps, so that a simple order does not
# pay for planning. It may have been made when the tables were small, and would read a table that
# has grown whole for each new row: what writes more has its checks planned for what is there now.
FEW_ROWS = 100


def _checked(wrong: str, refusal: str, *, among_many: str = "") -> str:
    """The body of a trigger. `wrong` is a query for what is wrong, or null; among many another."""
    return f"""
IF (SELECT count(*) FROM (SELECT FROM new_charges LIMIT {FEW_ROWS + 1}) few) <= {FEW_ROWS} THEN
    wrong := ({wrong});
ELSE
    EXECUTE $check${among_many or wrong}$check$ INTO wrong;
END IF;
IF wrong IS NOT NULL THEN
    {refusal}
END IF;
RETURN NULL;
"""


# Nothing joins a bill that was issued.
NOT_ON_AN_ISSUED_BILL = _checked(
    """
    SELECT 'bill'::text FROM new_charges charge
    JOIN billing_bill bill ON bill.payer_id = charge.payer_id AND bill.month = charge.billing_month
    LIMIT 1
    """,
    """RAISE EXCEPTION 'the bill of this payer and month is issued; charge the open month instead'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'an_issued_bill_gets_no_more_charges';""",
)

# Instead of one foreign key check per row and column, which would take longer than the close: one
# check per statement, over all new rows. Thousands of charges name few things, so these are told
# apart first. What they name is never removed.
_NAMED_TOGETHER = (
    {
        "owner_id": "finance_mgmt_account",
        "payer_id": "finance_mgmt_account",
        "relationship_id": "finance_mgmt_relationship",
        "step_id": "finance_mgmt_runstep",
    },
    {"product_id": "billing_product", "discount_id": "billing_discount"},
    {"record_id": "billing_usagerecord", "order_id": "billing_order"},
)


def _missing(tables: dict[str, str]) -> str:
    """A query for the first of these columns that names what does not exist."""
    said = ",".join(
        f"""
        ('{column}', charge.{column} IS NULL
            OR EXISTS (SELECT 1 FROM {table} named WHERE named.id = charge.{column}))"""
        for column, table in tables.items()
    )
    return f"""(
    SELECT said.name
    FROM (SELECT DISTINCT {", ".join(tables)} FROM new_charges) charge,
        LATERAL (VALUES {said}
        ) AS said (name, is_there)
    WHERE NOT said.is_there LIMIT 1
    )"""


def _missing_among_many(groups: Iterable[dict[str, str]]) -> str:
    """The same for all groups. Their rows are told apart, then each column's values of these.

    As a column and not as a condition, EXISTS stays a look into the index or into a small table
    read once, whichever costs less; it never becomes a join with all of a large table.
    """
    named, said = [], []
    for number, tables in enumerate(groups, start=1):
        any_given = " OR ".join(f"{column} IS NOT NULL" for column in tables)
        named.append(f"""
    named_{number} AS MATERIALIZED (
        SELECT DISTINCT {", ".join(tables)} FROM new_charges WHERE {any_given}
    )""")
        said += [
            f"""
        SELECT '{column}' AS name,
            EXISTS (SELECT 1 FROM {table} named WHERE named.id = one.id) AS is_there
        FROM (SELECT DISTINCT {column} AS id FROM named_{number} WHERE {column} IS NOT NULL) one"""
            for column, table in tables.items()
        ]
    return f"""
    WITH {",".join(named)}
    SELECT name FROM ({" UNION ALL ".join(said)}
    ) said WHERE NOT is_there LIMIT 1
    """


NAMES_WHAT_EXISTS = _checked(
    "\n    UNION ALL ".join(map(_missing, _NAMED_TOGETHER)) + "\n    LIMIT 1",
    """RAISE EXCEPTION 'a charge names a % that does not exist', wrong
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'a_charge_names_what_exists';""",
    among_many=_missing_among_many(_NAMED_TOGETHER),
)
