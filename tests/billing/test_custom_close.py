"""Closing by hand: previewed without a trace, then done; by all four doors (C4)."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from billing.admin import custom_close
from billing.models import Charge, ClosedThrough, Price
from billing.services import cycles, rehearsed_closes
from finance_mgmt.clock import now
from finance_mgmt.models import Decision, Movement, Parking, Run
from finance_mgmt.services import parking, runs
from tests.api.door import staff as caller
from tests.finance_mgmt.admin_door import door, facts, list_url, page_url, panel, rows, text
from tests.finance_mgmt.command_door import confirm, preview, reasons
from tests.provider import Provider, at

USED, STARTED = at("2024-05-10 14:20"), at("2024-05-01 00:00")
THROUGH, AT = at("2024-05-10 15:00"), at("2024-05-12 09:00")
MAY_RUN = ("billing.view_closedthrough", "finance_mgmt.run_jobs", "finance_mgmt.view_run")


@pytest.fixture
def books(provider: Provider) -> Provider:
    """A group and a lone account, with an hour and a day of usage each, nothing closed."""
    master = provider.account("HQ", credit_limit="100")
    member = provider.account("A")
    lone = provider.account("B", cash_amount="9", identity="B")
    provider.link(master, member)
    ecs, disk = provider.product("ecs"), provider.product("disk", cycle="day", unit_price="0.1")
    for owner in (member, lone):
        provider.use(owner, ecs, "2", USED)
        provider.use(owner, disk, "5", USED)
    cycles.start_closing(**provider.said(STARTED))
    return provider


def traces() -> tuple[int, ...]:
    tables = (Run, Charge, Movement, Parking, Decision)
    return tuple(table.objects.count() for table in tables)


def rehearse(through=THROUGH, when=AT):
    return rehearsed_closes.rehearse(through=through, by="clerk", at=when)


@pytest.mark.rule("C4")
def test_a_preview_names_cycles_records_payers_and_amounts_and_leaves_nothing(books):
    before, horizon = traces(), ClosedThrough.objects.get().instant
    found = rehearse()
    assert [
        (one.product, one.cycle, one.periods, one.charges, one.first, one.last)
        for one in found.cycles
    ] == [("ecs", "hour", 1, 2, at("2024-05-10 14:00"), THROUGH)]
    assert [(one.payer.number, one.charges, one.amount) for one in found.payers] == [
        ("HQ", 1, 2),
        ("B", 1, 2),
    ]
    assert (found.records, found.accounts, found.payer_count) == (2, 2, 2)
    assert (found.totals, found.problems) == ({"CNY": Decimal(4)}, [])
    assert [one.product for one in rehearse(AT).cycles] == ["disk", "ecs"]
    assert traces() == before
    assert ClosedThrough.objects.get().instant == horizon


def test_what_would_fail_or_be_skipped_is_said_before(books):
    Price.objects.filter(product__code="ecs").delete()
    account = Charge._meta.get_field("owner").related_model.objects.get(number="B")
    parking.park(account=account, reason="under dispute", **books.said(AT))
    assert rehearse().problems == [
        "Its group waits for an account that is parked.",
        "No price is in force for ecs. Add one, then try again.",
    ]


def test_many_records_are_only_counted(books, monkeypatch):
    monkeypatch.setattr(rehearsed_closes, "MOST_REHEARSED", 1)
    found = rehearse()
    assert (found.is_counted_only, found.records, found.cycles) == (True, 2, [])


@pytest.mark.rule("C4", "F11")
def test_it_closes_no_further_than_asked_and_once(books):
    said = books.said(AT)
    run = cycles.close_through(through=THROUGH, **said)
    assert cycles.close_through(through=THROUGH, **said) == run
    assert runs.work(run.pk, worker="w").state == "done"
    assert Charge.objects.count() == 2
    books.jobs(AT)
    assert Charge.objects.count() == 4


@pytest.mark.parametrize(
    ("through", "codes"),
    [
        (AT + timedelta(seconds=1), ["in_the_future"]),
        (STARTED, ["nothing_due"]),
        (USED, ["nothing_due"]),
    ],
)
def test_what_can_not_be_closed_is_refused(books, through, codes):
    assert [one.code for one in rehearse(through).refusal.reasons] == codes


def test_every_reason_is_said_at_once(books):
    cycles.close_through(through=THROUGH, **books.said(AT))
    found = rehearse(THROUGH, USED).refusal.reasons
    assert [one.code for one in found] == ["in_the_future", "closed_already", "unfinished"]


def test_from_the_admin_it_is_previewed_then_opened(books):
    url = reverse(f"admin:{custom_close.ADDRESS}")
    browser = door(*MAY_RUN)
    page = browser.get(list_url(ClosedThrough)).context
    assert [text(command.label) for command in page["commands"]] == ["Close up to ..."]
    assert confirm(door("billing.view_closedthrough"), url).status_code == 403
    given = {"through_0": "2024-05-10", "through_1": "15:00"}
    panels = preview(browser, url, **given).context["panels"]
    assert facts(panels[0]) == {
        "records": "2",
        "accounts": "2",
        "payers": "2",
        "payable": "4.00 CNY",
    }
    assert rows(panel(panels, "Payers")) == [["HQ HQ", "1", "2.00 CNY"], ["B B", "1", "2.00 CNY"]]
    assert Run.objects.count() == 0
    answer = confirm(browser, url, **given)
    run = Run.objects.get()
    assert (answer.url, run.facts["through"]) == (page_url(run), THROUGH.isoformat())
    assert reasons(preview(browser, url, **given)) == [
        ("C4", "closed_already"),
        ("C4", "unfinished"),
    ]


def test_from_the_api_it_is_previewed_then_opened(books):
    api = caller("finance_mgmt.run_jobs")
    body = {"through": "2024-05-10T15:00:00+08:00"}
    found = api.send("post", "closing/close/preview", body).json()
    assert (found["allowed"], found["records"], found["reasons"]) == (True, 2, [])
    assert [(one["payer"], one["amount"]) for one in found["payers"]] == [("HQ", "2"), ("B", "2")]
    assert Run.objects.count() == 0
    answer = api.send("post", "closing/close", body)
    assert (answer.status_code, answer.json()["id"]) == (201, Run.objects.get().pk)
    found = api.send("post", "closing/close/preview", body).json()
    assert [one["code"] for one in found["reasons"]] == ["closed_already", "unfinished"]


def test_from_the_command_line_it_is_previewed_then_opened(books):
    out = StringIO()
    through = "2024-05-10T15:00:00+08:00"
    call_command("close_cycles", "--through", through, "--preview", stdout=out)
    assert out.getvalue().splitlines() == [
        "2 records of 2 accounts.",
        "ecs: 2 charges of 1 cycles, 2024-05-10T06:00:00+00:00 - 2024-05-10T07:00:00+00:00",
        "HQ: 1 charges, 2.00 CNY",
        "B: 1 charges, 2.00 CNY",
    ]
    call_command("close_cycles", "--through", through, stdout=out)
    assert Run.objects.get().total_units == 2
    for wrong in ("soon", "2024-05-10T15:00:00", (now() + timedelta(days=1)).isoformat()):
        with pytest.raises(CommandError):
            call_command("close_cycles", "--through", wrong)
