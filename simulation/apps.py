"""Top floor: what-if."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationConfig(AppConfig):
    name = "simulation"
    verbose_name = _("What-if")
    default_auto_field = "django.db.models.BigAutoField"
