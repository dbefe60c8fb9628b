"""Files of lists: what is in them, who gets them, and that workers make the large ones."""

import csv
import io
import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from billing.models import Bill, Charge
from finance_mgmt.admin import exporting
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.models import Account, Decision, Run, RunStep, Webhook
from finance_mgmt.services import list_files, made_files, runs
from finance_mgmt.services.list_files import Asked, Form
from tests.billing.admin_world import fill
from tests.finance_mgmt.admin_door import door, everything, list_url, staff
from tests.provider import LONG_AGO

pytestmark = pytest.mark.django_db

NO_FILES = {  # what signing in leaves behind, and schedules
    "axes.accessattempt",
    "django_celery_beat.clockedschedule",
    "django_celery_beat.crontabschedule",
    "django_celery_beat.intervalschedule",
    "django_celery_beat.periodictask",
    "mfa.authenticator",
}
EXPORTED = [
    model
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
    if model._meta.label_lower not in NO_FILES
]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.CELERY_BROKER_URL = "memory://"


def address(model, form: str, query: str = "") -> str:
    name = model._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_export", args=[form]) + (f"?{query}" if query else "")


def table(answer) -> list[list[str]]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def work() -> None:
    for pk in Run.objects.filter(state="queued").values_list("pk", flat=True):
        runs.work(pk, worker="test")


def test_every_list_can_be_had_as_both_files(provider):
    fill(provider, 1)
    browser, found = everything(), {}
    for model in EXPORTED:
        rows = table(browser.post(address(model, "csv")))
        book = browser.post(address(model, "xlsx"))
        found[model._meta.label_lower] = (len(rows) - 1, book.content[:2], book.status_code)
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(set(rows[0])) == len(rows[0]), f"{model} has a heading twice: {rows[0]}"
    assert found == {
        model._meta.label_lower: (model._default_manager.count(), b"PK", 200) for model in EXPORTED
    }


def test_a_file_has_the_filtered_rows_with_exact_figures(provider):
    master = provider.account("M", credit_limit="1000", identity="=1+1 Ltd")
    Account.objects.filter(pk=master.pk).update(name="=1+1")
    other = provider.account("O")
    product = provider.product("compute", unit_price="0.123456789")
    for account in (master, other):
        provider.use(account, product, "7", LONG_AGO + timedelta(days=1600), resource="i-1")
    provider.jobs(now())
    heading, *rows = table(everything().post(address(Charge, "csv", "q=M&p=3")))
    charge = Charge.objects.get(owner=master)
    row = dict(zip(heading, rows[0], strict=True))
    names = ("ID", "Owner", "Owner: name", "Product", "List amount", "Payable", "Currency", "Kind")
    assert [[row[name] for name in names]] == [
        [str(charge.pk), "M", "'=1+1", "compute", "0.864197523", "0.864197523", "CNY", "usage"]
    ]
    assert len(rows) == 1
    accounts = table(everything().post(address(Account, "csv", "role=alone&o=-1")))
    named = [dict(zip(accounts[0], one, strict=True)) for one in accounts[1:]]
    assert [(one["Number"], one["Credit limit"], one["Role"]) for one in named] == [
        ("O", "0", "alone"),
        ("M", "1000", "alone"),
    ]
    assert [Decimal(one["Available"]) > 0 for one in named] == [False, True]


def test_secrets_are_in_no_file():
    hidden = {
        model._meta.label_lower: {
            column.field.heading.lower()
            for column in exporting.columns(admin.site._registry[model])
        }
        & {"password", "seed of the secret", "earlier seed", "data", "secret"}
        for model in EXPORTED
    }
    assert hidden == {model._meta.label_lower: set() for model in EXPORTED}
    shown = [column.field.heading for column in exporting.columns(admin.site._registry[Webhook])]
    assert [name for name in shown if name.lower().count("seed")] == []


def test_files_are_for_who_may_see_the_list(provider):
    provider.account("A")
    codes = {
        name: browser.post(address(Account, "csv")).status_code
        for name, browser in (
            ("nobody", Client()),
            ("staff", door()),
            ("other list", door("billing.view_bill")),
            ("viewer", door("finance_mgmt.view_account")),
        )
    }
    assert codes == {"nobody": 302, "staff": 403, "other list": 403, "viewer": 200}
    boss = everything()
    assert boss.get(address(Account, "csv")).status_code == 405
    assert boss.post(address(Account, "pdf")).status_code == 404
    assert boss.post(address(Account, "csv", "id__exact=abc")).status_code == 302


def test_a_large_list_is_written_by_a_worker_and_told_of(provider, settings):
    settings.LIST_ROWS_AT_ONCE = 2
    for number in "ABC":
        provider.account(number)
    asker, other = everything(), door("finance_mgmt.view_account")
    query = "q=&channel__exact=direct"
    assert asker.post(address(Account, "csv", query)).url == reverse("admin:files")
    assert asker.post(address(Account, "csv", query)).url == reverse("admin:files")
    run = Run.objects.get(kind="list")  # the second click gets the first file
    watched = asker.get(reverse("admin:file_progress", args=[run.pk])).json()
    assert (watched["state"], watched["is_finished"]) == ("queued", False)
    work()
    run.refresh_from_db()
    assert (run.state, run.done_units, run.total_units) == (RunState.DONE, 3, 3)
    told = [str(one) for one in asker.get(list_url(Bill)).context["messages"]]
    again = [str(one) for one in asker.get(list_url(Bill)).context["messages"]]
    url = reverse("admin:file", args=[run.pk])
    said = f'Your file is ready: Accounts. <a href="{url}">Download</a>'
    assert (told[-1], again) == (said, [])
    rows = table(asker.get(url))
    assert [row[1] for row in rows] == ["Number", "A", "B", "C"]
    assert other.get(url).status_code == 404
    assert other.get(reverse("admin:file_progress", args=[run.pk])).status_code == 404
    assert asker.get(reverse("admin:files")).content.decode().count(url) == 1
    assert Decision.objects.filter(verb="list_files.ask").count() == 2


def _made(user: User, of: str = "finance_mgmt.account") -> Run:
    asked = Asked(of, "", Form.CSV, user.pk, "en")
    run = list_files.ask(asked=asked, key=f"k{user.pk}", by=user.username, at=now())
    work()
    run.refresh_from_db()
    return run


def test_a_file_is_gone_after_a_week_and_with_the_permission(provider):
    provider.account("A")
    user = staff("finance_mgmt.view_account")
    browser, run = Client(), _made(user)
    browser.force_login(user)
    url = reverse("admin:file", args=[run.pk])
    assert len(table(browser.get(url))) == 2
    late = (now() - made_files.KEPT - timedelta(hours=1)).timestamp()
    os.utime(list_files.path_of(run), (late, late))
    Run.objects.filter(pk=run.pk).update(finished_at=run.finished_at - made_files.KEPT)
    assert browser.get(url).status_code == 410
    assert (list_files.drop_old(now()), list_files.drop_old(now())) == (1, 0)
    user.user_permissions.clear()
    assert browser.get(url).status_code == 403


def test_who_lost_the_list_while_waiting_gets_no_file(provider):
    user = staff()
    run = _made(user)
    step = RunStep.objects.get(run=run)
    assert (run.state, step.error) == (
        RunState.FAILED,
        "Who asked for this file may not see the list any more. Nothing was written.",
    )
    assert list_files.path_of(run).exists() is False


def test_the_same_key_asks_once(provider):
    user = staff("finance_mgmt.view_account")
    assert _made(user) == _made(user)
