"""Notices through the API: recipients, webhooks with a secret shown once, thresholds (W4, W5)."""

import pytest

from finance_mgmt.models import ApiRequest, Delivery, Webhook
from finance_mgmt.services import webhooks
from tests.api.door import Caller, codes, user_of
from tests.provider import Provider, at

pytestmark = pytest.mark.django_db

URL = "https://example.com/billing"


@pytest.fixture
def caller(provider: Provider) -> Caller:
    return user_of(provider.account("M"))


@pytest.mark.rule("W4")
def test_the_secret_of_a_webhook_is_shown_once_and_not_stored(caller):
    body = {"url": URL, "kinds": ["low_funds", "suspended"]}
    made = caller.post("webhooks", body, key="mine")
    again = caller.post("webhooks", body, key="mine")
    webhook = Webhook.objects.get()
    secret = webhooks.secret_text(webhook)
    assert (made.status_code, made.json()["secret"]) == (201, secret)
    assert (again.json(), again["Idempotency-Replayed"]) == (
        {**made.json(), "secret": None},
        "true",
    )
    assert ApiRequest.objects.get().answer.count(secret) == 0
    assert caller.get(f"webhooks/{webhook.pk}").json() == {
        "id": webhook.pk,
        "account": "M",
        "url": URL,
        "kinds": ["low_funds", "suspended"],
        "is_active": True,
        "off_reason": "",
        "paused_until": None,
        "created_at": made.json()["created_at"],
    }
    replaced = caller.post(f"webhooks/{webhook.pk}/replace-secret").json()["secret"]
    webhook.refresh_from_db()
    assert (replaced, replaced == secret) == (webhooks.secret_text(webhook), False)


@pytest.mark.rule("W4")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/", "not_public"),
        ("http://localhost:6379/", "bad_port"),
        ("file:///etc/passwd", "bad_scheme"),
    ],
)
def test_addresses_inside_are_refused(caller, url, code):
    refused = caller.post("webhooks", {"url": url, "kinds": []})
    assert (refused.status_code, codes(refused)) == (409, [code])


@pytest.mark.rule("W4")
def test_a_webhook_is_tried_switched_off_and_removed(caller):
    pk = caller.post("webhooks", {"url": URL, "kinds": []}).json()["id"]
    tried = caller.post(f"webhooks/{pk}/test").json()
    assert (tried["notice"], tried["state"], tried["webhook"]) == (None, "queued", pk)
    hook, change = f"webhooks/{pk}", f"webhooks/{pk}/change"
    off = caller.post(change, {"is_active": False}, **caller.seen(hook)).json()
    assert (off["is_active"], Delivery.objects.get().state) == (False, "dead")
    assert codes(caller.post(f"webhooks/{pk}/test")) == ["switched_off"]
    assert codes(caller.post(f"deliveries/{tried['id']}/requeue")) == ["switched_off"]
    caller.post(change, {"is_active": True}, **caller.seen(hook))
    assert caller.post(f"deliveries/{tried['id']}/requeue").json()["state"] == "queued"
    assert caller.delete(f"webhooks/{pk}").status_code == 200
    assert caller.get(f"webhooks/{pk}").status_code == 404


@pytest.mark.rule("W4")
def test_recipients_and_the_billing_address(caller):
    contact = {"email": "bills@example.com", "language": "zh-hans"}
    path = "accounts/M/contact"
    done = caller.post(path, contact, **caller.seen(path)).json()
    assert done == caller.get(path).json() == {"number": "M", **contact}
    seat = caller.get("account-users").json()["results"][0]["id"]
    body = {"account_user": seat, "language": "en", "kinds": ["cap"]}
    made = caller.post("recipients", body).json()
    assert {name: made[name] for name in ("account", "user", "language", "kinds")} == {
        "account": "M",
        "user": caller.user.username,
        "language": "en",
        "kinds": ["cap"],
    }
    assert codes(caller.post("recipients", body)) == ["there_already"]
    both = {"account_user": seat, "email": "a@example.com", "language": "en", "kinds": []}
    assert codes(caller.post("recipients", both)) == ["one_of_two"]
    path = f"recipients/{made['id']}"
    body = {"language": "en", "kinds": []}
    changed = caller.post(f"{path}/change", body, **caller.seen(path))
    assert changed.json()["kinds"] == []
    caller.delete(f"recipients/{made['id']}")
    assert caller.get("recipients").json()["results"] == []


@pytest.mark.rule("W5")
def test_a_master_sets_thresholds_of_a_member_that_shows_its_finances(provider):
    master = provider.account("M")
    links = {name: provider.account(name) for name in ("G", "N")}
    when = at("2024-05-01 00:00")
    provider.link(master, links["G"], when, mode="management", grants=["view_finances"])
    provider.link(master, links["N"], when, mode="management")
    caller = user_of(master)
    body = {"account": "G", "warn_below": ["10.00", "5.00"], "warn_spend": ["99.00"]}
    found = caller.post("thresholds", body).json()
    assert [(one["account"], one["kind"], one["amount"]) for one in found] == [
        ("G", "low_funds", "5.00"),
        ("G", "low_funds", "10.00"),
        ("G", "spending", "99.00"),
    ]
    refused = caller.post("thresholds", {"account": "N", "warn_below": ["1.00"]})
    assert (refused.status_code, codes(refused)) == (409, ["not_allowed"])
    assert len(caller.get("thresholds").json()["results"]) == 3
