"""New orders are paid by one function of the database; its source stands beside."""

from pathlib import Path

from django.db import migrations

_SOURCE = Path(__file__).with_suffix(".sql")

_DROP = """
DROP FUNCTION billing_pay_orders(jsonb, text, timestamptz);
DROP FUNCTION billing_order_facts(bigint, bigint, bigint, boolean, text, text, timestamptz);
DROP TYPE billing_order_to_pay;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_never_removed"),
        ("finance_mgmt", "0007_never_removed"),
    ]

    operations = [migrations.RunSQL(_SOURCE.read_text(encoding="utf-8"), _DROP)]
