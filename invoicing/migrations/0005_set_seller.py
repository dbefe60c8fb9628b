"""Who may say who sells."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0004_numbers_only")]

    operations = [
        migrations.AlterModelOptions(
            name="sellerprofile",
            options={
                "ordering": ["-effective_from"],
                "permissions": [("set_seller", "Can say who sells")],
                "verbose_name": "seller",
                "verbose_name_plural": "sellers",
            },
        )
    ]
