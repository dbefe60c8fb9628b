"""Finding things: the search over everything, and that every search is served by an index."""

from itertools import product

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from billing.models import Bill, Charge, Commitment, Coupon, Order, Product, UsageRecord, Voucher
from finance_mgmt.admin import search
from finance_mgmt.models import Account, Relationship
from invoicing.models import CreditNote, Invoice
from tests.billing.admin_world import fill
from tests.finance_mgmt.admin_door import door, everything, page_url, staff

pytestmark = pytest.mark.django_db

# Few rows for ever, or staff only: read whole when somebody searches in them.
SMALL = {
    "auth.group",
    "auth.user",
    "axes.accessattempt",
    "billing.accountkey",
    "billing.discount",
    "billing.family",
    "billing.price",
    "billing.product",
    "billing.source",
    "billing.usageimport",
    "django_celery_beat.periodictask",
    "finance_mgmt.accountuser",
    "finance_mgmt.identity",
    "finance_mgmt.parking",
    "finance_mgmt.recipient",
    "finance_mgmt.storedmessage",
    "finance_mgmt.webhook",
    "invoicing.invoicetitle",
    "invoicing.taxrate",
    "mfa.authenticator",
    "simulation.whatif",
}


@pytest.fixture
def world(provider):
    return fill(provider, 1)


def asked(user):
    request = RequestFactory().get("/admin/search/")
    request.user = user
    return request


def found(term: str, user: User | None = None) -> list[tuple[str, str]]:
    lines = search.find(asked(user or User(is_superuser=True, is_active=True)), term)
    return [(str(one.title), one.link) for one in lines]


def test_everything_with_a_number_is_found_by_it(world, rf):
    bill = Bill.objects.get(payer__number="M-0", month="2024-05-01")
    charge = Charge.objects.get(resource="i-0")
    rows = {
        f"M-0-{bill.month:%Y-%m}": bill,
        "M-0": Account.objects.get(number="M-0"),
        str(charge.pk): charge,
        **{
            row.number: row for model in (Order, Invoice, CreditNote) for row in model.objects.all()
        },
        **{row.code: row for model in (Voucher, Coupon, Commitment) for row in model.objects.all()},
        UsageRecord.objects.earliest("pk").key: UsageRecord.objects.earliest("pk"),
        "compute-0": Product.objects.get(code="compute-0"),
    }
    links = {term: {link for _, link in found(term)} for term in rows}
    missing = {term: row for term, row in rows.items() if page_url(row) not in links[term]}
    assert missing == {}
    firsts = {term: found(term)[0][1] for term in ("M-0", f"M-0-{bill.month:%Y-%m}")}
    assert firsts == {term: page_url(rows[term]) for term in firsts}


def test_a_line_says_what_it_is(world):
    lines = search.find(asked(User(is_superuser=True, is_active=True)), "m-0")
    said = {str(one.description) for one in lines if one.title == "M-0 → m-0"}
    link = Relationship.objects.get(member__number="m-0")
    assert said == {f"Relationship {link.pk} · trusteeship · active"}
    assert [one.description for one in search.find(asked(staff()), "dashboard")] == ["Page · Today"]


def test_accounts_are_found_by_any_part_of_a_name_and_in_either_case(provider):
    acme = provider.account("AC-1", identity="Acme Holding Ltd.")
    Account.objects.filter(pk=acme.pk).update(name="北京阿里科技")
    terms = ("ac-", "AC-1", "阿里", "holding", "ACME HOLD")
    assert {term: found(term)[0][1] for term in terms} == dict.fromkeys(terms, page_url(acme))
    assert found("C-1") == []


def test_nothing_is_found_that_may_not_be_seen(world):
    terms = ["M-0", "m-0", "V-0", "K-0", str(Charge.objects.earliest("pk").pk), "i-0", "compute-0"]
    assert [found(term, staff()) for term in terms] == [[]] * len(terms)
    only = staff("billing.view_voucher")
    assert [title for title, _ in found("v-0", only)] == ["V-0"]


def test_the_box_answers_at_once_after_a_permission_is_gone(world):
    user = staff("finance_mgmt.view_account")
    browser = door()
    browser.force_login(user)
    asked = {"s": "M-0", "extended": "1"}
    first = browser.get(reverse("admin:search"), asked).content.decode()
    user.user_permissions.clear()
    assert first.count(page_url(Account.objects.get(number="M-0"))) == 1
    assert browser.get(reverse("admin:search"), asked).content.decode().count("/account/") == 0
    assert browser.get(reverse("admin:search"), {"s": " "}).content == b""
    assert browser.get(reverse("admin:search"), {"s": "\x00'%_\\" * 99}).status_code == 200


def test_no_search_reads_a_whole_large_table(world):
    """The planner is asked what it does where reading a whole table is dear, as in large ones."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    request, reading = asked(User(is_superuser=True, is_active=True)), {}
    searched = [one for one in admin.site._registry.values() if one.get_search_fields(request)]
    for known, term in product(searched, ("M-0", "nothing like it", "123")):
        rows, _ = known.get_search_results(request, known.get_queryset(request).order_by(), term)
        plan = rows.explain()
        if plan.count(f"Seq Scan on {known.opts.db_table}"):
            reading[known.opts.label_lower] = plan
    assert {name: plan for name, plan in reading.items() if name not in SMALL} == {}


def test_searches_are_shown_with_one_page_of_a_capped_count(world):
    browser = everything()
    for model in (Account, Bill, Order, Voucher, Product):
        listed = browser.get(
            reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        )
        assert listed.context["cl"].paginator.is_estimate is False
