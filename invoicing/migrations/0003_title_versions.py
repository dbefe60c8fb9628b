import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# What was set before becomes the first version: it has no decision of its own.
COPY_TITLES = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO invoicing_invoicetitle
    (account_id, kind, title, tax_number, address, postcode, city, country, phone, bank_name,
    bank_account, email, language, is_current, set_at)
SELECT account_id, 'plain', title, tax_number, address, postcode, city, country, phone, bank_name,
    bank_account, '', 'en', true, now()
FROM invoicing_formertitle;
SET CONSTRAINTS ALL DEFERRED
"""
COUNT_LINES = """
UPDATE invoicing_invoice invoice SET line_count =
    (SELECT count(*) FROM invoicing_invoiceline line WHERE line.invoice_id = invoice.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('finance_mgmt', '0013_invoice_notices'),
        ('invoicing', '0002_sellers_and_documents'),
    ]

    operations = [
        migrations.RenameModel('InvoiceTitle', 'FormerTitle'),
        migrations.CreateModel(
            name='CreditNoteLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=18, max_digits=38, verbose_name='amount')),
            ],
            options={
                'verbose_name': 'credit note line',
                'verbose_name_plural': 'credit note lines',
                'ordering': ['note', 'line'],
            },
        ),
        migrations.CreateModel(
            name='InvoiceTitle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tax_number', models.CharField(blank=True, max_length=50, verbose_name='tax number')),
                ('address', models.CharField(blank=True, max_length=300, verbose_name='address')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('city', models.CharField(blank=True, max_length=100, verbose_name='city')),
                ('country', models.CharField(default='CN', max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=50, verbose_name='phone')),
                ('bank_name', models.CharField(blank=True, max_length=200, verbose_name='bank')),
                ('bank_account', models.CharField(blank=True, max_length=50, verbose_name='bank account')),
                ('kind', models.CharField(choices=[('plain', 'plain'), ('cn_general', 'Chinese VAT, general'), ('cn_special', 'Chinese VAT, special'), ('eu_vat', 'EU VAT')], default='plain', max_length=15, verbose_name='kind')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='billing e-mail')),
                ('language', models.CharField(choices=[('en', 'English'), ('zh-hans', 'Simplified Chinese')], max_length=10, verbose_name='language')),
                ('is_current', models.BooleanField(default=True, verbose_name='current')),
                ('set_at', models.DateTimeField(verbose_name='set at')),
            ],
            options={
                'verbose_name': 'invoice title',
                'verbose_name_plural': 'invoice titles',
                'ordering': ['-id'],
                'permissions': [('set_title', "Can say to whom an account's invoices are made out")],
            },
        ),
        migrations.AlterModelOptions(
            name='creditnote',
            options={'ordering': ['-id'], 'permissions': [('issue_credit_note', 'Can correct invoices')], 'verbose_name': 'credit note', 'verbose_name_plural': 'credit notes'},
        ),
        migrations.AlterModelOptions(
            name='invoice',
            options={'ordering': ['-id'], 'permissions': [('issue_invoice', 'Can issue invoices')], 'verbose_name': 'invoice', 'verbose_name_plural': 'invoices'},
        ),
        migrations.AlterModelOptions(
            name='taxrate',
            options={'ordering': ['jurisdiction', 'product', '-effective_from'], 'permissions': [('set_tax_rate', 'Can say which tax prices contain')], 'verbose_name': 'tax rate', 'verbose_name_plural': 'tax rates'},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='only_the_status_changes',
        ),
        migrations.AddField(
            model_name='creditnote',
            name='round_off',
            field=models.DecimalField(decimal_places=18, default=0, max_digits=38, verbose_name='round-off'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='first_month',
            field=models.DateField(blank=True, null=True, verbose_name='first month'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='line_count',
            field=models.PositiveIntegerField(default=0, verbose_name='lines'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='title_kind',
            field=models.CharField(choices=[('plain', 'plain'), ('cn_general', 'Chinese VAT, general'), ('cn_special', 'Chinese VAT, special'), ('eu_vat', 'EU VAT')], default='plain', max_length=15, verbose_name='kind of title'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='invoicing.invoiceline', verbose_name='invoice line'),
        ),
        migrations.AddField(
            model_name='creditnoteline',
            name='note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='invoicing.creditnote', verbose_name='credit note'),
        ),
        migrations.AddField(
            model_name='invoicetitle',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoice_titles', to='finance_mgmt.account', verbose_name='account'),
        ),
        migrations.AddField(
            model_name='invoicetitle',
            name='decision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice_titles', to='finance_mgmt.decision', verbose_name='decision'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='title_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='invoicing.invoicetitle', verbose_name='version of the title'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['title_of', 'month'], name='invoices_of_a_payer'),
        ),
        migrations.RunSQL(COUNT_LINES, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='only_the_status_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."tax_number" IS DISTINCT FROM (NEW."tax_number") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."postcode" IS DISTINCT FROM (NEW."postcode") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."bank_name" IS DISTINCT FROM (NEW."bank_name") OR OLD."bank_account" IS DISTINCT FROM (NEW."bank_account") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."issuer_id" IS DISTINCT FROM (NEW."issuer_id") OR OLD."title_of_id" IS DISTINCT FROM (NEW."title_of_id") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."title_kind" IS DISTINCT FROM (NEW."title_kind") OR OLD."title_version_id" IS DISTINCT FROM (NEW."title_version_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."month" IS DISTINCT FROM (NEW."month") OR OLD."first_month" IS DISTINCT FROM (NEW."first_month") OR OLD."line_count" IS DISTINCT FROM (NEW."line_count") OR OLD."total" IS DISTINCT FROM (NEW."total") OR OLD."net_amount" IS DISTINCT FROM (NEW."net_amount") OR OLD."tax_amount" IS DISTINCT FROM (NEW."tax_amount") OR OLD."round_off" IS DISTINCT FROM (NEW."round_off") OR OLD."issued_at" IS DISTINCT FROM (NEW."issued_at") OR OLD."decision_id" IS DISTINCT FROM (NEW."decision_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='421ac52091824b12b0381c7faf5833798d293ab8', operation='UPDATE', pgid='pgtrigger_only_the_status_changes_47add', table='invoicing_invoice', when='BEFORE')),
        ),
        migrations.RunSQL(COPY_TITLES, migrations.RunSQL.noop),
        migrations.DeleteModel(
            name='FormerTitle',
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.UniqueConstraint(fields=('note', 'line'), name='a_credit_note_names_a_line_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnoteline',
            trigger=pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='70798617cf5959c5b5797a32cf49cfa6c29c9585', operation='UPDATE', pgid='pgtrigger_never_changed_04f56', table='invoicing_creditnoteline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnoteline',
            trigger=pgtrigger.compiler.Trigger(name='never_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='7c9625a8048c253dd2ef81c41282f643c1cd9fcf', operation='DELETE', pgid='pgtrigger_never_removed_fdfdb', table='invoicing_creditnoteline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='creditnoteline',
            trigger=pgtrigger.compiler.Trigger(name='never_truncated', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('app.allow_truncate', true) = 'on' THEN RETURN NULL; END IF; RAISE EXCEPTION 'append only: rows of % are never removed', TG_TABLE_NAME;", hash='c4216498e98da98bba637c55d0402474f115a21a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_truncated_25134', table='invoicing_creditnoteline', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='invoicetitle',
            constraint=models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('account',), name='an_account_has_one_current_title'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoicetitle',
            trigger=pgtrigger.compiler.Trigger(name='only_being_current_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."tax_number" IS DISTINCT FROM (NEW."tax_number") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."postcode" IS DISTINCT FROM (NEW."postcode") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."bank_name" IS DISTINCT FROM (NEW."bank_name") OR OLD."bank_account" IS DISTINCT FROM (NEW."bank_account") OR OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."set_at" IS DISTINCT FROM (NEW."set_at") OR OLD."decision_id" IS DISTINCT FROM (NEW."decision_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d18993449b7d53a88927f374fa8d0709ef74f991', operation='UPDATE', pgid='pgtrigger_only_being_current_changes_ee540', table='invoicing_invoicetitle', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoicetitle',
            trigger=pgtrigger.compiler.Trigger(name='never_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='908e42045ca57f9399e81c5d3739c12b035596ca', operation='DELETE', pgid='pgtrigger_never_removed_715b8', table='invoicing_invoicetitle', when='BEFORE')),
        ),
    ]
