"""`manage.py simulate`: what it prints, and how it ends."""

import json

import pytest
from django.core.management import call_command

from finance_mgmt.models import Account
from simulation import jobs

STORY = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-06-01T00:10:00+08:00
accounts:
  - {id: HQ, identity: Acme, credit_limit: "1000.00"}
  - {id: A, identity: Acme, cash: "100.00"}
products: [{code: ecs, family: compute, cycle: hour, unit_price: "1.00"}]
events:
  - {at: 2024-05-01T08:10:00+08:00, use: {account: A, product: ecs, quantity: "10"}}
  - {at: 2024-05-01T08:20:00+08:00, link: {master: A, member: A, mode: trusteeship}}
"""


@pytest.fixture
def story(tmp_path):
    """Writes a scenario and returns its path."""

    def write(text):
        file = tmp_path / "story.yaml"
        file.write_text(text)
        return str(file)

    return write


def test_json_is_one_object_and_nothing_else(story, capsys, server):
    call_command("simulate", story(STORY), "--json")

    printed = capsys.readouterr()
    assert printed.err == ""
    assert [row["total"] for row in json.loads(printed.out)["bills"]] == ["10.00"]


def test_without_json_people_read_tables(story, capsys, server):
    call_command("simulate", story(STORY))

    printed = capsys.readouterr()
    titles = [line.strip() for line in printed.out.splitlines() if line and line[0].isalpha()]
    assert titles == [
        "What happened",
        "Charges",
        "Bills",
        "Funds at the end",
        "Refused",
        "The books are right: every check holds.",
    ]
    assert "use account A, product ecs, quantity 10" in printed.out
    assert "An account can't be linked to itself." in printed.out
    assert printed.err == ""


def test_what_did_not_come_as_expected_is_shown_beside_what_came(story, capsys, server):
    expect = 'expect: {bills: [{account: A, total: "11.00"}], charges: {exactly: []}}\n'

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", story(STORY + expect), "--json")

    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["checks"]["bills_add_up"] is True
    told = [line.strip("│ ") for line in printed.err.splitlines()]
    assert told[0].endswith("story.yaml:10: expect.bills[0] matches no row:")
    assert [part.strip() for part in told[5].split("│")] == ["total", "11.00", "10.00"]
    assert told[7].endswith("expect.charges has 1 rows, 0 were expected; not expected are:")


@pytest.mark.parametrize(
    ("expect", "code"),
    [
        ('bills: [{account: A, total: "10"}]', 0),
        ("bills: [{account: A, total: 10.000}]", 0),
        ("charges: [{period_start: 2024-05-01T00:00:00Z}]", 0),
        ("charges: [{late: false, discount_of: null, resource: ''}]", 0),
        ("refusals: [{event: 1, rules: [L1], reasons: [{code: linked_to_itself}]}]", 0),
        ("refusals: [{event: 1, rules: []}]", 1),
        ("refusals: [{event: 1, rules: [L1, L2]}]", 1),
        ("refusals: [{event: 1, reasons: [{code: another}]}]", 1),
        ("charges: [{late: true}]", 1),
        ("funds: [{cash: 0}]", 0),
        ("funds: [{overshoot: 0}]", 1),  # two rows match
        ("funds: [{account: A}, {account: A}]", 1),
        ("funds: {exactly: [{account: A}, {account: HQ}]}", 0),
        ("funds: {exactly: [{account: A}]}", 1),
        ("checks: {limits_kept: true}", 0),
        ("checks: {limits_kept: false}", 1),
    ],
)
def test_how_expected_and_actual_are_compared(expect, code, story, capsys, server):
    file = story(f"{STORY}expect: {{{expect}}}\n")
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("simulate", file, "--json")
        assert ended.value.code == code
    else:
        call_command("simulate", file, "--json")


def test_a_head_that_the_rules_refuse_is_malformed(story, capsys, server):
    file = story(STORY.replace('"100.00"', '"100.001"'))

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", file, "--json")

    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{file}:5: accounts[1]: CNY has 2 decimals; give no more.\n"


def test_keep_plays_in_the_configured_database(story, capsys, provider):
    call_command("simulate", story(STORY), "--keep", "--json")

    assert [account.number for account in Account.objects.all()] == ["A", "HQ"]


def test_a_head_that_is_refused_leaves_nothing_even_if_kept(story, capsys, provider):
    file = story(STORY.replace('cash: "100.00"', 'cash: "0.001"'))

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", file, "--keep")

    assert ended.value.code == 2
    assert not Account.objects.exists()


def test_keep_wants_an_empty_database(story, capsys, provider):
    provider.account("REAL")

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", story(STORY), "--keep")

    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "The database is not empty: it has accounts, decisions.\n"


def test_the_jobs_of_one_instant_run_in_the_order_of_the_contract():
    assert [job.__name__ for job in jobs.JOBS] == [
        "close",
        "issue",
        "settle",
        "apply",
        "expire",
        "review",
        "warn",
    ]
