"""The second person (Z7)."""

from finance_mgmt.enums import ApprovalState
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Approval
from finance_mgmt.services import approvals

from ..files import Event
from ..world import NotThere, World
from .registry import verb


class ApprovedInVain(FinanceError):
    """The command was approved, and refused by the rules as they stand by then."""

    code = "approved_in_vain"


@verb("approve")
def approve(world: World, event: Event) -> object:
    """Agree to a waiting command: it is carried out now, if the rules still allow it."""
    decided = approvals.approve(approval=_waiting(event), **world.said(event) | {"by": event["by"]})
    if decided.state == ApprovalState.FAILED:
        raise ApprovedInVain(decided.reasons)
    return decided


@verb("reject")
def reject(world: World, event: Event) -> object:
    """Say no to a waiting command."""
    return approvals.reject(approval=_waiting(event), **world.said(event) | {"by": event["by"]})


def _waiting(event: Event) -> Approval:
    number = event["event"]
    found = Approval.objects.filter(key=f"event {number}").first()
    if found is None:
        text = f"Event {number} does not wait for a second person."
        raise NotThere(Reason("Z7", "not_waiting", text, {"event": number}))
    return found
