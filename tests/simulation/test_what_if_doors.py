"""What-ifs in the admin and over HTTP: asked, answered by a run, shown side by side."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from finance_mgmt.enums import RunState
from finance_mgmt.models import Account
from finance_mgmt.services import runs
from simulation import files, runner, sandbox
from simulation.models import WhatIf
from tests.api.door import problem, staff
from tests.finance_mgmt.admin_door import door, page_url, text
from tests.provider import LONG_AGO

MAY = ("simulation.add_whatif", "simulation.view_whatif", "finance_mgmt.view_run")
COMPLETE = Path(__file__).with_name("complete.yaml")


@pytest.fixture
def books(server):
    """The complete example of the contract, as books of a provider."""
    with sandbox.scratch():
        runner.play(files.read(str(COMPLETE)))
        yield


def asked_in_the_admin(browser, **more):
    form = {"key": "k", "first": "2024-05", "months": "1", "change": "link"}
    form |= {"mode": "trusteeship", "at_0": "2024-05-10", "at_1": "14:00:00"}
    return browser.post(reverse("admin:simulation_whatif_ask"), form | more)


def numbers(**wanted):
    return {name: Account.objects.get(number=number).pk for name, number in wanted.items()}


def test_asked_in_the_admin_answered_by_a_run_shown_side_by_side(books):
    browser = door(*MAY)
    named = numbers(account="A", member="A", master="HQ")

    answer = asked_in_the_admin(browser, **named)

    row = WhatIf.objects.get()
    assert answer.headers["Location"] == page_url(row)
    assert row.question == {
        "account": "A",
        "change": {
            "link": {"master": "HQ", "member": "A", "mode": "trusteeship", "acknowledge": True}
        },
        "first": "2024-05",
        "months": 1,
        "at": datetime(2024, 5, 10, 6, tzinfo=UTC).isoformat(),
    }
    waiting = browser.get(page_url(row)).context["panels"]
    assert str(waiting[0].title) == "Replaying the history"
    assert runs.work(row.run_id, worker="test").state == RunState.DONE
    page = browser.get(page_url(row))
    titles = [str(panel.title) for panel in page.context["panels"]]
    assert titles[1:5] == ["Bills", "Accounts today", "Who pays", "What would have been refused"]
    line = [text(cell) for cell in page.context["panels"][3].rows[0]]
    assert [line[0], line[2], line[-1]] == ["A", "A, HQHQ", "28.00 24.00"]

    for kind, start in (("csv", b"\xef\xbb\xbfowner"), ("xlsx", b"PK"), ("json", b"{")):
        url = reverse("admin:simulation_whatif_file", args=[row.pk, kind])
        assert browser.get(url).content[: len(start)] == start
    assert [text(browser.get(reverse("admin:simulation_whatif_changelist")).content)] != []


def test_what_is_missing_is_told_on_the_form(books):
    page = asked_in_the_admin(door(*MAY), **numbers(account="A"))

    assert list(page.context["form"].errors) == ["master", "member"]
    late = asked_in_the_admin(door(*MAY), **numbers(account="A"), change="", first="2099-01")
    told = [str(error) for error in late.context["form"].non_field_errors()]
    assert told == ["Choose months that have begun. (rule L12)"]
    assert WhatIf.objects.count() == 0


@pytest.mark.django_db
def test_asking_needs_a_permission_of_its_own():
    browser = door("simulation.view_whatif")

    assert browser.get(reverse("admin:simulation_whatif_ask")).status_code == 403


def test_asked_over_http(books):
    caller = staff("simulation.add_whatif", "simulation.view_whatif")
    change = {"link": {"master": "HQ", "member": "A", "mode": "trusteeship"}}
    body = {"account": "A", "change": change, "first": "2024-05", "at": "2024-05-10T06:00:00Z"}

    asked = caller.post("what-ifs", body)

    assert (asked.status_code, asked.json()["run_state"]) == (201, "queued")
    row = WhatIf.objects.get()
    runs.work(row.run_id, worker="test")
    found = caller.get(f"what-ifs/{row.pk}").json()
    assert (found["run_state"], found["percent"]) == ("done", 100)
    assert [line["what_if"]["payers"] for line in found["answer"]["lines"]] == [{"HQ": "24.00"}]
    assert json.loads(json.dumps(row.question)) == found["question"]

    wrong = caller.post("what-ifs", body | {"change": {"end": {"membr": "A"}}})
    assert [one["code"] for one in problem(wrong)["errors"]] == ["wrong_change", "wrong_change"]
    assert row.asked_at > LONG_AGO
