"""Versions of titles, and when they are locked (I3, I6)."""

import pytest

from finance_mgmt.enums import Mode, Permission
from finance_mgmt.services import grants
from invoicing.enums import TitleKind
from invoicing.models import InvoiceTitle
from invoicing.services import titles
from invoicing.services.titles import TitleRefused
from tests.billing.shop import refused
from tests.provider import at

CN = "91330106673959654P"


@pytest.mark.rule("I6")
def test_a_change_is_a_new_version_and_invoices_keep_theirs(office):
    account = office.account("A", cash_amount="10")
    first = office.title(account, "Acme", email="bills@acme.example", language="zh-hans")
    assert office.title(account, "Acme", email="bills@acme.example", language="zh-hans") == first
    second = office.title(account, "Acme", kind=TitleKind.CN_GENERAL, tax_number=CN)
    rows = InvoiceTitle.objects.order_by("id").values_list("pk", "kind", "is_current", "language")
    assert list(rows) == [
        (first.pk, "plain", False, "zh-hans"),
        (second.pk, "cn_general", True, "en"),
    ]


@pytest.mark.rule("F11")
def test_a_repeated_key_gives_the_version_it_made(office):
    account = office.account("A")
    said = office.said()
    first = titles.set_title(account=account, title="Acme", **said)
    office.title(account, "Acme 2")
    assert titles.set_title(account=account, title="Acme", **said) == first


@pytest.mark.rule("I3", "I6")
def test_what_is_missing_is_named_and_nothing_is_stored(office):
    account = office.account("A")
    with refused(TitleRefused, "I3 title_missing", "I6 tax_number_missing"):
        office.title(account, " ", kind=TitleKind.CN_GENERAL)
    assert InvoiceTitle.objects.count() == 0


@pytest.mark.rule("I3")
def test_while_invoicing_is_forbidden_name_and_number_are_locked_at_both_ends(office):
    master, member = office.account("HQ"), office.account("M")
    now = at("2024-05-02")
    powers = (Permission.VIEW_BILLS, Permission.FORBID_INVOICING)
    link = office.link(master, member, at("2024-05-01"), mode=Mode.MANAGEMENT, grants=powers)
    for account in (master, member):
        with refused(TitleRefused, "I3 title_locked"):
            office.title(account, "Other", when=now)
        with refused(TitleRefused, "I3 title_locked"):
            office.title(account, "Acme Ltd", when=now, kind=TitleKind.CN_GENERAL, tax_number=CN)
        office.title(account, "Acme Ltd", when=now, email="bills@acme.example")
    grants.revoke(
        relationship=link, permission=Permission.FORBID_INVOICING, **office.said(at("2024-05-03"))
    )
    assert office.title(member, "Other", when=at("2024-05-04")).title == "Other"
