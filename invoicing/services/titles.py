"""Invoice titles: to whom invoices are made out; locked while comparing matters (I3, L11)."""

from dataclasses import asdict, fields
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from finance_mgmt import queries as ground
from finance_mgmt.enums import Permission, RelationshipState
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Grant, Relationship
from finance_mgmt.services import decisions, locks

from ..enums import TitleKind
from ..models import InvoiceTitle
from ..queries.titles import current, titles_of
from ..rules import titles as rules
from ..rules.titles import HOME, Title

IN_FORCE = [RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING]


class TitleRefused(FinanceError):
    """The title can't be changed now, or does not state what its kind needs (I3, I6)."""

    code = "title_refused"
    example = Reason(
        "I3",
        "title_locked",
        "The master issues the invoices of this account.",
        {},
        "the master: revoke the power",
    )


@transaction.atomic
def set_title(
    *,
    account: Account,
    title: str,
    kind: TitleKind = TitleKind.PLAIN,
    tax_number: str = "",
    country: str = "",
    address: str = "",
    postcode: str = "",
    city: str = "",
    phone: str = "",
    bank_name: str = "",
    bank_account: str = "",
    email: str = "",
    language: str = "",
    key: str,
    by: str,
    at: datetime,
) -> InvoiceTitle:
    """Say to whom the account's invoices are made out, as a new version (I3, I6).

    Invoices that were issued keep theirs. What says the same as the current version makes none.
    Raises TitleRefused, KeyReused.
    """
    wanted = rules.tidy(
        Title(
            kind=TitleKind(kind),
            title=title,
            tax_number=tax_number,
            country=country or HOME,
            address=address,
            postcode=postcode,
            city=city,
            phone=phone,
            bank_name=bank_name,
            bank_account=bank_account,
            email=email,
            language=language or settings.LANGUAGE_CODE,
        )
    )
    facts = {"account": account.number, **asdict(wanted)}
    decision, is_new = decisions.record(verb="titles.set_title", facts=facts, key=key, by=by, at=at)
    locks.lock_accounts([account.pk])
    version = InvoiceTitle.objects.filter(account=account, is_current=True).first()
    if not is_new:
        made = InvoiceTitle.objects.filter(decision=decision).first() or version
        assert made is not None  # the first command made it, or found it
        return made
    now = titles_of([account.pk])[account.pk]
    reasons = rules.judge(wanted)
    if wanted.identity != now.identity and is_locked(account, at):
        text = "Titles are locked while a member's invoicing is forbidden: they must stay equal."
        reasons.append(Reason("I3", "title_locked", text, {}, "the master: revoke the power"))
    if reasons:
        raise TitleRefused(reasons)
    if version is not None and current(version) == wanted:
        return version
    InvoiceTitle.objects.filter(account=account, is_current=True).update(is_current=False)
    said = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    return InvoiceTitle.objects.create(account=account, set_at=at, decision=decision, **said)


def judge_forbid_invoicing(relationship: Relationship) -> list[Reason]:
    """Why forbid_invoicing can't be granted: the titles of both ends differ (I3)."""
    found = titles_of([relationship.master_id, relationship.member_id])
    master, member = found[relationship.master_id], found[relationship.member_id]
    if master.identity == member.identity:
        return []
    text = "forbid_invoicing needs the same invoice title on both ends."
    facts = {"master": str(master), "member": str(member)}
    return [Reason("I3", "titles_differ", text, facts, "the provider's finance staff")]


def is_locked(account: Account, at: datetime) -> bool:
    """Whether the title may not change now: forbid_invoicing is in force (I3)."""
    links = Relationship.objects.filter(Q(master=account) | Q(member=account), state__in=IN_FORCE)
    return Grant.objects.filter(
        ground.in_force(at, "granted"),
        permission=Permission.FORBID_INVOICING,
        relationship__in=links,
    ).exists()
