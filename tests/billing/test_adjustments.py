"""Manual lines on the open bill; an issued one never changes (B2, B3, B4)."""

from decimal import Decimal

import pytest

from billing.models import Charge
from billing.services import adjustments
from billing.services.adjustments import AdjustmentRefused
from finance_mgmt.errors import KeyReused
from tests.billing.shop import JUNE, MAY, NOW, Shop, amounts, bill, books, refused
from tests.provider import at


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def account(shop):
    return shop.account("A", cash_amount="100")


def lines() -> list[tuple]:
    rows = Charge.objects.filter(kind="adjustment").order_by("id")
    return list(
        rows.values_list(
            "owner__number", "payer__number", "billing_month", "payable_amount", "reason"
        )
    )


@pytest.mark.rule("B2", "F1", "F10")
def test_a_line_is_owed_at_once_and_is_on_the_months_bill(shop, account):
    shop.adjust(account, "10.005", NOW, "set-up")
    shop.adjust(account, "-2", NOW, "goodwill")
    assert lines() == [
        ("A", "A", MAY, Decimal("10.005"), "set-up"),
        ("A", "A", MAY, -2, "goodwill"),
    ]
    assert shop.figures(account).available == Decimal("91.995")
    shop.jobs(at("2024-06-01"))
    assert bill(account, MAY) == amounts(total="8", round_off="0.005", from_cash="8") | {
        "status": "settled"
    }


@pytest.mark.rule("F11", "B2")
def test_an_adjustment_is_made_once(shop, account):
    said = shop.said(NOW)
    first = adjustments.adjust(account=account, amount=Decimal("1.50"), reason="x", **said)
    before = books()
    again = adjustments.adjust(account=account, amount=Decimal("1.5"), reason="x", **said)
    assert (again, books()) == (first, before)
    with refused(KeyReused, "F11 key_reused"):
        adjustments.adjust(account=account, amount=Decimal("1.5"), reason="y", **said)


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    ("amount", "reason", "reasons"),
    [
        ("0", "x", ["B2 bad_amount"]),
        ("NaN", "x", ["B2 bad_amount"]),
        ("Infinity", "x", ["B2 bad_amount"]),
        ("1E-19", "x", ["B2 bad_amount"]),
        ("1E+30", "x", ["B2 bad_amount"]),
        ("1", " ", ["B2 reason_missing"]),
        ("0", "", ["B2 bad_amount", "B2 reason_missing"]),
    ],
)
def test_an_adjustment_is_refused(shop, account, amount, reason, reasons):
    with refused(AdjustmentRefused, *reasons):
        shop.adjust(account, amount, NOW, reason)


@pytest.mark.rule("B2", "C4")
def test_after_the_month_is_billed_it_is_on_the_next_bill(shop, account):
    shop.policy(close_delay=3600)
    shop.adjust(account, "1", at("2024-05-10"))
    in_delay = at("2024-06-01 00:30")  # May is still open
    shop.adjust(account, "2", in_delay)
    shop.jobs(at("2024-06-01 01:00"))
    shop.adjust(account, "4", in_delay)  # read by a clock before, written after
    shop.adjust(account, "8", at("2024-06-01 01:00"))
    assert [(month, amount) for _, _, month, amount, _ in lines()] == [
        (MAY, 1),
        (MAY, 2),
        (JUNE, 4),
        (JUNE, 8),
    ]
    shop.jobs(at("2024-07-01 01:00"))
    assert [(b.month, b.total) for b in shop.bills()] == [(MAY, 3), (JUNE, 12)]


@pytest.mark.rule("B2")
def test_a_month_that_was_billed_to_others_is_closed_for_all(shop, account):
    """Else the line would be on no bill ever: nobody looks at May again."""
    other = shop.account("B", cash_amount="10")
    shop.adjust(account, "1", at("2024-05-10"))
    shop.jobs(at("2024-06-01"))
    shop.adjust(other, "2", at("2024-05-31 23:59:59.999999"))
    shop.jobs(at("2024-07-01"))
    assert [(b.payer.number, b.month, b.total) for b in shop.bills()] == [
        ("A", MAY, 1),
        ("B", JUNE, 2),
    ]


@pytest.mark.rule("B5", "F3")
def test_a_negative_month_is_carried_and_counts_as_available_meanwhile(shop, account):
    shop.adjust(account, "-30", at("2024-05-10"))
    shop.jobs(at("2024-06-01"))
    assert bill(account, MAY) == amounts(total="-30", carried_forward="-30") | {"status": "carried"}
    assert shop.figures(account).available == 130
    shop.adjust(account, "50", at("2024-06-10"))
    shop.jobs(at("2024-07-01"))
    assert bill(account, JUNE) == amounts(total="20", from_cash="20") | {"status": "settled"}
    assert shop.stored(account) == {"cash": 80}


@pytest.mark.rule("B4", "C1", "L13")
def test_a_line_for_a_trusteeship_member_is_the_masters(shop, account):
    """All that arises in trusteeship is on the master's bill and on its credit."""
    master = shop.account("HQ", cash_amount="100", credit_limit="100")
    shop.adjust(account, "1", at("2024-05-10 14:20:29"))
    shop.link(master, account, NOW)
    shop.adjust(account, "2", NOW)
    assert [row[:4] for row in lines()] == [("A", "A", MAY, 1), ("A", "HQ", MAY, 2)]
    assert shop.stored(master)["unsettled_members"] == 2
    shop.jobs(at("2024-06-01"))
    assert bill(master, MAY) == amounts(total="2", on_credit="2", outstanding="2") | {
        "status": "outstanding"
    }
    assert bill(account, MAY) == amounts(total="1", from_cash="1") | {"status": "settled"}
