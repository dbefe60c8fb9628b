"""The parts of an account's page: terms today, funds with their formulas, links, movements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .. import queries
from ..models import Account, Grant, Movement, Relationship
from ..rules.credit import Figures
from ..rules.terms import Terms
from . import display
from .movements import MOVEMENT_COLUMNS, movement_cells
from .panels import Column, Fact, Facts, Link, Panel, Table, Tiles, paged
from .relationships import STATE_TONES, mode_badge, mode_today
from .terms import Explained, explain

LAST_MOVEMENTS = 8


def top(account: Account, figures: Figures) -> Panel:
    """The figures that are asked for most."""
    currency = account.currency
    funds = f"{display.page_of(Account, account.pk)}#funds"
    return Tiles(
        facts=[
            Fact(
                _("available"),
                display.amount(figures.available, currency),
                rule="F3",
                tone="bad" if figures.available < 0 else "",
                url=funds,
            ),
            Fact(
                _("cash"),
                display.amount(figures.cash, currency),
                rule="F1",
                url=display.list_of(Movement, account=account.pk),
            ),
            Fact(
                _("effective limit"),
                display.amount(figures.effective_limit, currency),
                rule="F2",
                url=funds,
            ),
            Fact(_("unsettled"), display.amount(figures.unsettled, currency), rule="F1", url=funds),
        ]
    )


def terms_today(account: Account, terms: Terms, names: dict[int, Account]) -> Panel:
    """Every term of now with who it is, its rule and the reason."""
    note = _("What holds for a charge period that starts now.")
    return _terms(account, terms, names, _("Terms today"), note)


def terms_at(account: Account, terms: Terms, names: dict[int, Account]) -> Panel:
    """Every term of an instant with who it was, its rule and the reason."""
    note = _("What held for a charge period that started at this instant.")
    return _terms(account, terms, names, _("Terms"), note)


def _terms(
    account: Account, terms: Terms, names: dict[int, Account], title: str, note: str
) -> Panel:
    return Table(
        title=title,
        note=note,
        anchor="terms",
        columns=[Column(_("term")), Column(_("who")), Column(_("why")), Column(_("rule"))],
        rows=[
            [capfirst(term.label), _who(term, account, names), term.reason, display.rule(term.rule)]
            for term in explain(terms)
        ],
    )


def _who(term: Explained, account: Account, names: dict[int, Account]) -> Any:
    people = [
        display.badge(_("itself"), "quiet") if pk == account.pk else display.account(names[pk])
        for pk in term.accounts
    ]
    shown = format_html_join(format_html(" {} ", "›"), "{}", ((person,) for person in people))
    if not people:
        return display.badge(term.text, "quiet")
    return (
        format_html("{} <span class='bo-name'>{}</span>", shown, term.text) if term.text else shown
    )


def members(request: HttpRequest, account: Account, at: datetime) -> Panel | None:
    """The members of a master, those in force first."""
    links = (
        Relationship.objects.filter(master=account)
        .select_related("member")
        .order_by("state", "member__number", "-id")
    )
    rows, pager = paged(request, links, "members")
    if not rows:
        return None
    figures = queries.figures_of([link.member_id for link in rows], at)
    return Table(
        title=_("Members"),
        anchor="members",
        columns=[
            Column(_("member")),
            Column(_("mode")),
            Column(_("state")),
            Column(_("in force from")),
            Column(_("in force until")),
            Column(_("member's available"), True),
        ],
        rows=[
            [
                display.account(link.member),
                mode_badge(mode_today(link, at)),
                display.link(link, display.state_badge(link, "state", STATE_TONES)),
                display.instant(link.effective_from),
                display.instant(link.effective_to),
                display.amount(figures[link.member_id].available, link.member.currency),
            ]
            for link in rows
        ],
        pager=pager,
    )


def masters(account: Account, at: datetime) -> Panel | None:
    """The account's own relationships as a member, the latest first."""
    links = list(Relationship.objects.filter(member=account).select_related("master")[:10])
    if not links:
        return None
    return Table(
        title=_("As a member"),
        anchor="masters",
        width="half",
        columns=[Column(_("master")), Column(_("mode")), Column(_("state")), Column(_("in force"))],
        rows=[
            [
                display.account(link.master),
                mode_badge(mode_today(link, at)),
                display.link(link, display.state_badge(link, "state", STATE_TONES)),
                _dates(link),
            ]
            for link in links
        ],
    )


def _dates(link: Relationship) -> Any:
    until = display.instant(link.effective_to) if link.effective_to else _("today")
    return format_html("{} – {}", display.instant(link.effective_from), until)


def grants(account: Account, at: datetime) -> Panel | None:
    """The powers in force that this account holds or has given."""
    rows = list(
        Grant.objects.filter(queries.in_force(at, "granted"))
        .filter(Q(relationship__master=account) | Q(relationship__member=account))
        .select_related("relationship__master", "relationship__member")
        .order_by("relationship_id", "id")[:50]
    )
    if not rows:
        return None
    return Table(
        title=_("Grants in force"),
        anchor="grants",
        width="half",
        columns=[
            Column(_("permission")),
            Column(_("held by")),
            Column(_("over")),
            Column(_("since")),
        ],
        rows=[
            [
                display.link(grant, grant.get_permission_display()),
                *(display.account(end) for end in _ends(grant)),
                display.instant(grant.granted_from),
            ]
            for grant in rows
        ],
    )


def _ends(grant: Grant) -> Sequence[Account]:
    link = grant.relationship
    return (link.master, link.member) if grant.held_by == "master" else (link.member, link.master)


def movements(account: Account) -> Panel:
    """What moved last, out of and into the account."""
    rows = _last_movements(account)
    return Table(
        title=_("Last movements"),
        anchor="movements",
        columns=MOVEMENT_COLUMNS,
        rows=[movement_cells(row) for row in rows],
        empty=_("No money has moved yet."),
        more=Link(_("All movements"), display.list_of(Movement, account=account.pk)),
    )


def _last_movements(account: Account) -> list[Movement]:
    # One index each way; the union of both last ones holds the last ones of all.
    keys = (
        Movement.objects.filter(from_account=account).order_by("-id").values("id")[:LAST_MOVEMENTS]
    )
    into = Movement.objects.filter(to_account=account).order_by("-id").values("id")[:LAST_MOVEMENTS]
    related = Movement.objects.select_related("from_account", "to_account", "owner")
    found = related.filter(Q(pk__in=list(keys.union(into).values_list("id", flat=True))))
    return list(found.order_by("-id")[:LAST_MOVEMENTS])


def about(account: Account) -> Panel:
    """Who the account is."""
    return Facts(
        title=_("About the account"),
        anchor="about",
        facts=[
            Fact(_("verified identity"), display.link(account.identity)),
            Fact(_("channel"), account.get_channel_display()),
            Fact(_("currency"), account.currency),
            Fact(_("opened at"), display.instant(account.opened_at)),
            Fact(_("decision"), display.decision(account.decision)),
        ],
    )
