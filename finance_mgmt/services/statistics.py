"""What the database knows about the sizes of its tables, brought up to date before large work.

A plan that was made for a small table reads it whole for each row of another one. PostgreSQL
counts by itself, but minutes later: not between the first large import and its close.
"""

from django.db import connection

FEW_PAGES = 16

# Tables that nobody has counted since they were half as large.
_STALE = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    AND pg_relation_size(oid) / current_setting('block_size')::int > greatest(2 * relpages, %s)
ORDER BY 1
"""


def refresh() -> list[str]:
    """Count the tables that have grown much since they were counted last. Returns their names.

    Reads a sample of each; one that somebody else is counting just now is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [FEW_PAGES])
        tables = [table for (table,) in cursor.fetchall()]
        if tables:
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {', '.join(tables)}")
    return tables
