"""Tables of the ground floor."""

from .access import AccountUser, ApiRequest, MoneyAction
from .accounts import Account, Identity
from .approvals import Approval
from .caps import Cap
from .decisions import Decision
from .funds import Funds, Movement
from .jobs import Job
from .notices import Notice
from .parking import Parking
from .policy import StoredPolicy
from .relationships import Grant, Relationship
from .runs import Run, RunStep
from .seals import Seal

__all__ = [
    "Account",
    "AccountUser",
    "ApiRequest",
    "Approval",
    "Cap",
    "Decision",
    "Funds",
    "Grant",
    "Identity",
    "Job",
    "MoneyAction",
    "Movement",
    "Notice",
    "Parking",
    "Relationship",
    "Run",
    "RunStep",
    "Seal",
    "StoredPolicy",
]
