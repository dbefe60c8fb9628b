"""Stored sums of charges: at every moment what the charges say, whoever reads, whenever the job
looks (docs/decisions/0023)."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from billing.models import Charge, DaySum, MonthSum, ProductSum, SavingSum, Unsummed
from billing.queries.jobs import unsummed_charges
from billing.queries.summed_books import wrong_sums
from billing.services import sums
from billing.tasks import sum_charges
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Job
from tests.billing.charge_sums import differences
from tests.billing.shop import JUNE, MAY, NEW_YEAR, Shop
from tests.provider import at

NOW = at("2024-06-20 12:00")
MONTHS = (MAY, JUNE)
CYCLES = ("hour", "day", "week", "month")
STORED = (MonthSum, ProductSum, SavingSum, DaySum)
migration = import_module("billing.migrations.0013_sums")


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def group(shop):
    """Two in each mode and one alone, with all that makes charges in May and June."""
    shop.policy(payment_days=90)
    shop.start_closing(NEW_YEAR)
    shop.master, shop.trust = shop.account("HQ", credit_limit="5000"), shop.account("T")
    shop.managed = shop.account("X", cash_amount="900")
    shop.alone = shop.account("S", cash_amount="900")
    shop.discount(shop.master, rate="0.8")
    shop.discount(shop.alone, rate="0.9")
    shop.top_up(shop.trust, "900")
    shop.link(shop.master, shop.trust, at("2024-05-10 10:20"))
    powers = (Permission.VIEW_FINANCES, Permission.SHARE_DISCOUNTS)
    shop.link(shop.master, shop.managed, mode=Mode.MANAGEMENT, grants=powers)
    shop.products = [shop.product(f"p-{one}", cycle=one) for one in CYCLES]
    shop.instance(shop.master, shop.products[0], "2", is_shared=True)
    shop.voucher(shop.managed, "5")
    everybody = (shop.master, shop.trust, shop.managed, shop.alone)
    for number, account in enumerate(everybody, start=3):
        for product in shop.products:
            for day in ("05-01", "05-12", "05-25", "06-02", "06-11", "06-13", "06-18", "06-19"):
                shop.use(account, product, f"{number}.25", at(f"2024-{day} 10:00"))
    return shop


def trade(shop, when) -> None:
    """An order and its refund, a manual line, and usage that comes late."""
    order = shop.order(shop.trust, shop.prepaid(f"vm {when}"), "120", when)
    shop.refund(order, when + timedelta(hours=1), "10")
    shop.adjust(shop.trust, "-1.5", when)
    late = when - timedelta(days=9)
    for product in shop.products[:3]:
        shop.use(shop.managed, product, "7", late, reported=when)


@pytest.mark.rule("F10", "W1")
def test_sums_are_what_the_charges_say_before_while_and_after_they_are_stored(group):
    for step, when in enumerate(("2024-05-14", "2024-06-03", "2024-06-19 12:00", "2024-06-20")):
        trade(group, at(when) - timedelta(hours=2))
        group.close(at(when))
        assert (Unsummed.objects.exists(), differences(MONTHS, at(when))) == (True, {})
        if step:  # once, what waits and what is stored make a sum together
            assert sums.catch_up() > 0
            assert (Unsummed.objects.exists(), differences(MONTHS, at(when))) == (False, {})
        group.issue(at(when))
    assert set(DaySum.objects.values_list("cycle", flat=True)) == set(CYCLES)
    assert set(SavingSum.objects.values_list("kind", flat=True)) == {"discount", "commitment"}
    assert ProductSum.objects.filter(product=None).exists()


def test_a_step_waits_as_one_row_and_other_charges_each_as_one(group):
    group.close(at("2024-05-14"))
    steps = set(Charge.objects.values_list("step", flat=True))
    assert set(Unsummed.objects.values_list("step_id", flat=True)) == steps != {None}
    waiting = Unsummed.objects.count()
    first = group.adjust(group.alone, "1", NOW).pk
    second = group.adjust(group.alone, "2", NOW).pk
    rows = Unsummed.objects.filter(step_id=None).order_by("first_charge")
    assert list(rows.values_list("first_charge", "last_charge")) == [
        (first, first),
        (second, second),
    ]
    assert Unsummed.objects.count() == waiting + 2


def test_the_job_sums_what_waits_once_and_says_how_much(group):
    trade(group, NOW)
    group.close(NOW)
    made = Charge.objects.count()
    assert unsummed_charges(NOW) >= made
    sum_charges()
    assert Job.objects.get(task="billing.sum_charges").did == f"{made} charges summed"
    before = [list(model.objects.order_by("pk").values()) for model in STORED]
    sum_charges()
    assert [list(model.objects.order_by("pk").values()) for model in STORED] == before
    assert (unsummed_charges(NOW), sums.catch_up()) == (0, 0)


def test_many_waiting_rows_are_taken_in_parts(group, monkeypatch):
    monkeypatch.setattr(sums, "MOST", 2)
    for number in range(1, 6):
        group.adjust(group.alone, str(number), NOW)
    assert (sums.catch_up(), Unsummed.objects.count()) == (5, 0)
    assert MonthSum.objects.values_list("charge_count", "payable_amount").get() == (5, 15)


def test_what_is_taken_back_leaves_nothing_that_waits(group):
    with transaction.atomic():
        group.adjust(group.alone, "1", NOW)
        assert Unsummed.objects.count() == 1
        transaction.set_rollback(True)
    assert Unsummed.objects.count() == 0


@pytest.mark.rule("F10")
@pytest.mark.parametrize("model", STORED)
def test_a_sum_that_somebody_changed_is_found(group, model):
    trade(group, NOW)
    group.close(NOW)
    sums.catch_up()
    assert wrong_sums() == []
    amount = "amount" if model is SavingSum else "payable_amount"
    row = model.objects.exclude(**{amount: 0}).earliest("pk")
    model.objects.filter(pk=row.pk).update(**{amount: F(amount) + Decimal("1e-18")})
    [sentence] = wrong_sums()
    assert sentence.startswith(f"A {model._meta.model_name} of {{")
    assert f'"payer_id": {row.payer_id}' in sentence
    stored = f"{getattr(row, amount) + Decimal('1e-18'):.18f}"
    assert f'"{amount}": {stored}' in sentence
    model.objects.filter(pk=row.pk).delete()
    assert len(wrong_sums()) == 1
    model.objects.bulk_create([row])
    assert wrong_sums() == []


@pytest.mark.rule("F10")
def test_charges_that_wait_twice_or_not_at_all_are_found(group):
    charge = group.adjust(group.alone, "1", NOW)
    [waits] = Unsummed.objects.all()
    Unsummed.objects.all().delete()
    assert len(wrong_sums()) == 2  # of the month, of the product
    waits.save(force_insert=True)
    assert (wrong_sums(), sums.catch_up()) == ([], 1)
    Unsummed.objects.create(first_charge=charge.pk, last_charge=charge.pk)
    assert len(wrong_sums()) == 2
    Unsummed.objects.all().delete()


def test_it_is_one_of_the_checks_of_the_books():
    assert settings.BOOK_CHECKS.count("billing.queries.summed_books.wrong_sums") == 1


def test_books_that_there_were_before_are_summed_by_the_migration(group):
    trade(group, NOW)
    group.close(NOW)
    sums.catch_up()
    expected = [_rows(model) for model in STORED]
    for model in STORED:
        model.objects.all().delete()
    assert len(wrong_sums()) > 4
    group.adjust(group.alone, "3", NOW)
    Unsummed.objects.all().delete()  # then there was no trigger, either
    with connection.cursor() as cursor:
        cursor.execute(migration._BACKFILL)
    assert (Unsummed.objects.count(), wrong_sums()) == (0, [])
    assert len(_rows(MonthSum)) == len(expected[0])


def _rows(model) -> list[dict]:
    fields = [field.attname for field in model._meta.concrete_fields if field.name != "id"]
    return sorted(model.objects.values(*fields), key=str)
