"""Do the stored figures follow from the movements? For `verify_ledger` (F10)."""

from django.db import connection

from ..money import ZERO, plain
from ..rules.ledger import ALL_FIGURES, FIGURES


def wrong_funds() -> list[str]:
    """One sentence per figure of any account that its movements don't add up to."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE)
        return [
            f"{number}: {figure} is stored as {'nothing' if stored is None else plain(stored)},"
            f" its movements make {plain(made)}."
            for number, figure, stored, made in cursor.fetchall()
        ]


def _sum_of(figure: str) -> str:
    counted = [
        (pocket, sign)
        for pocket, pairs in FIGURES.items()
        for name, sign in pairs
        if name == figure
    ]
    cases = " ".join(f"WHEN '{pocket}' THEN {sign} * side.amount" for pocket, sign in counted)
    return f"coalesce(sum(CASE side.pocket {cases} ELSE 0 END), 0) AS {figure}"


_RECOMPUTE = f"""
WITH side AS (
    SELECT to_account_id AS account_id, to_pocket AS pocket, amount FROM finance_mgmt_movement
    WHERE to_account_id IS NOT NULL
    UNION ALL
    SELECT from_account_id, from_pocket, -amount FROM finance_mgmt_movement
    WHERE from_account_id IS NOT NULL
), made AS (
    SELECT account.id, account.number, {", ".join(_sum_of(name) for name in ALL_FIGURES)}
    FROM finance_mgmt_account account LEFT JOIN side ON side.account_id = account.id
    GROUP BY account.id
)
SELECT made.number, figure.name, figure.stored, figure.made
FROM made LEFT JOIN finance_mgmt_funds funds ON funds.account_id = made.id
CROSS JOIN LATERAL (VALUES
    {", ".join(f"('{name}', funds.{name}, made.{name})" for name in ALL_FIGURES)}
) AS figure (name, stored, made)
WHERE figure.stored IS DISTINCT FROM figure.made ORDER BY made.number, figure.name
"""


def wrong_commands() -> list[str]:
    """Decisions to move money that moved other money, and movements that nobody decided (F10)."""
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED)
        return [
            f"Decision {key} is to move {plain(said or ZERO)}, it moved {plain(moved or ZERO)}."
            for key, said, moved in cursor.fetchall()
        ]


_DECIDED = """
WITH said AS (
    SELECT decision.id, decision.key, known.kind, (facts->>'amount')::numeric AS amount
    FROM finance_mgmt_decision decision JOIN (VALUES
        ('cash.top_up', 'top_up'), ('cash.withdraw', 'withdrawal'),
        ('cash.transfer', 'transfer'), ('cash.take_back', 'take_back'),
        ('credit.allocate', 'allocation'), ('credit.reclaim', 'reclaim')
    ) known (verb, kind) ON known.verb = decision.verb
    UNION ALL SELECT decision.id, decision.key,
        CASE WHEN move.amount::numeric > 0 THEN 'allocation' ELSE 'reclaim' END,
        sum(abs(move.amount::numeric))
    FROM finance_mgmt_decision decision, jsonb_each_text(facts->'moves') move (member, amount)
    WHERE decision.verb = 'allocations.move_many' GROUP BY 1, 2, 3
), moved AS (
    SELECT decision_id, kind, sum(amount) AS amount FROM finance_mgmt_movement
    WHERE kind IN ('top_up', 'withdrawal', 'transfer', 'take_back', 'allocation', 'reclaim')
    GROUP BY 1, 2
)
SELECT coalesce(said.key, decision.key), said.amount, moved.amount
FROM said FULL JOIN moved ON moved.decision_id = said.id AND moved.kind = said.kind
LEFT JOIN finance_mgmt_decision decision ON decision.id = moved.decision_id
WHERE said.amount IS DISTINCT FROM moved.amount ORDER BY 1 LIMIT 100
"""
