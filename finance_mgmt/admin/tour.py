"""A tour in ten stops through what is in the books: one sentence each, and where to see it.

Each floor picks from its rows what shows a thing best (settings.TOUR), for what this person may
see; where there is none yet, the stop says how it comes about.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from .. import queries
from ..clock import now
from ..enums import Mode
from ..models import Account, Relationship
from . import as_of, display, site_pages, timeline
from .panels import Part


@dataclass(frozen=True)
class Stop:
    """One stop: what one sees there, in a sentence, and the way."""

    title: Any
    sentence: Any
    url: str
    icon: str


def page(request: HttpRequest) -> HttpResponse:
    """All stops that this person may see."""
    found = [import_string(path)(request) for path in settings.TOUR]
    stops = [stop for stop in found if stop]
    part = Part(name="admin/parts/tour.html", context={"stops": stops})
    return site_pages.answer(request, _("Tour"), [part])


def largest_master() -> Account | None:
    """Who has most members today."""
    linked = Relationship.objects.filter(queries.in_force(now())).values("master")
    first = linked.annotate(members=Count("pk")).order_by("-members", "master").first()
    return Account.objects.get(pk=first["master"]) if first else None


def shown_member() -> Relationship | None:
    """A link in trusteeship today; else any link of today; else the last there was."""
    links = Relationship.objects.select_related("master", "member")
    today = links.filter(queries.in_force(now()))
    trusted = today.filter(mode=Mode.TRUSTEESHIP).order_by("master", "pk").first()
    return trusted or today.order_by("pk").first() or links.order_by("-pk").first()


def terms(request: HttpRequest) -> Stop | None:
    """Who pays for a member, on the page of its account."""
    if not request.user.has_perm("finance_mgmt.view_account"):
        return None
    title, icon, link = _("The terms of an account"), "apartment", shown_member()
    if link is None:
        said = _("Open accounts first: the page of each says who pays for it, and by which rule.")
        return Stop(title, said, display.list_of(Account), icon)
    said = _("Who pays for %(member)s, with whose discounts, and by which rule: one table.")
    url = display.page_of(Account, link.member_id) + "#terms"
    return Stop(title, said % {"member": link.member.name}, url, icon)


def linking(request: HttpRequest) -> Stop | None:
    """How a link is checked before it is made."""
    if not request.user.has_perm("finance_mgmt.link"):
        return None
    said = _("Choose a master and a member: every reason against it is named before it is done.")
    return Stop(
        _("Link two accounts"), said, reverse("admin:finance_mgmt_relationship_link"), "add_link"
    )


def past(request: HttpRequest) -> Stop | None:
    """Everything that happened to an account."""
    return _of_account(
        request,
        timeline.ADDRESS,
        "timeline",
        _("The timeline"),
        _("Every link, grant, movement and bill of %(account)s in order, with who decided it."),
    )


def before(request: HttpRequest) -> Stop | None:
    """Figures of an earlier instant."""
    return _of_account(
        request,
        as_of.ADDRESS,
        "history",
        _("As it was"),
        _("What %(account)s had, owed and was entitled to at any instant of the past."),
    )


def _of_account(request: HttpRequest, name: str, icon: str, title: Any, said: Any) -> Stop | None:
    if not request.user.has_perms(["finance_mgmt.view_account", "finance_mgmt.view_movement"]):
        return None
    account = largest_master() or Account.objects.order_by("pk").first()
    if account is None:
        none = _("Open an account first: what happens to it is kept for ever.")
        return Stop(title, none, display.list_of(Account), icon)
    url = reverse(f"admin:{name}", args=[account.pk])
    return Stop(title, said % {"account": account.name}, url, icon)
