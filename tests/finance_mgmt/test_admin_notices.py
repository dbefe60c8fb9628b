"""Notices in the admin: the letter, the delivery log, readers, webhooks, kept mails (W4)."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from finance_mgmt.delivery import mail
from finance_mgmt.enums import DeliveryState, Language, NoticeKind
from finance_mgmt.models import Delivery, Notice, Recipient, StoredMessage, Webhook
from finance_mgmt.services import deliveries, notices, recipients, webhooks
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
    viewer,
)
from tests.finance_mgmt.command_door import address, confirm, preview, reasons
from tests.provider import at

pytestmark = pytest.mark.django_db
NOON = at("2024-05-10 12:00")
URL = "https://example.com/billing"


@pytest.fixture
def account(provider):
    found = provider.account("ACME-1")
    contact = {"email": "bills@acme.test", "language": Language.ENGLISH}
    return recipients.set_contact(account=found, **contact, **provider.said())


@pytest.fixture
def notice(account) -> Notice:
    kind, facts = NoticeKind.LOW_FUNDS, {"figure": Decimal(5)}
    (one,) = notices.tell(
        [account.pk], kind=kind, about=account.pk, at=NOON, threshold=Decimal(9), facts=facts
    )
    deliveries.hand_out(at=NOON)
    return one


def give(browser, url: str, **values):
    """A command with a key of its own."""
    return browser.post(url, {"key": uuid.uuid4().hex, "step": "confirm", **values})


def test_lists_say_what_was_told_and_how_far_it_came(notice):
    browser = everything()
    told = "ACME-1 ACME-1"
    assert listed(browser.get(list_url(Notice))) == [
        ["funds are low", told, told, "9.00 CNY", "2024-05-10 12:00", "0 of 1 sent"]
    ]
    assert listed(browser.get(list_url(Delivery))) == [
        ["bills@acme.test", "queued", told, "funds are low", "2024-05-10 12:00", "0", "-"]
    ]


def test_the_page_shows_the_letter_in_a_frame_that_can_do_nothing(notice):
    browser = viewer(Notice)
    page = browser.get(page_url(notice))
    assert page.content.decode().count('sandbox=""') == len(Language)
    url = reverse("admin:finance_mgmt_notice_letter", args=[notice.pk, "zh-hans"])
    letter = browser.get(url)
    assert (letter["X-Frame-Options"], letter["Content-Security-Policy"].split(";")[:2]) == (
        "SAMEORIGIN",
        ["sandbox", " default-src 'none'"],
    )
    assert door().get(url).status_code == 403
    assert browser.get(url.replace("zh-hans", "xx")).status_code == 404


def test_kept_mails_are_read_in_both_forms(notice, settings):
    settings.EMAIL_BACKEND = "finance_mgmt.delivery.stored_mail.StoredMail"
    mail.deliver(clock=lambda: NOON, worker="w", seconds=9)
    kept, browser = StoredMessage.objects.get(), viewer(StoredMessage)
    page = browser.get(page_url(kept)).content.decode()
    assert (page.count('sandbox=""'), page.count("What you can do")) == (1, 1)
    html = browser.get(reverse("admin:finance_mgmt_storedmessage_html", args=[kept.pk]))
    assert (html.content.decode(), html["X-Frame-Options"]) == (kept.html, "SAMEORIGIN")


def test_who_reads_is_set_from_the_page_of_the_account(account, provider):
    browser = everything()
    given = {"email": "ops@acme.test", "language": "zh-hans", "kinds": ["cap", "suspended"]}
    url = address(account, "recipient")
    assert reasons(preview(browser, url, **given)) == []
    give(browser, url, **given)
    found = panel(browser.get(page_url(account)).context["panels"], "Who reads notices")
    assert rows(found) == [
        ["bills@acme.test", "English", "nothing: there are recipients"],
        [
            "ops@acme.test",
            "Simplified Chinese",
            "a member passed its cap, resources were suspended",
        ],
    ]
    one = Recipient.objects.get()
    give(browser, address(one, "change"), language="en", kinds=["cap"])
    one.refresh_from_db()
    assert (one.language, one.kinds) == ("en", ["cap"])
    give(browser, address(one, "remove"))
    one.refresh_from_db()
    assert one.removed_at is not None
    give(browser, address(account, "contact"), email="new@acme.test", language="en")
    account.refresh_from_db()
    assert account.billing_email == "new@acme.test"


def test_a_webhook_is_made_with_its_secret_shown_once_and_tried(account):
    browser = everything()
    asked = {"step": "preview", "url": "http://10.0.0.1/", "kinds": ["cap"]}
    inside = browser.post(address(account, "webhook"), {"key": "i", **asked})
    assert reasons(inside) == [("W4", "not_public")]
    made = browser.post(
        address(account, "webhook"),
        {"key": "k", "step": "confirm", "url": URL, "kinds": ["cap"]},
        follow=True,
    )
    webhook = Webhook.objects.get()
    secret = webhooks.secret_text(webhook)
    assert made.content.decode().count(secret) == 1
    page = browser.get(page_url(webhook)).content.decode()
    assert (page.count(secret), page.count(webhook.seed)) == (0, 0)
    give(browser, address(webhook, "test"))
    tried = Delivery.objects.get()
    assert (tried.notice, tried.state) == (None, DeliveryState.QUEUED)
    give(browser, address(webhook, "off"))
    assert text(browser.get(page_url(tried)).context["badges"][0]) == "given up"
    give(browser, address(webhook, "on"))
    give(browser, address(tried, "requeue"))
    tried.refresh_from_db()
    assert tried.state == DeliveryState.QUEUED
    give(browser, address(webhook, "secret"))
    webhook.refresh_from_db()
    assert webhooks.secret_text(webhook) != secret


def test_whoever_may_only_look_changes_nothing(account, notice):
    browser = viewer(Delivery, Webhook, Recipient, type(account))
    one = Delivery.objects.get()
    for url in (address(one, "requeue"), address(account, "webhook")):
        assert confirm(browser, url).status_code == 403
