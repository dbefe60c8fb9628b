"""What the search over all pages (Ctrl+K) finds besides pages: accounts."""

from django.db.models import Q
from django.http import HttpRequest
from unfold.dataclasses import SearchResult

from ..models import Account
from . import display

MOST_FOUND = 10


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """Accounts by the start of their number, or by part of their name."""
    if not request.user.has_perm("finance_mgmt.view_account"):
        return []
    fitting = Q(number__istartswith=term) | Q(name__icontains=term)
    return [
        SearchResult(
            title=account.name,
            description=account.number,
            link=display.page_of(Account, account.pk),
            icon="apartment",
        )
        for account in Account.objects.filter(fitting).order_by("number")[:MOST_FOUND]
    ]
