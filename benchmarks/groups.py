"""A hot master with 1,000 members, and 1,000 masters with one member each."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Family, Product
from billing.services import cycles
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.models import Account, Funds, Relationship
from finance_mgmt.services import decisions, ledger

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 15, tzinfo=UTC)
CENT = Decimal("0.01")
TOGETHER = 32
LINKED_AT_ONCE = 500
LINE = Decimal(100_000_000)


def load(members: int) -> None:
    """Accounts, credit, relationships and one prepaid product."""
    cycles.start_closing(key="bench", by="bench", at=SINCE)
    with transaction.atomic():
        decision, _ = decisions.record(verb="bench", facts={}, key="load", by="bench", at=SINCE)
        names = ["hot", *(f"m{n}" for n in range(members))]
        names += [f"{side}{n}" for side in ("hot-", "spread-") for n in range(members)]
        accounts = Account.objects.bulk_create(
            Account(number=name, name=name, opened_at=SINCE, decision=decision) for name in names
        )
        by_name = {account.number: account for account in accounts}
        Funds.objects.bulk_create(Funds(account=account) for account in accounts)
        masters = {f"hot-{n}": "hot" for n in range(members)}
        masters |= {f"spread-{n}": f"m{n}" for n in range(members)}
        lines = [
            ledger.between(
                (by_name[name].pk, Pocket.CREDIT_LIMIT),
                LINE,
                kind=MovementKind.CREDIT_LIMIT,
                currency="CNY",
                reason="bench",
            )
            for name in sorted(set(masters.values()))
        ]
        ledger.post(lines, decision=decision, at=SINCE)
        family = Family.objects.create(code="compute", name="Compute")
        Product.objects.create(code="vm", name="VM", family=family, cycle="")
    links = [
        Relationship(
            master=by_name[master],
            member=by_name[member],
            mode="trusteeship",
            state="active",
            effective_from=SINCE,
            trusteeship_from=SINCE,
            decision=decision,
        )
        for member, master in masters.items()
    ]
    for start in range(0, len(links), LINKED_AT_ONCE):  # each locks both ends until its commit
        Relationship.objects.bulk_create(links[start : start + LINKED_AT_ONCE])


class Shop:
    """Who buys, who pays, and what: the same for every contender."""

    def __init__(self, where: str) -> None:
        members = Account.objects.filter(number__startswith=f"{where}-")
        self.buyers = list(members.order_by("pk"))
        self.product = Product.objects.select_related("family").get()
        self.masters = dict(
            Relationship.objects.filter(member__in=members).values_list("member", "master")
        )
        self.numbers = dict(Account.objects.values_list("pk", "number"))
