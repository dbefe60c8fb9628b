"""What if: a real history replayed with one change, beside what was. The books stay as they are."""

import hashlib
import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from finance_mgmt.enums import RunState
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Account, Decision, RunStep
from finance_mgmt.periods import Period
from finance_mgmt.services import runs
from simulation import files, runner, sandbox
from simulation.models import WhatIf
from simulation.replay import history, picture, playing, verbs
from simulation.replay.question import Question, WhatIfRefused
from simulation.services import what_ifs

from .conftest import STORIES

COMPLETE = Path(__file__).with_name("complete.yaml")
MAY = date(2024, 5, 1)
LATER = datetime(2024, 7, 1, tzinfo=UTC)
TWO = datetime(2024, 5, 10, 6, tzinfo=UTC)  # 14:00 in Shanghai, before the first usage
LINK_AT_ONCE = {"link": {"master": "HQ", "member": "A", "mode": "trusteeship"}}
EVER = (date(2000, 1, 1), date(2100, 1, 1))
SOON = timedelta(seconds=1)
# Stories that together move every kind of money and every kind of right.
RICHEST = (
    "arrears",
    "commitments_cover_usage",
    "credit_allocated_and_reclaimed",
    "four_eyes",
    "move_without_a_gap",
    "refunds",
    "scheduled_changes",
    "unified_settlement",
    "vouchers_of_a_group",
    "who_is_warned",
)


@pytest.fixture
def books(server):
    """The complete example of the contract, as books of a provider."""
    with sandbox.scratch():
        runner.play(files.read(str(COMPLETE)))
        yield


def asked(change, **more):
    return Question(**{"account": "A", "change": change, "first": MAY, "at": TWO} | more)


def ask(question, key="k"):
    return what_ifs.ask(question=question, key=key, by="test", at=LATER)


def sides(answer, part):
    return [(row["actual"], row["what_if"]) for row in answer[part]]


def everything():
    """Count and digest of every table but those in which the question itself is kept."""
    ours = {"simulation_whatif", "finance_mgmt_run", "finance_mgmt_runstep"}
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            if table in ours or table not in connection.introspection.table_names(cursor):
                continue
            cursor.execute(f'SELECT one::text FROM "{table}" one ORDER BY 1')
            rows = [text for (text,) in cursor.fetchall()]
            found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found


@pytest.mark.slow
@pytest.mark.rule("L12")
@pytest.mark.parametrize(
    "file", [one for one in STORIES if one.stem in RICHEST], ids=lambda file: file.stem
)
def test_a_replay_without_a_change_gives_exactly_the_actual_figures(file, server):
    scenario = files.read(str(file))
    with sandbox.scratch():
        runner.play(scenario)
        accounts = set(Account.objects.values_list("pk", flat=True))
        since, at = Period(scenario.start, scenario.end), scenario.end + SOON
        actual = picture.take(accounts, EVER, since, at)
        with closing(history.read(accounts, at)) as past, sandbox.scratch():
            played = playing.play(past, None)
            again = picture.take(accounts, EVER, since, at)

    assert again == actual
    assert played.refused == []


def test_a_change_shows_who_would_have_paid(books):
    found = what_ifs.answer(asked(LINK_AT_ONCE), LATER)

    assert found["is_exact"] is True
    line = {
        "name": "ecs",
        "charges": 2,
        "quantity": "30",
        "list": "30.00",
        "covered": "0.00",
        "vouchers": "0.00",
    }
    assert sides(found, "lines") == [
        (
            line | {"payers": {"A": "20.00", "HQ": "8.00"}, "discount": "2.00", "payable": "28.00"},
            line | {"payers": {"HQ": "24.00"}, "discount": "6.00", "payable": "24.00"},
        )
    ]
    assert [(row["account"], row["what_if"]) for row in found["bills"]][0] == ("A", None)
    available = [
        (row["account"], row["actual"]["available"], row["what_if"]["available"])
        for row in found["accounts"]
    ]
    assert available == [("A", "80.00", "100.00"), ("HQ", "992.00", "976.00")]
    assert [(one["verb"], one["reasons"][0]["rule"]) for one in found["refused"]] == [
        ("relationships.link", "L1")
    ]


def test_a_change_that_the_rules_refuse_says_why(books):
    change = {"link": {"master": "A", "member": "HQ", "mode": "trusteeship"}}

    found = what_ifs.answer(asked(change), LATER)

    assert [one["code"] for one in found["refusal"]["reasons"]] == ["master_has_no_credit_line"]
    assert [row["differs"] for row in found["lines"]] == [False]


def test_its_run_answers_it_and_the_books_stay_as_they_are(books):
    before = everything()

    asked_one = ask(asked(LINK_AT_ONCE))
    done = runs.work(asked_one.run_id, worker="test")

    asked_one.refresh_from_db()
    assert (done.state, done.done_units, done.total_units) == (RunState.DONE, 100, 100)
    assert asked_one.answer == what_ifs.answer(asked(LINK_AT_ONCE), LATER)
    assert everything() == before


def test_the_same_key_is_the_same_question(books):
    first = ask(asked(None))

    assert ask(asked(None)) == first
    with pytest.raises(KeyReused):
        ask(asked(LINK_AT_ONCE))
    assert (WhatIf.objects.count(), RunStep.objects.filter(run=first.run).count()) == (1, 1)


def test_what_is_wrong_with_a_question_is_told(books):
    def told(change, **more):
        with pytest.raises(WhatIfRefused) as refused:
            ask(asked(change, **more))
        return [reason.message for reason in refused.value.reasons]

    assert told(None, account="B") == ["There is no account B. Name one of the group."]
    assert told(None, months=13) == ["Choose 1 to 12 months."]
    assert told(None, first=date(2024, 8, 1)) == ["Choose months that have begun."]
    within = ["Choose an instant within the months, and in the past."]
    assert told(None, first=date(2024, 6, 1)) == within
    assert told({"lnik": {}}) == ['change.lnik: unknown key; did you mean "link"?']
    assert told({}) == [f"change: needs exactly one of {', '.join(what_ifs.CHANGES)}."]
    assert told({"end": {"membr": "A"}}) == [
        'change.end.membr: unknown key; did you mean "member"?',
        'change.end: the key "member" is missing.',
    ]
    assert told({"end": {"member": "C"}}) == ['change.end.member: no account "C" is known here.']
    assert told({"top_up": {"account": "A", "amount": "1"}}) == ["change.top_up: unknown key."]


def test_what_was_not_there_yet_is_told(books):
    found = what_ifs.answer(asked(LINK_AT_ONCE, at=None), LATER)

    assert [one["message"] for one in found["refusal"]["reasons"]] == [
        "There was no account HQ yet at that instant. Choose a later one."
    ]


def test_every_verb_of_the_trail_is_done_again_or_left_out_on_purpose():
    """A new command must say whether a replay does it again."""
    sources = [
        file
        for floor in ("finance_mgmt", "billing", "invoicing")
        for file in Path(floor).glob("services/**/*.py")
    ]
    text = "\n".join(file.read_text() for file in sources)
    recorded = {
        part.split('"')[0]
        for part in text.split("decisions.record(")[1:]
        for part in part[:60].split('verb="')[1:]
    }

    open_ones = {one for one in recorded if one.split(".")[0] not in verbs.NOUNS_NOT_AGAIN}
    assert open_ones - set(verbs.AGAIN) - verbs.NOT_AGAIN == set()


def test_the_command_prints_one_object(books, capsys, tmp_path):
    table = tmp_path / "lines.csv"
    book = tmp_path / "tables.xlsx"
    change = "link: {master: HQ, member: A, mode: trusteeship}"
    call_command(
        "what-if", "--account", "A", "--from", "2024-05", "--change", change, "--json",
        "--at", "2024-05-10T14:00:00+08:00",
        "--csv", str(table), "--xlsx", str(book),
    )  # fmt: skip

    told = json.loads(capsys.readouterr().out)
    assert told["question"] == asked(LINK_AT_ONCE).stored()
    assert [row["what_if"]["payable"] for row in told["lines"]] == ["24.00"]
    assert table.read_text(encoding="utf-8-sig").splitlines() == [
        "owner,product,currency,payers actual,payers what-if,list actual,list what-if,"
        "covered actual,covered what-if,discount actual,discount what-if,vouchers actual,"
        "vouchers what-if,payable actual,payable what-if",
        'A,ecs,CNY,"A, HQ",HQ,30.00,30.00,0.00,0.00,2.00,6.00,0.00,0.00,28.00,24.00',
    ]
    assert book.read_bytes()[:2] == b"PK"


def test_the_command_says_what_is_wrong(books, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("what-if", "--account", "Z", "--from", "2024-05")

    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("There is no account Z. Name one of the group.\n")


def test_people_read_tables(books, capsys):
    call_command("what-if", "--account", "A", "--from", "2024-05")

    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "Without the change the replay gives exactly the actual figures."
    assert printed[:-1] == [
        "Who pays: 0 differ, 1 do not",
        "Bills: 0 differ, 2 do not",
        "Accounts: 0 differ, 2 do not",
    ]
    assert Decision.objects.filter(verb="what_ifs.ask").count() == 0
