"""What a command would do: carried out, looked at, and taken back (L12).

Preview and execution are the same code: the preview is rolled back.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from .. import queries
from ..enums import RelationshipState
from ..errors import FinanceError
from ..models import Account, Relationship
from ..rules.credit import Figures
from ..rules.terms import Terms, decide
from . import effects, relationships

_WAITING = (RelationshipState.SCHEDULED, RelationshipState.CHANGE_PENDING)


@dataclass(frozen=True)
class Picture:
    """Terms and figures of some accounts at one instant, by account id."""

    terms: dict[int, Terms]
    figures: dict[int, Figures]


@dataclass(frozen=True)
class Preview:
    """Either the refusal with all its reasons, or what there was before and would be after."""

    accounts: dict[int, Account]
    refusal: FinanceError | None = None
    result: Any = None
    needs_consent: bool = False
    takes_effect_at: datetime | None = None
    before: Picture | None = None
    after: Picture | None = None
    facts: dict[str, Any] = field(default_factory=dict)  # of upper floors: cut-over, value lost

    @property
    def is_allowed(self) -> bool:
        """Whether the command would be carried out."""
        return self.refusal is None


def run(
    command: Callable[[], Any],
    *,
    look: Callable[[Any], Any] = lambda result: result,
    accounts: Collection[int],
    at: datetime,
) -> Preview:
    """Carry the command out, see what came of it for these accounts, and take it back (L12).

    `look` turns the command's result into what is kept of it, before the rows are gone. An
    invitation is shown as if it were confirmed, a future-dated change as if it had come.
    """
    named = Account.objects.in_bulk(list(accounts))
    try:
        with transaction.atomic():
            before = _picture(accounts, at)
            kept = look(command())
            asks, instant = follow(_open_between(accounts, at), at)
            after = _picture(accounts, instant)
            facts = _facts(before, after, instant)
            named |= Account.objects.in_bulk(list(_mentioned(before) | _mentioned(after)))
            transaction.set_rollback(True)
    except FinanceError as refusal:
        return Preview(accounts=named, refusal=refusal)
    return Preview(
        accounts=named,
        result=kept,
        needs_consent=asks,
        takes_effect_at=instant,
        before=before,
        after=after,
        facts=facts,
    )


def _picture(ids: Collection[int], at: datetime) -> Picture:
    stands = queries.standings(ids, at)
    terms = {pk: decide(standing) for pk, standing in stands.items()}
    return Picture(terms, queries.figures_of(ids, at, stands))


def _mentioned(picture: Picture) -> set[int]:
    terms = picture.terms.values()
    return {one for row in terms for one in (row.payer, row.discounts_of, *row.warnings_to)}


def _facts(before: Picture, after: Picture, instant: datetime) -> dict[str, Any]:
    found = {
        name: import_string(path)(before.terms, after.terms, instant)
        for name, path in settings.PREVIEW_FACTS.items()
    }
    return {name: facts for name, facts in found.items() if facts}


def follow(links: Collection[Relationship], at: datetime) -> tuple[bool, datetime]:
    """Let these invitations be confirmed and these future-dated changes come; only in a preview.

    Returns whether somebody had to consent, and the instant by which all of it has taken effect.
    """
    invited = [link for link in links if link.state == RelationshipState.INVITED]
    for link in invited:
        key = f"preview {link.pk}"
        relationships.confirm(relationship=link, key=key, by="preview", at=at)
    instant, members = at, {link.member_id for link in links}
    for link in Relationship.objects.filter(pk__in=[link.pk for link in links], state__in=_WAITING):
        instant = max(instant, effects.instant(link))
    if instant > at:
        for link in effects.due_changes(instant):
            if link.member_id in members:
                effects.apply(relationship=link, by="preview", at=instant)
    return bool(invited), instant


def _open_between(ids: Collection[int], at: datetime) -> list[Relationship]:
    """What is not settled yet about these accounts: invitations, and changes that lie ahead."""
    invited = Q(master_id__in=ids, state=RelationshipState.INVITED, expires_at__gt=at)
    open_ones = Relationship.objects.filter(invited | Q(state__in=_WAITING), member_id__in=ids)
    return list(open_ones.order_by("pk"))
