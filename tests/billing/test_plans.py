"""Large work right after the tables were small: no statement looks through a table row by row."""

import pytest
from django.db import connection

from billing.models import Charge
from finance_mgmt.models import Account
from finance_mgmt.services import statistics
from tests.provider import at


def asked(sql: str, *given) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else []


def rows_read(table: str) -> int:
    """How many rows of the table this transaction has read one after the other."""
    ((found,),) = asked(
        "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = %s", table
    )
    return found


def many_more(accounts: int, records: int) -> None:
    """As many accounts as the first one, and records of the first account in its next hour."""
    known = {field.column for field in Account._meta.local_fields}
    columns = ", ".join(sorted(known - {"id", "number"}))
    asked(
        f"INSERT INTO finance_mgmt_account (number, {columns}) SELECT number || n, {columns}"
        " FROM finance_mgmt_account, generate_series(1, %s) n",
        accounts,
    )
    asked(
        "INSERT INTO finance_mgmt_funds (account_id, cash, transferred_in, credit_limit,"
        " allocated_in, allocated_out, used, unsettled_own, unsettled_members)"
        " SELECT id, 0, 0, 0, 0, 0, 0, 0, 0 FROM finance_mgmt_account"
        " WHERE id NOT IN (SELECT account_id FROM finance_mgmt_funds)"
    )
    moved = ("starts_at", "ends_at", "period_start", "period_end", "due_at")
    later = ", ".join(f"{name} + interval '1 hour'" for name in moved)
    asked(
        f"INSERT INTO billing_usagerecord ({', '.join(moved)}, source_id, key, kind, owner_id,"
        f" product_id, resource, quantity, reason, received_at, is_late) SELECT {later},"
        " source_id, 'k' || n, kind, owner_id, product_id, n::text, quantity, reason, received_at,"
        " is_late FROM billing_usagerecord, generate_series(1, %s) n",
        records,
    )


@pytest.mark.rule("B2")
def test_a_close_in_a_session_that_began_small_reads_each_account_a_few_times(provider):
    """A plan that was made when there was one account would read them all for each charge."""
    account = provider.account("A", cash_amount="1000")
    provider.use(account, provider.product("ecs"), "1", at("2024-05-10 10:00"))
    asked("ANALYZE finance_mgmt_account")
    provider.jobs(at("2024-05-10 11:00"))
    many_more(accounts=2000, records=500)
    before = rows_read("finance_mgmt_account")
    provider.jobs(at("2024-05-10 12:00"))
    assert Charge.objects.count() == 501
    assert rows_read("finance_mgmt_account") - before < 20 * 2001


def test_a_run_begins_with_what_has_grown_since_it_was_counted(provider):
    account = provider.account("A", cash_amount="1000")
    provider.use(account, provider.product("ecs"), "1", at("2024-05-10 10:00"))
    asked("ANALYZE billing_usagerecord")
    many_more(accounts=1, records=5000)
    assert [table for table in statistics.refresh() if table == "billing_usagerecord"] != []
    ((counted,),) = asked(
        "SELECT reltuples FROM pg_class WHERE oid = 'billing_usagerecord'::regclass"
    )
    assert counted == 5001
    assert statistics.refresh() == []
