"""Resolving a parked row in the admin: asked only what is missing, stored once."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from billing.admin.parked_reasons import REASONS, reason
from billing.models import ImportedRow, UsageRecord
from billing.services import vouchers
from billing.services.imports import verdicts
from finance_mgmt.models import Account, Decision
from tests.billing.files import focus, load, small_world
from tests.finance_mgmt.admin_door import door, everything, facts, page_url, panel, rows, viewer

pytestmark = pytest.mark.django_db

MAY_RESOLVE = ("billing.change_importedrow", "billing.view_importedrow")
STRANGER = {"SubAccountId": '"S-9"'}
CREDIT = {"ChargeCategory": '"Credit"', "BilledCost": "-2.50", "ListCost": "-2.50"}


@pytest.fixture
def world(provider):
    return small_world(provider)


def parked(provider, cells: dict[str, str]) -> ImportedRow:
    load(provider, focus(cells))
    return ImportedRow.objects.get(status="parked")


def resolve_url(row: ImportedRow) -> str:
    return reverse("admin:billing_importedrow_resolve", args=[row.pk])


def test_the_page_of_a_row_shows_why_and_what_it_said(world, provider):
    answer = everything().get(page_url(parked(provider, STRANGER)))
    page = answer.context["panels"]
    assert facts(panel(page, "Row"))["parked because"] == "Its account is unknown"
    assert dict(rows(panel(page, "As it came")))["SubAccountId"] == "S-9"
    assert [str(command.label) for command in answer.context["commands"]] == ["Resolve"]


def test_who_may_not_decide_is_refused(world, provider):
    row = parked(provider, STRANGER)
    assert Client().get(resolve_url(row)).status_code == 302
    assert viewer(ImportedRow).get(resolve_url(row)).status_code == 403
    assert viewer(ImportedRow).post(resolve_url(row), {"key": "k"}).status_code == 403
    assert viewer(ImportedRow).get(page_url(row)).context["commands"] == []
    row.refresh_from_db()
    assert row.status == "parked"


def test_the_form_asks_only_for_what_is_missing(world, provider):
    browser, asked = door(*MAY_RESOLVE), {}
    cells = {"account": STRANGER, "voucher": CREDIT, "both": STRANGER | CREDIT}
    cells["nothing"] = {"ChargeCategory": '"Tax"'}
    for number, (name, cell) in enumerate(cells.items(), start=1):
        load(provider, focus(cell | {"Id": str(number)}))
        row = ImportedRow.objects.get(key=str(number))
        asked[name] = [
            field.name for field in browser.get(resolve_url(row)).context["form"].visible_fields()
        ]
    assert asked == {
        "account": ["account"],
        "voucher": ["voucher"],
        "both": ["account", "voucher"],
        "nothing": [],
    }


def test_looking_at_the_form_decides_nothing(world, provider):
    row = parked(provider, STRANGER)
    before = Decision.objects.count()
    assert door(*MAY_RESOLVE).get(resolve_url(row)).status_code == 200
    row.refresh_from_db()
    assert (row.status, Decision.objects.count()) == ("parked", before)


def test_a_row_is_stored_for_the_account_that_was_chosen(world, provider):
    row, member = parked(provider, STRANGER), Account.objects.get(number="A")
    browser = door(*MAY_RESOLVE)
    given = {"key": "k", "account": str(member.pk)}
    answer = browser.post(resolve_url(row), given)
    row.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, page_url(row))
    assert (row.status, row.record.owner) == ("resolved", member)
    assert browser.post(resolve_url(row), given).url == page_url(row)
    assert UsageRecord.objects.count() == 1
    page = browser.get(page_url(row))
    assert page.context["commands"] == []


def test_a_credit_is_paid_by_the_voucher_that_was_chosen(world, provider):
    voucher = vouchers.issue(code="V", owner=world[1], face_value=Decimal(3), **provider.said())
    row = parked(provider, CREDIT)
    door(*MAY_RESOLVE).post(resolve_url(row), {"key": "k", "voucher": str(voucher.pk)})
    row.refresh_from_db()
    assert (row.status, row.record.voucher) == ("resolved", voucher)


def test_malformed_and_refused_forms_come_back(world, provider):
    row = parked(provider, STRANGER)
    browser = door(*MAY_RESOLVE)
    malformed = browser.post(resolve_url(row), {"key": "k", "account": "999999"}).context["form"]
    assert malformed.errors == {
        "account": ["Select a valid choice. That choice is not one of the available choices."]
    }
    refused = browser.post(resolve_url(row), {"key": "k", "account": ""}).context["form"]
    assert refused.non_field_errors() == [
        "'S-9' of aws is none of our accounts. Name it, or say which it is. (rule B2)"
    ]
    row.refresh_from_db()
    assert row.status == "parked"


def test_a_row_without_a_quantity_can_not_be_resolved_here(world, provider):
    load(provider, focus({"PricingQuantity": "NULL"}), mode="re_rate")
    row = ImportedRow.objects.get(status="parked")
    assert row.parked_because == "no_quantity"
    assert everything().get(page_url(row)).context["commands"] == []


def test_every_reason_that_the_import_gives_has_its_words():
    given = files_reasons()
    assert given - set(REASONS) == set()
    assert reason("something_new").title == "something new"


def files_reasons() -> set[str]:
    """The codes in services/imports/verdicts.py: what follows THEN in its CASE of reasons."""
    source = Path(verdicts.__file__).read_text()
    case = source[source.index("AS fate") : source.index("AS parked_because")]
    return set(re.findall(r"THEN '(\w+)'", case))


@pytest.mark.parametrize("sent", ["abc", "1; drop", "-1", "٣x", ""])
def test_what_is_no_id_is_answered_by_the_form(world, provider, sent):
    row = parked(provider, STRANGER | CREDIT)
    answer = everything().post(resolve_url(row), {"key": "k", "account": sent, "voucher": sent})
    row.refresh_from_db()
    assert (answer.status_code, row.status) == (200, "parked")
    assert list(answer.context["form"].errors) == (["account", "voucher"] if sent else ["voucher"])
