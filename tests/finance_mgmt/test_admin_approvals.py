"""Requests for a second person: asked, approved, rejected, withdrawn, lost (Z7)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Role
from finance_mgmt.models import Approval, Relationship
from finance_mgmt.services import approvals, people, relationships
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    staff,
    text,
    viewer,
)
from tests.finance_mgmt.command_door import address, confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

VIEW = ("finance_mgmt.view_approval", "finance_mgmt.view_account")
CHECKER = (*VIEW, "finance_mgmt.approve")
MAKER = (*VIEW, "finance_mgmt.set_credit_limit")


@pytest.fixture
def account(provider):
    provider.policy(four_eyes_above=Decimal("100"))
    return provider.account("M", cash_amount="7")


@pytest.fixture
def maker(account):
    browser = Client()
    browser.force_login(staff(*MAKER))
    return browser


@pytest.fixture
def asked(account, maker):
    body = {"limit": "900", "reason": "contract"}
    assert confirm(maker, address(account, "credit-limit"), **body).status_code == 302
    return Approval.objects.get()


def state() -> str:
    return Approval.objects.get().state


def commands(browser, row) -> list[str]:
    return [str(one.label) for one in browser.get(page_url(row)).context["commands"]]


def test_who_sees_which_button(asked, maker):
    assert commands(maker, asked) == ["Withdraw the request"]
    assert commands(door(*CHECKER), asked) == ["Approve", "Reject"]
    assert commands(door(*VIEW), asked) == []
    assert Client().get(page_url(asked)).status_code == 302
    assert viewer(User).get(page_url(asked)).status_code == 403


def test_the_page_says_what_was_asked_and_what_it_would_do_now(asked):
    page = door(*CHECKER).get(page_url(asked)).context["panels"]
    said = {str(one.label): text(one.value) for one in panel(page, "What was asked").facts}
    assert said == {
        "command": "Set the credit limit",
        "account": "M M",
        "credit limit": "900.00",
        "reason": "contract",
        "amount that decides": "900.00",
    }
    assert [row[1:4] for row in rows(panel(page, "Figures"))] == [
        ["Available", "7.00 CNY", "907.00 CNY"],
        ["Credit limit", "0.00 CNY", "900.00 CNY"],
        ["Effective limit", "0.00 CNY", "900.00 CNY"],
        ["Credit headroom", "0.00 CNY", "900.00 CNY"],
    ]


@pytest.mark.rule("Z7", "F11")
def test_a_second_person_approves_once(asked, provider, account):
    browser, url = door(*CHECKER), address(asked, "approve")
    assert preview(browser, url).context["is_preview"]
    assert (state(), decided("credit.set_limit")) == ("waiting", 1 - 1)
    for _click in range(2):
        assert confirm(browser, url, comment="seen the contract").status_code == 302
    row = Approval.objects.get()
    assert (row.state, row.comment, provider.stored(account)["credit_limit"]) == (
        "approved",
        "seen the contract",
        Decimal(900),
    )
    assert decided("credit.set_limit") == 1
    assert commands(browser, row) == []
    told = [str(one) for one in get_messages(confirm(browser, url).wsgi_request)]
    assert told[-1:] in (["Approved and carried out."], [])


@pytest.mark.rule("Z7")
def test_nobody_approves_what_they_asked_for(asked, provider, account):
    person = User.objects.get(username=asked.asked_by)
    for codename in ("finance_mgmt.approve",):
        app, name = codename.split(".")
        person.user_permissions.add(*staff(codename).user_permissions.all())
    browser = Client()
    browser.force_login(User.objects.get(pk=person.pk))
    for name in ("approve", "reject"):
        assert confirm(browser, address(asked, name)).status_code == 403
    note = browser.get(page_url(asked)).context["panels"][0].context["title"]
    assert note == "You asked for this yourself: somebody else decides (Z7)."
    assert (state(), provider.stored(account)) == ("waiting", {"cash": Decimal(7)})


@pytest.mark.rule("Z7")
def test_one_person_with_two_user_names_is_one_person(asked):
    User.objects.filter(username=asked.asked_by).update(email="Eve@example.com")
    other = staff(*CHECKER)
    User.objects.filter(pk=other.pk).update(email="eve@example.com")
    browser = Client()
    browser.force_login(other)
    assert confirm(browser, address(asked, "approve")).status_code == 403


def test_who_lost_the_permission_decides_nothing(asked):
    person = staff(*CHECKER)
    browser = Client()
    browser.force_login(person)
    assert browser.get(address(asked, "approve")).status_code == 200
    person.user_permissions.clear()
    person.user_permissions.set(staff(*VIEW).user_permissions.all())
    for name in ("approve", "reject"):
        assert confirm(browser, address(asked, name)).status_code == 403
    assert state() == "waiting"


@pytest.mark.parametrize("how", ["permissions", "dismissed"])
def test_what_the_asker_may_not_do_any_more_can_only_be_rejected(how, asked):
    asker = User.objects.get(username=asked.asked_by)
    if how == "permissions":
        asker.user_permissions.clear()
    else:
        User.objects.filter(pk=asker.pk).update(is_active=False)
    browser = door(*CHECKER)
    assert commands(browser, asked) == ["Reject"]
    assert confirm(browser, address(asked, "approve")).status_code == 403
    assert confirm(browser, address(asked, "reject"), comment="no").status_code == 302
    assert state() == "rejected"


@pytest.mark.rule("Z6", "Z7")
def test_what_was_asked_through_the_api_is_approved_while_the_role_lasts(account, provider):
    link = provider.link(account, provider.account("A"), mode=Mode.MANAGEMENT)
    user = User.objects.create_user("ann")
    role = people.appoint(account=account, user=user, role=Role.OWNER, **provider.said())
    said = provider.said(now()) | {"key": f"api {account.pk}/{user.pk} k", "by": "ann"}
    asked = approvals.ask(verb="changes.end", arguments={"relationship": link.pk}, **said)
    browser = door(*CHECKER)
    assert commands(browser, asked) == ["Approve", "Reject"]
    people.dismiss(account_user=role, **provider.said(now()))
    assert commands(browser, asked) == ["Reject"]
    assert confirm(browser, address(asked, "approve")).status_code == 403


@pytest.mark.rule("Z7")
def test_the_page_is_named_in_words(asked):
    page = door(*CHECKER).get(page_url(asked))
    assert str(page.context["original"]) == f"Set the credit limit {asked.pk}"
    assert "credit.set_limit" not in page.content.decode()


def test_what_expired_can_not_be_decided(account, provider):
    asked = approvals.ask(
        verb="credit.set_limit",
        arguments={"account": "M", "limit": "900", "reason": ""},
        amount=Decimal(900),
        **provider.said(now() - timedelta(days=8)) | {"by": staff(*MAKER).get_username()},
    )
    browser = door(*CHECKER)
    page = browser.get(page_url(asked)).context
    assert [text(one) for one in page["badges"]] == ["expired"]
    assert list(page["commands"]) == []
    assert reasons(confirm(browser, address(asked, "approve"))) == [("Z7", "not_waiting")]
    assert provider.stored(account) == {"cash": Decimal(7)}


def test_whoever_asked_withdraws(asked, maker):
    assert confirm(door(*CHECKER), address(asked, "withdraw")).status_code == 403
    for _click in range(2):
        assert confirm(maker, address(asked, "withdraw"), key="w").status_code == 302
    assert state() == "withdrawn"


@pytest.mark.rule("Z7", "L10")
def test_what_the_rules_refuse_by_now_is_shown_and_fails(provider):
    master, member = provider.account("M"), provider.account("G", cash_amount="5")
    link = provider.link(master, member, mode=Mode.MANAGEMENT)
    provider.policy(four_eyes_above=Decimal("100"))
    asker = staff("finance_mgmt.view_relationship", "finance_mgmt.end")
    browser = Client()
    browser.force_login(asker)
    page = browser.get(address(link, "end")).content.decode()
    assert "Ending a relationship always needs a second person." in page
    assert confirm(browser, address(link, "end")).status_code == 302
    asked = Approval.objects.get()
    provider.policy(four_eyes_above=None)
    provider.end(link, now())
    provider.policy(four_eyes_above=Decimal("100"))
    shown = door(*CHECKER).get(page_url(asked)).context["panels"][-1].context["reasons"]
    assert [(one.rule, one.code) for one in shown] == [("L10", "not_in_force")]
    assert reasons(preview(door(*CHECKER), address(asked, "approve"))) == [("L10", "not_in_force")]
    confirm(door(*CHECKER), address(asked, "approve"))
    assert state() == "failed"
    assert Relationship.objects.get().state == "ended"
    assert relationships.expire(by="job", at=now()) == 0


def test_the_list_says_what_waits(asked):
    row = listed(door(*VIEW).get(list_url(Approval)))[0]
    assert row[:5] == ["Set the credit limit", "M", "900.00", "waiting", asked.asked_by]


def test_list_and_page_ask_a_fixed_number_of_questions(asked, account, provider):
    browser, counted = everything(), []
    for number in range(2):
        pages = []
        for url in (list_url(Approval), page_url(asked)):
            with CaptureQueriesContext(connection) as queries:
                browser.get(url)
            pages.append(len(queries))
        counted.append(pages)
        arguments = {"account": "M", "limit": f"90{number}", "reason": ""}
        for _more in range(3):
            said = provider.said(now())
            approvals.ask(verb="credit.set_limit", arguments=arguments, **said)
    assert counted[0] == counted[1]
