"""A charge explained from usage to invoice; what is told is what was decided (B1)."""

from decimal import Decimal

import pytest

from billing.models import Charge
from billing.queries import explained
from billing.queries.explained import Explanation
from billing.queries.explanations import explain
from billing.services import adjustments, commitments, orders, refunds, vouchers
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account
from finance_mgmt.money import plain
from finance_mgmt.services import grants
from tests.api.door import boss, user_of
from tests.provider import Provider, at

pytestmark = pytest.mark.django_db

USED = at("2024-05-10 10:30")
BILLED = at("2024-06-01 00:10")


def told(**wanted: object) -> Explanation:
    return explain(Charge.objects.get(**wanted))


def steps(found: Explanation) -> list[tuple[str, str, str]]:
    return [
        (plain(one.quantity), plain(one.unit_price), plain(one.amount)) for one in found.price.steps
    ]


@pytest.fixture
def group(provider: Provider) -> dict[str, Account]:
    """A master with a discount, a commitment and vouchers, and a member that it pays for."""
    master = provider.account("M", credit_limit="500")
    member = provider.account("T")
    provider.link(master, member)
    provider.discount(master, rate="0.8")
    return {"M": master, "T": member}


@pytest.mark.rule("B1", "C1", "D2", "K1", "K2", "K4", "V2", "V3")
def test_the_whole_story_of_a_members_usage(group, provider):
    product = provider.product("ecs", unit_price="2")
    said = provider.said
    commitments.add(
        code="ri",
        owner=group["M"],
        kind="reserved_instance",
        product=product,
        quantity=Decimal(1),
        is_shared=True,
        **said(),
    )
    vouchers.issue(
        code="OLD",
        owner=group["M"],
        face_value=Decimal(1),
        expires_at=USED.replace(day=2),
        **said(),
    )
    vouchers.issue(code="V", owner=group["M"], face_value=Decimal(1), **said())
    provider.use(group["T"], product, "3", USED, resource="i-1")
    provider.use(group["T"], product, "2", USED, resource="i-1")
    provider.jobs(BILLED)
    found = told(owner=group["T"])
    assert (found.usage.records, found.usage.quantity) == (2, Decimal(5))
    assert steps(found) == [("5", "2", "10")]
    assert [(one.commitment.code, one.is_own, one.amount) for one in found.covers] == [
        ("ri", False, Decimal(2))
    ]
    assert (found.discount.of, found.discount.why) == (group["M"], "master_in_trusteeship")
    assert [(one.code, one.paid, one.refused) for one in found.vouchers] == [
        ("OLD", Decimal(0), "expired"),
        ("V", Decimal(1), ""),
    ]
    assert (found.payer.account, found.payer.why, found.payer.mode) == (
        group["M"],
        "trusteeship_master_pays",
        Mode.TRUSTEESHIP,
    )
    assert [(str(one.money), one.amount) for one in found.money] == [("credit", None)]
    assert (found.bill.bill, found.bill.why) == (provider.bills()[0], "month_of_last_instant")
    assert found.rules == ("C1", "K1", "K2", "D1", "V2", "V3")
    assert found.invoice is None


@pytest.mark.rule("P1")
def test_the_steps_of_a_price_go_on_where_the_month_had_come_to(provider):
    owner = provider.account("A", cash_amount="100")
    product = provider.product("ecs", unit_price="0.1")
    price = product.prices.get()
    price.tiers = [["100", "0.07"], ["200", "0.05"]]
    price.save()
    provider.use(owner, product, "90", USED)
    provider.use(owner, product, "130", provider.after(USED, hours=1))
    provider.jobs(BILLED)
    found = [steps(explain(one)) for one in provider.charges()]
    assert found == [
        [("90", "0.1", "9")],
        [("10", "0.1", "1"), ("100", "0.07", "7"), ("20", "0.05", "1")],
    ]


def test_an_amount_that_was_given_has_no_steps(provider):
    owner = provider.account("A", cash_amount="100")
    product = provider.product("ecs", unit_price="0.1")
    provider.use(owner, product, "90", USED, given_amount="1.5")
    provider.use(owner, product, "10", USED)
    provider.jobs(BILLED)
    (found,) = [explain(one).price for one in provider.charges()]
    assert (found.steps, found.given) == ((), Decimal("2.5"))


@pytest.mark.rule("C2", "O4", "B2", "C4")
def test_orders_refunds_corrections_and_late_usage_say_why(group, provider):
    vm = provider.product("vm", unit_price=None, cycle="")
    order = orders.place(
        number="O-1",
        account=group["T"],
        product=vm,
        list_amount=Decimal(30),
        months=3,
        **provider.said(USED),
    )
    refunds.refund(order=order, amount=Decimal(4), **provider.said(USED.replace(day=20)))
    adjustments.adjust(
        account=group["T"], amount=Decimal(-1), reason="goodwill", **provider.said(USED)
    )
    ecs = provider.product("ecs")
    provider.use(group["T"], ecs, "1", USED)
    provider.jobs(BILLED)
    provider.use(group["T"], ecs, "2", USED, reported=at("2024-06-02 09:00"))
    provider.jobs(at("2024-06-02 11:00"))
    found = {one.pk: explain(one) for one in Charge.objects.order_by("pk")}
    said = [
        (one.payer.why, one.bill.why, [(str(p.money), p.amount) for p in one.money], one.rules[:2])
        for one in found.values()
    ]
    assert said == [
        ("order_at_payment", "month_of_payment", [("credit", Decimal(24))], ("C2", "D1")),
        ("refund_to_who_paid", "month_of_payment", [("credit", Decimal(-4))], ("O4",)),
        ("adjustment_when_made", "month_of_payment", [("credit", None)], ("B2",)),
        ("trusteeship_master_pays", "month_of_last_instant", [("credit", None)], ("C1", "D1")),
        ("trusteeship_master_pays", "late_in_open_month", [("credit", None)], ("C1", "C4")),
    ]


@pytest.mark.rule("D2")
def test_whose_discount_and_why(provider):
    hq = provider.account("HQ", credit_limit="9")
    flagged = provider.product("sms", keeps_own_discount=True, family="communications")
    plain = provider.product("ecs")
    provider.discount(hq, rate="0.5")
    trusted, managed = (provider.account(name, cash_amount="9") for name in ("T", "G"))
    provider.link(hq, trusted)
    link = provider.link(hq, managed, mode=Mode.MANAGEMENT)
    provider.use(managed, plain, "1", USED)
    provider.jobs(at("2024-05-11 00:00"))
    grants.grant(
        relationship=link,
        permission=Permission.SHARE_DISCOUNTS,
        **provider.said(at("2024-05-12 00:00")),
    )
    for owner, product in ((trusted, flagged), (managed, plain)):
        provider.use(owner, product, "1", at("2024-05-13 10:30"))
    provider.jobs(BILLED)
    found = [explain(one) for one in Charge.objects.order_by("period_start", "owner__number")]
    assert [(one.discount.of.number, one.discount.why, one.payer.why) for one in found] == [
        ("G", "own_prices", "management_pays_itself"),
        ("HQ", "master_shares_discounts", "management_pays_itself"),
        ("T", "product_keeps_own", "trusteeship_master_pays"),
    ]


def test_every_word_is_known():
    """Codes that rules say about vouchers have sentences."""
    assert [code for code, words in explained.WORDS.items() if not str(words)] == []


@pytest.mark.rule("B1", "B4", "K4")
def test_the_api_tells_it_to_whoever_sees_the_bill(group, provider):
    provider.policy(showback=True)
    product = provider.product("ecs", unit_price="2")
    vouchers.issue(code="V", owner=group["M"], face_value=Decimal(1), **provider.said())
    provider.use(group["T"], product, "5", USED)
    provider.jobs(BILLED)
    charge, bill = provider.charges()[0], provider.bills()[0]
    master, member = user_of(group["M"]), user_of(group["T"])
    path = f"charges/{charge.pk}/explanation"
    found = master.get(path).json()
    assert found["amounts"] == [
        {"step": "list", "amount": "10", "left": "10"},
        {"step": "covered", "amount": "0", "left": "10"},
        {"step": "discount", "amount": "-2", "left": "8"},
        {"step": "voucher", "amount": "-1", "left": "7"},
        {"step": "payable", "amount": "7", "left": "7"},
    ]
    assert found["price"]["steps"] == [{"quantity": "5", "unit_price": "2", "amount": "10"}]
    assert found["vouchers"] == [{"voucher": "V", "paid": "1", "refused": "", "because": "used"}]
    assert (found["payer"]["account"], found["payer"]["mode"], found["bill"]["bill"]) == (
        "M",
        "trusteeship",
        bill.pk,
    )
    assert (found["rules"], found["invoice"]) == (["C1", "D1", "V2", "V3"], None)
    assert boss().get(path).json() == found
    assert member.get(f"charges/{charge.pk}").status_code == 200  # showback shows the line only
    assert member.get(path).status_code == 404
