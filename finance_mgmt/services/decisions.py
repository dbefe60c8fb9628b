"""Every command is one row with its key: done once, and on the trail (F11, Z8)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from .. import origin
from ..errors import KeyReused, Reason
from ..models import Decision
from ..money import plain

_INSERT = """
INSERT INTO finance_mgmt_decision (key, verb, facts, by, at, request_id)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO NOTHING RETURNING id
"""


class _PlainDecimals(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return plain(o) if isinstance(o, Decimal) else super().default(o)


def written(facts: Mapping[str, Any] | Sequence[Any]) -> str:
    """The facts as the trail keeps them, or several with what goes with them, in JSON."""
    return json.dumps(facts, cls=_PlainDecimals, sort_keys=True)


def record(
    *, verb: str, facts: Mapping[str, Any], key: str, by: str, at: datetime
) -> tuple[Decision, bool]:
    """Write the command down. Returns it, and whether it is new; False: it was done before.

    A command in flight with the same key is waited for. Must run in the command's transaction,
    first of all: a refusal then takes the row back with everything else.
    Raises KeyReused (F11) if the key was used with another verb or other facts.
    """
    if not transaction.get_connection().in_atomic_block:
        raise AssertionError("a decision is written in the transaction of its command")
    text = written(facts)
    with connection.cursor() as cursor:
        request_id = origin.request_id.get()
        cursor.execute(_INSERT, [key, verb, text, by, at, request_id])
        row = cursor.fetchone()
    if row:
        made = Decision(id=row[0], key=key, verb=verb, facts=json.loads(text), by=by, at=at)
        made.request_id = request_id
        return made, True
    earlier = Decision.objects.get(key=key)
    if earlier.verb != verb or earlier.facts != json.loads(text):
        raise KeyReused(
            Reason(
                "F11",
                "key_reused",
                "This key was used before for something else. Use a new key for a new command.",
                {"key": key, "first_verb": earlier.verb, "first_facts": earlier.facts},
            )
        )
    return earlier, False
