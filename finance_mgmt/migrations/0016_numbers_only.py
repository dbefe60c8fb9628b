from django.db import migrations

import finance_mgmt.models.columns
from finance_mgmt.models.columns import guard_numbers


class Migration(migrations.Migration):

    dependencies = [
        ('finance_mgmt', '0015_consents_and_request_ids'),
    ]

    operations = [
        migrations.AlterField(
            model_name='approval',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=3, max_digits=20, null=True, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='cap',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=3, max_digits=20, null=True, verbose_name='amount per month'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='allocated_in',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='credit received'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='allocated_out',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='credit given away'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='cash',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='cash'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='credit_limit',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='credit limit'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='transferred_in',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='transferred in'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='unsettled_members',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='unsettled, members'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='unsettled_own',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='unsettled, own'),
        ),
        migrations.AlterField(
            model_name='funds',
            name='used',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='credit used'),
        ),
        migrations.AlterField(
            model_name='movement',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='threshold',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=3, max_digits=20, null=True, verbose_name='threshold'),
        ),
        migrations.AlterField(
            model_name='storedpolicy',
            name='four_eyes_above',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=3, max_digits=20, null=True, verbose_name='second person needed above'),
        ),
        migrations.RunPython(*guard_numbers('finance_mgmt')),
    ]
