"""Indexes without what nobody looks for, and functions that look up by them in small tables."""

import django.db.models.deletion
from django.db import migrations, models

# They are planned once per connection. One that was opened while there were few orders would read
# the tables whole from then on, until they are analysed. Before PostgreSQL 18 a scan that can't be
# avoided then looks so dear that it would be compiled first (JIT).
FUNCTIONS = [
    "billing_orders_sent(jsonb)",
    "billing_order_facts(bigint, bigint, bigint, boolean, text, text, timestamptz)",
    "billing_pay_orders(jsonb)",
]

# As in 0013_sums.sql, but what a statement wrote is read once.
SUMS_WAIT = """
CREATE OR REPLACE FUNCTION billing_charges_wait_for_their_sums() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_unsummed (first_charge, last_charge, step_id)
    SELECT min(id), max(id), step_id FROM new_charges
    GROUP BY step_id, CASE WHEN step_id IS NULL THEN id END;
    RETURN NULL;
END $$;
"""


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
        migrations.AlterField(
            model_name='charge',
            name='order',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='billing.order', verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='usagerecord',
            name='voucher',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.voucher', verbose_name='voucher'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('order__isnull', False)), fields=['order'], name='charges_of_an_order'),
        ),
        migrations.AddIndex(
            model_name='usagerecord',
            index=models.Index(condition=models.Q(('voucher__isnull', False)), fields=['voucher'], name='records_of_a_voucher'),
        ),
        migrations.RunSQL(SUMS_WAIT, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"ALTER FUNCTION {name} SET enable_seqscan = off SET jit = off",
                f"ALTER FUNCTION {name} RESET enable_seqscan RESET jit",
            )
            for name in FUNCTIONS
        ),
    ]
