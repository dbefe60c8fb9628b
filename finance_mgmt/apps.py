"""Ground floor: accounts, relationships, funds."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FinanceMgmtConfig(AppConfig):
    name = "finance_mgmt"
    verbose_name = _("Accounts and funds")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the settings checked at start-up."""
        from . import checks  # noqa: F401, PLC0415 (registers itself; needs the apps)
