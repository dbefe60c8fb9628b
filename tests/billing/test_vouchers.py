"""Vouchers that pay charges of the close: whose, of whom, in which order, how much (V1-V4, D2)."""

from decimal import Decimal

import pytest

from billing.enums import VoucherShare
from billing.models import Charge, Voucher
from billing.services import vouchers
from billing.services.vouchers import VoucherRefused
from finance_mgmt.errors import KeyReused
from tests.billing.shop import NOW, Shop, books, charged, drawn, refused
from tests.provider import at

TEN, ELEVEN = at("2024-05-10 10:10"), at("2024-05-10 11:10")
LISTED, PRIVATE, SHARED = (
    VoucherShare.LISTED_MEMBERS,
    VoucherShare.PRIVATE,
    VoucherShare.ALL_MEMBERS,
)


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def ecs(shop):
    return shop.product("ecs")


@pytest.fixture
def group(shop):
    """A master and two members in trusteeship."""
    master = shop.account("HQ", cash_amount="100", credit_limit="1000")
    members = [shop.account(number, cash_amount="100") for number in ("A", "B")]
    for member in members:
        shop.link(master, member)
    return master, *members


def remaining() -> dict[str, Decimal]:
    return dict(Voucher.objects.order_by("code").values_list("code", "remaining"))


# -- Whose vouchers pay for whom -------------------------------------------------------------------


@pytest.mark.rule("V1", "K4", "B1")
def test_a_voucher_pays_what_the_discount_leaves_exactly(shop, ecs):
    account = shop.account("A", cash_amount="100")
    shop.discount(account, rate="0.5")
    shop.voucher(account, "1.000000000000000001", "v")
    shop.use(account, ecs, "3", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert charged() == [
        (
            "A",
            "A",
            3,
            0,
            Decimal("1.5"),
            Decimal("1.000000000000000001"),
            Decimal("0.499999999999999999"),
        )
    ]
    assert remaining() == {"v": 0}
    assert Charge.objects.get().explanation == {
        "vouchers": [{"voucher": "v", "paid": "1.000000000000000001", "refused": ""}]
    }
    assert shop.figures(account).available == Decimal("99.500000000000000001")


SCOPES = [
    (PRIVATE, [], {"HQ": 5, "A": 0, "B": 0}),
    (SHARED, [], {"HQ": 5, "A": 5, "B": 5}),
    (LISTED, ["B"], {"HQ": 5, "A": 0, "B": 5}),
]


@pytest.mark.rule("V3", "V4")
@pytest.mark.parametrize(("share", "listed", "paid"), SCOPES)
def test_the_share_scope_says_whose_usage_it_pays(shop, ecs, group, share, listed, paid):
    members = [account for account in group if account.number in listed]
    shop.voucher(group[0], "50", "v", share=share, members=members)
    for account in group:
        shop.use(account, ecs, "5", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert {owner: voucher for owner, _, _, _, _, voucher, _ in charged()} == paid
    assert {row[1] for row in charged()} == {"HQ"}


@pytest.mark.rule("V4", "L13")
def test_a_members_own_vouchers_are_frozen_and_thaw(shop, ecs, group):
    """Unusable for what the master pays; they pay what is the member's own, before and after."""
    master, member, _ = group
    other = shop.account("C", cash_amount="100")
    shop.voucher(other, "50", "v")
    shop.use(other, ecs, "1", TEN)
    link = shop.link(master, other, at("2024-05-10 10:30"))
    shop.use(other, ecs, "2", ELEVEN)
    shop.jobs(at("2024-05-10 12:00"))
    shop.use(other, ecs, "4", at("2024-05-10 10:20"), reported=at("2024-05-10 12:10"))  # late: own
    shop.end(link, at("2024-05-10 12:30"))
    shop.use(other, ecs, "8", at("2024-05-10 12:40"))  # the cycle in progress is the master's
    shop.use(other, ecs, "16", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    assert [(payer, listed, voucher) for _, payer, listed, _, _, voucher, _ in charged()] == [
        ("C", 1, 1),
        ("C", 4, 4),
        ("HQ", 2, 0),
        ("HQ", 8, 0),
        ("C", 16, 16),
    ]
    assert remaining() == {"v": 29}


@pytest.mark.rule("D2", "V4")
def test_of_a_flagged_family_only_the_users_own_vouchers_pay(shop, group):
    master, member, other = group
    sms = shop.product("sms", family="communications", keeps_own_discount=True)
    shop.voucher(master, "50", "master's", share=SHARED)
    shop.voucher(member, "3", "own")
    shop.voucher(member, "50", "shared by a member", share=SHARED)
    shop.discount(master, rate="0.1")
    shop.discount(member, rate="0.9")
    for account in group:
        shop.use(account, sms, "10", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert sorted(charged()) == [
        ("A", "HQ", 10, 0, 1, 9, 0),
        ("B", "HQ", 10, 0, 0, 0, 10),
        ("HQ", "HQ", 10, 0, 9, 1, 0),
    ]
    assert remaining() == {"master's": 49, "own": 3, "shared by a member": 41}


@pytest.mark.rule("V4")
def test_in_management_each_pays_with_its_own(shop, ecs):
    master = shop.account("HQ", cash_amount="100", credit_limit="100")
    member = shop.account("A", cash_amount="100")
    shop.manage(master, member)
    shop.voucher(master, "50", "master's", share=SHARED)
    shop.voucher(member, "50", "own")
    shop.use(member, ecs, "5", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert drawn() == [("own", "A", 5)]


# -- Which, when, how much -------------------------------------------------------------------------


@pytest.mark.rule("V2")
def test_earliest_expiry_then_largest_remaining_then_earliest_issue(shop, ecs):
    account = shop.account("A", cash_amount="100")
    for code, face, more in [
        ("forever", "50", {}),
        ("late", "2", {"expires_at": at("2024-07-01")}),
        ("small", "1", {"expires_at": at("2024-06-01")}),
        ("young", "3", {"expires_at": at("2024-06-01"), "when": at("2024-02-01")}),
        ("old", "3", {"expires_at": at("2024-06-01")}),
    ]:
        shop.voucher(account, face, code, **more)
    shop.use(account, ecs, "10", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert drawn() == [
        ("old", "A", 3),
        ("young", "A", 3),
        ("small", "A", 1),
        ("late", "A", 2),
        ("forever", "A", 1),
    ]


@pytest.mark.rule("V1", "C1")
@pytest.mark.parametrize(
    ("facts", "pays"),
    [
        ({"valid_from": at("2024-05-10 10:00")}, True),
        ({"valid_from": at("2024-05-10 10:00:01")}, False),
        ({"expires_at": at("2024-05-10 10:00:01")}, True),  # expired by the time it is closed
        ({"expires_at": at("2024-05-10 10:00")}, False),
        ({"when": at("2024-05-10 10:00:01")}, False),  # issued in the cycle in progress
        ({"when": at("2024-05-10 10:00")}, True),
    ],
)
def test_it_must_be_valid_at_the_start_of_the_period(shop, ecs, facts, pays):
    account = shop.account("A", cash_amount="100")
    shop.voucher(account, "50", "v", **facts)
    shop.use(account, ecs, "5", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert remaining() == {"v": 45 if pays else 50}


@pytest.mark.rule("V1", "K4")
@pytest.mark.parametrize(
    ("minimum", "pays"), [("4", True), ("4.000000000000000001", False), ("0", True)]
)
def test_the_minimum_spend_looks_at_the_amount_after_discount(shop, ecs, minimum, pays):
    account = shop.account("A", cash_amount="100")
    shop.discount(account, rate="0.8")
    shop.voucher(account, "50", "v", minimum_spend=Decimal(minimum))
    shop.use(account, ecs, "5", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert remaining() == {"v": 46 if pays else 50}


@pytest.mark.rule("V1")
def test_products_and_families_bound_it(shop, ecs):
    account = shop.account("A", cash_amount="100")
    disk = shop.product("disk", family="storage")
    shop.voucher(account, "50", "ecs only", products=[ecs])
    shop.voucher(account, "50", "storage only", families=[disk.family])
    shop.use(account, ecs, "5", TEN)
    shop.use(account, disk, "7", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    assert sorted(drawn()) == [("ecs only", "A", 5), ("storage only", "A", 7)]


@pytest.mark.rule("K3", "K4", "V2")
def test_a_voucher_that_is_too_small_goes_to_the_payer_then_by_seniority(shop, ecs):
    """Own first, members by start of relationship, then number, then product, then resource."""
    master = shop.account("HQ", cash_amount="100", credit_limit="1000")
    accounts = {number: shop.account(number) for number in ("A", "B", "C")}
    for number, since in (("C", "2020-02-01"), ("B", "2020-03-01"), ("A", "2020-03-01")):
        shop.link(master, accounts[number], at(since))
    disk = shop.product("disk", family="storage")
    shop.voucher(master, "16.5", "v", share=SHARED)
    for owner in (accounts["B"], accounts["A"], accounts["C"], master):
        shop.use(owner, ecs, "2", TEN, resource="r2")
        shop.use(owner, ecs, "2", TEN, resource="r1")
        shop.use(owner, disk, "2", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    rows = Charge.objects.filter(voucher_amount__gt=0).order_by("id")
    assert list(
        rows.values_list("owner__number", "product__code", "resource", "voucher_amount")
    ) == [
        ("HQ", "disk", "", 2),
        ("HQ", "ecs", "r1", 2),
        ("HQ", "ecs", "r2", 2),
        ("C", "disk", "", 2),
        ("C", "ecs", "r1", 2),
        ("C", "ecs", "r2", 2),
        ("A", "disk", "", 2),
        ("A", "ecs", "r1", 2),
        ("A", "ecs", "r2", Decimal("0.5")),
    ]


@pytest.mark.rule("C4", "V1")
def test_cycles_closed_late_together_draw_in_the_order_they_ended(shop, ecs):
    account = shop.account("A", cash_amount="100")
    shop.voucher(account, "5", "v")
    shop.use(account, ecs, "4", ELEVEN)
    shop.use(account, ecs, "3", TEN)
    shop.jobs(at("2024-05-10 15:00"))
    assert [(listed, voucher) for _, _, listed, _, _, voucher, _ in charged()] == [(3, 3), (4, 2)]


@pytest.mark.rule("C4", "V1", "C1")
def test_late_usage_goes_by_the_vouchers_of_its_own_period(shop, ecs):
    account = shop.account("A", cash_amount="100")
    shop.voucher(account, "5", "then", expires_at=at("2024-05-10 11:00"))
    shop.voucher(account, "5", "now", valid_from=at("2024-05-10 11:00"))
    shop.use(account, ecs, "3", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, ecs, "3", at("2024-05-10 10:20"), reported=at("2024-05-12"))
    shop.jobs(at("2024-05-12"))
    assert drawn() == [("then", "A", 3), ("then", "A", 2)]


@pytest.mark.rule("V1", "B2")
def test_a_correction_draws_nothing_and_returns_nothing(shop, ecs):
    account = shop.account("A", cash_amount="100")
    shop.voucher(account, "5", "v")
    shop.use(account, ecs, "3", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, ecs, "-1", at("2024-05-10 10:20"), reported=at("2024-05-12"))
    shop.jobs(at("2024-05-12"))
    assert [row[5:] for row in charged()] == [(3, 0), (0, -1)]
    assert remaining() == {"v": 2}


@pytest.mark.rule("B2", "V1")
def test_an_order_and_a_close_draw_from_one_purse(shop, ecs, group):
    master, member, _ = group
    shop.voucher(master, "10", "v", share=SHARED)
    shop.use(member, ecs, "4", TEN)
    shop.order(member, shop.prepaid(), "7", at("2024-05-10 10:30"))
    shop.jobs(at("2024-05-10 11:00"))
    assert sorted(drawn()) == [("v", "A", 3), ("v", "A", 7)]
    assert remaining() == {"v": 0}


# -- Sharing ---------------------------------------------------------------------------------------


@pytest.mark.rule("V3", "F11")
def test_the_share_scope_is_changed_from_now_on(shop, ecs, group):
    master, member, other = group
    voucher = shop.voucher(master, "50", "v", share=PRIVATE)
    shop.use(member, ecs, "1", TEN)
    shop.jobs(at("2024-05-10 11:00"))
    said = shop.said(at("2024-05-10 11:00"))
    for _ in range(2):
        vouchers.share(voucher=voucher, share=LISTED, members=[member], **said)
    shop.use(member, ecs, "2", ELEVEN)
    shop.use(other, ecs, "4", ELEVEN)
    shop.jobs(at("2024-05-10 12:00"))
    assert drawn() == [("v", "A", 2)]
    vouchers.share(voucher=voucher, share=SHARED, **shop.said(NOW))
    assert Voucher.objects.get().members.count() == 0
    with refused(KeyReused, "F11 key_reused"):
        vouchers.share(voucher=voucher, share=PRIVATE, **said)


@pytest.mark.rule("V3", "C1", "C4")
def test_it_pays_for_the_cycles_that_started_while_it_was_shared(shop, ecs, group):
    """Shared with A within the cycle of 10:00, with B instead within that of 11:00."""
    master, *members = group
    voucher = shop.voucher(master, "50", "v", share=PRIVATE)
    shop.start_closing(at("2024-05-10"))
    for number, member in enumerate(members, start=1):
        for hour in ("10", "11", "12"):
            shop.use(member, ecs, str(number), at(f"2024-05-10 {hour}:05"))
    for member, when in zip(members, ("10:30", "11:30"), strict=True):
        said = shop.said(at(f"2024-05-10 {when}"))
        vouchers.share(voucher=voucher, share=LISTED, members=[member], **said)
    shop.jobs(at("2024-05-10 13:00"))
    assert drawn() == [("v", "A", 1), ("v", "B", 2)]
    late = at("2024-05-10 14:00")
    for member in members:
        shop.use(member, ecs, "4", ELEVEN, reported=late)
    shop.jobs(late)
    assert drawn() == [("v", "A", 1), ("v", "A", 4), ("v", "B", 2)]
    assert remaining() == {"v": 43}


@pytest.mark.rule("V3", "C2")
def test_an_order_goes_by_the_sharing_at_its_payment(shop, group):
    master, member, _ = group
    voucher, vm = shop.voucher(master, "50", "v", share=SHARED), shop.prepaid()
    order = shop.order(member, vm, "10", at("2024-05-10 10:00"), is_paid=False)
    vouchers.share(voucher=voucher, share=PRIVATE, **shop.said(at("2024-05-10 10:30")))
    shop.pay(order, at("2024-05-10 10:31"))
    vouchers.share(voucher=voucher, share=SHARED, **shop.said(at("2024-05-10 10:32")))
    shop.order(member, vm, "3", at("2024-05-10 10:32"))
    assert drawn() == [("v", "A", 3)]


@pytest.mark.rule("V3")
def test_members_are_named_for_that_scope_and_no_other(shop, group):
    voucher = shop.voucher(group[0], "50", "v", share=PRIVATE)
    before = books()
    with refused(VoucherRefused, "V3 bad_share"):
        vouchers.share(voucher=voucher, share=LISTED, **shop.said(NOW))
    with refused(VoucherRefused, "V3 bad_share"):
        vouchers.share(voucher=voucher, share=SHARED, members=[group[1]], **shop.said(NOW))
    assert books() == before
