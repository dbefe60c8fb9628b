"""Tables of the ground floor."""

from .access import AccountUser, ApiRequest, MoneyAction
from .accounts import Account, Identity
from .approvals import Approval
from .caps import Cap
from .decisions import Decision
from .funds import Funds, Movement
from .notices import Notice
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
    "MoneyAction",
    "Movement",
    "Notice",
    "Relationship",
    "Run",
    "RunStep",
    "Seal",
    "StoredPolicy",
]
