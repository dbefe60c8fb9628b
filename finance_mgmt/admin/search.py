"""The search over everything (Ctrl+K): pages, and rows of all floors (settings.SEARCHES).

Each floor says what it finds, by an index, of what this person may see. Nothing is remembered:
who lost a permission a second ago finds nothing any more.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ..models import Account, Relationship
from . import display, navigation
from .finding import account_keys, some_keys

MOST_EACH = 6  # of one kind: whoever sees so many types on
MOST = 50
LONGEST_TERM = 200
LONGEST_KEY = 18  # digits of a bigint


@dataclass(frozen=True)
class Found:
    """One line: what it is called, what it is, and where."""

    title: Any
    description: Any
    link: str
    icon: str
    is_exact: bool = False  # the whole term is its number: it stands first


def page(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """What the box of the search shows under what was typed."""
    term = request.GET.get("s", "").strip()[:LONGEST_TERM].replace("\x00", "")
    if not term:
        return HttpResponse()
    began = time.monotonic()
    shown = Paginator(find(request, term)[:MOST], MOST)
    context = {
        "page_obj": shown,
        "results": shown.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
    }
    return TemplateResponse(request, "unfold/helpers/command_results.html", context)


def find(request: HttpRequest, term: str) -> list[Found]:
    """All that fits, what fits wholly first."""
    found = [one for path in settings.SEARCHES for one in import_string(path)(request, term)]
    return sorted(found, key=lambda one: not one.is_exact)


def number_of(term: str) -> int | None:
    """The term as the number of a row, if it may be one."""
    is_one = term.isascii() and term.isdecimal() and len(term) <= LONGEST_KEY
    return int(term) if is_one else None


def keys_of(request: HttpRequest, term: str) -> list[int]:
    """The accounts that a term means: looked for once, whoever of the finders asks."""
    known = request.__dict__.setdefault("account_keys", {})
    if term not in known:
        known[term] = account_keys(term)
    return known[term]


def said(*parts: Any) -> str:
    """What a line says, without what there is not."""
    return " · ".join(str(part) for part in parts if part)


def pages(request: HttpRequest, term: str) -> Iterable[Found]:
    """Entries of the sidebar."""
    for group, entry in navigation.entries(request):
        if term.lower() in str(entry["title"]).lower():
            yield Found(entry["title"], said(_("Page"), group), entry["link"], entry["icon"])


def accounts(request: HttpRequest, term: str) -> Iterable[Found]:
    """By the start of their number, or part of a name."""
    if not request.user.has_perm("finance_mgmt.view_account"):
        return
    known = Account.objects.select_related("identity").order_by("number")
    exact = list(known.filter(number=term))
    keys = some_keys(term) if exact else keys_of(request, term)
    for row in [*exact, *known.filter(pk__in=keys).exclude(number=term)[:MOST_EACH]]:
        legal = row.identity.legal_name if row.identity else ""
        yield Found(
            row.name,
            said(_("Account %(number)s") % {"number": row.number}, legal != row.name and legal),
            display.page_of(Account, row.pk),
            "apartment",
            row.number == term,
        )


def relationships(request: HttpRequest, term: str) -> Iterable[Found]:
    """By their number, or by the number or name of either end."""
    if not request.user.has_perm("finance_mgmt.view_relationship"):
        return
    keys = keys_of(request, term)
    ends = Q(master__in=keys) | Q(member__in=keys)
    rows = Relationship.objects.filter(ends | Q(pk=number_of(term))).order_by("-id")
    for row in rows.select_related("master", "member")[:MOST_EACH]:
        yield Found(
            f"{row.master.number} → {row.member.number}",
            said(
                _("Relationship %(number)s") % {"number": row.pk},
                row.get_mode_display(),
                row.get_state_display(),
            ),
            display.page_of(Relationship, row.pk),
            "account_tree",
        )
