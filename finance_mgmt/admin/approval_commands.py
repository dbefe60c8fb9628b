"""Deciding a request: approve, reject, withdraw. Never what one asked for oneself (Z7)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from ..clock import now
from ..enums import ApprovalState
from ..models import Approval
from ..queries import access
from ..services import approvals, rehearsals
from ..services.previews import Preview
from .command_forms import CommandForm
from .command_pages import CommandPage


def is_open(row: Approval) -> bool:
    """Whether it can still be decided."""
    return row.state == ApprovalState.WAITING and row.expires_at > now()


def why_not(person: User, row: Approval) -> str:
    """Why this person can't approve it; empty: they can."""
    if not person.has_perm("finance_mgmt.approve"):
        return _("You may look, but not decide: that needs the permission to approve.")
    if _is_same(person, row.asked_by) and row.consent_of_id:
        return _("You asked for this yourself: the member, or somebody else for it, answers (L5).")
    if _is_same(person, row.asked_by):
        return _("You asked for this yourself: somebody else decides (Z7).")
    if not access.may_still_ask(row):
        return _("Whoever asked may not do this any more: it can only be rejected.")
    return ""


def _is_same(person: User, asked_by: str) -> bool:
    """One person with two user names is still one person: the e-mail address tells."""
    if person.get_username() == asked_by:
        return True
    asker = User._default_manager.filter(username=asked_by).first()
    return bool(person.email and asker and asker.email.lower() == person.email.lower())


class CommentForm(CommandForm):
    """Why."""

    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )


class Decide(CommandPage):
    """A verdict of the second person."""

    needs = "finance_mgmt.approve"
    form_class = CommentForm

    is_consent: bool = False

    def is_offered(self, row: Approval) -> bool:
        """While it waits, for the second person or for the member."""
        return is_open(row) and self.is_consent == bool(row.consent_of_id)

    def arguments(self, row: Approval, given: Mapping[str, Any]) -> dict[str, Any]:
        """The request, and the comment."""
        return {"approval": row, "comment": given["comment"]}

    def parties(self, row: Approval, given: Mapping[str, Any]) -> Collection[int]:
        """None of its own: what it would do is shown by `rehearse`."""
        return ()


class Approve(Decide):
    """Carry out exactly what was asked; the rules are asked again."""

    name, icon = "approve", "task_alt"
    label = gettext_lazy("Approve")
    service = approvals.approve
    is_primary = True
    intro = gettext_lazy(
        "Nobody approves what they asked for themselves. It is checked again and then done (Z7)."
    )

    def may(self, request: HttpRequest, row: Approval) -> bool:
        """The permission, a second person, and an asker who may still do it."""
        return not why_not(request.user, row)

    def rehearse(self, row: Approval, given: Mapping[str, Any], at: datetime) -> Preview:
        """What the command itself would do."""
        if not is_open(row):
            return super().rehearse(row, dict(given), at)
        return rehearsals.rehearse(approval=row, by=f"not {row.asked_by}", at=at)

    def told(self, result: Approval) -> Any:
        """Approved, and carried out; or refused by the rules by now."""
        if result.state == ApprovalState.FAILED:
            return _("Approved, but the rules refuse it by now: %(why)s") % {"why": result.comment}
        return _("Approved and carried out.")


class Reject(Decide):
    """Say no."""

    name, icon = "reject", "block"
    label = gettext_lazy("Reject")
    service = approvals.reject
    done = gettext_lazy("Rejected.")
    intro = gettext_lazy("Nothing is done; who rejected it stays on record (Z7, Z8).")

    def may(self, request: HttpRequest, row: Approval) -> bool:
        """A second person with the permission."""
        return super().may(request, row) and not _is_same(request.user, row.asked_by)


class Confirm(Approve):
    """The member agrees."""

    name, icon = "confirm", "how_to_reg"
    label = gettext_lazy("Confirm for the member")
    intro = gettext_lazy("The member consents to exactly this change (L5).")
    is_consent = True

    def told(self, result: Approval) -> Any:
        """Agreed to, and carried out; or refused by the rules by now."""
        if result.state == ApprovalState.FAILED:
            return super().told(result)
        return _("The member agreed; it is carried out.")


class Decline(Reject):
    """The member does not agree."""

    name, icon = "decline", "person_cancel"
    label = gettext_lazy("Decline for the member")
    done = gettext_lazy("Declined.")
    is_consent = True
    intro = gettext_lazy(
        "The member does not agree: nothing changes between it and its master (L5)."
    )


class Withdraw(Decide):
    """Take back what one asked for oneself."""

    name, icon = "withdraw", "undo"
    label = gettext_lazy("Withdraw the request")
    form_class = CommandForm
    service = approvals.withdraw
    done = gettext_lazy("The request is withdrawn.")
    intro = gettext_lazy("Nothing is done; the same may be asked for again (Z7).")

    def is_offered(self, row: Approval) -> bool:
        """While it waits."""
        return is_open(row)

    def may(self, request: HttpRequest, row: Approval) -> bool:
        """Only whoever asked."""
        return request.user.get_username() == row.asked_by

    def arguments(self, row: Approval, given: Mapping[str, Any]) -> dict[str, Any]:
        """The request."""
        return {"approval": row}


PAGES: list[CommandPage] = [Approve(), Reject(), Confirm(), Decline(), Withdraw()]
