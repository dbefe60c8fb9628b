"""Tables of the ground floor."""

from .accounts import Account, Identity
from .decisions import Decision
from .funds import Funds, Movement
from .policy import StoredPolicy
from .relationships import Grant, Relationship
from .runs import Run, RunStep

__all__ = [
    "Account",
    "Decision",
    "Funds",
    "Grant",
    "Identity",
    "Movement",
    "Relationship",
    "Run",
    "RunStep",
    "StoredPolicy",
]
