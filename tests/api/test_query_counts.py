"""A list asks the database as often for three rows as for one (ARCHITECTURE 6)."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.services import adjustments, catalog
from finance_mgmt.clock import now
from finance_mgmt.services import approvals, caps, grants
from invoicing.services import sellers
from simulation.replay.question import Question
from simulation.services import what_ifs
from tests.api.door import Caller, boss, permissions, person, said, staff
from tests.api.matrix import READS
from tests.api.world import BILLED, World, build
from tests.billing import files
from tests.provider import Provider

pytestmark = pytest.mark.django_db

OF_STAFF = 2  # the token, the clock
OF_USERS = 5  # and the account with the role, relationships in force, powers in force
MORE = {  # beside the rows themselves
    "adjustments": 1,  # the same as of charges
    "charges": 1,  # whether members see what they used: asked for users only
    "commitments": 1,  # families
    "coupons": 2,  # products, families
    "vouchers": 3,  # products, families, members
}
CHARGES = {"adjustments", "charges"}
ONE_ROW_AT_MOST = {"closing"}
PAGES = {  # of one row: how many queries for users, for staff
    "accounts/M/funds": (7, 4),  # the funds, where the account stands
    "accounts/T/terms": (10, 6),  # where it stands (2), the accounts it names, its master
    "bills/{id}": (6, 3),
    "bills/{id}/lines": (7, 4),
    "bills/{id}/owners": (7, 4),
    "charges/{id}": (9, 5),  # vouchers, coverage
    "orders/M-1": (6, 3),
}


def count(caller: Caller, path: str, rows: int | None = None) -> tuple[int, int]:
    """How many queries, and how many rows."""
    with CaptureQueriesContext(connection) as queries:
        answer = caller.get(path, rows and {"page_size": rows})
    assert answer.status_code == 200, (path, answer.content)
    return len(queries), len(answer.json().get("results", ()))


@pytest.fixture
def world(provider: Provider) -> World:
    found = build(provider)
    for name in "bc":
        provider.product(name, family=name)
    files.small_world(provider)
    provider.account("third", identity="Third Ltd")
    for number in range(3):
        files.load(provider, files.focus({"Id": str(number + 1)}))
        text = {"relationship": found.links["G"].pk, "number": number}
        prefix = f"api {found.accounts['M'].pk}/0 {number}"
        ask = {**said(BILLED), "key": prefix}
        approvals.ask(verb="changes.end", arguments=text, **ask)
    for name in "TU":
        cap = {"amount": Decimal(100 + len(name)), "is_hard": True}
        caps.set_cap(relationship=found.links[name], **cap, **said(BILLED))
    for power in ("share_discounts", "forbid_withdrawal"):
        grants.grant(relationship=found.links["G"], permission=power, **said(BILLED))
    for number in range(3):
        question = Question("M", None, BILLED.date().replace(day=1, month=1))
        what_ifs.ask(question=question, **said(BILLED) | {"key": f"what-if {number}"})
    for name in ("Seller", "Seller Ltd", "Seller Group"):
        sellers.set_seller(legal_name=name, country="US", **said(now()))
    _adjust(found)
    for code in "yz":
        catalog.ensure_source(code=code, name=None, **said())
    return found


def _adjust(world: World) -> None:
    for amount in (1, 2, -3):
        line = {"amount": Decimal(amount), "reason": "test"}
        adjustments.adjust(account=world.accounts["M"], **line, **said(BILLED))


def test_lists_ask_as_often_for_three_rows_as_for_one(world):
    whole, user, wrong = boss(), world.owners["M"], {}
    for path in READS:
        found = [count(whole, path, rows) for rows in (1, 3)]
        asked = OF_STAFF + 1 + (0 if path in CHARGES else MORE.get(path, 0))
        expected = [(asked, 1), (asked, 1 if path in ONE_ROW_AT_MOST else 3)]
        if found != expected:
            wrong[path, "staff"] = found, expected
        if user.get(path).status_code == 200:
            asked = OF_USERS + 1 + MORE.get(path, 0)
            if {one for one, _ in (count(user, path, rows) for rows in (1, 3))} != {asked}:
                wrong[path, "user"] = [count(user, path, rows) for rows in (1, 3)], asked
    assert wrong == {}


def test_pages_ask_a_fixed_number_of_times(world):
    whole, user = boss(), world.owners["M"]
    bill = user.get("bills", {"payer": "M"}).json()["results"][0]["id"]
    charge = user.get("charges", {"payer": "M"}).json()["results"][0]["id"]
    found = {}
    for path in PAGES:
        url = path.format(id=charge if path.startswith("charges") else bill)
        found[path] = count(user, url)[0], count(whole, url)[0]
    assert found == PAGES


def test_a_money_write_asks_a_fixed_number_of_times(world):
    caller = world.owners["M"]
    body = {"member": "G", "amount": "0.01", "currency": "CNY"}
    counts = []
    for key in ("one", "two", "two"):
        with CaptureQueriesContext(connection) as queries:
            assert caller.post("transfers", body, key=key).status_code == 201
        counts.append(len(queries))
    assert counts == [29, 29, 9]  # the third is the stored answer


def test_a_permission_is_asked_by_one_query(world):
    """Directly or by a group; nothing else is read of what else somebody may do."""
    by_group = person(is_staff=True)
    group = Group.objects.create(name="sellers")
    group.permissions.set(permissions("billing.view_order"))
    by_group.groups.set([group])
    for caller in (staff("billing.view_order"), Caller(by_group)):
        assert count(caller, "orders/M-1") == (PAGES["orders/M-1"][1] + 1, 0)
    assert caller.get("bills").status_code == 403
