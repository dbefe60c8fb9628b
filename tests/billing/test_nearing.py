"""Who is near suspension: whose funds run out within three days at this pace (W1, R3)."""

from decimal import Decimal

import pytest

from billing.models import Resource
from billing.queries.nearing import nearing
from billing.queries.paces import pace, paces_of_payers
from billing.services import resources
from finance_mgmt.enums import Mode
from tests.finance_mgmt.admin_door import everything, list_url
from tests.provider import at

pytestmark = pytest.mark.django_db

TODAY = at("2024-05-20 12:00")


@pytest.fixture
def machines(provider):
    """Each runs one machine for 10 a day since 13 May: a group in trusteeship, one in management.

    After seven closed days HQ has 25 left for two members, B 31 and C 30; D is at -10.
    """
    product = provider.product("ecs", unit_price="1")
    hq = provider.account("HQ", credit_limit="165")
    for number, credit in (("A", ""), ("B", "101"), ("C", "100"), ("D", "60")):
        account = provider.account(number, **({"credit_limit": credit} if credit else {}))
        if number == "A":
            provider.link(hq, account)
        if number == "B":
            provider.link(hq, account, mode=Mode.MANAGEMENT)
        said = provider.said(at("2024-05-01 10:00"))
        resources.start(account=account, code=f"i-{number}", product=product, **said)
        for day in range(13, 20):
            used = Decimal(20) if number == "A" else Decimal(10)
            provider.use(account, product, str(used), at(f"2024-05-{day} 10:00"))
    provider.jobs(TODAY)
    return hq


@pytest.mark.rule("W1", "R3")
def test_near_is_who_has_funds_for_three_days_at_most(machines, django_assert_num_queries):
    """In trusteeship the master's funds decide; below 0 is not near any more, it stops now."""
    with django_assert_num_queries(9):
        assert sorted(one.code for one in nearing(TODAY)) == ["i-A", "i-C"]


def test_many_paces_are_those_of_each(machines):
    found = paces_of_payers({machines.pk}, TODAY)
    assert found == {machines.pk: pace(machines.pk, TODAY)[0]} == {machines.pk: 20}


def test_who_is_near_waits_on_the_first_page_and_leads_to_the_resources(machines, monkeypatch):
    for module in ("today", "resources"):
        monkeypatch.setattr(f"billing.admin.{module}.now", lambda: TODAY)
    page = everything().get("/admin/").context["panels"]
    todo = next(
        one
        for part in page
        for one in getattr(part, "context", {}).get("todos", [])
        if one.words == "resources stop within 3 days at this pace"
    )
    assert (todo.count, todo.url) == (2, f"{list_url(Resource)}?stops=soon")
    rows = everything().get(todo.url).context["cl"].result_list
    assert sorted(one.code for one in rows) == ["i-A", "i-C"]
