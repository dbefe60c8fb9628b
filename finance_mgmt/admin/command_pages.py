"""A command as a page: permission, form, preview, confirmation, ONE call of a service.

A page first asks, then shows what would happen, or every reason why it can't (L12), and only then
does it. The values of the second step are those that were looked at; the key makes a second click
the same command (F11). What needs a second person is written down for one (Z7).
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from .. import queries
from ..clock import now
from ..errors import FinanceError
from ..models import Approval
from ..rules import four_eyes
from ..services import approvals, previews
from ..services.previews import Preview
from . import display, preview_panels
from .base import Command, ReadOnlyAdmin
from .command_forms import CommandForm
from .panels import Panel
from .preview_panels import refused

SECOND_PERSON = "a second person"


class CommandPage:
    """One command. Subclasses say what it is called, who may, what it asks and which service."""

    name: ClassVar[str]  # in its address
    label: ClassVar[Any]
    icon: ClassVar[str]
    needs: ClassVar[str]  # the permission
    form_class: ClassVar[type[CommandForm]] = CommandForm
    service: ClassVar[Callable[..., Any]]
    verb: ClassVar[str] = ""  # in settings.APPROVABLE: may need a second person (Z7)
    done: ClassVar[Any]
    intro: ClassVar[Any] = ""
    is_primary: ClassVar[bool] = False
    template: ClassVar[str] = "admin/finance_mgmt/command.html"

    def is_offered(self, row: Any) -> bool:
        """Whether the button is on the row's page."""
        return True

    def may(self, request: HttpRequest, row: Any) -> bool:
        """Whether this person may."""
        return request.user.has_perm(self.needs)

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the form starts with."""
        return {}

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What the service is called with, besides key, by and at."""
        raise NotImplementedError

    def parties(self, row: Any, given: dict[str, Any]) -> Collection[int]:
        """The accounts whose terms and figures the preview shows."""
        raise NotImplementedError

    def amount(self, arguments: dict[str, Any], at: datetime) -> Decimal | None:
        """The amount that decides whether a second person is needed; None: any (Z7)."""
        return arguments.get("amount")

    def stored_arguments(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as an approval keeps them."""
        return approvals.primitives(**arguments)

    def asks_member(self, row: Any, given: dict[str, Any]) -> bool:
        """Whether it waits for the consent of a member instead of being done (L5)."""
        return False

    def panels(self, row: Any, at: datetime) -> Sequence[Panel]:
        """What to know beside the form."""
        return ()

    def kept(self, result: Any) -> Any:
        """What the preview keeps of the result, whose rows are taken back."""
        return None

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What would change."""
        return preview_panels.panels(found, at)

    def after(self, row: Any, result: Any) -> str:
        """Where to go on."""
        return display.page_of(type(row), row.pk)

    def told(self, result: Any) -> Any:
        """What to say when it is done."""
        return self.done

    def heading(self, row: Any) -> Any:
        """What the page is about."""
        said = _("%(command)s: %(row)s") % {"command": self.label, "row": row}
        return said if row else self.label

    def rehearse(self, row: Any, given: dict[str, Any], at: datetime) -> Preview:
        """What would happen."""
        arguments = self.arguments(row, given)
        said = {"key": f"preview {uuid.uuid4()}", "by": "preview", "at": at}
        extra = {"approved_by": SECOND_PERSON} if self.verb else {}
        return previews.run(
            lambda: type(self).service(**arguments, **extra, **said),
            look=self.kept,
            accounts=set(self.parties(row, given)),
            at=at,
        )

    def carry_out(self, row: Any, given: dict[str, Any], said: dict[str, Any]) -> Any:
        """Do it, or ask a second person. Raises FinanceError."""
        arguments = self.arguments(row, given)
        if not self.verb:
            return type(self).service(**arguments, **said)
        at = said["at"]
        amount = self.amount(arguments, at)
        shown = None
        if _is_second_needed(amount):
            found = self.rehearse(row, given, at)
            shown = preview_panels.stored(found)
        return approvals.submit(
            verb=self.verb,
            arguments=self.stored_arguments(arguments),
            amount=amount,
            preview=shown,
            **said,
        )

    def answer(self, request: HttpRequest, model_admin: ReadOnlyAdmin, row: Any) -> HttpResponse:
        """The page: asking, showing, doing."""
        if not self.may(request, row):
            raise PermissionDenied
        at, step = now(), request.POST.get("step", "preview")
        key = {"key": str(uuid.uuid4())}
        initial = key | self.initial(request, row)
        form = self.form_class(request.POST or None, row=row, initial=initial)
        context = self._context(row, form, at)
        if request.method == "POST" and step != "edit" and form.is_valid():
            given = form.cleaned_data
            if step == "confirm" and (done := self._do(request, row, given, at, context)):
                return done
            if "reasons" not in context:
                context |= self._shown(row, given, at)
        return model_admin.page(request, row, context, self.template)

    def _do(
        self,
        request: HttpRequest,
        row: Any,
        given: dict[str, Any],
        at: datetime,
        context: dict[str, Any],
    ) -> HttpResponse | None:
        person = request.user
        key = f"admin {person.pk} {given['key']}"
        try:
            result = self.carry_out(row, given, {"key": key, "by": person.get_username(), "at": at})
        except FinanceError as refusal:
            context["reasons"] = {"reasons": refused(refusal)}
            return None
        if isinstance(result, Approval) and not isinstance(row, Approval):
            messages.info(request, _waits(result))
            return redirect(display.page_of(Approval, result.pk))
        messages.success(request, self.told(result))
        return redirect(self.after(row, result))

    def _shown(self, row: Any, given: dict[str, Any], at: datetime) -> dict[str, Any]:
        found = self.rehearse(row, given, at)
        if found.refusal:
            return {"reasons": {"reasons": refused(found.refusal)}}
        amount = self.amount(self.arguments(row, given), at) if self.verb else None
        return {
            "is_preview": True,
            "needs_second": bool(self.verb) and _is_second_needed(amount),
            "asks_member": self.asks_member(row, given),
            "panels": self.shown(found, given, at),
        }

    def _context(self, row: Any, form: CommandForm, at: datetime) -> dict[str, Any]:
        above = queries.policy().four_eyes_above if self.verb else None
        return {
            "heading": self.heading(row),
            "title": self.label,
            "command": self,
            "form": form,
            "intro": self.intro,
            "second_said": self.second_said(above) if above is not None else "",
            "back": self.back(row),
            "panels": self.panels(row, at),
        }

    def second_said(self, above: Decimal) -> str:
        """When a second person is needed."""
        said = _("Above %(amount)s a second person is needed.")
        return said % {"amount": display.grouped(above, 2)[0]}

    def back(self, row: Any) -> str:
        """Where "Cancel" leads."""
        return display.page_of(type(row), row.pk)


def _waits(asked: Approval) -> Any:
    if asked.consent_of_id:
        return _("The member is asked. It is done when it agrees.")
    return _("It was sent to be approved by a second person.")


def _is_second_needed(amount: Decimal | None) -> bool:
    return four_eyes.is_needed(amount, queries.policy().four_eyes_above)


def urls(model_admin: ReadOnlyAdmin, pages: Iterable[CommandPage]) -> list[URLPattern]:
    """The address of all commands of one row."""
    by_name = {page.name: page for page in pages}

    def view(request: HttpRequest, pk: int, name: str) -> HttpResponse:
        row = get_object_or_404(model_admin.get_queryset(request), pk=pk)
        if not model_admin.has_view_permission(request, row):
            raise PermissionDenied
        if name not in by_name:
            raise Http404
        return by_name[name].answer(request, model_admin, row)

    return [model_admin.own_url("<int:pk>/do/<str:name>/", view, _address(model_admin.model))]


def buttons(request: HttpRequest, row: Any, pages: Iterable[CommandPage]) -> list[Command]:
    """The commands that this person may give for this row now."""
    return [
        Command(page.label, url(row, page.name), page.icon, is_primary=page.is_primary)
        for page in pages
        if page.may(request, row) and page.is_offered(row)
    ]


def url(row: Any, name: str) -> str:
    """The address of one command of one row."""
    return reverse(f"admin:{_address(type(row))}", args=[row.pk, name])


def _address(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}_do"
