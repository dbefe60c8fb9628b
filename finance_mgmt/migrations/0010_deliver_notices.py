"""The schedule by which notices go out; editable in the admin afterwards."""

from django.db import migrations

JOBS = [
    ("Send letters", "finance_mgmt.deliver_mail", 10),
    ("Post events to webhooks", "finance_mgmt.deliver_webhooks", 10),
]


def add(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, seconds in JOBS:
        every, _ = interval.objects.get_or_create(every=seconds, period="seconds")
        # What nobody took before the next one comes is not worth doing: the rows wait anyway.
        facts = {"task": path, "interval": every, "expire_seconds": seconds}
        task.objects.get_or_create(name=name, defaults=facts)


class Migration(migrations.Migration):
    dependencies = [
        ("finance_mgmt", "0009_deliveries"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
