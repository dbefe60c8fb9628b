"""The timeline of an account."""

from decimal import Decimal

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.queries import timeline
from finance_mgmt.services import cash, changes, effects, grants, relationships
from tests.finance_mgmt.admin_door import door, everything, text
from tests.provider import LONG_AGO, at

pytestmark = pytest.mark.django_db

MAY = ("finance_mgmt.view_account", "finance_mgmt.view_movement")


def url(account) -> str:
    return reverse("admin:finance_mgmt_account_timeline", args=[account.pk])


def shown(browser, account, **query) -> list[tuple[str, str, str, str]]:
    events = browser.get(url(account), query).context["panels"][0].context["events"]
    return [(str(one["title"]), one["other"], text(one["amount"]), one["by"]) for one in events]


@pytest.fixture
def story(provider):
    """Linked, given a power, topped up, upgraded, ended: each on its day."""
    master = provider.account("M", credit_limit="50", cash_amount="5")
    member = provider.account("T")
    link = provider.link(
        master, member, at("2024-01-01"), mode=Mode.MANAGEMENT, grants=(Permission.VIEW_BILLS,)
    )
    power = Permission.VIEW_FINANCES
    grants.grant(relationship=link, permission=power, **provider.said(at("2024-01-02")))
    cash.top_up(account=member, amount=Decimal(3), reason="", **provider.said(at("2024-01-03")))
    cash.transfer(
        master=master, member=member, amount=Decimal(1), **provider.said(at("2024-01-04"))
    )
    said = provider.said(at("2024-01-05"))
    cash.take_back(master=master, member=member, amount=Decimal(1), **said)
    changes.upgrade(relationship=link, has_acknowledged=True, **provider.said(at("2024-01-06")))
    provider.end(link, at("2024-01-07"))
    return master, member


def test_who_may(story):
    answers = (
        Client().get(url(story[0])).status_code,
        door("finance_mgmt.view_account").get(url(story[0])).status_code,
        door(*MAY).get(url(story[0])).status_code,
        everything().get(reverse("admin:finance_mgmt_account_timeline", args=[10**9])).status_code,
    )
    assert answers == (302, 403, 200, 404)


@pytest.mark.rule("Z8")
def test_everything_stands_in_one_list_newest_first_with_who_did_it(story):
    assert shown(everything(), story[1]) == [
        ("Relationship ends", "M", "", "test"),
        ("Trusteeship begins", "M", "", "test"),
        ("Power ended", "M", "", "test"),
        ("Power ended", "M", "", "test"),
        ("Cash taken back", "M", "-1.00 CNY", "test"),
        ("Cash transferred", "M", "1.00 CNY", "test"),
        ("Top-up", "", "3.00 CNY", "test"),
        ("Power granted", "M", "", "test"),
        ("Relationship begins", "M", "", "test"),
        ("Power granted", "M", "", "test"),
    ]


def by(provider, name: str, when):
    return provider.said(when) | {"by": name}


@pytest.mark.rule("Z8", "L9")
def test_what_a_job_made_later_names_who_asked_for_it(provider):
    """A link by Ann, an upgrade by Bo, an end by Cy: each asked for a day ahead."""
    master, member = provider.account("M", credit_limit="50"), provider.account("T")
    days = [at(f"2024-01-0{day}") for day in range(1, 7)]
    link = relationships.link(
        master=master,
        member=member,
        mode=Mode.MANAGEMENT,
        grants=(Permission.VIEW_BILLS,),
        effective_at=days[1],
        **by(provider, "Ann", days[0]),
    )
    provider.apply_changes(days[1])
    changes.upgrade(relationship=link, effective_at=days[3], **by(provider, "Bo", days[2]))
    provider.apply_changes(days[3])
    changes.end(relationship=link, effective_at=days[5], **by(provider, "Cy", days[4]))
    provider.apply_changes(days[5])
    assert shown(everything(), member) == [
        ("Relationship ends", "M", "", "Cy"),
        ("Trusteeship begins", "M", "", "Bo"),
        ("Power ended", "M", "", "Bo"),
        ("Relationship begins", "M", "", "Ann"),
        ("Power granted", "M", "", "Ann"),
    ]


@pytest.mark.rule("Z8", "L9")
def test_a_change_that_was_taken_back_names_nobody(provider):
    master, member = provider.account("M", credit_limit="50"), provider.account("T")
    link = provider.link(master, member, mode=Mode.MANAGEMENT)
    changes.upgrade(relationship=link, effective_at=at("2024-02-01"), **provider.said())
    link = effects.cancel(relationship=link, **provider.said())
    changes.end(relationship=link, effective_at=at("2024-02-01"), **provider.said())
    link = effects.cancel(relationship=link, **provider.said())
    assert (link.upgrade_decision, link.end_decision, link.state) == (None, None, "active")


def test_pages_follow_each_other_without_gap_or_repeat(story, provider):
    whole, _ = timeline.events(story[1].pk, now())
    found, before = [], ""
    while True:
        page, has_more = timeline.events(story[1].pk, now(), before=before, size=3)
        found += page
        if not has_more:
            break
        before = page[-1].cursor
    assert [one.cursor for one in found] == [one.cursor for one in whole]
    assert len(whole) == 10


@pytest.mark.parametrize("before", ["x", "2024~in~1", "2024-01-01T00:00:00~in~1", "a~b~c"])
def test_a_place_that_is_none_is_not_found(before, story):
    assert everything().get(url(story[0]), {"before": before}).status_code == 404
    assert issubclass(Http404, Exception)


def test_a_later_page_is_reached_by_its_link(provider):
    account = provider.account("A")
    for number in range(60):
        said = provider.said(provider.after(LONG_AGO, minutes=number))
        cash.top_up(account=account, amount=Decimal(number + 1), reason="", **said)
    browser = everything()
    part = browser.get(url(account)).context["panels"][0].context
    second = browser.get(url(account) + part["later"]).context["panels"][0].context
    assert (len(part["events"]), len(second["events"]), second["later"]) == (50, 10, "")
    assert text(second["events"][-1]["amount"]) == "1.00 CNY"


def test_the_questions_do_not_grow_with_the_rows(story, provider):
    browser, counted = everything(), []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(url(story[1]))
        counted.append(len(queries))
        for _more in range(5):
            cash.top_up(account=story[1], amount=Decimal(1), reason="", **provider.said(now()))
    assert counted[0] == counted[1]
