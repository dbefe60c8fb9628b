"""The delivery log, and who reads notices: recipients and webhooks (W4)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ..enums import DeliveryState, NoticeKind
from ..models import Account, Delivery, Recipient, Webhook
from . import columns, command_pages, display, notice_commands, webhook_commands
from .base import Command, ReadOnlyAdmin
from .lists import TO_ACCOUNTS
from .panels import Column, Fact, Facts, Panel, Table, paged
from .wording import sentence

STATE_TONES = {
    DeliveryState.QUEUED: "quiet",
    DeliveryState.SENDING: "busy",
    DeliveryState.SENT: "good",
    DeliveryState.FAILED: "warn",
    DeliveryState.DEAD: "bad",
}


def dead_count(limit: int) -> int:
    """How many were given up, counted up to a limit: the sidebar's badge."""
    return Delivery.objects.filter(state=DeliveryState.DEAD).order_by()[:limit].count()


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Notices on their way."""

    when_empty = gettext_lazy(
        "No notice is on its way. Name who reads the notices of an account on its page."
    )
    first_step = TO_ACCOUNTS
    is_large = True
    list_display = (
        "way",
        "state_badge",
        "told_account",
        "what",
        "queued_instant",
        "attempts",
        "error",
    )
    list_display_links = ("way",)
    list_select_related = ("account", "notice", "webhook")
    list_filter = (("state", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter))
    search_fields = ("=account__number", "=address")
    search_help_text = gettext_lazy("Whole number of an account, or whole address")
    ordering = ("-id",)
    sortable_by = ()

    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    told_account = columns.account("account", gettext_lazy("account"))
    queued_instant = columns.instant("queued_at", gettext_lazy("queued at"))

    @admin.display(description=gettext_lazy("to"))
    def way(self, row: Delivery) -> Any:
        """The address."""
        return row.address

    @admin.display(description=gettext_lazy("notice"))
    def what(self, row: Delivery) -> Any:
        """What it tells."""
        return _what(row)

    def own_urls(self) -> list[URLPattern]:
        """Trying again."""
        return command_pages.urls(self, webhook_commands.OF_DELIVERIES)

    def commands(self, request: HttpRequest, row: Delivery) -> Sequence[Command]:
        """Trying again, where it did not arrive."""
        return command_pages.buttons(request, row, webhook_commands.OF_DELIVERIES)

    def badges(self, row: Delivery) -> Sequence[Any]:
        """The state."""
        return [display.state_badge(row, "state", STATE_TONES)]

    def panels(self, request: HttpRequest, row: Delivery) -> Sequence[Panel]:
        """Where to, and what came of it."""
        where = Facts(
            title=_("Where to"),
            width="half",
            facts=[
                Fact(_("channel"), row.get_channel_display()),
                Fact(_("to"), row.address),
                Fact(_("account"), display.account(row.account)),
                Fact(_("notice"), _what(row)),
                Fact(_("webhook"), display.link(row.webhook)),
                Fact(_("language"), row.get_language_display()),
                Fact(_("public id"), row.public_id.hex, _("the same at every attempt")),
            ],
        )
        came = Facts(
            title=_("What came of it"),
            width="half",
            facts=[
                Fact(_("attempts"), display.count(row.attempts)),
                Fact(_("queued at"), display.instant(row.queued_at)),
                Fact(_("next attempt"), display.instant(_next(row))),
                Fact(_("sent at"), display.instant(row.sent_at)),
                Fact(_("answer"), row.answer or display.NOTHING),
                Fact(_("error"), sentence(row.error) or display.NOTHING),
            ],
        )
        return [where, came]


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    """Who reads the notices of which account."""

    when_empty = gettext_lazy("Nobody reads notices. Set a billing e-mail on an account's page.")
    first_step = TO_ACCOUNTS
    list_display = ("where", "told_account", "language", "what", "removed_instant")
    list_display_links = ("where",)
    list_select_related = ("account", "account_user__user")
    list_filter = (("language", ChoicesDropdownFilter),)
    search_fields = ("=account__number", "email")
    search_help_text = gettext_lazy("Whole number of an account, or an address")
    ordering = ("account__number", "id")

    told_account = columns.account("account", gettext_lazy("account"))
    removed_instant = columns.instant("removed_at", gettext_lazy("removed at"))

    @admin.display(description=gettext_lazy("e-mail"))
    def where(self, row: Recipient) -> Any:
        """The address, and whose it is."""
        return row.address or row.account_user

    @admin.display(description=gettext_lazy("kinds"))
    def what(self, row: Recipient) -> Any:
        """In words."""
        return kinds_said(row.kinds)

    def own_urls(self) -> list[URLPattern]:
        """Changing and removing."""
        return command_pages.urls(self, notice_commands.OF_RECIPIENTS)

    def commands(self, request: HttpRequest, row: Recipient) -> Sequence[Command]:
        """Changing and removing."""
        return command_pages.buttons(request, row, notice_commands.OF_RECIPIENTS)


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Where programs of accounts are told. The secret is shown once, when it is made."""

    when_empty = gettext_lazy("No program is told anything. Add a webhook on an account's page.")
    first_step = TO_ACCOUNTS
    hidden_fields = ("seed", "earlier_seed")
    list_display = ("url", "told_account", "state_badge", "what", "created_instant")
    list_display_links = ("url",)
    list_select_related = ("account",)
    list_filter = ("is_active",)
    search_fields = ("=account__number", "url")
    search_help_text = gettext_lazy("Whole number of an account, or part of the address")
    ordering = ("-id",)

    told_account = columns.account("account", gettext_lazy("account"))
    created_instant = columns.instant("created_at", gettext_lazy("created at"))

    @admin.display(description=gettext_lazy("state"))
    def state_badge(self, row: Webhook) -> Any:
        """On, off or removed."""
        return _webhook_state(row)

    @admin.display(description=gettext_lazy("kinds"))
    def what(self, row: Webhook) -> Any:
        """In words."""
        return kinds_said(row.kinds)

    def own_urls(self) -> list[URLPattern]:
        """Every command about it."""
        return command_pages.urls(self, webhook_commands.OF_WEBHOOKS)

    def commands(self, request: HttpRequest, row: Webhook) -> Sequence[Command]:
        """What this person may do with it."""
        return command_pages.buttons(request, row, webhook_commands.OF_WEBHOOKS)

    def badges(self, row: Webhook) -> Sequence[Any]:
        """On, off or removed."""
        return [_webhook_state(row)]

    def panels(self, request: HttpRequest, row: Webhook) -> Sequence[Panel]:
        """The webhook, then what went there."""
        facts = Facts(
            title=_("About the webhook"),
            facts=[
                Fact(_("address"), row.url),
                Fact(_("account"), display.account(row.account)),
                Fact(_("kinds"), kinds_said(row.kinds)),
                Fact(_("why it was switched off"), sentence(row.off_reason) or display.NOTHING),
                Fact(_("paused until"), display.instant(row.paused_until)),
                Fact(_("given up in a row"), display.count(row.dead_in_a_row)),
                Fact(_("earlier secret signs until"), display.instant(row.earlier_until)),
                Fact(_("created at"), display.instant(row.created_at)),
            ],
        )
        rows = row.deliveries.select_related("account", "webhook", "notice")
        return [facts, delivery_table(request, rows)]


def delivery_table(
    request: HttpRequest, rows: QuerySet[Delivery], *, of_notice: bool = False
) -> Table:
    """Deliveries, the latest first: of one notice, or of a webhook."""
    found, pager = paged(request, rows.order_by("-id"), "deliveries")
    labels = [_("to"), _("state"), _("sent at")]
    cells = [
        [
            display.link(row, row.address),
            display.state_badge(row, "state", STATE_TONES),
            display.instant(row.sent_at),
        ]
        for row in found
    ]
    if not of_notice:
        labels[1:1] = [_("notice"), _("queued at")]
        for row, line in zip(found, cells, strict=True):
            line[1:1] = [_what(row), display.instant(row.queued_at)]
    return Table(
        title=_("Deliveries"),
        anchor="deliveries",
        width="half" if of_notice else "full",
        columns=[Column(label) for label in labels],
        rows=cells,
        pager=pager,
        empty=_("It went nowhere: nobody reads it.") if of_notice else _("Nothing went there yet."),
    )


def account_panels(request: HttpRequest, account: Account) -> list[Panel]:
    """Who reads the notices of an account, for its page."""
    if not request.user.has_perm("finance_mgmt.view_recipient"):
        return []
    present = {"account": account, "removed_at__isnull": True}
    readers = Recipient.objects.filter(**present).select_related("account_user__user")
    rows = [
        [display.link(one, one.address), one.get_language_display(), kinds_said(one.kinds)]
        for one in readers
    ]
    if account.billing_email:
        what = _("nothing: there are recipients") if rows else _("everything")
        rows = [[account.billing_email, account.get_language_display(), what], *rows]
    rows += [
        [display.link(one, one.url), _webhook_state(one), kinds_said(one.kinds)]
        for one in Webhook.objects.filter(**present)
    ]
    links = [
        (command_pages.url(account, page.name), page.label)
        for page in notice_commands.OF_ACCOUNTS
        if page.may(request, account)
    ]
    table = Table(
        title=_("Who reads notices"),
        note=format_html_join(" · ", '<a class="bo-link" href="{}">{}</a>', links),
        anchor="readers",
        columns=[Column(_("to")), Column(_("language")), Column(_("kinds"))],
        rows=rows,
        empty=_("Nobody: set a billing e-mail."),
    )
    return [table]


def kinds_said(kinds: Sequence[str]) -> Any:
    """Kinds of notices in words."""
    if not kinds:
        return display.NOTHING
    if set(kinds) >= set(NoticeKind):
        return _("everything")
    return ", ".join(str(NoticeKind(one).label) for one in kinds)


def _what(row: Delivery) -> Any:
    if row.notice is None:
        return _("test event")
    return display.link(row.notice, row.notice.get_kind_display())


def _next(row: Delivery) -> Any:
    is_open = row.state in (DeliveryState.QUEUED, DeliveryState.FAILED)
    return row.next_attempt_at if is_open else None


def _webhook_state(row: Webhook) -> Any:
    if row.removed_at:
        return display.badge(_("removed"), "quiet")
    return display.badge(_("on"), "good") if row.is_active else display.badge(_("off"), "bad")
