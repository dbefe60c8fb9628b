"""Letters: who gets which, in which language, once; and what happens when none can be sent (W4)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from finance_mgmt.delivery import mail
from finance_mgmt.enums import DeliveryState, Language, NoticeKind, Role
from finance_mgmt.models import Delivery, Notice, Outgoing, StoredMessage
from finance_mgmt.rules import backoff
from finance_mgmt.services import deliveries, notices, people, recipients
from tests.api.door import person
from tests.finance_mgmt.post_office import free_port, mail_server, mail_settings
from tests.provider import Provider, at

NOON = at("2024-05-10 12:00")
HOSTILE = "<script>alert('x')</script> & Sons"


def clock(when=NOON):
    return lambda: when


def tell(account, kind=NoticeKind.LOW_FUNDS, about=None, **facts) -> Notice:
    facts = facts or {"figure": Decimal("1234.5")}
    (notice,) = notices.tell(
        [account.pk],
        kind=kind,
        about=(about or account).pk,
        at=NOON,
        threshold=Decimal("2000"),
        facts=facts,
    )
    return notice


def contact(provider: Provider, account, email="bills@acme.test", language=Language.ENGLISH):
    return recipients.set_contact(
        account=account, email=email, language=language, **provider.said()
    )


def send(when=NOON, worker="w") -> int:
    deliveries.hand_out(at=when)
    return mail.deliver(clock=clock(when), worker=worker, seconds=30)


def states() -> list[tuple[str, str, int]]:
    return list(Delivery.objects.order_by("pk").values_list("address", "state", "attempts"))


@pytest.fixture
def account(provider):
    return contact(provider, provider.account("ACME-1"))


@pytest.mark.rule("W4")
def test_a_notice_is_one_letter_in_two_forms(provider, account):
    tell(account)
    with mail_server() as box:
        assert (send(), send()) == (1, 0)
    (letter,) = box.letters
    delivery = Delivery.objects.get()
    assert (letter["To"], letter["Subject"], letter["Message-ID"]) == (
        "bills@acme.test",
        "Funds of ACME-1 (ACME-1) are below 2,000.00 CNY",
        f"<{delivery.public_id.hex}@localhost>",
    )
    text, html = (part.get_content() for part in letter.iter_parts())
    assert text.splitlines()[:6] == [
        "The available funds of ACME-1 (ACME-1) fell to 1,234.50 CNY, below the threshold of"
        " 2,000.00 CNY.",
        "",
        "Account: ACME-1 (ACME-1)",
        "Available funds: 1,234.50 CNY",
        "Threshold: 2,000.00 CNY",
        "When: May 10, 2024 12:00 (Asia/Shanghai)",
    ]
    assert [html.count(f">{said}<") for said in ("What happens next", "What you can do")] == [1, 1]
    assert (delivery.state, delivery.sent_at, delivery.attempts) == (DeliveryState.SENT, NOON, 1)
    assert not Outgoing.objects.exists()


@pytest.mark.rule("W4")
def test_each_kind_can_be_written_in_each_language_and_nothing_in_it_is_markup(provider):
    account = provider.account("ACME-1")
    type(account).objects.filter(pk=account.pk).update(name=HOSTILE)
    account.refresh_from_db()
    facts = {
        "figure": Decimal(1),
        "resources": [HOSTILE] * 30,
        "master": HOSTILE,
        "mode": "trusteeship",
        "grants": ["view_bills"],
        "expires_at": NOON.isoformat(),
        "said": HOSTILE,
        "month": "2024-05",
        "url": HOSTILE,
        "reason": HOSTILE,
    }
    for kind in NoticeKind:
        notice = tell(account, kind, **facts)
        for language in Language:
            letter = mail.letters.write(notice, language=language, zone=mail.queries.policy().zone)
            assert letter.html.count("<script>") == 0, kind
            assert letter.html.count("&lt;script&gt;alert(") > 0, kind
            assert (letter.text + letter.subject).count("&lt;") == 0, kind
            assert all((letter.subject, letter.text)), kind


@pytest.mark.rule("W4")
def test_recipients_get_the_kinds_they_want_in_their_language(provider, account):
    said = provider.said
    wei = person("wei", email="wei@acme.test")
    people.appoint(account=account, user=wei, role=Role.FINANCE, **said())
    seat = account.account_users.get()
    both = [NoticeKind.LOW_FUNDS, NoticeKind.SUSPENDED]
    chinese = recipients.add(
        account=account,
        account_user=seat,
        language=Language.CHINESE,
        kinds=both,
        **said(),
    )
    english = {"email": "ops@acme.test", "language": Language.ENGLISH}
    recipients.add(account=account, kinds=[NoticeKind.SUSPENDED], **english, **said())
    tell(account)
    tell(account, NoticeKind.SUSPENDED, resources=["web"])
    tell(account, NoticeKind.SPENDING)
    deliveries.hand_out(at=NOON)
    assert sorted(Delivery.objects.values_list("address", "language", "notice__kind")) == [
        ("ops@acme.test", "en", "suspended"),
        ("wei@acme.test", "zh-hans", "low_funds"),
        ("wei@acme.test", "zh-hans", "suspended"),
    ]
    recipients.remove(recipient=chinese, **said())
    recipients.change(
        recipient=account.recipients.get(removed_at=None),
        kinds=[],
        language=Language.ENGLISH,
        **said(),
    )
    tell(account)  # muted: the one recipient left wants nothing
    deliveries.hand_out(at=NOON)
    assert Delivery.objects.count() == 3


@pytest.mark.rule("W4")
def test_whoever_is_dismissed_reads_nothing_more_and_the_contact_takes_over(provider, account):
    people.appoint(
        account=account, user=person(email="a@b.test"), role=Role.OWNER, **provider.said()
    )
    seat = account.account_users.get()
    language = Language.ENGLISH
    kinds = list(NoticeKind)
    recipients.add(
        account=account, account_user=seat, language=language, kinds=kinds, **provider.said()
    )
    people.dismiss(account_user=seat, **provider.said())
    tell(account)
    deliveries.hand_out(at=NOON)
    assert states() == [("bills@acme.test", "queued", 0)]


@pytest.mark.rule("W4")
def test_while_the_mail_server_is_away_the_outbox_grows_and_then_mails_once(provider, account):
    """F28: two hours without a mail server cost no letter, and no attempt."""
    port = free_port()
    with mail_settings(port):
        for minute in range(0, 120, 10):
            tell(account)
            assert send(NOON + timedelta(minutes=minute)) == 0
    assert set(states()) == {("bills@acme.test", "queued", 0)}
    assert Delivery.objects.first().error.startswith("Mail server: ")
    with mail_server(port) as box:
        assert send(NOON + timedelta(minutes=121)) == 12
        assert send(NOON + timedelta(minutes=122)) == 0
    assert (len(box.letters), len(set(box.ids())), box.connections) == (12, 12, 1)


@pytest.mark.rule("W4")
def test_a_refused_address_is_given_up_at_once_a_busy_one_later_and_can_be_requeued(
    provider, account
):
    other = contact(provider, provider.account("B"), "busy@b.test")
    tell(account)
    tell(other)
    with mail_server() as box:
        box.refusals = {"bills@acme.test": "550 no such user", "busy@b.test": "450 try later"}
        when = NOON
        send(when)
        assert states() == [("bills@acme.test", "dead", 1), ("busy@b.test", "failed", 1)]
        for wait in backoff.WAITS:
            when += wait * 2
            send(when)
        assert states() == [
            ("bills@acme.test", "dead", 1),
            ("busy@b.test", "dead", backoff.MOST_ATTEMPTS),
        ]
        dead = Delivery.objects.get(address="busy@b.test")
        assert (dead.answer, dead.error) == ("450 try later", "450 try later")
        box.refusals = {}
        said = provider.said(when)
        for _ in range(2):
            deliveries.requeue(delivery=dead, **said)
        assert send(when) == 1
    assert box.ids() == [mail.message_id(dead)]
    with pytest.raises(deliveries.DeliveryRefused):
        deliveries.requeue(delivery=dead, **provider.said(when))


@pytest.mark.rule("W4")
def test_a_lease_is_kept_until_it_ends_and_who_lost_it_notes_nothing(provider, account):
    tell(account)
    deliveries.hand_out(at=NOON)
    claim = {"channel": "email", "limit": 9}
    (first,) = deliveries.claim(worker="first", at=NOON, **claim)
    assert deliveries.claim(worker="second", at=NOON + timedelta(seconds=89), **claim) == []
    late = NOON + timedelta(seconds=90)
    (second,) = deliveries.claim(worker="second", at=late, **claim)
    deliveries.note_failed(first, error="late", at=late)
    deliveries.give_back([first], wait=False, at=late)
    assert states() == [("bills@acme.test", "sending", 2)]
    deliveries.note_sent(second, answer="ok", at=late)
    assert states() == [("bills@acme.test", "sent", 2)]


@pytest.mark.rule("W4")
def test_what_takes_its_worker_down_each_time_is_given_up(provider, account):
    tell(account)
    deliveries.hand_out(at=NOON)
    when = NOON
    for _ in range(backoff.MOST_ATTEMPTS):
        assert len(deliveries.claim(channel="email", limit=9, worker="w", at=when)) == 1
        when += deliveries.LEASE
    assert deliveries.claim(channel="email", limit=9, worker="w", at=when) == []
    assert (deliveries.give_up(at=when), deliveries.give_up(at=when)) == (1, 0)
    assert states() == [("bills@acme.test", "dead", backoff.MOST_ATTEMPTS)]


def test_without_a_mail_server_letters_are_kept_to_be_read(provider, account, settings):
    settings.EMAIL_BACKEND = "finance_mgmt.delivery.stored_mail.StoredMail"
    tell(account)
    assert send() == 1
    kept = StoredMessage.objects.get()
    assert (kept.recipients, kept.subject, kept.html.count("<h1")) == (
        "bills@acme.test",
        "Funds of ACME-1 (ACME-1) are below 2,000.00 CNY",
        1,
    )
