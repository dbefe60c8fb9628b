"""The groups of finance staff, and the page of what is planned."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account
from finance_mgmt.rules.roles import LOOKS, ROLES
from finance_mgmt.services import changes, roles
from tests.finance_mgmt.admin_door import door, everything, page_url, rows
from tests.finance_mgmt.command_door import address

pytestmark = pytest.mark.django_db


def held() -> dict[str, set[str]]:
    return {
        group.name: {
            f"{one.content_type.app_label}.{one.codename}"
            for one in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }


def member_of(*names: str) -> Client:
    user = User.objects.create_user(" ".join(names), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=names))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.rule("Z6")
def test_the_command_makes_exactly_the_roles_and_may_be_repeated(capsys):
    for _run in range(2):
        call_command("create_roles")
        assert held() == {name: set(permissions) for name, permissions in ROLES.items()}
    assert capsys.readouterr().out.count("Checker: ") == 2


def test_it_mends_a_role_and_leaves_people_and_other_groups_alone():
    call_command("create_roles")
    member_of("Auditor")
    Group.objects.get(name="Maker").permissions.clear()
    Group.objects.create(name="Ours")
    call_command("create_roles")
    assert held() == {**{name: set(given) for name, given in ROLES.items()}, "Ours": set()}
    assert User.objects.get().groups.get().name == "Auditor"


def test_a_permission_that_does_not_exist_is_named():
    with pytest.raises(LookupError, match="billing.fly"):
        roles.create({"Pilot": ["billing.fly"]})
    assert Group.objects.count() == 0
    assert issubclass(CommandError, Exception)


@pytest.mark.rule("Z6", "Z7")
def test_no_role_both_moves_money_and_approves_or_rules_over_people():
    money = {"finance_mgmt.withdraw", "finance_mgmt.set_credit_limit", "finance_mgmt.refund"}
    found = {
        name: (
            bool(money & set(given)),
            "finance_mgmt.approve" in tuple(given),
            "auth.change_user" in tuple(given),
        )
        for name, given in ROLES.items()
    }
    assert found == {
        "Operator": (False, False, False),
        "Maker": (True, False, False),
        "Checker": (False, True, False),
        "Auditor": (False, False, False),
        "Administrator": (False, False, True),
    }
    assert [one for one in LOOKS if ".view_" not in str(one)] == []


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("Operator", [200, 403, 403, 200]),
        ("Maker", [403, 200, 200, 403]),
        ("Checker", [403, 403, 403, 403]),
        ("Auditor", [403, 403, 403, 403]),
        ("Administrator", [403, 403, 403, 403]),
    ],
)
def test_each_role_finds_its_doors_open_and_the_others_closed(role, codes, provider):
    call_command("create_roles")
    master, member = provider.account("M", credit_limit="9"), provider.account("G")
    link = provider.link(master, member, mode=Mode.MANAGEMENT)
    browser = member_of(role)
    doors = (
        reverse("admin:finance_mgmt_relationship_link"),
        address(master, "withdraw"),
        address(link, "end"),
        address(link, "upgrade"),
    )
    assert [browser.get(page).status_code for page in doors] == codes
    assert browser.get(page_url(master)).status_code == 200


PLANNED = "/admin/finance_mgmt/relationship/planned/"


def planned(browser) -> list[list[str]]:
    return rows(browser.get(PLANNED).context["panels"][0])


def test_what_is_planned_needs_the_permission_to_look():
    assert Client().get(PLANNED).status_code == 302
    assert door().get(PLANNED).status_code == 403
    assert planned(door("finance_mgmt.view_relationship")) == []


@pytest.mark.rule("L9", "L5")
def test_what_is_planned_stands_in_order(provider):
    masters = [provider.account(f"M-{n}", credit_limit="9") for n in range(2)]
    accounts = [provider.account(f"G-{n}") for n in range(4)]
    links = [
        provider.link(masters[0], one, mode=Mode.MANAGEMENT, grants=(Permission.VIEW_BILLS,))
        for one in accounts
    ]
    stranger = provider.account("S", identity="Other Ltd")
    provider.link(masters[0], stranger, now(), mode=Mode.MANAGEMENT)  # expires in 7 days

    def later(days: int) -> dict:
        return {"effective_at": provider.after(now(), days=days), **provider.said(now())}

    changes.end(relationship=links[0], **later(9))
    changes.upgrade(relationship=links[1], has_acknowledged=True, **later(5))
    changes.move(relationship=links[2], master=masters[1], **later(2))
    found = planned(everything())
    assert [row[1:5] for row in found] == [
        ["1 day", "move to M-1", "M-0 M-0", "G-2 G-2"],
        ["4 days", "upgrade to trusteeship", "M-0 M-0", "G-1 G-1"],
        ["6 days", "invitation expires", "M-0 M-0", "S S"],
        ["8 days", "relationship ends", "M-0 M-0", "G-0 G-0"],
    ]
    local = timezone.localtime(provider.after(now(), days=9), provider.zone())
    assert found[3][0][:10] == f"{local:%Y-%m-%d}"


def test_what_is_planned_asks_a_fixed_number_of_questions(provider):
    master, browser, counted = provider.account("M", credit_limit="9"), everything(), []
    for number in range(2):
        for _more in range(2):
            member = provider.account(f"G-{Account.objects.count()}")
            link = provider.link(master, member, mode=Mode.MANAGEMENT)
            provider.end(link, now(), effective_at=provider.after(now(), days=number + 1))
        with CaptureQueriesContext(connection) as queries:
            browser.get(PLANNED)
        counted.append(len(queries))
    assert counted[0] == counted[1]
