"""Appointing and dismissing who may act for an account, in the admin (Z6)."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from finance_mgmt.enums import Role
from finance_mgmt.models import AccountUser
from finance_mgmt.services import people
from tests.api.door import Caller
from tests.finance_mgmt.admin_door import door, everything, list_url, page_url, panel, rows
from tests.finance_mgmt.command_door import address, confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

LOOK = ("finance_mgmt.view_account", "finance_mgmt.view_accountuser")
MAY = (*LOOK, "finance_mgmt.appoint_user")


@pytest.fixture
def account(provider):
    return provider.account("M", cash_amount="7")


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def held() -> list[tuple[str, str, str]]:
    found = AccountUser.objects.filter(dismissed_at__isnull=True)
    return list(found.values_list("user__username", "account__number", "role"))


@pytest.mark.rule("Z6")
def test_a_person_is_appointed_acts_and_is_dismissed(account, ann):
    browser, url = door(*MAY), address(account, "appoint")
    shown = preview(browser, url, user="ann", role="finance").context
    assert (shown["is_preview"], [str(one.label) for one in shown["form"].visible_fields()]) == (
        True,
        ["User name", "Role"],
    )
    assert held() == []
    for _click in range(2):
        assert confirm(browser, url, user="ann", role="finance").status_code == 302
    assert (held(), decided("people.appoint")) == ([("ann", "M", "finance")], 1)
    assert rows(panel(browser.get(page_url(account)).context["panels"], "Users"))[0][:2] == [
        "ann",
        "finance",
    ]
    caller = Caller(ann, "M")
    assert caller.get("accounts/M/funds").status_code == 200

    (row,) = AccountUser.objects.all()
    assert [str(one.label) for one in browser.get(page_url(row)).context["commands"]] == ["Dismiss"]
    assert confirm(browser, address(row, "dismiss"), key="d").status_code == 302
    assert (held(), caller.get("accounts/M/funds").status_code) == ([], 403)
    assert list(browser.get(page_url(row)).context["commands"]) == []
    assert reasons(confirm(browser, address(row, "dismiss"), key="again")) == [("Z6", "dismissed")]


@pytest.mark.rule("Z6")
def test_another_role_ends_the_former_one(account, ann, provider):
    people.appoint(account=account, user=ann, role=Role.OWNER, **provider.said())
    assert confirm(door(*MAY), address(account, "appoint"), user="ann", role="viewer").status_code
    assert held() == [("ann", "M", "viewer")]
    assert AccountUser.objects.count() == 2


def test_who_may(account, ann, provider):
    row = people.appoint(account=account, user=ann, role=Role.OWNER, **provider.said())
    urls = [address(account, "appoint"), address(row, "dismiss"), list_url(AccountUser)]
    found = [
        [browser.get(url).status_code for url in urls]
        for browser in (Client(), door("finance_mgmt.view_account"), door(*LOOK), door(*MAY))
    ]
    assert found == [[302, 302, 302], [403, 403, 403], [403, 403, 200], [200, 200, 200]]
    panels = door("finance_mgmt.view_account").get(page_url(account)).context["panels"]
    assert [one for one in panels if str(one.title) == "Users"] == []


@pytest.mark.parametrize(
    ("user", "role", "wrong"),
    [("nobody", "owner", ["user"]), ("", "owner", ["user"]), ("ann", "king", ["role"])],
)
def test_what_is_filled_in_wrongly_is_said(account, ann, user, role, wrong):
    answer = confirm(everything(), address(account, "appoint"), user=user, role=role)
    assert (answer.status_code, list(answer.context["form"].errors), held()) == (200, wrong, [])


@pytest.mark.rule("Z6")
def test_who_may_not_sign_in_is_not_appointed(account, ann):
    User.objects.filter(pk=ann.pk).update(is_active=False)
    answer = preview(everything(), address(account, "appoint"), user="ann", role="owner")
    assert reasons(answer) == [("Z6", "user_inactive")]


def test_the_list_tells_today_from_the_past(account, ann, provider):
    row = people.appoint(account=account, user=ann, role=Role.OWNER, **provider.said())
    people.dismiss(account_user=row, **provider.said())
    browser = everything()
    counts = [
        browser.get(list_url(AccountUser), {"may": may} if may else {}).context["cl"].result_count
        for may in ("", "today", "dismissed", "x")
    ]
    assert counts == [1, 0, 1, 1]
