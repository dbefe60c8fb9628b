"""The form that resolves a parked row: asks only for what is missing."""

from typing import Any

from django import forms
from django.contrib.admin.sites import AdminSite
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from finance_mgmt.admin.base import show_refusal
from finance_mgmt.admin.command_forms import RowSelect
from finance_mgmt.clock import now
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account

from ..models import AccountKey, ImportedRow, UsageRecord, Voucher
from ..services import imports


class ResolveForm(forms.Form):
    """The account, the voucher, or just the decision to store it, by what the row lacks."""

    key = forms.CharField(widget=forms.HiddenInput(), max_length=100)
    account = forms.ModelChoiceField(
        Account.objects.all(),
        label=gettext_lazy("Account"),
        required=False,
        help_text=gettext_lazy("Empty: the account key decides, if one was added since."),
    )
    voucher = forms.ModelChoiceField(Voucher.objects.all(), label=gettext_lazy("Voucher"))

    def __init__(
        self, *arguments: Any, row: ImportedRow, admin_site: AdminSite, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        missing = {
            "account": row.parked_because == "unknown_account",
            "voucher": row.content.get("ChargeCategory") == "Credit",
        }
        for name, is_missing in missing.items():
            if is_missing:
                self.fields[name].widget = RowSelect(_COLUMNS[name], admin_site)
                self.fields[name].widget.choices = self.fields[name].choices
            else:
                del self.fields[name]


# Where the autocompletion of a field looks: the columns whose rows it offers.
_COLUMNS = {
    "account": AccountKey._meta.get_field("account"),
    "voucher": UsageRecord._meta.get_field("voucher"),
}


def resolve(request: HttpRequest, row: ImportedRow, form: ResolveForm) -> bool:
    """Store the row. False: it was refused, and the form says why."""
    given = form.cleaned_data
    try:
        with transaction.atomic():
            imports.resolve(
                row,
                account=given.get("account"),
                voucher=given.get("voucher"),
                key=given["key"],
                by=request.user.get_username(),
                at=now(),
            )
    except FinanceError as refusal:
        show_refusal(form, refusal)
        return False
    return True
