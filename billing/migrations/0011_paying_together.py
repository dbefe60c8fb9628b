"""Each order that is paid says by whom, when and in which request; the source stands beside."""

from pathlib import Path

from django.db import migrations

_SOURCE = Path(__file__).with_suffix(".sql")
_BEFORE = _SOURCE.with_name("0008_paying_orders.sql").read_text(encoding="utf-8")

_BACK = """
DROP FUNCTION billing_pay_orders(jsonb);
ALTER TYPE billing_order_to_pay
    DROP ATTRIBUTE by, DROP ATTRIBUTE at, DROP ATTRIBUTE request_id,
    DROP ATTRIBUTE api_request;
""" + _BEFORE[_BEFORE.index("CREATE FUNCTION billing_pay_orders") :]


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_finding"),
        ("finance_mgmt", "0015_consents_and_request_ids"),
    ]

    operations = [migrations.RunSQL(_SOURCE.read_text(encoding="utf-8"), _BACK)]
