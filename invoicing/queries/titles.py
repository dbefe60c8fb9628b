"""Which title an account's invoices carry now (I2, I3)."""

from collections.abc import Collection
from dataclasses import fields

from django.conf import settings
from django.db.models import QuerySet

from finance_mgmt.models import Account
from finance_mgmt.queries.access import Actor

from ..enums import TitleKind
from ..models import InvoiceTitle
from ..rules.titles import Title


def titles_of(account_ids: Collection[int]) -> dict[int, Title]:
    """The title of each account; the verified legal name where none was set."""
    accounts = Account.objects.filter(pk__in=account_ids).select_related("identity")
    found = {
        one.pk: Title(
            title=one.identity.legal_name if one.identity else one.name,
            language=settings.LANGUAGE_CODE,
        )
        for one in accounts
    }
    versions = InvoiceTitle.objects.filter(account__in=account_ids, is_current=True)
    return found | {version.account_id: current(version) for version in versions}


def version_of(account_id: int) -> InvoiceTitle | None:
    """The version in force; none: the legal name stands in."""
    return InvoiceTitle.objects.filter(account=account_id, is_current=True).first()


def current(version: InvoiceTitle) -> Title:
    """What a version states, as a value."""
    said = {field.name: getattr(version, field.name) for field in fields(Title)}
    return Title(**{**said, "kind": TitleKind(version.kind)})


def visible(actor: Actor) -> QuerySet[InvoiceTitle]:
    """Versions of the titles of accounts whose bills the actor may see (Z5, Z6)."""
    rows = InvoiceTitle.objects.select_related("account")
    return rows if actor.sight is None else rows.filter(account__in=actor.sight.bills)
