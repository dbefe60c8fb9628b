"""What is due on this floor: how much each scheduled job would find now."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from ..enums import ApprovalState, Mode, RelationshipState, RunState
from ..models import ApiRequest, Approval, Relationship, Run


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


def old_api_requests(at: datetime) -> int:
    """Stored answers of the API that are older than they are kept."""
    return ApiRequest.objects.filter(at__lt=api_requests_kept_since(at)).count()


def api_requests_kept_since(at: datetime) -> datetime:
    """The instant since which answers of the API are kept."""
    return at - timedelta(days=settings.API_REQUEST_DAYS)
