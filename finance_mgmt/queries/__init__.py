"""Reads of the ground floor: policy, where an account stands, what it has."""

from .funds import figures, figures_of
from .standing import (
    in_force,
    in_trusteeship_of,
    last_change,
    members_of,
    mode_at,
    standings,
    terms,
)
from .switches import policy

__all__ = [
    "figures",
    "figures_of",
    "in_force",
    "in_trusteeship_of",
    "last_change",
    "members_of",
    "mode_at",
    "policy",
    "standings",
    "terms",
]
