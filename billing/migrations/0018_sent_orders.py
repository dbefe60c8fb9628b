"""One statement tells of orders that programs send who sends them; the source stands beside."""

from pathlib import Path

from django.db import migrations

_SOURCE = Path(__file__).with_suffix(".sql")


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0017_adjustments_in_order"),
        ("finance_mgmt", "0019_adjust_permission"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [
        migrations.RunSQL(
            _SOURCE.read_text(encoding="utf-8"),
            "DROP FUNCTION billing_orders_sent(jsonb);"
            "ALTER FUNCTION billing_order_facts(bigint, bigint, bigint, boolean, text, text,"
            " timestamptz) ROWS 1000;",
        )
    ]
