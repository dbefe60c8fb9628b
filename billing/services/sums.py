"""Adding new charges to the stored sums, in the background (docs/decisions/0023)."""

from django.db import connection, transaction

from finance_mgmt import queries as ground

# Waiting rows taken at once: one per order, one per step of a close.
MOST = 20_000


def catch_up() -> int:
    """Sum all charges that wait for it. Returns how many. Safe to call any time, by any number."""
    summed = found = _sum_some()
    while found >= MOST:
        found = _sum_some()
        summed += found
    return summed


@transaction.atomic
def _sum_some() -> int:
    with connection.cursor() as cursor:
        zone = ground.policy().billing_time_zone
        cursor.execute("SELECT billing_sum_charges(%s, %s)", [zone, MOST])
        return int(cursor.fetchone()[0])
