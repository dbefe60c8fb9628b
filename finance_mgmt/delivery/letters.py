"""A notice as a letter: what happened, what will happen when, what the reader can do (W4).

Each kind is one template with four blocks; a layout turns the same blocks into HTML or text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import formats, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..admin.wording import sentence
from ..enums import Approvable, Mode, NoticeKind, Permission
from ..models import Notice
from ..money import minor_places, plain


@dataclass(frozen=True)
class Letter:
    """What is sent to one reader."""

    subject: str
    text: str
    html: str


def write(notice: Notice, *, language: str, zone: ZoneInfo) -> Letter:
    """The letter in the reader's language, instants on the clock of the billing time zone."""
    with translation.override(language):
        context = _context(notice, language, zone)
        subject = _render(notice, "notices/layout_subject.txt", context, escapes=False)
        return Letter(
            subject=" ".join(subject.split()),
            text=_render(notice, "notices/layout.txt", context, escapes=False).strip() + "\n",
            html=_render(notice, "notices/layout.html", context, escapes=True),
        )


def _render(notice: Notice, layout: str, context: Mapping[str, Any], *, escapes: bool) -> str:
    template: Any = get_template(f"notices/{notice.kind}.html")
    return template.template.render(Context({"layout": layout, **context}, autoescape=escapes))


def _context(notice: Notice, language: str, zone: ZoneInfo) -> dict[str, Any]:
    to, about = notice.to, notice.about
    known = {
        "language": language,
        "provider": settings.PROVIDER_NAME,
        "account": _named(about),
        "reader": _named(to),
        "is_own": to.pk == about.pk,
        "at": _instant(notice.at, zone),
        "threshold": _amount(notice.threshold, about.currency),
        "tone": TONES[NoticeKind(notice.kind)],
        **WORDS.get(NoticeKind(notice.kind), lambda row, zone: {})(notice, zone),
    }
    rows = [(_("Account"), known["account"]), *known.pop("rows", []), (_("When"), known["at"])]
    return {**known, "rows": rows}


def _limits(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    figure = _amount(Decimal(notice.facts.get("figure", 0)), notice.about.currency)
    is_low = notice.kind == NoticeKind.LOW_FUNDS
    label = _("Available funds") if is_low else _("Spent this month")
    threshold = _amount(notice.threshold, notice.about.currency)
    return {"figure": figure, "rows": [(label, figure), (_("Threshold"), threshold)]}


def _resources(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    names = notice.facts.get("resources", [])
    shown = ", ".join(str(one) for one in names[:20])
    if len(names) > 20:
        shown = _("%(names)s and %(count)s more") % {"names": shown, "count": len(names) - 20}
    return {"count": len(names), "rows": [(_("Resources"), shown)]}


def _invitation(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    facts = notice.facts
    mode = Mode(facts.get("mode", Mode.MANAGEMENT))
    powers = [str(Permission(one).label) for one in facts.get("grants", [])]
    rows = [(_("Master"), facts.get("master", "")), (_("Mode"), capfirst(mode.label))]
    if powers:
        rows.append((_("Powers asked for"), ", ".join(powers)))
    until = facts.get("expires_at")
    return {
        "master": facts.get("master", ""),
        "is_trusteeship": mode == Mode.TRUSTEESHIP,
        "until": _instant(datetime.fromisoformat(until), zone) if until else "",
        "rows": rows,
    }


def _consent(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    facts = notice.facts
    asked = str(dict(Approvable.choices).get(facts.get("asks", ""), facts.get("asks", "")))
    return {
        "master": facts.get("master", ""),
        "asked": asked,
        "until": _instant(datetime.fromisoformat(facts["expires_at"]), zone),
        "rows": [(_("Master"), facts.get("master", "")), (_("Asked for"), capfirst(asked))],
    }


def _failed(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    said = sentence(str(notice.facts.get("said", "")))
    return {"said": said, "rows": [(_("Reason"), said)]}


def _cap(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    month = str(notice.facts.get("month", ""))
    threshold = _amount(notice.threshold, notice.about.currency)
    return {"month": month, "rows": [(_("Month"), month), (_("Cap"), threshold)]}


def _webhook(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    url, reason = notice.facts.get("url", ""), notice.facts.get("reason", "")
    return {"url": url, "rows": [(_("Webhook"), url), (_("Reason"), reason)]}


def _invoice(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    facts = notice.facts
    number, month = str(facts.get("invoice", "")), str(facts.get("month", ""))
    total = _amount(Decimal(facts.get("total", 0)), str(facts.get("currency", "")))
    rows = [(_("Invoice"), number), (_("Month"), month), (_("Total"), total)]
    return {"invoice": number, "month": month, "total": total, "rows": rows}


WORDS: dict[NoticeKind, Callable[[Notice, ZoneInfo], dict[str, Any]]] = {
    NoticeKind.LOW_FUNDS: _limits,
    NoticeKind.SPENDING: _limits,
    NoticeKind.SUSPENDED: _resources,
    NoticeKind.RESUMED: _resources,
    NoticeKind.INVITATION: _invitation,
    NoticeKind.CONSENT: _consent,
    NoticeKind.CHANGE_FAILED: _failed,
    NoticeKind.CAP: _cap,
    NoticeKind.WEBHOOK_OFF: _webhook,
    NoticeKind.INVOICE_ISSUED: _invoice,
}
TONES = {  # the color of the line above the letter
    NoticeKind.LOW_FUNDS: "#b45309",
    NoticeKind.SPENDING: "#b45309",
    NoticeKind.SUSPENDED: "#b91c1c",
    NoticeKind.RESUMED: "#15803d",
    NoticeKind.INVITATION: "#1d4ed8",
    NoticeKind.CONSENT: "#1d4ed8",
    NoticeKind.CHANGE_FAILED: "#b91c1c",
    NoticeKind.CAP: "#b45309",
    NoticeKind.WEBHOOK_OFF: "#b91c1c",
    NoticeKind.INVOICE_ISSUED: "#1d4ed8",
}


def _named(account: Any) -> str:
    return f"{account.name} ({account.number})" if account.name else str(account.number)


def _amount(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return ""
    places = minor_places(currency)
    said = formats.number_format(plain(amount, places), decimal_pos=places, force_grouping=True)
    return f"{said} {currency}"


def _instant(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{formats.date_format(local, 'DATE_FORMAT')} {local:%H:%M} ({zone.key})"
