"""What every list has: a search by index, pages that count no further than a person reads."""

from django.db.models import QuerySet
from django.http import HttpRequest

from . import finding
from .paging import CappedPaginator


class ListTools:
    """Before ModelAdmin among an admin's parents."""

    show_full_result_count = False
    paginator = CappedPaginator
    search_fields: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By what an index serves."""
        return finding.search(queryset, search_term, self.search_fields), False
