"""The provider's switches."""

from django.db import connection

from ..policy import Policy

_SWITCHES = f"SELECT {', '.join(Policy.__dataclass_fields__)} FROM finance_mgmt_storedpolicy"


def policy() -> Policy:
    """The provider's switches; the defaults where none were stored (DOMAIN 6).

    Asked in nearly every command, so by a statement that is written already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SWITCHES)
        stored = cursor.fetchone()
    return Policy(*stored) if stored else Policy()
