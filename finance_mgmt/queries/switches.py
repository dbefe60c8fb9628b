"""The provider's switches."""

from ..models import StoredPolicy
from ..policy import Policy

_POLICY_COLUMNS = tuple(Policy.__dataclass_fields__)


def policy() -> Policy:
    """The provider's switches; the defaults where none were stored (DOMAIN 6)."""
    stored = StoredPolicy.objects.values(*_POLICY_COLUMNS).first()
    return Policy(**stored) if stored else Policy()
