"""A group, another group, and rows of every kind in both; all made through the services.

M is master of T and U (trusteeship), G (management, shows finances and bills), N (management,
shows nothing); R was its member until it was ended. X is master of Y, in another group.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from billing.enums import CommitmentKind
from billing.services import (
    commitments,
    coupons,
    orders,
    prices,
    resources,
    settlement,
    vouchers,
    warnings,
)
from finance_mgmt.enums import Language, Mode, NoticeKind, Permission
from finance_mgmt.models import Account, Relationship
from finance_mgmt.services import caps, cash, deliveries, notices, recipients, webhooks
from invoicing.services import credit_notes, invoices, taxes, titles
from tests.api.door import Caller, user_of
from tests.provider import Provider, at

NAMES = ("M", "T", "U", "G", "N", "R", "X", "Y")
LINKED = at("2024-05-01 00:00")
USED_ALONE = at("2024-04-10 10:30")
USED = at("2024-05-10 10:30")
BILLED = at("2024-06-02 09:00")
VIEWS = (Permission.VIEW_FINANCES, Permission.VIEW_BILLS)


@dataclass
class World:
    """The accounts by name, their owners as callers, and the relationships by member."""

    accounts: dict[str, Account]
    owners: dict[str, Caller] = field(default_factory=dict)
    links: dict[str, Relationship] = field(default_factory=dict)


def build(provider: Provider) -> World:
    """Everything above."""
    provider.policy(payment_days=3000)
    product = provider.product("vm", unit_price="0.5")
    found = World({name: _account(provider, name) for name in NAMES})
    for owner in found.accounts.values():
        provider.use(owner, product, "2", USED_ALONE, resource=f"vm of {owner.number}")
    _link(provider, found)
    for owner in found.accounts.values():
        provider.use(owner, product, "4", USED, resource=f"vm of {owner.number}")
        _belongings(provider, owner, product)
    provider.jobs(BILLED)
    for name in ("M", "G", "X"):
        account = found.accounts[name]
        cash.top_up(account=account, amount=Decimal(5), reason="", **provider.said(BILLED))
        settlement.settle(account=account, amount=Decimal("0.01"), **provider.said(BILLED))
        _invoice(provider, account)
    provider.end(found.links["R"], BILLED + timedelta(days=1))
    for account in found.accounts.values():
        _told(provider, account)
    deliveries.hand_out(at=BILLED)
    found.owners = {name: user_of(account) for name, account in found.accounts.items()}
    return found


def _invoice(provider: Provider, account: Account) -> None:
    titles.set_title(account=account, title=account.name, **provider.said(BILLED))
    rate = {"jurisdiction": f"D{account.number}", "rate": Decimal("0.06")}
    taxes.set_rate(**rate, **provider.said(BILLED))
    april = USED_ALONE.date().replace(day=1)
    invoice = invoices.issue(issuer=account, month=april, **provider.said(BILLED))
    credit_notes.issue(invoice=invoice, amount=Decimal("0.01"), **provider.said(BILLED))


def _account(provider: Provider, name: str) -> Account:
    identity = {"X": "Other Ltd", "Y": "Other Ltd"}.get(name, "Acme Ltd")
    return provider.account(name, identity=identity, cash_amount="20", credit_limit="500")


def _link(provider: Provider, world: World) -> None:
    it = world.accounts
    for master, member in (("M", "T"), ("M", "U"), ("M", "R"), ("X", "Y")):
        world.links[member] = provider.link(it[master], it[member], LINKED)
    for member, grants in (("G", VIEWS), ("N", ())):
        mode = Mode.MANAGEMENT
        world.links[member] = provider.link(it["M"], it[member], LINKED, mode=mode, grants=grants)
    for member in ("T", "Y"):
        cap = {"amount": Decimal(400), "is_hard": False}
        caps.set_cap(relationship=world.links[member], **cap, **provider.said(LINKED))


def _belongings(provider: Provider, owner: Account, product) -> None:
    name, said = owner.number, provider.said
    code = f"{name}-1"
    vouchers.issue(code=code, owner=owner, face_value=Decimal("0.1"), share="private", **said(USED))
    coupons.issue(code=code, owner=owner, amount=Decimal(1), **said(USED))
    commitments.add(
        code=code,
        owner=owner,
        kind=CommitmentKind.RESERVED_INSTANCE,
        product=product,
        quantity=Decimal("0.001"),
        **said(USED),
    )
    prices.add_discount(owner=owner, rate=Decimal("0.99"), **said(USED))
    resources.start(account=owner, code=f"vm of {name}", product=product, **said(USED))
    orders.place(
        number=code,
        account=owner,
        product=product,
        list_amount=Decimal(30),
        months=40,
        **said(USED),
    )


def _told(provider: Provider, account: Account) -> None:
    """Who is told what, where, and one thing that was told."""
    kinds, said = list(NoticeKind), provider.said
    url = f"https://{account.number.lower()}.example.com/billing"
    webhooks.add(account=account, url=url, kinds=kinds, **said())
    email = f"{account.number.lower()}@example.com"
    recipients.add(account=account, email=email, language=Language.ENGLISH, kinds=kinds, **said())
    warnings.set_thresholds(account=account, warn_below=[Decimal(1)], **said(BILLED))
    kind = NoticeKind.RESUMED
    facts = {"resources": ["vm"]}
    notices.tell([account.pk], kind=kind, about=account.pk, at=BILLED, facts=facts)
