import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('finance_mgmt', '0012_thresholds_permission'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('low_funds', 'funds are low'), ('spending', 'spending passed a threshold'), ('suspended', 'resources were suspended'), ('resumed', 'resources were resumed'), ('invitation', 'invitation to a relationship'), ('change_failed', 'a planned change could not be made'), ('cap', 'a member passed its cap'), ('webhook_off', 'a webhook was switched off'), ('invoice_issued', 'an invoice was issued')], max_length=20, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='recipient',
            name='kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('low_funds', 'funds are low'), ('spending', 'spending passed a threshold'), ('suspended', 'resources were suspended'), ('resumed', 'resources were resumed'), ('invitation', 'invitation to a relationship'), ('change_failed', 'a planned change could not be made'), ('cap', 'a member passed its cap'), ('webhook_off', 'a webhook was switched off'), ('invoice_issued', 'an invoice was issued')], max_length=20), blank=True, default=list, size=None, verbose_name='kinds'),
        ),
        migrations.AlterField(
            model_name='webhook',
            name='kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('low_funds', 'funds are low'), ('spending', 'spending passed a threshold'), ('suspended', 'resources were suspended'), ('resumed', 'resources were resumed'), ('invitation', 'invitation to a relationship'), ('change_failed', 'a planned change could not be made'), ('cap', 'a member passed its cap'), ('webhook_off', 'a webhook was switched off'), ('invoice_issued', 'an invoice was issued')], max_length=20), blank=True, default=list, size=None, verbose_name='kinds'),
        ),
    ]
