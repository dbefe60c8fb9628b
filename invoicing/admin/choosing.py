"""For which account an invoice is issued: the first step."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.command_forms import AccountField, CommandForm
from finance_mgmt.models import Account

from . import seller_notice


class ChooseForm(CommandForm):
    """The one that paid, or a master."""

    account = AccountField(
        "member",
        label=gettext_lazy("Account"),
        help_text=gettext_lazy(
            "The one that paid, or the master of members in management. A trusteeship member's"
            " charges are invoiced to its master (I2)."
        ),
    )


class _Step:
    """What the template of commands wants to know."""

    label, icon = gettext_lazy("Show what can be invoiced"), "arrow_forward"


def account_links(request: HttpRequest, account: Account) -> list[Command]:
    """For settings.ACCOUNT_LINKS: what of this account can be invoiced, and what can't."""
    if not request.user.has_perm("invoicing.issue_invoice"):
        return []
    url = reverse("admin:invoicing_invoice_issue", args=[account.pk])
    return [Command(_("Issue an invoice"), url, "post_add", is_page=True)]


def choose(request: HttpRequest, model_admin: ReadOnlyAdmin) -> HttpResponse:
    """The page."""
    form = ChooseForm(request.POST or None, initial={"key": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid():
        return redirect("admin:invoicing_invoice_issue", form.cleaned_data["account"].pk)
    context: dict[str, Any] = {
        "heading": _("Issue an invoice"),
        "title": _("Issue an invoice"),
        "command": _Step,
        "form": form,
        "intro": _("Only what was consumed and billed can be invoiced, each charge once (I1)."),
        "back": reverse("admin:invoicing_invoice_changelist"),
        "panels": seller_notice.panels(request),
    }
    template = "admin/invoicing/choose.html"
    return model_admin.page(request, None, context, template)
