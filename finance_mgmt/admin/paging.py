"""Pages of large tables: no count of a million rows, and no joins for rows that are skipped."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.utils.functional import cached_property

EXACT_UP_TO = 10_000  # above this a count costs more than the page it is for


class CappedPaginator(Paginator):
    """Counts exactly up to EXACT_UP_TO rows; beyond, takes the planner's estimate of the table."""

    template_name = "admin/pagination_large.html"

    @cached_property
    def is_estimate(self) -> bool:
        """Whether `count` is not exact."""
        return self._capped_count > EXACT_UP_TO

    @cached_property
    def count(self) -> int:
        """Exact, or estimated if there are many."""
        if not self.is_estimate:
            return self._capped_count
        if self.object_list.query.where:  # an estimate of the whole says nothing about a part
            return self._capped_count
        return max(self._capped_count, _rows_by_statistics(self.object_list.model._meta.db_table))

    @cached_property
    def _capped_count(self) -> int:
        return self.object_list.order_by()[: EXACT_UP_TO + 1].count()


class LargeTablePaginator(CappedPaginator):
    """A page first finds its keys (mostly in an index alone), then reads just these rows."""

    def page(self, number: Any) -> Page:
        """The rows of a page, in order."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = list(self.object_list.values_list("pk", flat=True)[start : start + self.per_page])
        return self._get_page(self._rows(keys), number, self)

    def _rows(self, keys: Sequence[Any]) -> list[Any]:
        query = self.object_list.model._default_manager.filter(pk__in=keys)
        related = self.object_list.query.select_related
        if related:
            query.query.select_related = related
        found = {row.pk: row for row in query}
        return [found[key] for key in keys if key in found]


def _rows_by_statistics(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]
