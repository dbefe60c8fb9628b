"""What waits for a second person (Z7) or for the member's consent (L5), and what comes of it."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from ..models import Approval
from ..queries import access
from ..services import approvals
from . import actors
from .approval_shown import ApprovalShown
from .bodies import Body
from .commands import command
from .filtering import Filters, account_number, before, since
from .nouns import Listed, Noun, Shown
from .problem_examples import answers_with

User = get_user_model()


class CommentBody(Body):
    """Why."""

    comment = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ApprovalFilters(Filters):
    consent_of = account_number("consent_of")
    since = since("asked_at")
    before = before("asked_at")

    class Meta:
        model = Approval
        fields = ("verb", "state", "asked_by", "decided_by")


class Approvals(Listed, Shown, Noun):
    """What users of the actor's account asked for or are asked to agree to; staff see all."""

    model = Approval
    rows = access.approvals
    shown = ApprovalShown
    staff_view = "finance_mgmt.view_approval"
    ordering_fields = ("id", "asked_at", "expires_at")
    filterset_class = ApprovalFilters

    @answers_with("same_person", "asker_lost_role")
    @command(
        asks=CommentBody,
        answers=ApprovalShown,
        staff="approve",
        roles=actors.OWNERS,
        example={"comment": "As agreed"},
        refuses=(approvals.ApprovalRefused,),
    )
    def approve(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Approval:
        """Agree, and carry out exactly what was asked. Not one's own (Z7, L5)."""
        row = self._to_decide()
        self._refuse_second_self(row)
        if not access.may_still_ask(row):
            text = "Whoever asked may not do this any more: it can only be rejected."
            raise PermissionDenied(text, code="asker_lost_role")
        return approvals.approve(approval=row, **body, **said)

    @answers_with("same_person")
    @command(
        asks=CommentBody,
        answers=ApprovalShown,
        staff="approve",
        roles=actors.OWNERS,
        example={"comment": "As agreed"},
        refuses=(approvals.ApprovalRefused,),
    )
    def reject(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Approval:
        """Say no."""
        return approvals.reject(approval=self._to_decide(), **body, **said)

    @command(
        answers=ApprovalShown,
        staff="finance_mgmt.view_approval",
        roles=actors.MONEY,
        refuses=(approvals.ApprovalRefused,),
    )
    def withdraw(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Approval:
        """Take back what one asked for oneself."""
        return approvals.withdraw(approval=self.get_object(), **said)

    def _to_decide(self) -> Approval:
        """The request. What asks for the consent of a member is decided by that member."""
        row: Approval = self.get_object()
        account = self.actor.account
        if account and row.consent_of_id not in (None, account.pk):
            raise PermissionDenied("The member agrees to this, or not.", code="other_end")
        return row

    def _refuse_second_self(self, row: Approval) -> None:
        """One person with two user names is still one person: the e-mail address tells."""
        mail = self.request.user.email  # type: ignore[union-attr]
        asker = User._default_manager.filter(username=row.asked_by).first()
        if mail and asker and asker.email.lower() == mail.lower() and asker.pk != self.actor.user:
            text = "You and whoever asked have the same e-mail address: a second person decides."
            raise PermissionDenied(text, code="same_person")
