"""Whatever our code may refuse with, or write down, is said in Chinese on a Chinese page."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from billing.focus.refusals import Problem
from finance_mgmt.admin import trail_words, written_words
from finance_mgmt.admin.wording import sentence
from tests.finance_mgmt.refusal_texts import Said, in_module

ROOT = Path(__file__).resolve().parents[2]
APPS = ("finance_mgmt", "billing", "invoicing", "simulation")
# Programs, authors of scenario files and callers of commands read English.
NOT_OURS = {"api", "files", "management", "migrations", "checker.py", "runner.py", "setting.py"}
SHOWN_ERRORS = {"billing/rules/pricing.py", "billing/focus/rows.py"}  # as the refusal they become
# Modules that pass on a text which is read where it is said first, or which is nobody's sentence.
PASSED_ON = {
    "billing/focus/refusals.py",
    "billing/focus/rows.py",
    "billing/services/many_orders.py",
    "billing/services/prices.py",
    "finance_mgmt/admin/exporting.py",
    "finance_mgmt/rules/linking.py",  # who mends: test_translations has them all
    "invoicing/documents/validation.py",
}
ENGLISH = {
    "7 wrong:\n7",  # what a check of the books found, line by line
    "7: 7",  # where a what-if question names nothing; its form can't
    "Not UTF-87. Save it as UTF-8.",  # both of its forms are known
}


def modules() -> list[Path]:
    found = [path.relative_to(ROOT) for app in APPS for path in (ROOT / app).rglob("*.py")]
    return sorted(one for one in found if not NOT_OURS & set(one.parts))


@pytest.fixture(scope="module")
def said() -> list[tuple[str, Said]]:
    """Every sentence with the module that says it."""
    errors = {"ValueError": (0,)}
    return [
        (str(path), one)
        for path in modules()
        for one in in_module(ROOT / path, errors if str(path) in SHOWN_ERRORS else None)
    ]


def test_every_refusal_is_said_in_chinese(said):
    with translation.override("zh-hans"):
        english = {
            one.text: one.place
            for _path, one in said
            if one.text and sentence(one.text) == one.text and one.text not in ENGLISH
        }
    assert english == {}, "add them to refusal_words.py or selling_words.py, and to the catalogue"


def test_the_source_tells_every_refusal(said):
    assert {path for path, one in said if one.text is None} == PASSED_ON
    texts = {one.text for _path, one in said}
    assert len(texts) > 250
    assert {
        "A discount must end after it begins.",
        "A reserved instance names the product it covers.",
        "The order costs 7; the headroom of 7 is 7.",
        "7 is in arrears: bill 7 is past due. Settle or top up first.",
        "Only 7 is unused; started days are used.",
    } - texts == set()


def test_a_place_in_a_file_is_said_with_what_is_wrong_there():
    problem = Problem("bad_number", "'1,5' is not a plain number.", 3, 4, "BilledCost")
    with translation.override("zh-hans"):
        assert sentence(problem.sentence) == "第 4 行，BilledCost 列：'1,5' 不是普通数字。"
    assert problem.sentence == "Line 4, column BilledCost: '1,5' is not a plain number."


def test_every_command_of_the_trail_has_words():
    services = [ROOT / path for path in modules() if "services" in path.parts]
    verbs = {
        verb
        for path in services
        for verb in re.findall(r'verb ?= ?"([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(verbs) > 50
    assert verbs - set(trail_words.VERBS) == set()


def test_facts_of_the_trail_are_words():
    with translation.override("zh-hans"):
        assert trail_words.value_of("mode", "trusteeship") == "财务托管"
        assert trail_words.value_of("grants", "view_bills") == "查看账单"
        assert trail_words.value_of("name", "management") == "management"


def test_what_was_written_down_is_said_again():
    with translation.override("zh-hans"):
        assert written_words.reason("refund of order NW-1") == "订单 NW-1 退款"
        assert written_words.reason("contract of 7 May") == "contract of 7 May"
        assert written_words.deed("3 letters") == "3 封邮件"
        assert written_words.deed("close 72") == "周期结账 72"
    assert written_words.deed("close 72") == "close 72"
