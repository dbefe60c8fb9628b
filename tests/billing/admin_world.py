"""A small provider with some rows in every table that the admin shows."""

from decimal import Decimal

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import Group, User
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)

from billing.services import commitments, coupons, orders, vouchers, warnings
from finance_mgmt.clock import now
from finance_mgmt.enums import Language, Mode, Permission, Role
from finance_mgmt.models import Account, StoredPolicy
from finance_mgmt.services import (
    approvals,
    jobs,
    mails,
    parking,
    people,
    recipients,
    webhooks,
)
from invoicing.services import credit_notes, invoices, sellers, taxes, titles
from simulation.replay.question import Question
from simulation.services import what_ifs
from tests.billing import files
from tests.provider import LONG_AGO, Provider, at

USED = at("2024-05-10 14:20")
BILLED = at("2024-06-02 09:00")


def fill(provider: Provider, count: int) -> Account:
    """`count` rows or more of everything: masters with a member each, usage, bills, imports."""
    provider.policy(payment_days=10)
    for number in range(count):
        last = _group(provider, number)
    provider.jobs(BILLED)
    for number in range(count):
        code, owner = f"V-{number}", Account.objects.get(number=f"M-{number}")
        vouchers.issue(code=code, owner=owner, face_value=Decimal("0.5"), **provider.said())
        coupons.issue(code=f"K-{number}", owner=owner, amount=Decimal(3), **provider.said())
        _request(provider, owner)
        user = User.objects.create_user(f"user {number}")
        people.appoint(account=owner, user=user, role=Role.OWNER, **provider.said())
        _sell(provider, Account.objects.get(number=f"x-{number}"))
        warnings.set_thresholds(account=owner, warn_below=[Decimal(5)], **provider.said(now()))
        parking.park(account=owner, reason="under dispute", **provider.said(BILLED))
        jobs.started(list(settings.JOBS)[number], at=BILLED)
    _imports(provider, count)
    _invoices(provider, count)
    _schedules(count)
    for number in range(count):
        _tell(provider, Account.objects.get(number=f"M-{number}"), number)
    return last


def _group(provider: Provider, number: int) -> Account:
    master = provider.account(f"M-{number}", credit_limit="1000", identity=f"Master {number}")
    member = provider.account(f"m-{number}", identity=f"Master {number}")
    managed = provider.account(f"x-{number}", cash_amount="10", identity=f"Master {number}")
    product = provider.product(f"compute-{number}", unit_price="0.123456", family=f"f-{number}")
    provider.discount(master, rate="0.8")
    provider.link(master, member)
    provider.link(master, managed, mode=Mode.MANAGEMENT, grants=(Permission.VIEW_FINANCES,))
    provider.use(member, product, "7", USED, resource=f"i-{number}")
    provider.use(master, product, "3", USED)
    return master


def _request(provider: Provider, account: Account) -> None:
    arguments = approvals.primitives(account=account, limit=Decimal(5), reason="more")
    approvals.ask(
        verb="credit.set_limit", arguments=arguments, amount=Decimal(5), **provider.said(now())
    )


def _sell(provider: Provider, account: Account) -> None:
    product = provider.product(f"vm-{account.number}", cycle="", unit_price=None)
    number, amount = f"o-{account.number}", Decimal(1)
    orders.place(
        number=number, account=account, product=product, list_amount=amount, **provider.said(now())
    )
    commitments.add(
        code=f"c-{account.number}",
        owner=account,
        kind="savings_plan",
        commit_amount=amount,
        rate=Decimal("0.5"),
        **provider.said(),
    )


def _invoices(provider: Provider, count: int) -> None:
    for number in range(count):
        master = Account.objects.get(number=f"M-{number}")
        titles.set_title(account=master, title=f"Master {number}", **provider.said())
        rate = {"rate": Decimal("0.06"), "jurisdiction": f"C{number}"}
        taxes.set_rate(**rate, **provider.said())
        seller = {"legal_name": "Cloud", "country": "US"}
        sellers.set_seller(
            **seller, effective_from=BILLED.replace(minute=number), **provider.said(LONG_AGO)
        )
        said = {"month": USED.date().replace(day=1), **provider.said(BILLED)}
        found = invoices.issue(issuer=master, is_combined=True, **said)
        credit_notes.issue(invoice=found, amount=Decimal("0.01"), **provider.said(BILLED))


def _imports(provider: Provider, count: int) -> None:
    if not Account.objects.filter(number="HQ").exists():
        files.small_world(provider)
    for number in range(count):
        cells = {"Id": str(number + 1)}
        stranger = {"Id": f"{number + 1}00", "SubAccountId": '"S-9"'}
        files.load(provider, files.focus(cells, stranger))


def _schedules(count: int) -> None:
    StoredPolicy.objects.get_or_create(pk=1)
    for number in range(count):
        Group.objects.create(name=f"group {number}")
        every = IntervalSchedule.objects.create(every=number + 1, period="hours")
        CrontabSchedule.objects.create(minute=str(number))
        ClockedSchedule.objects.create(clocked_time=BILLED.replace(minute=number))
        PeriodicTask.objects.create(
            name=f"job {number}", task="finance_mgmt.reconcile", interval=every
        )


def _tell(provider: Provider, account: Account, number: int) -> None:
    """Notices on their way, who signs in, and a question."""
    said = {"language": Language.ENGLISH, "kinds": [], **provider.said()}
    recipients.add(account=account, email=f"money{number}@example.com", **said)
    url = "https://93.184.216.34/hook"
    hook = webhooks.add(account=account, url=url, kinds=[], **provider.said())
    webhooks.send_test(webhook=hook, **provider.said())
    texts = dict.fromkeys(("message_id", "sender", "recipients", "subject", "text", "html"), "x")
    mails.store(**texts, at=BILLED)
    user = User.objects.get(username=f"user {number}")
    AccessAttempt.objects.create(
        username=user.username, ip_address="192.0.2.1", failures_since_start=1
    )
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    question = Question(account.number, None, USED.date().replace(day=1))
    what_ifs.ask(question=question, **provider.said(BILLED))
