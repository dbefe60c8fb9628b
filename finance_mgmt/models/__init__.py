"""Tables of the ground floor."""

from .access import AccountUser, ApiRequest, MoneyAction
from .accounts import Account, Identity
from .approvals import Approval
from .caps import Cap
from .decisions import Decision
from .deliveries import Delivery, StoredMessage
from .funds import Funds, Movement
from .jobs import Job
from .notices import Notice, Outgoing
from .parking import Parking
from .policy import StoredPolicy
from .recipients import Recipient
from .relationships import Grant, Relationship
from .runs import Run, RunStep
from .saved_filters import SavedFilter
from .seals import Seal
from .webhooks import Webhook

__all__ = [
    "Account",
    "AccountUser",
    "ApiRequest",
    "Approval",
    "Cap",
    "Decision",
    "Delivery",
    "Funds",
    "Grant",
    "Identity",
    "Job",
    "MoneyAction",
    "Movement",
    "Notice",
    "Outgoing",
    "Parking",
    "Recipient",
    "Relationship",
    "Run",
    "RunStep",
    "SavedFilter",
    "Seal",
    "StoredMessage",
    "StoredPolicy",
    "Webhook",
]
