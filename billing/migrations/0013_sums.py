"""Stored sums of charges, filled for the charges that there are; its function stands beside."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import finance_mgmt.models.columns

_SOURCE = Path(__file__).with_suffix(".sql")

# Rows come and go all day; whoever reads a sum reads this table.
_TIDY = """
ALTER TABLE billing_unsummed SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000
)
"""

# The trigger above lets nobody write charges until this is committed.
_BACKFILL = """
INSERT INTO billing_unsummed (first_charge, last_charge, step_id)
SELECT min(id), max(id), step_id FROM billing_charge GROUP BY step_id;
SELECT billing_sum_charges(
    coalesce((SELECT billing_time_zone FROM finance_mgmt_storedpolicy), 'Asia/Shanghai'),
    2147483647
);
"""

_DROP = """
DROP TRIGGER charges_wait_for_their_sums ON billing_charge;
DROP FUNCTION billing_charges_wait_for_their_sums();
DROP FUNCTION billing_sum_charges(text, integer);
"""


def _schedule(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    every, _ = interval.objects.get_or_create(every=15, period="seconds")
    given = {"task": "billing.sum_charges", "interval": every}
    task.objects.get_or_create(name="Sum new charges", defaults=given)


def _id():
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def _named(to, label, **options):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
        verbose_name=label,
        **options,
    )


def _amount(label):
    return finance_mgmt.models.columns.NumberField(
        decimal_places=18, max_digits=38, verbose_name=label
    )


def _sum(name, label, plural, **columns):
    return migrations.CreateModel(
        name=name,
        fields=[
            ("id", _id()),
            ("payer", _named("finance_mgmt.account", "payer")),
            ("owner", _named("finance_mgmt.account", "owner")),
            ("billing_month", models.DateField(verbose_name="billing month")),
            *columns.items(),
        ],
        options={
            "verbose_name": label,
            "verbose_name_plural": plural,
            "default_permissions": (),
        },
    )


def _one(model, name, *fields, **options):
    constraint = models.UniqueConstraint(fields=fields, name=name, **options)
    return migrations.AddConstraint(model_name=model, constraint=constraint)


SAVERS = [("discount", "discount"), ("commitment", "commitment")]
CYCLES = [(cycle, cycle) for cycle in ("minute", "hour", "day", "week", "month")]


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_checks_and_sharing"),
        ("finance_mgmt", "0018_saved_filters"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unsummed",
            fields=[
                ("first_charge", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_charge", models.BigIntegerField()),
                ("step_id", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "unsummed charges",
                "verbose_name_plural": "unsummed charges",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(_TIDY, migrations.RunSQL.noop),
        _sum(
            "MonthSum",
            "sum of a month",
            "sums of months",
            charge_count=models.PositiveBigIntegerField(verbose_name="charges"),
            payable_amount=_amount("payable"),
        ),
        _one("monthsum", "one_sum_per_payer_month_and_owner", "payer", "billing_month", "owner"),
        _sum(
            "ProductSum",
            "sum of a product",
            "sums of products",
            product=_named("billing.product", "product", null=True),
            payable_amount=_amount("payable"),
        ),
        _one(
            "productsum",
            "one_sum_per_payer_month_owner_and_product",
            *("payer", "billing_month", "owner", "product"),
            nulls_distinct=False,
        ),
        _sum(
            "SavingSum",
            "sum of savings",
            "sums of savings",
            kind=models.CharField(choices=SAVERS, max_length=10, verbose_name="kind"),
            saver_id=models.BigIntegerField(verbose_name="saved by"),
            amount=_amount("amount"),
        ),
        _one(
            "savingsum",
            "one_sum_per_payer_month_owner_and_saver",
            *("payer", "billing_month", "owner", "kind", "saver_id"),
        ),
        _sum(
            "DaySum",
            "sum of a day",
            "sums of days",
            starts_on=models.DateField(verbose_name="starts on"),
            cycle=models.CharField(choices=CYCLES, max_length=6, verbose_name="cycle"),
            payable_amount=_amount("payable"),
        ),
        _one(
            "daysum",
            "one_sum_per_owner_payer_day_and_cycle",
            *("owner", "payer", "billing_month", "starts_on", "cycle"),
        ),
        migrations.AddIndex(
            model_name="daysum",
            index=models.Index(
                fields=["payer", "billing_month", "starts_on"], name="days_of_a_payer"
            ),
        ),
        migrations.RunSQL(
            _SOURCE.read_text(encoding="utf-8"), _DROP
        ),
        migrations.RunSQL(_BACKFILL, migrations.RunSQL.noop),
        migrations.RunPython(_schedule, migrations.RunPython.noop),
    ]
