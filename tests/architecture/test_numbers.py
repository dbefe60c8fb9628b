"""No amount is NaN or infinite, whoever writes it: every NUMERIC column refuses it (I24, B6)."""

import pytest
from django.apps import apps
from django.db import DataError, IntegrityError, connection, models, transaction

FLOORS = ("finance_mgmt", "billing", "invoicing")
COLUMNS = sorted(
    (model._meta.db_table, field.column)
    for floor in FLOORS
    for model in apps.get_app_config(floor).get_models(include_auto_created=True)
    for field in model._meta.local_fields
    if isinstance(field, models.DecimalField)
)


@pytest.fixture
def bare(db):
    """Gives a function that makes a table like another, with one of its checks and no other."""

    def make(table: str, check: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TEMP TABLE bare (LIKE "{table}" INCLUDING CONSTRAINTS)')
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'bare'::regclass"
                " AND contype = 'c' AND conname <> %s",
                [check],
            )
            for (other,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE bare DROP CONSTRAINT "{other}"')
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'bare'::regclass"
                " AND attnum > 0 AND attnotnull"
            )
            for (column,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE bare ALTER COLUMN "{column}" DROP NOT NULL')

    return make


@pytest.mark.case("B6")
@pytest.mark.rule("F10", "B3")
@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_takes_numbers_only(bare, table, column):
    bare(table, check=f"{table}_{column}_check")
    with connection.cursor() as cursor:
        for wrong, refusal in (("NaN", IntegrityError), ("Infinity", DataError)):
            with pytest.raises(refusal), transaction.atomic():
                cursor.execute(f'INSERT INTO bare ("{column}") VALUES (%s)', [wrong])
        cursor.execute(f'INSERT INTO bare ("{column}") VALUES (0.5)')


def test_every_numeric_column_is_one_of_ours(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'numeric'"
        )
        found = {row for row in cursor.fetchall() if row[0].startswith(FLOORS)}
    assert found == set(COLUMNS)
