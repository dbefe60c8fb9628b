"""The page to import a file: form, preview of nothing, one service call."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from finance_mgmt.admin import display
from finance_mgmt.admin.base import show_refusal
from finance_mgmt.clock import now
from finance_mgmt.errors import FinanceError
from finance_mgmt.tasks import poke

from ..enums import ImportMode
from ..models import UsageImport
from ..services import imports


class UploadForm(forms.Form):
    """A file with what must be known about it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A FOCUS file, in CSV."),
        widget=forms.FileInput(attrs={"class": "bo-file", "accept": ".csv,text/csv"}),
    )
    received_at = forms.SplitDateTimeField(
        label=gettext_lazy("Received at"),
        required=False,
        help_text=gettext_lazy(
            "Empty: now. Decides what is late (C4): in the past for history. In the billing zone."
        ),
        widget=UnfoldAdminSplitDateTimeWidget(),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Amounts"),
        required=False,
        choices=[("", gettext_lazy("as its source says")), *ImportMode.choices],
        help_text=gettext_lazy(
            "Whether the amounts of the file are billed, or quantity times our price."
        ),
        widget=UnfoldAdminSelectWidget(),
    )
    rows = forms.IntegerField(
        label=gettext_lazy("Rows expected"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("If the sender said it: a file with another number is held."),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )
    key = forms.CharField(widget=forms.HiddenInput(), max_length=100)


def upload(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Show the form; take the file in, have it worked on and show its page."""
    if not request.user.has_perm("billing.add_usageimport"):
        raise PermissionDenied
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid() and (received := _receive(request, form)):
            messages.success(request, _("The file is here. It is being read now."))
            return redirect(display.page_of(UsageImport, received.pk))
    else:
        form = UploadForm(initial={"key": f"upload {uuid.uuid4()}"})
    context = {"heading": _("Import a file"), "form": form, "title": _("Import a file")}
    return model_admin.page(request, None, context, "admin/upload.html")


def _receive(request: HttpRequest, form: UploadForm) -> UsageImport | None:
    given = form.cleaned_data
    at = now()
    expected = imports.Expected(rows=given["rows"]) if given["rows"] is not None else None
    try:
        with transaction.atomic():
            received = imports.receive(
                file_name=given["file"].name,
                content=given["file"].chunks(),
                received_at=given["received_at"] or at,
                mode=ImportMode(given["mode"]) if given["mode"] else None,
                expected=expected,
                key=given["key"],
                by=request.user.get_username(),
                at=at,
            )
            transaction.on_commit(lambda: poke(received.run))
    except FinanceError as refusal:
        show_refusal(form, refusal)
        return None
    return received
