"""Somebody with every right changes a row, and what it is compared with first: it is still seen.

Each case sets the triggers aside, as a superuser may, and keeps the sums that it can (F10).
"""

from decimal import Decimal

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from billing.models import UsageImport
from billing.services import imports
from finance_mgmt.enums import Permission
from finance_mgmt.services import runs
from tests.billing import files
from tests.billing.shop import Shop
from tests.provider import at

SHARE_CREDIT = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
MAY_10, JUNE_2 = at("2024-05-10 10:10"), at("2024-06-02 10:10")


@pytest.fixture
def world(db):
    """A group with everything in its books: a billed May and an open June."""
    shop = Shop()
    master = shop.account("HQ", credit_limit="1000", cash_amount="50")
    a, b, m = (shop.account(number, cash_amount="20") for number in ("A", "B", "M"))
    shop.link(master, a), shop.link(master, b)
    shop.manage(master, m, *SHARE_CREDIT)
    shop.allocate(master, m, "50")
    shop.transfer(master, m, "10")
    ecs, vm = shop.product("ecs", unit_price="2"), shop.prepaid()
    shop.offer(master, family=vm.family, rate=Decimal("0.5"))
    shop.instance(master, ecs, "1", code="ri", is_shared=True)
    shop.voucher(master, "1", "spring", share="all_trusteeship_members")
    shop.use(a, ecs, "5", MAY_10), shop.use(master, ecs, "3", MAY_10)
    bought = shop.order(master, vm, "62", MAY_10, number="o1", months=2)
    shop.order(a, vm, "20", MAY_10, number="o2")
    shop.jobs(at("2024-06-01"))
    shop.voucher(master, "9", "autumn", share="private", valid_from=JUNE_2)
    shop.settle(master, JUNE_2, "2")
    shop.refund(bought, JUNE_2, "10")
    shop.use(a, ecs, "1", JUNE_2)
    shop.jobs(at("2024-06-03"))
    shop.verify_books()
    return shop


def told() -> set[str]:
    """The checks that say something."""
    paths = settings.BOOK_CHECKS
    return {path.rsplit(".", 1)[1] for path in paths if import_string(path)()}


def tamper(*statements: str) -> None:
    with pgtrigger.ignore(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount == 1, statement


OPEN = "billing_month = '2024-06-01' AND kind = 'usage'"
BILL = "payer_id = (SELECT id FROM finance_mgmt_account WHERE number = 'HQ')"
ORDERED = "UPDATE billing_order SET {} WHERE number = 'o1'"
OF_HQ = "account_id = (SELECT id FROM finance_mgmt_account WHERE number = 'HQ')"

CASES = {
    "another resource on a bill": (
        [
            "UPDATE billing_charge SET resource = 'x' WHERE quantity = 5",
            "UPDATE billing_usagerecord SET resource = 'x' WHERE quantity = 5",
        ],
        {"changed_bills"},
    ),
    "a part of the members' is the master's": (
        [
            "UPDATE billing_bill SET own_amount = own_amount + 1,"
            f" members_amount = members_amount - 1 WHERE {BILL}"
        ],
        {"wrong_parts"},
    ),
    "a bill says more credit and less cash": (
        [
            "UPDATE billing_bill SET from_cash = from_cash - 1, on_credit = on_credit + 1,"
            f" outstanding = outstanding + 1 WHERE {BILL}",
            "UPDATE finance_mgmt_funds SET used = used + 1, cash = cash + 1 WHERE " + OF_HQ,
        ],
        {"wrongly_drawn_bills", "wrong_funds"},
    ),
    "a settlement of another amount": (
        ["UPDATE billing_settlement SET amount = amount + 1 WHERE kind = 'own'"],
        {"wrong_settlements"},
    ),
    "outstanding less than what was settled": (
        [
            f"UPDATE billing_bill SET outstanding = outstanding - 1 WHERE {BILL}",
            "UPDATE finance_mgmt_funds SET used = used - 1 WHERE " + OF_HQ,
            "UPDATE finance_mgmt_movement SET amount = amount + 1 WHERE kind = 'settlement'",
            "UPDATE finance_mgmt_funds SET cash = cash - 1 WHERE " + OF_HQ,
        ],
        {"wrong_settlements"},
    ),
    "a charge hidden in a month to come": (
        [f"UPDATE billing_charge SET billing_month = '2099-01-01' WHERE {OPEN}"],
        {"charges_on_no_bill", "wrong_sums"},
    ),
    "a charge of a billed month on no bill": (
        [f"UPDATE billing_charge SET billing_month = '2024-04-01' WHERE {OPEN}"],
        {"charges_on_no_bill", "wrong_sums"},
    ),
    "a price that was another one": (
        ["UPDATE billing_price SET unit_price = 3"],
        {"wrong_prices"},
    ),
    "a charge of less than its records, with all that follows from it": (
        [
            f"UPDATE billing_charge SET list_amount = 1, covered_amount = 1 WHERE {OPEN}",
            "UPDATE billing_coverage SET amount = 1 WHERE charge_id = (SELECT max(id)"
            f" FROM billing_charge WHERE {OPEN})",
        ],
        {"wrong_sums", "wrongly_charged_usage"},
    ),
    "a discount without a name": (
        ["UPDATE billing_charge SET discount_id = NULL WHERE quantity = 5"],
        {"wrong_discounts", "wrong_sums"},
    ),
    "a discount of another rate": (
        ["UPDATE billing_discount SET rate = 0.4"],
        {"wrong_discounts"},
    ),
    "cover of another quantity": (
        [
            "UPDATE billing_coverage SET quantity = quantity - 0.1 WHERE charge_id ="
            f" (SELECT max(id) FROM billing_charge WHERE {OPEN})"
        ],
        {"wrong_cover"},
    ),
    "cover that was never shared": (
        ["UPDATE billing_commitmentsharing SET is_shared = false"],
        {"wrong_cover"},
    ),
    "a voucher that was not valid then": (
        [
            "UPDATE billing_voucherdraw SET voucher_id = (SELECT id FROM billing_voucher"
            " WHERE code = 'autumn')",
            "UPDATE billing_voucher SET remaining = 1 WHERE code = 'spring'",
            "UPDATE billing_voucher SET remaining = 8 WHERE code = 'autumn'",
        ],
        {"misused_vouchers"},
    ),
    "an order that was paid otherwise": (
        [
            ORDERED.format("from_cash = from_cash - 1, from_credit = from_credit + 1"),
            "UPDATE billing_bill SET from_cash = from_cash - 1, on_credit = on_credit + 1"
            f" WHERE {BILL}",
        ],
        {"wrong_orders", "wrong_settlements"},
    ),
    "an order that gave back more": (
        [ORDERED.format("refunded_amount = refunded_amount + 1")],
        {"wrong_refunds"},
    ),
    "the master's cash for a member": (
        [
            "UPDATE finance_mgmt_movement SET owner_id = (SELECT id FROM finance_mgmt_account"
            " WHERE number = 'A') WHERE kind = 'order' AND from_pocket = 'cash'"
        ],
        {"masters_cash_spent_for_members"},
    ),
    "more cash than was topped up": (
        [
            "UPDATE finance_mgmt_movement SET amount = amount + 9 WHERE kind = 'top_up' AND to_"
            + OF_HQ,
            "UPDATE finance_mgmt_funds SET cash = cash + 9 WHERE " + OF_HQ,
        ],
        {"wrong_commands"},
    ),
    "credit that was given to another member": (
        [
            "UPDATE finance_mgmt_movement SET amount = 60 WHERE kind = 'allocation'",
            "UPDATE finance_mgmt_funds SET allocated_in = 60 WHERE allocated_in = 50",
            "UPDATE finance_mgmt_funds SET allocated_out = 60 WHERE allocated_out = 50",
        ],
        {"wrong_commands"},
    ),
    "funds that are gone": (
        [
            "DELETE FROM finance_mgmt_funds WHERE account_id = (SELECT id FROM finance_mgmt_account"
            " WHERE number = 'B')"
        ],
        {"wrong_funds"},
    ),
}


@pytest.mark.rule("F10")
@pytest.mark.parametrize(("statements", "checks"), CASES.values(), ids=CASES)
def test_it_is_seen_by_the_check_that_looks_there(world, statements, checks):
    tamper(*statements)
    assert told() == checks


@pytest.mark.rule("F10", "B2")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM billing_importedrow WHERE row_number = 1",
        'UPDATE billing_importedrow SET content = content || \'{"BilledCost": "9"}\''
        " WHERE row_number = 1",
        "UPDATE billing_usageimport SET rows_known = rows_known + 1",
    ],
)
def test_a_row_of_a_file_that_is_gone_or_says_another_amount_is_seen(provider, statement):
    files.small_world(provider)
    received = imports.receive(
        file_name="usage.csv",
        content=[files.focus({}, {"Id": "2"})],
        received_at=files.RECEIVED_AT,
        key="k",
        by="ann",
        at=files.AT,
    )
    runs.work(received.run_id, worker="test")
    assert UsageImport.objects.get().state == "stored"
    provider.verify_books()
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        cursor.execute(statement)
        assert (cursor.rowcount, told()) == (1, {"wrong_imports"})
        cursor.execute("ROLLBACK TO SAVEPOINT before")
