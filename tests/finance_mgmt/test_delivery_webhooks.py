"""Webhooks: signed events, retries, pauses, the end; and what is never posted to (W4, S19)."""

import base64
import hashlib
import hmac
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from finance_mgmt.delivery import webhooks as way_out
from finance_mgmt.enums import NoticeKind
from finance_mgmt.models import Delivery, Notice
from finance_mgmt.rules import addresses, backoff
from finance_mgmt.services import deliveries, notices, webhooks
from tests.finance_mgmt.post_office import allowed, endpoint, free_port
from tests.provider import at

NOON = at("2024-05-10 12:00")


def tell(account, times: int = 1) -> None:
    for _ in range(times):
        facts = {"figure": Decimal(5)}
        kind = NoticeKind.LOW_FUNDS
        notices.tell(
            [account.pk], kind=kind, about=account.pk, at=NOON, threshold=Decimal(9), facts=facts
        )
    deliveries.hand_out(at=NOON)


def post(when=NOON) -> int:
    return way_out.deliver(clock=lambda: when, worker="w", seconds=30)


def states() -> list[tuple[str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "attempts"))


def verify(secret: str, headers: dict, body: bytes) -> bool:
    """The ten lines of docs/notices.md."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split(" ")]
    return any(hmac.compare_digest(wanted, one) for one in given)


@pytest.fixture
def account(provider):
    return provider.account("ACME-1")


@pytest.fixture
def receiver():
    with endpoint() as found:
        yield found


@pytest.fixture
def webhook(provider, account, receiver):
    kinds = [NoticeKind.LOW_FUNDS]
    return webhooks.add(account=account, url=receiver.url, kinds=kinds, **provider.said())


@pytest.mark.rule("W4")
def test_an_event_is_an_envelope_with_a_signature_that_its_owner_can_check(
    account, webhook, receiver
):
    tell(account)
    assert (post(), post()) == (1, 0)
    ((headers, body),) = receiver.events
    sent = Delivery.objects.get()
    assert receiver.bodies() == [
        {
            "specversion": "1.0",
            "id": f"msg_{sent.public_id.hex}",
            "source": "/accounts/ACME-1",
            "type": "group-billing.notice.low_funds",
            "subject": "ACME-1",
            "time": "2024-05-10T04:00:00+00:00",
            "datacontenttype": "application/json",
            "data": {
                "notice": Notice.objects.get().pk,
                "kind": "low_funds",
                "to": "ACME-1",
                "about": "ACME-1",
                "currency": "CNY",
                "threshold": "9.00",
                "facts": {"figure": "5.00"},
            },
        }
    ]
    assert (headers["content-type"], headers["webhook-timestamp"]) == (
        "application/cloudevents+json; charset=utf-8",
        str(int(NOON.timestamp())),
    )
    assert verify(webhooks.secret_text(webhook), headers, body)
    assert not verify(webhooks.secret_text(webhook), headers, body + b" ")
    assert (sent.state, sent.answer) == ("sent", "204")


@pytest.mark.rule("W4")
def test_a_replaced_secret_signs_for_a_day_and_so_does_one_of_an_earlier_key(
    provider, account, webhook, receiver
):
    before = webhooks.secret_text(webhook)
    fresh = webhooks.replace_secret(webhook=webhook, **provider.said(NOON))
    tell(account)
    post(NOON + timedelta(hours=23))
    tell(account)
    post(NOON + timedelta(hours=24))
    checked = [
        [verify(secret, *event) for secret in (before, webhooks.secret_text(fresh))]
        for event in receiver.events
    ]
    assert checked == [[True, True], [False, True]]
    old = webhooks.secret_text(fresh)
    from django.conf import settings

    with override_settings(SECRET_KEY="next", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        tell(account)
        post(NOON + timedelta(hours=25))
        assert webhooks.secret_text(fresh) != old
        assert verify(old, *receiver.events[-1])


@pytest.mark.rule("W4")
def test_what_is_not_taken_is_posted_again_with_the_same_id(account, webhook, receiver):
    receiver.answers = [(500, {}), (400, {})]
    tell(account)
    assert [post(), post(), post(NOON + timedelta(minutes=1))] == [0, 0, 0]
    assert states() == [("failed", 2)]
    assert post(NOON + timedelta(minutes=5)) == 1
    assert (states(), len(set(receiver.ids()))) == ([("sent", 3)], 1)
    assert receiver.bodies()[0] == receiver.bodies()[2]


@pytest.mark.rule("W4")
def test_nobody_there_costs_the_first_one_an_attempt_and_the_others_none(
    provider, account, settings
):
    with allowed(port := free_port()):
        url = f"http://127.0.0.1:{port}/"
        webhooks.add(account=account, url=url, kinds=[NoticeKind.LOW_FUNDS], **provider.said())
        tell(account, 3)
        assert post() == 0
        assert states() == [("failed", 1), ("queued", 0), ("queued", 0)]
        assert post(NOON + timedelta(seconds=29)) == 0  # left alone
        assert states() == [("failed", 1), ("queued", 0), ("queued", 0)]


@pytest.mark.rule("W4")
def test_a_busy_receiver_says_for_how_long(account, webhook, receiver):
    receiver.answers = [(429, {"Retry-After": "600"})]
    tell(account, 2)
    assert [post(), post(NOON + timedelta(seconds=599))] == [0, 0]
    assert post(NOON + timedelta(seconds=600)) == 2
    webhook.refresh_from_db()
    assert webhook.paused_until is None


@pytest.mark.rule("W4")
def test_given_up_too_often_it_is_switched_off_and_the_account_is_told(
    provider, account, webhook, receiver
):
    receiver.answers = [(500, {})] * 500
    tell(account, webhooks.MOST_DEAD_IN_A_ROW + 2)
    Delivery.objects.update(attempts=backoff.MOST_ATTEMPTS - 1)
    post()
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.off_reason) == (False, "5 events were given up.")
    assert [state for state, _ in states()] == ["dead"] * 7
    told = Notice.objects.get(kind=NoticeKind.WEBHOOK_OFF)
    assert (told.to, told.facts["url"]) == (account, receiver.url)
    one = Delivery.objects.first()
    with pytest.raises(deliveries.DeliveryRefused):
        deliveries.requeue(delivery=one, **provider.said())
    receiver.answers = []
    webhooks.change(webhook=webhook, is_active=True, **provider.said())
    deliveries.requeue(delivery=Delivery.objects.get(pk=one.pk), **provider.said(NOON))
    assert post() == 1


@pytest.mark.rule("W4")
def test_a_plain_gone_switches_it_off_at_once(account, webhook, receiver):
    receiver.answers = [(410, {})]
    tell(account)
    post()
    webhook.refresh_from_db()
    assert (webhook.is_active, states()) == (False, [("dead", 1)])


def test_a_test_event_goes_out_once_per_key(provider, webhook, receiver):
    said = provider.said(NOON)
    assert webhooks.send_test(webhook=webhook, **said) == webhooks.send_test(
        webhook=webhook, **said
    )
    assert post() == 1
    (event,) = receiver.bodies()
    assert (event["type"], event["data"]) == (
        "group-billing.test",
        {"message": "This is a test."},
    )


@pytest.mark.rule("W4")
def test_nothing_is_posted_to_an_address_inside_whatever_its_name(
    provider, account, webhook, receiver, monkeypatch
):
    tell(account)
    with override_settings(WEBHOOK_NETWORKS=[]):
        assert post() == 0
    assert (receiver.events, states()) == ([], [("dead", 1)])
    for url in ("http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/"):
        with override_settings(WEBHOOK_NETWORKS=[]), pytest.raises(addresses.AddressRefused):
            webhooks.add(account=account, url=url, kinds=[], **provider.said())


@pytest.mark.rule("W4")
@pytest.mark.parametrize("name", ["localhost", "0x7f.1", "2130706433", "127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_posted_to(
    provider, account, receiver, name
):
    url = f"http://{name}:{receiver.port}/"
    with override_settings(WEBHOOK_NETWORKS=[]):
        webhooks.add(account=account, url=url, kinds=[NoticeKind.LOW_FUNDS], **provider.said())
        tell(account)
        assert post() == 0
    assert (receiver.events, states()) == ([], [("dead", 1)])


@pytest.mark.rule("W4")
def test_the_address_that_was_judged_is_the_one_that_is_used(receiver, monkeypatch):
    """A name server that says something else the second time (DNS rebinding) is not asked."""
    import socket

    real, asked = socket.getaddrinfo, []

    def rebinding(host, port, **options):
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    target = addresses.Target("http", "inside.test", receiver.port, "/in")
    answer = way_out.guarded_http.post(
        target, body=b"x", headers={}, networks=[way_out.ip_network("127.0.0.1/32")]
    )
    assert (answer.status, asked) == (204, ["inside.test"])
    assert receiver.events[0][0]["host"] == f"inside.test:{receiver.port}"


@pytest.mark.rule("W4")
def test_a_redirect_is_not_followed(account, webhook, receiver):
    receiver.answers = [(302, {"Location": "http://169.254.169.254/latest/meta-data"})]
    tell(account)
    assert post() == 0
    assert (len(receiver.events), Delivery.objects.get().error) == (
        1,
        "It answered 302: redirects are not followed.",
    )


@pytest.mark.rule("W4")
def test_a_receiver_that_drips_is_cut_off(monkeypatch):
    import socket
    import threading
    import time

    monkeypatch.setattr(way_out.guarded_http, "SECONDS", 1)
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not ended.wait(timeout=0.2):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    target = addresses.Target("http", "127.0.0.1", server.getsockname()[1], "/")
    began = time.monotonic()
    with pytest.raises(way_out.guarded_http.NoAnswer, match="No answer within 1 s."):
        way_out.guarded_http.post(
            target, body=b"", headers={}, networks=[way_out.ip_network("127.0.0.1/32")]
        )
    assert time.monotonic() - began < 3
    ended.set()
    thread.join()
    server.close()
