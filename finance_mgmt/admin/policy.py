"""The policy: the provider's switches (DOMAIN 6). Looked at here; a service changes it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .. import queries
from ..models import StoredPolicy
from . import display
from .base import ReadOnlyAdmin, shown_value
from .panels import Column, Panel, Table

RULES = {
    "billing_time_zone": "C5",
    "auto_confirm_same_identity": "L5",
    "invitation_days": "L5",
    "close_delay": "C4",
    "payment_days": "B5",
    "default_voucher_share": "V3",
    "showback": "B4",
    "four_eyes_above": "Z7",
}


@admin.register(StoredPolicy)
class PolicyAdmin(ReadOnlyAdmin):
    """One row, or none: then the defaults hold. So the list is the page."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What holds now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {"heading": _("Policy"), "panels": self.panels(request, None)}
        return self.page(request, None, context)

    def heading(self, row: StoredPolicy) -> Any:
        """There is only one."""
        return _("Policy")

    def panels(self, request: HttpRequest, row: StoredPolicy | None) -> Sequence[Panel]:
        """Every switch with its rule, whether it was ever changed or not."""
        policy = queries.policy()
        fields = [self.opts.get_field(name) for name in RULES]
        return [
            Table(
                note=_("These switches hold for all customers. They are changed by a command."),
                columns=[Column(_("switch")), Column(_("value")), Column(_("rule"))],
                rows=[
                    [
                        capfirst(field.verbose_name),
                        _shown(field.name, getattr(policy, field.name)),
                        display.rule(RULES[field.name]),
                    ]
                    for field in fields
                ],
            )
        ]


def _shown(name: str, value: Any) -> Any:
    if name == "default_voucher_share":  # a code of the floor above, which has its labels
        return _(str(value).replace("_", " "))
    return shown_value(value)
