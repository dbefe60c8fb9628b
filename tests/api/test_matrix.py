"""Who may do what: every address, every relation, every role (Z6, RELIABILITY S1, S14)."""

from typing import Any

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from billing.models import Resource
from finance_mgmt.enums import Role
from finance_mgmt.models import (
    AccountUser,
    Approval,
    Delivery,
    Grant,
    MoneyAction,
    Recipient,
    Run,
    Webhook,
)
from finance_mgmt.services import approvals, grants
from tests.api.door import Caller, said, staff, user_of
from tests.api.matrix import WRITES, Write, addresses
from tests.api.world import BILLED, World, build

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ACTIONS = [codename for codename, _ in MoneyAction._meta.permissions]


def test_every_address_of_the_schema_is_in_the_matrix():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    known = {
        f"{method} {path.removeprefix('/api/v1/')}"
        for path, methods in schema["paths"].items()
        for method in methods
    }
    assert known == addresses()


@pytest.fixture
def world(provider) -> World:
    found = build(provider)
    grants.grant(relationship=found.links["G"], permission="share_discounts", **said(BILLED))
    asker = user_of(found.accounts["M"]).user
    approvals.ask(
        verb="changes.end",
        arguments={"relationship": found.links["G"].pk},
        **{**said(BILLED), "key": f"api {found.accounts['M'].pk}/0 ask", "by": asker.username},
    )
    return found


def row_of(world: World, named: str) -> Any:
    kind, _, name = named.partition(" ")
    found = {
        "": lambda: "",
        "account": lambda: name,
        "code": lambda: f"{name}-1",
        "link": lambda: world.links[name].pk,
        "user": lambda: AccountUser.objects.filter(account__number=name).first().pk,
        "approval": lambda: Approval.objects.get().pk,
        "run": lambda: Run.objects.first().pk,
        "recipient": lambda: Recipient.objects.get(account__number=name).pk,
        "webhook": lambda: Webhook.objects.get(account__number=name).pk,
        "delivery": lambda: Delivery.objects.filter(account__number=name).first().pk,
        "resource": lambda: Resource.objects.get(code=f"vm of {name}").pk,
    }
    return found[kind]() if kind in found else Grant.objects.get(permission=kind).pk


def status(caller: Caller, path: str, write: Write) -> int:
    """What is answered; nothing of it stays."""
    with transaction.atomic():
        answer = caller.send(write.method, path, write.body)
        transaction.set_rollback(True)
    return answer.status_code


def expected(write: Write, name: str, role: str = "owner") -> int:
    """403 for the wrong role, 404 for a row that does not exist for them; 200: they get through."""
    if role not in write.roles:
        return 403
    if not write.row or name in write.may:
        return 200
    return 403 if name in write.sees else 404


def through(code: int) -> int:
    """Whatever is answered to somebody who got through, as 200."""
    return code if code in (401, 403, 404) else 200


@pytest.mark.rule("Z4", "Z5", "Z6")
def test_only_whom_the_matrix_names_gets_through(world):
    money = Role.FINANCE
    callers = {(name, "owner"): caller for name, caller in world.owners.items() if name != "Y"}
    callers["M", "finance"] = user_of(world.accounts["M"], money)
    callers["M", "viewer"] = user_of(world.accounts["M"], Role.VIEWER)
    wrong = {}
    for path, writes in WRITES.items():
        for write in writes:
            row = row_of(world, write.row)
            url = path.format(id=row, number=row, code=row)
            for (name, role), caller in callers.items():
                found = through(status(caller, url, write))
                if found != expected(write, name, role):
                    wrong[path, write.row, name, role] = found, expected(write, name, role)
    assert wrong == {}


@pytest.mark.rule("Z6")
def test_staff_need_the_one_permission_that_the_matrix_names(world):
    stranger, nobody, wrong = Caller(), staff(), {}
    for path, (write, *_) in WRITES.items():
        if path.endswith("/preview"):
            continue
        row = row_of(world, write.row)
        url = path.format(id=row, number=row, code=row)
        others = staff(*(one for one in ACTIONS if one != write.staff))
        found = [
            through(status(caller, url, write))
            for caller in (stranger, nobody, others, staff(write.staff))
        ]
        if found != [401, 403, 403, 200]:
            wrong[path] = found
    assert wrong == {}
