"""Resources: started, released, suspended and resumed by the funds that decide now (R1, R3)."""

import pytest

from billing.models import Resource
from billing.services import resources
from billing.services.resources import ResourceRefused
from finance_mgmt.errors import KeyReused
from tests.billing.shop import LATER, NOW, Shop, books, refused
from tests.provider import at


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def ecs(shop):
    return shop.product("ecs")


def statuses() -> dict[str, str]:
    return dict(Resource.objects.order_by("code").values_list("code", "status"))


def in_debt(shop, account, product, when=at("2024-05-10 13:10")) -> None:  # noqa: B008
    """Usage of 5 that the account can't pay."""
    shop.use(account, product, "5", when)
    shop.jobs(at("2024-05-10 14:00"))


# -- Started and released --------------------------------------------------------------------------


@pytest.mark.rule("R1", "F11")
def test_a_postpaid_resource_is_started_once(shop, ecs):
    account, said = shop.account("A"), shop.said(NOW)
    for _ in range(2):
        resources.start(account=account, code="web", product=ecs, **said)
    assert Resource.objects.values_list(
        "account__number", "code", "product__code", "kind", "status", "started_at", "paid_until"
    ).get() == ("A", "web", "ecs", "postpaid", "running", NOW, None)
    with refused(KeyReused, "F11 key_reused"):
        resources.start(account=account, code="db", product=ecs, **said)


@pytest.mark.rule("R1", "R3")
def test_a_start_is_refused_for_every_reason(shop, ecs):
    account = shop.account("A")
    vm = shop.prepaid()
    shop.start(account, "web", ecs)
    shop.start(shop.account("B"), "db", ecs)  # a code is the account's own
    shop.start(account, "db", ecs)
    with refused(ResourceRefused, "R1 code_in_use"):
        shop.start(account, "web", ecs)
    with refused(ResourceRefused, "R1 prepaid_only"):
        shop.start(account, "vm", vm)
    in_debt(shop, account, ecs)
    with refused(ResourceRefused, "R3 funds_below_zero"):
        shop.start(account, "new", ecs)
    with refused(ResourceRefused, "R1 code_in_use", "R1 prepaid_only", "R3 funds_below_zero"):
        shop.start(account, "web", vm)


@pytest.mark.rule("R3")
def test_a_members_start_asks_the_masters_funds(shop, ecs):
    master = shop.account("HQ", credit_limit="3")
    member = shop.account("A", cash_amount="100")
    shop.link(master, member)
    in_debt(shop, member, ecs)
    with refused(ResourceRefused, "R3 funds_below_zero"):
        shop.start(member, "new", ecs)


@pytest.mark.rule("R1", "F11")
def test_a_resource_is_released_once(shop, ecs):
    account = shop.account("A")
    resource, said = shop.start(account, "web", ecs), shop.said(LATER)
    for _ in range(2):
        released = resources.release(resource=resource, **said)
    assert (released.status, released.released_at) == ("released", LATER)
    with refused(ResourceRefused, "R1 released"):
        shop.release(resource)


# -- Suspended and resumed -------------------------------------------------------------------------


@pytest.mark.rule("R3")
def test_below_0_suspends_and_exactly_0_resumes(shop, ecs):
    account = shop.account("A", cash_amount="5")
    other = shop.account("B")
    shop.start(account, "web", ecs)
    shop.start(other, "other", ecs)
    shop.use(account, ecs, "5", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    assert (shop.figures(account).available, shop.review(NOW)) == (0, [])
    shop.use(account, ecs, "0.000000000000000001", at("2024-05-10 14:10"))
    shop.jobs(at("2024-05-10 15:00"))
    assert shop.review(LATER) == ["web"]
    before = books()
    assert (shop.review(LATER), books()) == ([], before)
    assert statuses() == {"web": "suspended", "other": "running"}
    shop.top_up(account, "0.01")
    assert (shop.review(LATER), statuses()) == (["web"], {"web": "running", "other": "running"})


@pytest.mark.rule("R3")
def test_a_released_resource_is_never_touched(shop, ecs):
    account = shop.account("A")
    shop.release(shop.start(account, "web", ecs))
    in_debt(shop, account, ecs)
    assert (shop.review(LATER), statuses()) == ([], {"web": "released"})


@pytest.mark.rule("R3")
def test_prepaid_is_spared_while_it_is_paid(shop, ecs):
    account = shop.account("A", cash_amount="1")
    shop.order(account, shop.prepaid(), "1", at("2024-05-01 10:00"), resource="vm")
    shop.start(account, "web", ecs)
    in_debt(shop, account, ecs)
    assert shop.review(at("2024-06-01 09:59:59")) == ["web"]
    assert statuses() == {"vm": "running", "web": "suspended"}
    assert shop.review(at("2024-06-01 10:00")) == ["vm"]
    shop.top_up(account, "10")
    assert shop.review(at("2024-06-01 10:00")) == ["vm", "web"]


@pytest.mark.rule("R3", "O1")
def test_what_is_renewed_is_spared_again(shop, ecs):
    account = shop.account("A", cash_amount="5")
    product = shop.prepaid()
    shop.order(account, product, "1", at("2024-05-01 10:00"), resource="vm")
    in_debt(shop, account, ecs)
    expired = at("2024-06-02")
    assert shop.review(expired) == ["vm"]
    shop.top_up(account, "2", expired)
    shop.order(account, product, "1", expired, resource="vm", kind="renew")
    shop.use(account, ecs, "50", at("2024-06-01 23:10"))
    shop.close(expired)
    assert (shop.review(expired), statuses()) == (["vm"], {"vm": "running"})


@pytest.mark.rule("R3", "L13")
def test_in_trusteeship_only_the_masters_funds_decide(shop, ecs):
    master = shop.account("HQ", credit_limit="3")
    rich, poor = shop.account("RICH", cash_amount="1000"), shop.account("POOR")
    for member in (rich, poor):
        shop.link(master, member)
        shop.start(member, member.number.lower(), ecs)
    shop.start(master, "own", ecs)
    in_debt(shop, rich, ecs)
    assert shop.figures(master).available == -2
    assert (shop.review(NOW), set(statuses().values())) == (["rich", "poor", "own"], {"suspended"})
    shop.top_up(master, "2")  # cash decides, though only credit pays
    assert (shop.review(NOW), set(statuses().values())) == (["rich", "poor", "own"], {"running"})


@pytest.mark.rule("R3", "C1")
def test_who_decides_follows_the_terms_now_and_not_the_charges(shop, ecs):
    """The member's own debt of before does not suspend once the master decides, and again does."""
    master = shop.account("HQ", credit_limit="100")
    member = shop.account("A", cash_amount="1")
    shop.start(member, "web", ecs)
    shop.use(member, ecs, "5", at("2024-05-10 13:10"))
    link = shop.link(master, member, at("2024-05-10 13:30"))
    shop.jobs(at("2024-05-10 14:00"))
    assert (shop.figures(member, NOW).available, shop.review(NOW)) == (-4, [])
    shop.top_up(member, "4")
    shop.end(link, LATER)
    shop.use(member, ecs, "1", at("2024-05-20 11:10"))
    shop.jobs(at("2024-05-20 12:00"))
    assert shop.review(at("2024-05-20 12:00")) == ["web"]


@pytest.mark.rule("R3")
def test_in_management_the_members_own_funds_decide(shop, ecs):
    master = shop.account("HQ", cash_amount="1000", credit_limit="1000")
    member = shop.account("A")
    shop.manage(master, member)
    shop.start(member, "web", ecs)
    in_debt(shop, member, ecs)
    assert shop.review(NOW) == ["web"]
    shop.transfer(master, member, "5")
    assert shop.review(NOW) == ["web"]


@pytest.mark.rule("R3", "F6")
def test_a_limit_cut_below_what_is_used_suspends(shop, ecs):
    account = shop.account("A", credit_limit="100")
    shop.start(account, "web", ecs)
    shop.order(account, shop.prepaid(), "80")
    shop.limit(account, "79.99")
    assert shop.review(LATER) == ["web"]
    shop.limit(account, "80")
    assert shop.review(LATER) == ["web"]
