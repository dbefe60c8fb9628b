"""What masters pay in a month, for themselves and for whom: one read of the month's charges."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db import connection
from django.db.models import Count, Sum

from finance_mgmt.clock import now
from finance_mgmt.models import Account, Relationship
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO

from ..models import Bill, Charge


@dataclass
class MemberMonth:
    """What one payer pays for one member in the month."""

    owner: Account
    payer: Account
    charges: int
    payable: Decimal


@dataclass
class MasterMonth:
    """One master's month: on its bill, or open where that is not issued."""

    account: Account
    bill: Bill | None = None
    charged: Decimal = ZERO
    owners: set[int] = field(default_factory=set)

    @property
    def billed(self) -> Decimal:
        """The total of the bill."""
        return self.bill.total if self.bill else ZERO

    @property
    def open(self) -> Decimal:
        """The charges, as long as no bill is issued."""
        return ZERO if self.bill else self.charged

    @property
    def member_count(self) -> int:
        """For how many others it pays."""
        return len(self.owners - {self.account.pk})


def month_sums(month: date) -> tuple[list[MasterMonth], list[MemberMonth]]:
    """Masters and their members with charges in the month, the largest first."""
    masters = _masters()
    sums = [row for row in _sums(month, edition()) if row[0] in masters]
    by_payer: dict[int, MasterMonth] = {}
    for payer, owner, _charges, payable in sums:
        row = by_payer.setdefault(payer, MasterMonth(masters[payer]))
        row.charged += payable
        row.owners.add(owner)
    for bill in Bill.objects.filter(month=month, payer__in=masters):
        by_payer.setdefault(bill.payer_id, MasterMonth(masters[bill.payer_id])).bill = bill
    paid_for = [row for row in sums if row[0] != row[1]]
    top = sorted(paid_for, key=lambda row: row[3], reverse=True)[:50]
    owners = Account.objects.in_bulk([owner for _payer, owner, *_rest in top])
    members = [
        MemberMonth(owners[owner], masters[payer], charges, payable)
        for payer, owner, charges, payable in top
    ]
    return sorted(by_payer.values(), key=lambda row: row.billed + row.open, reverse=True), members


def edition() -> tuple[object, ...]:
    """Changes when charges were added: they are only ever added. A minute at most is forgiven,
    for a transaction that commits after one which drew later ids."""
    newest = Charge.objects.order_by("-id").values_list("id", flat=True).first()
    return connection.settings_dict["NAME"], newest, now().replace(second=0, microsecond=0)


@lru_cache(maxsize=16)
def _sums(month: date, edition: tuple[object, ...]) -> list[tuple[int, int, int, Decimal]]:
    """Payer, owner, charges and payable of the month: one scan, however often it is looked at."""
    of_month = Charge.objects.filter(billing_month=month).order_by()
    grouped = of_month.values_list("payer", "owner")
    return list(grouped.annotate(charges=Count("pk"), payable=Sum("payable_amount")))


def _masters() -> dict[int, Account]:
    links = Relationship.objects.filter(state__in=DATED_STATES)
    ids = links.order_by().values_list("master", flat=True).distinct()
    return Account.objects.in_bulk(list(ids))
