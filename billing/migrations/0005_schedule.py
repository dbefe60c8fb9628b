"""The schedule that beat follows; editable in the admin afterwards."""

from django.db import migrations

JOBS = [
    ("Take over what dead workers left", "finance_mgmt.reconcile", 20),
    ("Apply due changes of relationships", "finance_mgmt.apply_due_changes", 15),
    ("Expire invitations", "finance_mgmt.expire_invitations", 300),
    ("Expire requests for approval", "finance_mgmt.expire_approvals", 300),
    ("Seal the trail of decisions", "finance_mgmt.seal_trail", 60),
    ("Close due cycles", "billing.close_due_cycles", 15),
    ("Issue due bills", "billing.issue_due_bills", 15),
    ("Settle due bills", "billing.settle_due_bills", 60),
    ("Suspend and resume resources", "billing.review_resources", 30),
    ("Judge warnings", "billing.evaluate_warnings", 30),
]


def add(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, seconds in JOBS:
        every, _ = interval.objects.get_or_create(every=seconds, period="seconds")
        task.objects.get_or_create(name=name, defaults={"task": path, "interval": every})


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_contract_prices"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
