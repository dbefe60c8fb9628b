"""Refusals: why something was not done, said so that the reader knows what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reason:
    """One failing condition of a refusal.

    `rule` is a rule id of the domain ("L2"), `code` a stable word for programs, `message` a
    sentence for people, `facts` what was found, `mend` who can mend it and how.
    """

    rule: str
    code: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    mend: str = ""


class FinanceError(Exception):
    """Something was refused and nothing was changed. Carries every failing condition at once."""

    code = "refused"
    example: Reason | None = None  # one of its reasons, as the API's schema shows it

    def __init__(self, reasons: Reason | Sequence[Reason]) -> None:
        self.reasons = (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
        if not self.reasons:
            raise ValueError("A refusal needs at least one reason.")
        super().__init__(" ".join(reason.message for reason in self.reasons))

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule ids, each once, in the order of the reasons."""
        return tuple(dict.fromkeys(reason.rule for reason in self.reasons))

    @property
    def facts(self) -> dict[str, Any]:
        """All facts of all reasons."""
        return {key: value for reason in self.reasons for key, value in reason.facts.items()}


class KeyReused(FinanceError):
    """The idempotency key was used before with other facts (F11)."""

    code = "key_reused"
    example = Reason(
        "F11",
        "key_reused",
        "This key was used for another request. Use a new key for a new command.",
        {"method": "POST", "path": "/api/v1/orders"},
        "the caller",
    )


class InvalidAmount(FinanceError):
    """Not an amount that money can have: malformed, not positive, or too many decimals."""

    code = "invalid_amount"
    example = Reason(
        "F10", "amount_not_positive", "The amount must be above 0.", {"amount": "-1.00"}
    )
