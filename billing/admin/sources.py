"""Where usage comes from, and the names that sources give to our accounts."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import MasterDataAdmin

from ..models import AccountKey, Source


@admin.register(Source)
class SourceAdmin(MasterDataAdmin):
    """One origin of usage, and how to read its files."""

    when_empty = gettext_lazy(
        "Usage comes from sources: a cloud, a meter, a partner. Add the first one before "
        "you import its files."
    )
    list_display = ("code", "name", "mode", "quantity_column", "cycle", "key_count")
    search_fields = ("code", "name")
    search_help_text = gettext_lazy("Code or name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Its code is part of every record's key (B2)."""
        return ("code",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of keys."""
        return super().get_queryset(request).annotate(key_total=Count("account_keys"))

    @admin.display(description=gettext_lazy("account keys"), ordering="key_total")
    def key_count(self, row: Source) -> Any:
        """A number that leads to the keys."""
        return display.list_link(AccountKey, row.key_total, source__id__exact=row.pk)


@admin.register(AccountKey)
class AccountKeyAdmin(MasterDataAdmin):
    """Which account a source means by an id. Rows with an unknown id are parked."""

    when_empty = gettext_lazy(
        "A source has its own name for each account. Say which of them is whose, and "
        "parked rows find their way."
    )
    list_display = ("external_id", "source", "our_account")
    list_select_related = ("source", "account")
    list_filter = (("source", RelatedDropdownFilter), ("account", AutocompleteSelectFilter))
    search_fields = ("external_id", "account__number", "account__name")
    search_help_text = gettext_lazy("Id at the source, or our account")
    autocomplete_fields = ("account",)

    our_account = columns.account("account", gettext_lazy("account"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what names the row."""
        return super().get_queryset(request).select_related("source", "account")
