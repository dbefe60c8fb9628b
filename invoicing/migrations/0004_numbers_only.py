from django.db import migrations

import finance_mgmt.models.columns
from finance_mgmt.models.columns import guard_numbers


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0003_title_versions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='creditnote',
            name='round_off',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='round-off'),
        ),
        migrations.AlterField(
            model_name='creditnote',
            name='tax_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='tax'),
        ),
        migrations.AlterField(
            model_name='creditnote',
            name='total',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='total'),
        ),
        migrations.AlterField(
            model_name='creditnoteline',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='net_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='net'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='round_off',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='round-off'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='tax_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='tax'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='total',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='total'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='quantity'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='tax_rate',
            field=finance_mgmt.models.columns.NumberField(decimal_places=6, max_digits=9, verbose_name='tax rate'),
        ),
        migrations.AlterField(
            model_name='taxrate',
            name='rate',
            field=finance_mgmt.models.columns.NumberField(decimal_places=6, max_digits=9, verbose_name='rate'),
        ),
        migrations.RunPython(*guard_numbers('invoicing')),
    ]
