"""Grants: single powers in a relationship."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ..models import Grant
from . import columns
from .base import ReadOnlyAdmin


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    """Who holds which power over whom, since when (Z1)."""

    when_empty = gettext_lazy(
        "In management a member grants single powers to its master. Grant one on the page "
        "of their relationship."
    )
    first_step = (
        gettext_lazy("Relationships"),
        "admin:finance_mgmt_relationship_changelist",
        "finance_mgmt.view_relationship",
    )
    list_display = (
        "permission",
        "held_by",
        "master_account",
        "member_account",
        "from_instant",
        "until_instant",
    )
    list_select_related = ("relationship__master", "relationship__member")
    list_filter = (("permission", ChoicesDropdownFilter), ("held_by", ChoicesDropdownFilter))
    search_fields = ("relationship__master__number", "relationship__member__number")
    search_help_text = gettext_lazy("Number of the master or the member")
    ordering = ("-id",)

    master_account = columns.account("relationship__master", gettext_lazy("master"))
    member_account = columns.account("relationship__member", gettext_lazy("member"))
    from_instant = columns.instant("granted_from", gettext_lazy("granted from"))
    until_instant = columns.instant("granted_until", gettext_lazy("granted until"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """With both ends, whose numbers name the row."""
        found = super().get_queryset(request)
        ends = ("relationship__master", "relationship__member")
        return found.select_related(*ends, "decision", "end_decision")
