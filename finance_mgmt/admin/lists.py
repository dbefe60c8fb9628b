"""What every list has: a search by index, a count that stops where nobody reads, and files."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from . import files, finding, saved_filters
from .paging import CappedPaginator

TO_ACCOUNTS = (  # a first step: what is set on the page of an account
    gettext_lazy("Accounts"),
    "admin:finance_mgmt_account_changelist",
    "finance_mgmt.view_account",
)


class ListTools:
    """Before ModelAdmin among an admin's parents.

    `hidden_fields` are on no page and in no file. `when_empty` says where rows come from while
    there are none, `first_step` where to begin: a label, the name of a page, who may go there.
    """

    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count all rows, once per choice of each filter
    paginator = CappedPaginator
    change_list_template = "admin/list.html"
    hidden_fields: Any = ()
    when_empty: Any = ""
    first_step: tuple[Any, str, str] | None = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By what an index serves."""
        return finding.search(queryset, search_term, self.search_fields), False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """With what an empty list says (templates/unfold/helpers/empty_results.html)."""
        found = super().get_changelist_instance(request)
        found.first_link = self._first_link(request)
        return found

    def _first_link(self, request: HttpRequest) -> dict[str, Any] | None:
        if not self.first_step:
            return None
        label, page, needs = self.first_step
        may = not needs or request.user.has_perm(needs)
        return {"label": label, "url": reverse(page)} if may else None

    def get_urls(self) -> list[URLPattern]:
        """With its files and filters."""
        view = self.admin_site.admin_view(self.export_view)
        save = self.admin_site.admin_view(self.save_filter_view)
        delete = self.admin_site.admin_view(self.delete_filter_view)
        return [
            path("export/<str:form>/", view, name=self._name("export")),
            path("filters/", save, name=self._name("save_filter")),
            path("filters/<int:pk>/delete/", delete, name=self._name("delete_filter")),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponse:
        """The rows that the filters leave, as a file."""
        return files.make(request, self, form)

    def save_filter_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the present filter under a name."""
        return saved_filters.keep(request, self)

    def delete_filter_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Forget one."""
        return saved_filters.forget(request, self, pk)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with its tools."""
        tools = {
            "list_files": self._files(request),
            "saved_filters": saved_filters.above(request, self),
        }
        return super().changelist_view(request, tools | (extra_context or {}))

    def _files(self, request: HttpRequest) -> list[dict[str, Any]]:
        chosen = files.filter_of(request.GET)
        return [
            {
                "label": label,
                "icon": icon,
                "url": reverse(f"admin:{self._name('export')}", args=[form]) + f"?{chosen}",
            }
            for form, (label, icon) in files.LABELS.items()
        ]

    def _name(self, action: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{action}"
