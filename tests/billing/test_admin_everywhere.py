"""Every registered page of every floor: it opens, for whom, and it only looks."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finance_mgmt.admin.base import ReadOnlyAdmin
from tests.billing.admin_world import fill
from tests.finance_mgmt.admin_door import FRAME, door, everything, list_url, page_url, viewer

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
READ_ONLY = [model for model in MODELS if isinstance(admin.site._registry[model], ReadOnlyAdmin)]


def label(model) -> str:
    return model._meta.label_lower


def address(model, action: str, *arguments) -> str:
    return reverse(f"admin:{label(model).replace('.', '_')}_{action}", args=arguments)


@pytest.fixture
def world(provider):
    return fill(provider, 1)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_list_and_page_opens(model, world):
    browser = everything()
    assert browser.get(list_url(model)).status_code == 200
    row = model._default_manager.order_by("-pk").first()
    assert row is not None, f"admin_world.fill makes no {label(model)}: add one there"
    assert browser.get(page_url(row)).status_code == 200


def test_a_stranger_is_sent_to_sign_in():
    browser, sign_in = Client(), reverse("admin:login")
    answers = {label(model): browser.get(list_url(model)) for model in MODELS}
    assert {name: (answer.status_code, answer.url) for name, answer in answers.items()} == {
        label(model): (302, f"{sign_in}?next={list_url(model)}") for model in MODELS
    }


def test_staff_without_any_permission_see_no_list():
    browser = door()
    codes = {label(model): browser.get(list_url(model)).status_code for model in MODELS}
    assert codes == dict.fromkeys(map(label, MODELS), 403)


def test_who_may_look_may_only_look(world):
    found = {}
    for model in READ_ONLY:
        browser, row = viewer(model), model._default_manager.order_by("-pk").first()
        pages = (
            list_url(model),
            page_url(row),
            address(model, "add"),
            address(model, "delete", row.pk),
        )
        found[label(model)] = tuple(browser.get(page).status_code for page in pages)
    assert found == dict.fromkeys(map(label, READ_ONLY), (200, 200, 403, 403))


def test_nobody_edits_adds_or_deletes_what_is_only_looked_at(world):
    browser, found = everything(), {}
    for model in READ_ONLY:
        row = model._default_manager.order_by("-pk").first()
        before = list(model._default_manager.order_by("pk").values())
        posts = (
            (page_url(row), {"_save": "1"}),
            (address(model, "add"), {}),
            (address(model, "delete", row.pk), {"post": "yes"}),
        )
        found[label(model)] = tuple(browser.post(*post).status_code for post in posts)
        selected = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        browser.post(list_url(model), selected)
        assert list(model._default_manager.order_by("pk").values()) == before
    assert found == dict.fromkeys(map(label, READ_ONLY), (405, 403, 403))


def test_no_list_of_money_offers_bulk_actions(rf):
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    offered = {
        label(model): admin.site._registry[model].get_actions(request) for model in READ_ONLY
    }
    assert offered == dict.fromkeys(map(label, READ_ONLY), {})


def test_the_page_of_a_row_that_is_gone_leads_back():
    browser = everything()
    answers = {label(model): browser.get(address(model, "change", 10**9)) for model in READ_ONLY}
    assert {name: (answer.status_code, answer.url) for name, answer in answers.items()} == {
        label(model): (302, reverse("admin:index")) for model in READ_ONLY
    }


# Besides the frame and the saved filters, the same for one row and for three: two are the count
# and the rows; months and families of filters, and `fill`, ask for the others.
QUERIES = {
    "billing.bill": 6,
    "billing.charge": 7,
    "billing.closedthrough": 2,
    "billing.commitment": 2,
    "billing.coupon": 2,
    "billing.discount": 3,
    "billing.importedrow": 3,
    "billing.order": 2,
    "billing.price": 2,
    "billing.resource": 2,
    "billing.threshold": 2,
    "billing.usageimport": 2,
    "billing.usagerecord": 3,
    "billing.voucher": 2,
    "finance_mgmt.account": 6,
    "finance_mgmt.accountuser": 2,
    "finance_mgmt.approval": 2,
    "finance_mgmt.decision": 2,
    "finance_mgmt.delivery": 2,
    "finance_mgmt.grant": 2,
    "finance_mgmt.identity": 3,
    "finance_mgmt.job": 23,
    "finance_mgmt.movement": 2,
    "finance_mgmt.notice": 5,
    "finance_mgmt.parking": 2,
    "finance_mgmt.recipient": 2,
    "finance_mgmt.relationship": 3,
    "finance_mgmt.run": 3,
    "finance_mgmt.storedmessage": 2,
    "finance_mgmt.storedpolicy": 1,
    "finance_mgmt.webhook": 2,
    "invoicing.creditnote": 2,
    "invoicing.invoice": 7,
    "invoicing.invoicetitle": 2,
    "invoicing.sellerprofile": 4,
    "invoicing.series": 3,
    "invoicing.taxrate": 3,
    "simulation.whatif": 2,
}


NO_FILTERS = {"billing.closedthrough", "finance_mgmt.job", "finance_mgmt.storedpolicy"}


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_as_much_for_three_rows_as_for_one(count, provider):
    fill(provider, count)
    browser = everything()
    counted = {}
    for model in READ_ONLY:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(list_url(model)).status_code == 200
        counted[label(model)] = len(queries)
    assert counted == {
        name: FRAME + own + (name not in NO_FILTERS) for name, own in QUERIES.items()
    }
