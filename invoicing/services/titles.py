"""Invoice titles: to whom invoices are made out; locked while comparing matters (I3, L11)."""

from datetime import datetime

from django.db import transaction

from finance_mgmt import queries as ground
from finance_mgmt.enums import Permission, RelationshipState
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Grant, Relationship
from finance_mgmt.services import decisions, locks

from ..models import InvoiceTitle
from .sellers import COUNTRY


class TitleRefused(FinanceError):
    """The title can't be changed now (I3)."""

    code = "title_refused"


@transaction.atomic
def set_title(
    *,
    account: Account,
    title: str,
    tax_number: str = "",
    address: str = "",
    postcode: str = "",
    city: str = "",
    country: str = "CN",
    phone: str = "",
    bank_name: str = "",
    bank_account: str = "",
    key: str,
    by: str,
    at: datetime,
) -> InvoiceTitle:
    """Say to whom the account's invoices are made out. Raises TitleRefused, KeyReused."""
    stated = {
        "title": title,
        "tax_number": tax_number,
        "address": address,
        "postcode": postcode,
        "city": city,
        "country": country,
        "phone": phone,
        "bank_name": bank_name,
        "bank_account": bank_account,
    }
    facts = {"account": account.number} | stated
    _, is_new = decisions.record(verb="titles.set_title", facts=facts, key=key, by=by, at=at)
    locks.lock_accounts([account.pk])
    current = InvoiceTitle.objects.filter(account=account).first()
    if not is_new and current is not None:
        return current
    reasons = []
    if not title.strip():
        reasons.append(Reason("I3", "title_missing", "Give a title.", {}))
    if current is not None and current.title != title and _is_locked(account, at):
        text = "Titles are locked while a member's invoicing is forbidden: they must stay equal."
        reasons.append(Reason("I3", "title_locked", text, {}, "the master: revoke the power"))
    if not COUNTRY.fullmatch(country):
        text = "Give the country as two capital letters, such as CN or DE."
        reasons.append(Reason("I3", "bad_country", text, {"country": country}))
    if reasons:
        raise TitleRefused(reasons)
    row, _ = InvoiceTitle.objects.update_or_create(account=account, defaults=stated)
    return row


def titles_of(account_ids: list[int]) -> dict[int, str]:
    """The title of each account; the verified legal name where none was set."""
    accounts = Account.objects.filter(pk__in=account_ids).select_related("identity")
    found = {one.pk: one.identity.legal_name if one.identity else one.name for one in accounts}
    set_ones = InvoiceTitle.objects.filter(pk__in=account_ids)
    return found | dict(set_ones.values_list("pk", "title"))


def judge_forbid_invoicing(relationship: Relationship) -> list[Reason]:
    """Why forbid_invoicing can't be granted: the titles of both ends differ (I3)."""
    titles = titles_of([relationship.master_id, relationship.member_id])
    if titles[relationship.master_id] == titles[relationship.member_id]:
        return []
    text = "forbid_invoicing needs the same invoice title on both ends."
    facts = {"master": titles[relationship.master_id], "member": titles[relationship.member_id]}
    return [Reason("I3", "titles_differ", text, facts, "the provider's finance staff")]


def _is_locked(account: Account, at: datetime) -> bool:
    return Grant.objects.filter(
        ground.in_force(at, "granted"),
        permission=Permission.FORBID_INVOICING,
        relationship__in=Relationship.objects.filter(
            state__in=[RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING]
        ).filter(master=account)
        | Relationship.objects.filter(
            state__in=[RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING], member=account
        ),
    ).exists()
