"""The head of a scenario, made through services before the clock starts."""

from datetime import datetime
from typing import Any

from billing.services import catalog, commitments, cycles, prices, vouchers, warnings
from finance_mgmt.errors import FinanceError
from finance_mgmt.money import ZERO
from finance_mgmt.services import accounts, cash, credit, policy
from invoicing.services import titles

from .files import Malformed, Problem, Row
from .services import stock
from .world import LONG_AGO, SOURCE, World


def prepare(world: World) -> None:
    """Make everything the head names. Raises Malformed where a rule refuses a row of it."""
    scenario = world.scenario
    said: dict[str, Any] = {"by": world.by, "at": scenario.start}
    changes = dict(scenario.policy_changes)
    four_eyes = {k: changes.pop(k) for k in ("four_eyes_above",) if k in changes}
    if changes:
        policy.change(changes=changes, key="policy", **said)
    catalog.ensure_source(code=SOURCE, name=None, key="source", **said)
    for rows, make in (
        (scenario.accounts, open_account),
        (scenario.products, open_product),
        (scenario.discounts, add_discount),
        (scenario.vouchers, issue_voucher),
        (scenario.commitments, add_commitment),
    ):
        for row in rows:
            try:
                make(world, row)
            except FinanceError as refusal:
                problem = Problem(row.line, row.place, str(refusal))
                raise Malformed(scenario.file, [problem]) from None
    if four_eyes:  # what the head names was always there: nobody is asked to approve it
        policy.change(changes=four_eyes, key="policy.four_eyes", **said)
    cycles.start_closing(key="start closing", **said)


def open_account(world: World, row: Row) -> None:
    """An account with its identity, cash, credit line, invoice title and thresholds."""
    said = world.set_up(row)
    identity = row["identity"] and accounts.verify_identity(
        legal_name=row["identity"],
        registration_number=row["identity"],
        **said | {"key": f"{row.place}.identity"},
    )
    account = accounts.open(
        number=row["id"],
        name=world.names.get(row["id"]) or row["identity"] or row["id"],
        currency=row["currency"],
        identity=identity or None,
        channel=row["channel"],
        **said,
    )
    if row["cash"]:
        key = {"key": f"{row.place}.cash"}
        cash.top_up(account=account, amount=row["cash"], reason="opening", **said | key)
    if row["credit_limit"]:
        key = {"key": f"{row.place}.credit_limit"}
        credit.set_limit(account=account, limit=row["credit_limit"], reason="opening", **said | key)
    if row["title"]:
        key = {"key": f"{row.place}.title"}
        titles.set_title(account=account, title=row["title"], **said | key)
    if row["warn_below"] or row["warn_spend"]:
        warnings.set_thresholds(
            account=account,
            warn_below=row["warn_below"],
            warn_spend=row["warn_spend"],
            **said | {"key": f"{row.place}.warn"},
        )


def open_product(world: World, row: Row) -> None:
    """A product with its price, in force since long ago."""
    said = world.set_up(row)
    product = stock.open_product(
        code=row["code"],
        family=row["family"],
        cycle=row["cycle"],
        keeps_own_discount=row["keeps_own_discount"],
        **said,
    )
    if row["unit_price"] is not None:
        prices.set_price(
            product=product,
            unit_price=row["unit_price"],
            effective_from=LONG_AGO,
            **said | {"key": f"{row.place}.unit_price"},
        )


def add_discount(world: World, row: Row) -> None:
    """A contract price cut, in force since long ago."""
    prices.add_discount(
        owner=world.account(row["owner"]),
        product=row["product"] and world.product(row["product"]),
        family=row["family"] and world.family(row["family"]),
        rate=row["rate"],
        valid_from=LONG_AGO,
        **world.set_up(row),
    )


def issue_voucher(world: World, row: Row) -> None:
    """Promotional money, valid since long ago."""
    vouchers.issue(**voucher_of(world, row), valid_from=LONG_AGO, **world.set_up(row))


def add_commitment(world: World, row: Row) -> None:
    """A prepaid benefit, since long ago unless the row says when it starts."""
    commitments.add(**commitment_of(world, row, LONG_AGO), **world.set_up(row))


def voucher_of(world: World, row: Row) -> dict[str, Any]:
    """What the service wants to know of a voucher."""
    return {
        "code": row["id"],
        "owner": world.account(row["owner"]),
        "face_value": row["amount"],
        "products": world.products(row["products"]),
        "families": world.families(row["families"]),
        "minimum_spend": row["minimum_spend"] or ZERO,
        "expires_at": row["expires"],
        "share": row["share"],
        "members": world.accounts(row["members"]),
    }


def commitment_of(world: World, row: Row, starts_at: datetime) -> dict[str, Any]:
    """What the service wants to know of a commitment."""
    families = row["families"] or ((row["family"],) if row["family"] else ())
    return {
        "code": row["id"],
        "owner": world.account(row["owner"]),
        "kind": row["kind"],
        "product": row["product"] and world.product(row["product"]),
        "families": world.families(families),
        "quantity": row["quantity"],
        "commit_amount": row["commit"],
        "rate": row["rate"],
        "is_shared": row["share"],
        "starts_at": row["starts"] or starts_at,
        "expires_at": row["expires"],
    }
