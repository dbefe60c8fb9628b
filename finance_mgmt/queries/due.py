"""What is due on this floor: how much each scheduled job would find now."""

from datetime import datetime

from django.db.models import Q

from ..enums import ApprovalState, Mode, RelationshipState, RunState
from ..models import Approval, Relationship, Run


def unfinished_runs(at: datetime) -> int:
    """Runs that workers have to look at."""
    return Run.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).count()


def changes(at: datetime) -> int:
    """Future-dated changes whose instant has come (L9)."""
    waiting = Q(state=RelationshipState.SCHEDULED, moved_from__isnull=True, effective_from__lte=at)
    pending = Q(state=RelationshipState.CHANGE_PENDING)
    ending = pending & Q(effective_to__lte=at)
    upgrading = pending & Q(mode=Mode.MANAGEMENT, trusteeship_from__lte=at)
    return Relationship.objects.filter(waiting | ending | upgrading).count()


def invitations(at: datetime) -> int:
    """Invitations that nobody answered in time (L5)."""
    open_ones = Relationship.objects.filter(state=RelationshipState.INVITED)
    return open_ones.filter(expires_at__lte=at).count()


def approvals(at: datetime) -> int:
    """Requests for approval that nobody decided in time (Z7)."""
    waiting = Approval.objects.filter(state=ApprovalState.WAITING)
    return waiting.filter(expires_at__lte=at).count()
