"""Rules, rights and jobs are called in words that their readers know, in their language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import translation

from finance_mgmt.admin import permission_words, rule_words, trail_words
from finance_mgmt.admin.trail_words import actor
from finance_mgmt.models import Decision
from tests.finance_mgmt.admin_door import everything, list_url, page_url, text

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
IN_CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}


@pytest.fixture(autouse=True)
def english_again():
    """Whatever language a page was asked in, it ends with the test."""
    with translation.override("en"):
        yield


def test_every_rule_is_said_as_in_the_table_of_rules():
    table = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").replace("`", "")
    known = dict(re.findall(r"^\| ([A-Z]+\d+) \| (.*?) \|", table, re.M))
    assert {name: str(said) for name, said in rule_words.RULES.items()} == known


def test_the_id_of_a_rule_says_it_and_leads_to_all_of_them(provider):
    account = provider.account("A")
    page = everything().get(page_url(account)).content.decode()
    assert page.count('<a class="bo-rule" href="/admin/rules/#F4" title="Headroom for') == 1
    rules = everything().get("/admin/rules/", **IN_CHINESE).content.decode()
    assert rules.count('<span class="bo-rule" id="F4">F4</span>') == 1
    assert rules.count("子账号订单的可用信控") == 1


def test_every_right_has_a_name_in_chinese():
    with translation.override("zh-hans"):
        named = {
            one: permission_words.permission(one).split(" | ")[-1]
            for one in Permission.objects.select_related("content_type")
        }
    foreign = {"knox", "sites", "sessions", "contenttypes"}
    english = [
        f"{one.content_type.app_label}.{one.codename}"
        for one, name in named.items()
        if not HAN.search(name) and one.content_type.app_label not in foreign
    ]
    assert english == []


def test_rights_and_roles_are_chosen_in_the_readers_language(django_assert_max_num_queries):
    ann = User.objects.create_user("ann")
    Group.objects.create(name="Maker")
    browser = everything()
    with django_assert_max_num_queries(30):  # it asked once for each permission's kind
        page = browser.get(page_url(ann), **IN_CHINESE).content.decode()
    assert ("划转和收回现金" in page, "经办 (Maker)" in page) == (True, True)
    assert ("Can view account" in page, "Transfer and take back cash" in page) == (False, False)
    listed = browser.get(list_url(Group), **IN_CHINESE).content.decode()
    assert listed.count("经办 (Maker)") == 1


def test_what_a_job_decided_is_said_in_words(provider):
    Decision.objects.create(
        verb="cycles.close", key="k", facts={}, by="job:close", at=provider.said()["at"]
    )
    page = everything().get(list_url(Decision), **IN_CHINESE).content.decode()
    assert ("任务：周期结账" in page, "job:close" in page) == (True, True)
    with translation.override("en"):
        assert text(actor("job:close")) == "job: close cycles"
    assert actor("ann") == "ann"


def test_no_list_counts_its_filters_choice_by_choice(provider):
    """Facets count all rows once per choice: on a million charges that is minutes."""
    account = provider.account("A")
    shown = everything().get(list_url(type(account)), {"_facets": "True"}).context["cl"]
    assert shown.add_facets is False


def test_a_list_says_how_many_rows_it_has_in_the_readers_words(provider):
    rows = [provider.account(number) for number in ("A", "B")]
    address = list_url(type(rows[0]))
    assert everything().get(address).content.decode().count("2 accounts") == 1
    in_chinese = everything().get(address, **IN_CHINESE).content.decode()
    assert in_chinese.count("共 2 条账号") == 1


def told_facts() -> set[str]:
    """The names of all facts that commands write on the trail."""
    found = set()
    for app in ("finance_mgmt", "billing", "invoicing", "simulation"):
        for module in (ROOT / app / "services").glob("*.py"):
            for function in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef) and "decisions.record" in ast.unparse(
                    function
                ):
                    found |= set(_named(function))
    return found


def _named(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        is_kept = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "facts"
        is_given = isinstance(node, ast.keyword) and node.arg == "facts"
        if (is_kept or is_given) and isinstance(node.value, ast.Dict):
            yield from (key.value for key in node.value.keys if isinstance(key, ast.Constant))


def test_every_fact_of_the_trail_has_a_word():
    assert sorted(told_facts() - set(trail_words.FACTS)) == []
