"""When a second person is needed (Z7). Pure."""

from decimal import Decimal

from ..errors import Reason
from ..money import plain


def is_needed(amount: Decimal | None, above: Decimal | None) -> bool:
    """Whether a command of this amount needs a second person; None counts as any amount."""
    return above is not None and (amount is None or amount > above)


def judge(amount: Decimal | None, above: Decimal | None, by: str, approved_by: str) -> list[Reason]:
    """Why the command may not be carried out by these people; empty: it may."""
    if not is_needed(amount, above):
        return []
    if not approved_by:
        bound = "" if above is None else f" above {plain(above, 2)}"
        text = f"A second person must approve this{bound}."
        return [Reason("Z7", "approval_needed", text, {"amount": amount}, "another person")]
    if approved_by == by:
        text = "Nobody approves what they asked for."
        return [Reason("Z7", "same_person", text, {"by": by}, "another person")]
    return []
