"""Previews through the API, and commands that may need a second person (L12, Z7)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import serializers

from .. import queries
from ..models import Relationship
from ..money import plain
from ..rules import four_eyes
from ..services import approvals, consents, previews
from ..services.previews import Picture, Preview
from .discretion import discreet
from .fields import Instant
from .problems import as_json, shown

NAMED = ("cash", "transferred_in", "credit_limit", "allocated_in", "allocated_out", "used")
DERIVED = ("available", "headroom", "effective_limit", "unsettled")


@dataclass(frozen=True)
class Asked:
    """A command that may need somebody else: its verb, its arguments, and how much it is.

    `consent_of` is a relationship whose member must agree (L5); None: four eyes decide (Z7).
    """

    verb: str
    arguments: Mapping[str, Any]
    amount: Decimal | None = None
    consent_of: Relationship | None = None


class ReasonShown(serializers.Serializer):
    """One condition that fails."""

    rule = serializers.CharField(help_text="Rule of the domain, such as L2; may be empty.")
    code = serializers.CharField(help_text="A stable word for programs.")
    detail = serializers.CharField(help_text="A sentence for people.")
    facts = serializers.DictField(help_text="What was found.")
    mend = serializers.CharField(help_text="Who can mend it, and how.")
    pointer = serializers.CharField(help_text="JSON pointer to the field; empty: no single one.")


class PreviewShown(serializers.Serializer):
    """Whether it would be allowed, and what it would change."""

    allowed = serializers.BooleanField()
    needs_approval = serializers.BooleanField(help_text="A second person would have to approve.")
    reasons = ReasonShown(many=True)
    would = serializers.DictField(
        help_text=(
            "`result` as the command would answer, `changes` of terms and figures by account,"
            " `cut_over` by cycle, `resources_changing`, `vouchers_frozen`."
        )
    )


def run(view: Any, spec: Any, body: dict[str, Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The preview of a command, as PreviewShown says it."""
    waits = asks = False

    def command() -> Any:
        nonlocal waits, asks
        result = spec.do(view, body, view.said(_key()), **kwargs)
        if not isinstance(result, Asked):
            return result
        waits, asks = _needs_approval(result), result.consent_of is not None
        return _call(result, view.said(_key()))

    found = _preview(view, spec, command)
    if asks and found["would"]:
        found["would"]["needs_consent"] = True
    return {**found, "needs_approval": waits}


def submit(view: Any, spec: Any, asked: Asked, said: dict[str, Any]) -> Any:
    """Do it, or write it down for somebody else together with what it would change (Z7, L5)."""
    preview = None
    if asked.consent_of or _needs_approval(asked):
        preview = _preview(view, spec, lambda: _call(asked, view.said(_key())), is_strict=True)
    if asked.consent_of:
        return consents.ask(
            relationship=asked.consent_of,
            verb=asked.verb,
            arguments=asked.arguments,
            preview=preview,
            **said,
        )
    return approvals.submit(
        verb=asked.verb,
        arguments=approvals.primitives(**asked.arguments),
        amount=asked.amount,
        preview=preview,
        **said,
    )


def _preview(view: Any, spec: Any, command: Any, *, is_strict: bool = False) -> dict[str, Any]:
    context = view.get_serializer_context()

    def look(result: Any) -> Any:
        return spec.answers(result, many=spec.is_many, context=context).data

    parties = _parties(view)
    found = previews.run(command, look=look, accounts=parties, at=view.at)
    if is_strict and found.refusal:
        raise found.refusal
    reasons = found.refusal.reasons if found.refusal else ()
    return {
        "allowed": found.is_allowed,
        "reasons": [shown(discreet(reason, view.request)) for reason in reasons],
        "would": _would(found, view.actor.sight) if found.is_allowed else {},
    }


def _parties(view: Any) -> set[int]:
    return set(getattr(view.request, "parties", {}).values())


def _call(asked: Asked, said: dict[str, Any]) -> Any:
    command = import_string(settings.APPROVABLE[asked.verb])
    told = {"has_consented": True} if asked.consent_of else {"approved_by": "a second person"}
    return command(**asked.arguments, **told, **said)


def _needs_approval(asked: Asked) -> bool:
    if asked.consent_of:
        return False
    return four_eyes.is_needed(asked.amount, queries.policy().four_eyes_above)


def _key() -> str:
    return f"preview {uuid.uuid4()}"


def _would(found: Preview, sight: Any) -> dict[str, Any]:
    """What changes: terms of all it is about; figures and belongings of those the actor sees."""
    assert found.before is not None
    numbers = {pk: account.number for pk, account in found.accounts.items()}
    changes: dict[str, Any] = {}
    for pk in sorted(found.before.terms):
        told = _terms_change(found, pk, numbers)
        if sight is None or pk in sight.finances:
            told |= _figures_change(found, pk)
        if told:
            changes[numbers[pk]] = told
    seen = None if sight is None else {numbers[pk] for pk in sight.consumption & set(numbers)}
    return {
        "result": found.result,
        "needs_consent": found.needs_consent,
        "takes_effect_at": found.takes_effect_at
        and Instant().to_representation(found.takes_effect_at),
        "changes": changes,
        **{name: _visible(facts, seen) for name, facts in found.facts.items()},
    }


def _visible(facts: Any, seen: set[str] | None) -> Any:
    """Facts of upper floors; of rows with an account, those whose account the actor sees."""
    if seen is not None and isinstance(facts, list):
        facts = [row for row in facts if row.get("account", row.get("owner")) in seen]
    return as_json(facts)


def _terms_change(found: Preview, pk: int, numbers: dict[int, str]) -> dict[str, Any]:
    before, after = _terms(found.before, pk, numbers), _terms(found.after, pk, numbers)
    return _differing(before, after)


def _figures_change(found: Preview, pk: int) -> dict[str, Any]:
    return _differing(_figures(found.before, pk), _figures(found.after, pk))


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"before": value, "after": after[name]}
        for name, value in before.items()
        if after[name] != value
    }


def _figures(picture: Picture | None, pk: int) -> dict[str, Any]:
    assert picture is not None
    figures = picture.figures[pk]
    return {name: plain(getattr(figures, name), 2) for name in (*NAMED, *DERIVED)}


def _terms(picture: Picture | None, pk: int, numbers: dict[int, str]) -> dict[str, Any]:
    assert picture is not None
    terms = picture.terms[pk]
    told = {"payer": terms.payer, "discounts_of": terms.discounts_of, "bill_on": terms.bill_on}
    return {
        **{name: numbers[one] for name, one in told.items()},
        "warnings_to": [numbers[one] for one in terms.warnings_to],
        "mode": terms.mode and str(terms.mode),
        "is_own_credit_dormant": terms.is_own_credit_dormant,
    }
