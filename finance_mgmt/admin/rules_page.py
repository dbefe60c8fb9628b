"""All rules in plain words: where the ids on pages, in refusals and in help lead."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from . import site_pages
from .panels import Column, Table
from .rule_words import RULES


def page(request: HttpRequest) -> HttpResponse:
    """One line per rule; each can be pointed to by its id."""
    said = '<span class="bo-rule" id="{}">{}</span>'
    table = Table(
        title=_("Rules"),
        note=_("Pages, refusals and the API cite them by these ids."),
        columns=[Column(_("rule")), Column(_("what it says"))],
        rows=[[format_html(said, rule_id, rule_id), text] for rule_id, text in RULES.items()],
    )
    return site_pages.answer(request, _("Rules"), [table])
