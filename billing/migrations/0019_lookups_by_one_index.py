"""One index per lookup, and functions that look up by it however small the tables were."""

import django.db.models.deletion
from django.db import migrations, models

# They are planned once per connection. One that was opened while there were few orders would read
# the tables whole from then on, until they are analysed.
FUNCTIONS = [
    "billing_orders_sent(jsonb)",
    "billing_order_facts(bigint, bigint, bigint, boolean, text, text, timestamptz)",
    "billing_pay_orders(jsonb)",
]


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0018_sent_orders"),
        ("finance_mgmt", "0020_lookups_by_one_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="resource",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="finance_mgmt.account",
                verbose_name="account",
            ),
        ),
        *(
            migrations.RunSQL(
                f"ALTER FUNCTION {name} SET enable_seqscan = off",
                f"ALTER FUNCTION {name} RESET enable_seqscan",
            )
            for name in FUNCTIONS
        ),
    ]
