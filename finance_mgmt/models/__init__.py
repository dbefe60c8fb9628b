"""Tables of the ground floor."""

from .accounts import Account, Identity
from .approvals import Approval
from .caps import Cap
from .decisions import Decision
from .funds import Funds, Movement
from .policy import StoredPolicy
from .relationships import Grant, Relationship
from .runs import Run, RunStep
from .seals import Seal

__all__ = [
    "Account",
    "Approval",
    "Cap",
    "Decision",
    "Funds",
    "Grant",
    "Identity",
    "Movement",
    "Relationship",
    "Run",
    "RunStep",
    "Seal",
    "StoredPolicy",
]
