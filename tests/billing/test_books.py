"""Each check of the books finds what is planted for it, and says what and where (F10).

What is planted is refused by triggers and keys everywhere else: they are set aside here.
"""

from contextlib import contextmanager
from decimal import Decimal

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from billing.models import Charge, Voucher
from billing.queries import books
from billing.services import vouchers
from finance_mgmt.enums import Cycle
from tests.provider import Provider, at


@pytest.fixture
def world(db):
    """A master and a member with a billed May and an open June. Books that tests make wrong."""
    provider = Provider()
    provider.master = provider.account("HQ", credit_limit="1000")
    provider.member = provider.account("A", cash_amount="100")
    product = provider.product("p", cycle=Cycle.DAY)
    provider.link(provider.master, provider.member, at("2024-05-10"))
    for day, quantity in (("05-01", "3"), ("05-20", "10"), ("06-02", "7")):
        provider.use(provider.member, product, quantity, at(f"2024-{day}"))
    provider.jobs(at("2024-06-10"))
    provider.verify_books()
    return provider


def told() -> dict[str, list[str]]:
    """What the checks say, by their names, without those that say nothing."""
    found = {path.rsplit(".", 1)[1]: import_string(path)() for path in settings.BOOK_CHECKS}
    return {name: sentences for name, sentences in found.items() if sentences}


@contextmanager
def set_aside(*names: str):
    with pgtrigger.ignore(*(f"billing.Charge:{name}" for name in names)):
        yield


def a_charge(month: str) -> Charge:
    return Charge.objects.filter(billing_month=month).order_by("-period_start").first()


def plain(amount) -> str:
    return f"{Decimal(amount):.18f}"


@pytest.mark.rule("B2", "B3")
def test_a_charge_that_slipped_onto_an_issued_bill_is_found(world):
    charge = a_charge("2024-05-01")
    charge.pk, charge.resource = None, "slipped in"
    with set_aside("not_on_an_issued_bill"):
        charge.save(force_insert=True)
    assert told()["wrong_bills"] == [
        f"Bill HQ 2024-05 says {plain(10)}, its charges sum to {plain(20)}."
    ]


@pytest.mark.rule("B2")
def test_a_lost_charge_is_found_by_its_bill_its_usage_and_what_it_accrued(world):
    charge = a_charge("2024-05-01")
    with set_aside("never_removed"):
        charge.delete()
    found = told()
    assert found["wrong_bills"] == [f"Bill HQ 2024-05 says {plain(10)}, its charges sum to 0."]
    [sentence] = found["wrongly_charged_usage"]
    assert sentence.endswith(f"used {plain(10)}, charged nothing.")


@pytest.mark.rule("B2")
def test_usage_charged_twice_or_for_another_quantity_is_found(world):
    charge = a_charge("2024-06-01")
    with set_aside("never_changed"):
        Charge.objects.filter(pk=charge.pk).update(quantity=Decimal("7.000000000000000001"))
    [sentence] = told()["wrongly_charged_usage"]
    assert sentence.endswith(f"used {plain(7)}, charged 7.000000000000000001.")
    charge.pk, charge.resource = None, "again"
    charge.save(force_insert=True)
    found = told()
    assert len(found["wrongly_charged_usage"]) == 2
    assert found["wrong_accruals"] == [
        f"Account HQ: unsettled is stored as {plain(7)}, its open charges sum to {plain(14)}."
    ]


@pytest.mark.rule("B2")
def test_usage_in_a_close_that_is_not_done_is_no_finding_and_what_it_charged_before_neither(world):
    product = world.product("q", cycle=Cycle.DAY)
    world.use(world.member, product, "1", at("2024-06-11"))
    product.prices.all().delete()
    assert world.run(at("2024-06-12")).state == "failed"
    assert told() == {}


@pytest.mark.rule("C1")
def test_a_charge_of_another_payer_is_found(world):
    charge = a_charge("2024-06-01")
    with set_aside("never_changed"):
        Charge.objects.filter(pk=charge.pk).update(payer=world.member)
    assert told()["wrong_payers"] == [
        f"Charge {charge.pk} is paid by account {world.member.pk},"
        f" by C1 it is account {world.master.pk}."
    ]


@pytest.mark.rule("F1")
def test_an_unsettled_figure_that_no_charge_explains_is_found(world):
    _break("unsettled_members", "0.000000000000000001")
    assert told()["wrong_accruals"] == [
        "Account HQ: unsettled is stored as 7.000000000000000001,"
        f" its open charges sum to {plain(7)}."
    ]


@pytest.mark.rule("B5", "S1")
def test_used_credit_that_no_bill_explains_is_found(world):
    _break("used", "0.001")
    [sentence] = told()["wrong_outstanding"]
    assert sentence.startswith("Account HQ: used credit is stored as 10.001, ")


def _break(figure: str, by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE finance_mgmt_funds SET {figure} = {figure} + {by} FROM finance_mgmt_account a"
            " WHERE a.id = account_id AND a.number = 'HQ'"
        )


@pytest.mark.rule("V1")
def test_a_voucher_whose_draws_do_not_explain_what_is_left_is_found(world):
    vouchers.issue(code="V", owner=world.master, face_value=Decimal(50), **world.said())
    Voucher.objects.update(remaining=Decimal("49.999999999999999999"))
    assert told() == {
        "wrong_vouchers": [f"Voucher V: 49.999999999999999999 remain, its draws leave {plain(50)}."]
    }


def test_every_check_of_this_floor_is_in_the_settings():
    ours = [name for name in vars(books) if name.startswith("wrong")]
    paths = [p for p in settings.BOOK_CHECKS if p.startswith("billing.queries.books.")]
    assert sorted(paths) == sorted(f"billing.queries.books.{name}" for name in ours)
