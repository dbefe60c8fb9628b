"""Notices, and the letters they become: what was told to whom, and where it went (W4)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from .. import queries
from ..delivery import letters
from ..enums import DeliveryState, Language, NoticeKind
from ..models import Delivery, Notice, StoredMessage
from . import columns, display
from .base import ReadOnlyAdmin
from .deliveries import delivery_table
from .panels import Fact, Facts, Panel, Part

KIND_TONES = {
    NoticeKind.LOW_FUNDS: "warn",
    NoticeKind.SPENDING: "warn",
    NoticeKind.SUSPENDED: "bad",
    NoticeKind.RESUMED: "good",
    NoticeKind.INVITATION: "info",
    NoticeKind.CHANGE_FAILED: "bad",
    NoticeKind.CAP: "warn",
    NoticeKind.WEBHOOK_OFF: "bad",
    NoticeKind.INVOICE_ISSUED: "info",
}
# A letter is somebody's text: it runs no script, loads nothing, and is framed by our own pages.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What accounts were told. Written in the transaction of what it tells."""

    when_empty = gettext_lazy(
        "Nothing had to be told yet. Set thresholds, and accounts are warned when they are crossed."
    )
    first_step = (
        gettext_lazy("Accounts"),
        "admin:finance_mgmt_account_changelist",
        "finance_mgmt.view_account",
    )
    list_display = ("kind_badge", "to_account", "about_account", "row_amount", "at_instant", "way")
    list_display_links = ("kind_badge",)
    list_select_related = ("to", "about")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("=to__number", "=about__number")
    search_help_text = gettext_lazy("Whole number of an account")
    date_hierarchy = "at"
    ordering = ("-id",)

    kind_badge = columns.state("kind", gettext_lazy("kind"), KIND_TONES)
    to_account = columns.account("to", gettext_lazy("to"))
    about_account = columns.account("about", gettext_lazy("about"))
    row_amount = columns.amount("threshold", gettext_lazy("threshold"), currency="about__currency")
    at_instant = columns.instant("at", gettext_lazy("at"))

    def fill(self, rows: list[Notice]) -> None:
        """How many deliveries of each arrived."""
        sent = Count("pk", filter=Q(state=DeliveryState.SENT))
        dead = Count("pk", filter=Q(state=DeliveryState.DEAD))
        found = Delivery.objects.filter(notice__in=rows).order_by().values("notice")
        counts = {
            one["notice"]: one for one in found.annotate(all=Count("pk"), sent=sent, dead=dead)
        }
        for row in rows:
            row.counts = counts.get(row.pk)

    @admin.display(description=gettext_lazy("deliveries"))
    def way(self, row: Notice) -> Any:
        """Arrived of all."""
        if not row.counts:
            return display.NOTHING
        count, sent, dead = (row.counts[name] for name in ("all", "sent", "dead"))
        tone = "bad" if dead else "good" if sent == count else "busy"
        said = _("%(sent)s of %(count)s sent") % {"sent": sent, "count": count}
        return display.badge(said, tone)

    def own_urls(self) -> list[URLPattern]:
        """The letter, as its readers get it."""
        route = "<int:pk>/letter/<str:language>/"
        return [self.own_url(route, self.letter_view, "finance_mgmt_notice_letter")]

    def letter_view(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """The HTML of the letter."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if language not in Language.values:
            raise Http404
        notice = get_object_or_404(Notice.objects.select_related("to", "about"), pk=pk)
        letter = letters.write(notice, language=language, zone=queries.policy().zone)
        return framed(letter.html)

    def heading(self, row: Notice) -> Any:
        """What happened."""
        number = format_html('<span class="bo-number">{}</span>', row.pk)
        return format_html("{} {}", capfirst(row.get_kind_display()), number)

    def badges(self, row: Notice) -> Sequence[Any]:
        """Whose it is."""
        return [display.badge(row.to.number, KIND_TONES[NoticeKind(row.kind)])]

    def panels(self, request: HttpRequest, row: Notice) -> Sequence[Panel]:
        """The facts, where it went, and how it reads."""
        facts = Facts(
            title=_("Notice"),
            width="half",
            facts=[
                Fact(_("to"), display.account(row.to), rule="W2"),
                Fact(_("about"), display.account(row.about)),
                Fact(_("threshold"), display.amount(row.threshold, row.about.currency)),
                Fact(_("at"), display.instant(row.at)),
                Fact(_("facts"), display.facts(_short(row.facts))),
            ],
        )
        ways = Delivery.objects.filter(notice=row).select_related("account", "webhook", "notice")
        tables = [delivery_table(request, ways, of_notice=True)]
        return [facts, *tables, *(_letter(row, one) for one in Language)]


@admin.register(StoredMessage)
class StoredMessageAdmin(ReadOnlyAdmin):
    """Mails that were kept instead of being sent: no mail server is set."""

    when_empty = gettext_lazy(
        "Mails are kept here as long as no mail server is set (EMAIL_URL). None was due so far."
    )
    list_display = ("subject", "recipients", "sender", "at_instant")
    list_display_links = ("subject",)
    search_fields = ("subject", "recipients")
    search_help_text = gettext_lazy("Subject or address")
    ordering = ("-id",)

    at_instant = columns.instant("at", gettext_lazy("at"))

    def own_urls(self) -> list[URLPattern]:
        """The HTML of a mail."""
        name = "finance_mgmt_storedmessage_html"
        return [self.own_url("<int:pk>/html/", self.html_view, name)]

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shown in a frame that may do nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return framed(get_object_or_404(StoredMessage, pk=pk).html)

    def panels(self, request: HttpRequest, row: StoredMessage) -> Sequence[Panel]:
        """The head, then the mail in both forms."""
        url = reverse("admin:finance_mgmt_storedmessage_html", args=[row.pk])
        head = Facts(
            facts=[
                Fact(_("from"), row.sender),
                Fact(_("to"), row.recipients),
                Fact(_("at"), display.instant(row.at)),
                Fact(_("message id"), row.message_id),
            ]
        )
        return [head, mail_part(url=url if row.html else "", text=row.text)]


def mail_part(*, url: str, text: str, title: Any = "", width: str = "full") -> Panel:
    """A mail as HTML and as text."""
    context = {"url": url, "text": text, "name": f"mail-{abs(hash((url, text)))}"}
    return Part(title=title, width=width, name="admin/parts/mail.html", context=context)


@xframe_options_sameorigin
def _framed(request: Any, html: str) -> HttpResponse:
    return HttpResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})


def framed(html: str) -> HttpResponse:
    """HTML that was written for somebody else, as a page that can do nothing."""
    return _framed(None, html)


def _letter(notice: Notice, language: Language) -> Panel:
    letter = letters.write(notice, language=language, zone=queries.policy().zone)
    url = reverse("admin:finance_mgmt_notice_letter", args=[notice.pk, str(language)])
    title = _("The letter: %(language)s") % {"language": language.label}
    return mail_part(url=url, text=f"{letter.subject}\n\n{letter.text}", title=title, width="half")


def _short(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: ", ".join(map(str, value[:10])) if isinstance(value, list) else value
        for name, value in facts.items()
    }
