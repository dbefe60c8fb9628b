from django.db import migrations

import finance_mgmt.models.columns
from finance_mgmt.models.columns import guard_numbers


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0008_paying_orders'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bill',
            name='carried_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='carried from the last bill'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='carried_forward',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='carried forward'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='from_cash',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='from cash'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='members_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name="members' charges"),
        ),
        migrations.AlterField(
            model_name='bill',
            name='on_credit',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='on credit'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='outstanding',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='outstanding'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='own_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='own charges'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='round_off',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='round-off'),
        ),
        migrations.AlterField(
            model_name='bill',
            name='total',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='total'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='covered_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='covered'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='discount_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='discount'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='list_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='list amount'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='payable_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='payable'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='quantity'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='unit_price',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='list unit price'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='voucher_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='voucher'),
        ),
        migrations.AlterField(
            model_name='commitment',
            name='commit_amount',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='committed per hour'),
        ),
        migrations.AlterField(
            model_name='commitment',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='units per cycle'),
        ),
        migrations.AlterField(
            model_name='commitment',
            name='rate',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=20, null=True, verbose_name='plan rate'),
        ),
        migrations.AlterField(
            model_name='coupon',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='coupon',
            name='minimum_spend',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='minimum spend'),
        ),
        migrations.AlterField(
            model_name='coverage',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='coverage',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='quantity'),
        ),
        migrations.AlterField(
            model_name='coveruse',
            name='used',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='used'),
        ),
        migrations.AlterField(
            model_name='discount',
            name='fixed_price',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='fixed price'),
        ),
        migrations.AlterField(
            model_name='discount',
            name='rate',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=20, null=True, verbose_name='rate'),
        ),
        migrations.AlterField(
            model_name='order',
            name='coupon_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='coupon'),
        ),
        migrations.AlterField(
            model_name='order',
            name='discount_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='discount'),
        ),
        migrations.AlterField(
            model_name='order',
            name='from_cash',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='from cash'),
        ),
        migrations.AlterField(
            model_name='order',
            name='from_credit',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='from credit'),
        ),
        migrations.AlterField(
            model_name='order',
            name='list_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='list amount'),
        ),
        migrations.AlterField(
            model_name='order',
            name='override_amount',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=3, max_digits=20, null=True, verbose_name='overridden price'),
        ),
        migrations.AlterField(
            model_name='order',
            name='payable_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='payable'),
        ),
        migrations.AlterField(
            model_name='order',
            name='refunded_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='refunded'),
        ),
        migrations.AlterField(
            model_name='order',
            name='refunded_to_credit',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='refunded to credit'),
        ),
        migrations.AlterField(
            model_name='order',
            name='voucher_amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, default=0, max_digits=20, verbose_name='voucher'),
        ),
        migrations.AlterField(
            model_name='price',
            name='unit_price',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='unit price'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='to_cash',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='to cash'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='to_credit',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='to credit'),
        ),
        migrations.AlterField(
            model_name='settlement',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='stagedrow',
            name='billed_cost',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name='stagedrow',
            name='list_cost',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name='stagedrow',
            name='list_unit_price',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name='stagedrow',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, null=True),
        ),
        migrations.AlterField(
            model_name='threshold',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=3, max_digits=20, verbose_name='amount'),
        ),
        migrations.AlterField(
            model_name='usagerecord',
            name='given_amount',
            field=finance_mgmt.models.columns.NumberField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='amount given by the source'),
        ),
        migrations.AlterField(
            model_name='usagerecord',
            name='quantity',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='quantity'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='face_value',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='face value'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='minimum_spend',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, default=0, max_digits=38, verbose_name='minimum spend'),
        ),
        migrations.AlterField(
            model_name='voucher',
            name='remaining',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='remaining'),
        ),
        migrations.AlterField(
            model_name='voucherdraw',
            name='amount',
            field=finance_mgmt.models.columns.NumberField(decimal_places=18, max_digits=38, verbose_name='amount'),
        ),
        migrations.RunPython(*guard_numbers('billing')),
    ]
