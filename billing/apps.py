"""First floor: charging and billing."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Charging and bills")
    default_auto_field = "django.db.models.BigAutoField"
