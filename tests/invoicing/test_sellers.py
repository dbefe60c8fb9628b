"""Who sells: what must be stated, from when on, and every door to it (I6, I7)."""

from dataclasses import replace

import pytest
from django.urls import reverse

from billing.models import Product
from finance_mgmt.rules.roles import ROLES
from finance_mgmt.services import roles
from invoicing.admin.issue_command import Issue
from invoicing.models import Invoice, SellerProfile
from invoicing.rules.sellers import Seller, judge, tidy
from invoicing.services import sellers
from invoicing.services.sellers import SellerRefused
from tests.api.door import boss, codes, staff, user_of
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
)
from tests.finance_mgmt.command_door import confirm, decided, preview, reasons
from tests.provider import LONG_AGO, at

from .conftest import JUNE

CN, DE, EL = "91330106673959654P", "DE136695976", "EL094259216"
CHINA = Seller("Cloud", CN)
GERMANY = Seller("Cloud", DE, "Road 1", city="Berlin", country="DE", asks_e_invoice=True)

TABLE = [
    (CHINA, []),
    (replace(CHINA, tax_number=f" {CN.lower()}"), []),
    (replace(CHINA, legal_name=" ", tax_number=""), ["seller_nameless", "tax_number_missing"]),
    (replace(CHINA, tax_number=CN[:-1] + "Q"), ["bad_tax_number"]),
    (replace(CHINA, tax_number="", asks_e_invoice=True), [
        "tax_number_missing", "address_missing", "city_missing",
    ]),
    (Seller("Cloud", country="Germany"[:2]), []),
    (Seller("Cloud", country="G"), ["bad_country"]),
    (Seller("Cloud", country="中国"), ["bad_country"]),
    (Seller("Cloud", country="us"), []),
    (GERMANY, []),
    (replace(GERMANY, tax_number="de 136.695.976"), []),
    (replace(GERMANY, tax_number="DE136695977"), ["bad_tax_number"]),
    (replace(GERMANY, tax_number=EL), ["other_country"]),
    (replace(GERMANY, tax_number=EL, country="GR"), []),
    (replace(GERMANY, tax_number="12/345/67890"), []),  # a national number is no VAT id
    (replace(GERMANY, tax_number=""), ["tax_number_missing"]),
    (replace(GERMANY, tax_number="", address="", city="", asks_e_invoice=False), []),
    (replace(GERMANY, tax_number="EI-12", country="US"), ["other_country"]),
    (replace(GERMANY, tax_number="EI-12", country="US", asks_e_invoice=False), []),
    (replace(CHINA, zero_rate="E"), ["reason_missing"]),
    (replace(CHINA, zero_rate="AE", zero_rate_reason="Article 196"), []),
]  # fmt: skip


@pytest.mark.rule("I6", "I7")
@pytest.mark.parametrize(("seller", "found"), TABLE)
def test_each_country_states_what_it_needs(seller, found):
    assert [reason.code for reason in judge(tidy(seller))] == found


@pytest.mark.rule("I6")
def test_what_begins_when(shop):
    said = {"legal_name": "Cloud", "tax_number": CN}
    first = sellers.set_seller(**said, effective_from=LONG_AGO, **shop.said())
    assert (first.effective_from, first.tax_number) == (LONG_AGO, CN)
    again = shop.said() | {"key": first.decision.key}
    assert sellers.set_seller(**said, effective_from=LONG_AGO, **again) == first
    later = at("2024-07-01")
    second = sellers.set_seller(**said, effective_from=later, **shop.said())
    found = {}
    for start in (at("2024-06-01"), at("2024-06-20"), later):
        with pytest.raises(SellerRefused) as refused:
            sellers.set_seller(**said, effective_from=start, **shop.said())
        found[start] = [reason.code for reason in refused.value.reasons]
    assert list(found.values()) == [
        ["dated_in_the_past"],
        ["before_the_latest"],
        ["same_instant"],
    ]
    assert list(SellerProfile.objects.all()) == [second, first]


@pytest.mark.rule("I6")
def test_a_seller_that_no_document_could_show_is_refused_at_once(shop):
    with pytest.raises(SellerRefused) as refused:
        sellers.set_seller(legal_name="𠮷云", tax_number="", country="US", **shop.said())
    assert [(reason.code, reason.facts) for reason in refused.value.reasons] == [
        ("not_showable", {"character": "U+20BB7", "field": "seller's name"})
    ]


@pytest.mark.rule("I6")
def test_an_invoice_keeps_the_seller_of_its_instant_whatever_was_previewed(shop, china):
    """The preview shows the one in force then; what is issued names the one in force at issue."""
    group, *members = china
    old = SellerProfile.objects.get()
    given = {
        "month": "2024-05-01",
        "until": "2024-05-01",
        "owners": [one.pk for one in members],
        "products": list(Product.objects.values_list("pk", flat=True)),
        "key": "k",
    }
    looked = Issue(group, None).rehearse(group, given, JUNE).result
    assert (looked.invoice.seller, looked.content.seller.name) == (old, old.legal_name)
    new = sellers.set_seller(legal_name="新云科技", tax_number=CN, **shop.said(JUNE))
    first = shop.issue(group, members[0])
    newer = sellers.set_seller(
        legal_name="再新云科技", tax_number=CN, **shop.said(at("2024-06-03 08:00"))
    )
    assert (Invoice.objects.get().seller, newer.pk > new.pk) == (new, True)
    assert first.seller == new


# -- The admin -------------------------------------------------------------------------------------

URL = "admin:invoicing_sellerprofile_set"
FILLED = {
    "legal_name": "云上科技（杭州）有限公司",
    "country": "CN",
    "tax_number": CN,
    "zero_rate": "Z",
}


@pytest.mark.django_db
@pytest.mark.rule("I6", "Z6")
def test_the_page_is_for_who_may_and_lookers_only_look():
    roles.create(ROLES)
    url = reverse(URL)
    looks = door("invoicing.view_sellerprofile")
    found = {
        "stranger": door().get(url).status_code,
        "looker": (looks.get(url).status_code, looks.get(list_url(SellerProfile)).status_code),
        "setter": door("invoicing.set_seller").get(url).status_code,
    }
    assert found == {"stranger": 403, "looker": (403, 200), "setter": 200}
    may = [name for name, given in ROLES.items() if "invoicing.set_seller" in given]
    sees = [name for name, given in ROLES.items() if "invoicing.view_sellerprofile" in given]
    assert (may, sees) == (["Maker"], list(ROLES))


@pytest.mark.django_db
@pytest.mark.rule("I6")
def test_the_form_says_what_is_missing_shows_what_changes_and_sets_it_once():
    browser, url = everything(), reverse(URL)
    refused = preview(browser, url, **FILLED | {"tax_number": "", "zero_rate": "E"})
    assert reasons(refused) == [("I6", "tax_number_missing"), ("I7", "reason_missing")]
    page = preview(browser, url, **FILLED)
    changes, unstated = page.context["panels"]
    assert rows(changes) == [
        ["Legal name", "–", "云上科技（杭州）有限公司"],
        ["Tax number", "–", CN],
        ["Country", "–", "CN"],
        ["EN 16931 e-invoice for buyers in the EU", "–", "No"],
        ["What a rate of 0 means", "–", "zero rated"],
    ]
    assert unstated.context["text"] == (
        "A special Chinese VAT invoice also states of the seller: address, phone, bank, bank"
        " account."
    )
    assert (SellerProfile.objects.count(), decided("sellers.set_seller")) == (0, 0)
    for _click in range(2):
        done = confirm(browser, url, **FILLED)
        assert (done.status_code, done.url) == (302, page_url(SellerProfile.objects.get()))
    second = FILLED | {"bank_account": "6222"}
    assert rows(preview(browser, url, **second, key="2").context["panels"][0]) == [
        ["Bank account", "–", "6222"]
    ]
    assert browser.get(url).context["form"].initial["legal_name"] == FILLED["legal_name"]
    confirm(browser, url, **second | {"key": "2"})
    cells = [row[:4] for row in listed(browser.get(list_url(SellerProfile)))]
    assert cells == [
        ["云上科技（杭州）有限公司", CN, "CN", "in force"],
        ["云上科技（杭州）有限公司", CN, "CN", "replaced"],
    ]
    shown = browser.get(page_url(SellerProfile.objects.first())).context["panels"]
    assert [row[3] for row in rows(panel(shown, "Versions"))] == ["6222", "–"]


@pytest.mark.django_db
def test_until_it_is_set_every_page_that_needs_it_leads_there(shop, provider):
    payer = provider.account("A", credit_limit="100")
    product = provider.product("ecs")
    provider.use(payer, product, "5", at("2024-05-10 08:10"))
    browser, setting, index = everything(), reverse(URL), reverse("admin:index")
    assert todos(browser.get(index)) == []
    provider.jobs(JUNE)
    of_bill = todos(browser.get(index))
    invoice = shop.issue(payer)
    note = shop.credit(invoice, "1.00")
    pages = [
        list_url(SellerProfile),
        list_url(Invoice),
        reverse("admin:invoicing_invoice_choose"),
        reverse("admin:invoicing_invoice_issue", args=[payer.pk]),
        page_url(invoice),
        page_url(note),
    ]
    told = {page: notices(browser, page).count(f'href="{setting}"') > 0 for page in pages}
    assert told == dict.fromkeys(pages, True)
    assert (of_bill, todos(browser.get(index))) == ([(setting, "warn")], [(setting, "bad")])
    assert todos(door("invoicing.view_invoice").get(index)) == []
    file = user_of(payer).get(f"invoices/{invoice.number}/pdf")
    assert (file.status_code, codes(file), file.json()["errors"][0]["mend"]) == (
        409,
        ["no_seller"],
        "the provider's finance staff: set the seller (Invoices > Sellers)",
    )
    sellers.set_seller(legal_name="Cloud", tax_number=CN, **shop.said())
    assert {page: notices(browser, page) for page in pages} == dict.fromkeys(pages, "")
    assert todos(browser.get(index)) == []


def notices(browser, page: str) -> str:
    """The notice of a page that no seller is set."""
    body = browser.get(page).content.decode()
    start = body.find('<div class="bo-notice is-warn"')
    found = body[start : body.find("</div>", start)] if start > 0 else ""
    return found if text(found).count("No seller is set.") else ""


def todos(page) -> list[tuple[str, str]]:
    """Where the line about the seller leads, if it is there."""
    shown = page.context["panels"]
    found = [one for one in shown if getattr(one, "name", "") == "admin/parts/today.html"]
    asked = found[0].context["todos"] if found else []
    return [(one.url, one.tone) for one in asked if one.icon == "storefront"]


# -- The API ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.rule("I6", "F11")
def test_programs_of_the_provider_set_it_once_per_key_and_read_what_is_in_force(provider):
    program = staff("invoicing.set_seller", "invoicing.view_sellerprofile")
    assert program.get("sellers/current").status_code == 404
    body = {"legal_name": "Cloud GmbH", "tax_number": DE, "country": "DE", "asks_e_invoice": True}
    assert codes(program.post("sellers", body)) == ["address_missing", "city_missing"]
    body |= {"address": "Hauptstr. 1", "city": "Berlin"}
    told = program.post("sellers/preview", body).json()
    assert (told["allowed"], SellerProfile.objects.count()) == (True, 0)
    first, again = (program.post("sellers", body, key="one") for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    later = {**body, "city": "Bonn", "effective_from": "2190-01-01T00:00:00Z"}
    assert program.post("sellers", later).status_code == 201
    assert program.get("sellers/current").json() == first.json()
    cities = [row["city"] for row in boss().get("sellers").json()["results"]]
    assert cities == ["Bonn", "Berlin"]
    assert user_of(provider.account("M")).get("sellers/current").status_code == 403
