"""Simplified Chinese ships complete: every text of ours; what is compiled equals its source."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from finance_mgmt.admin.refusal_words import SENTENCES
from finance_mgmt.admin.wording import sentence
from finance_mgmt.enums import Channel, Mode
from finance_mgmt.money import ZERO
from finance_mgmt.rules import linking

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
APPS = ("finance_mgmt", "billing", "invoicing", "simulation")
CALLS = {"_", "lazy", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
HOLE = re.compile(r"%\(\w+\)s|\{\w*\}|%s")
TRANS = re.compile(r"{%-?\s*trans(?:late)?\s+([\"'])(.*?)\1")
BLOCK = re.compile(
    r"{%\s*blocktrans(?:late)?([^%]*)%}(.*?)(?:{%\s*plural\s*%}(.*?))?{%\s*endblocktrans(?:late)?\s*%}",
    re.S,
)
VARIABLE = re.compile(r"{{\s*(\w+)[^}]*}}")
Text = tuple[str | None, str]  # a context, and what is said in it


def in_python(path: Path) -> set[Text]:
    """The texts that a module asks for in the reader's language, with their contexts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", "")
        said = [one.value for one in node.args if isinstance(one, ast.Constant)]
        if called in CALLS and said and isinstance(said[0], str):
            found.add((None, said[0]))
        if called in IN_CONTEXT:
            found.add((said[0], said[1]))
    return found


def in_template(path: Path) -> set[Text]:
    """The texts that a template asks for."""
    page = path.read_text(encoding="utf-8")
    found = {text for _quote, text in TRANS.findall(page)}
    for options, text, _plural in BLOCK.findall(page):
        said = re.sub(r"\s*\n\s*", " ", text).strip() if "trimmed" in options else text
        found.add(VARIABLE.sub(r"%(\1)s", said))
    return {(None, text) for text in found}


def used() -> set[Text]:
    """Every text of ours, wherever it stands."""
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    templates = list((ROOT / "templates").rglob("*.html"))
    texts = [in_python(path) for path in modules if "migrations" not in path.parts]
    return set().union(*texts, *map(in_template, templates)) - {(None, "")}


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(FILES / "django.po"))


def test_no_text_of_ours_is_left_in_english(catalogue):
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    assert sorted(used() - known, key=str) == [], "see docs/operating.md, Translations"
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


def test_the_compiled_file_says_what_the_source_says(catalogue):
    def said(file) -> dict:
        return {(entry.msgctxt, entry.msgid): entry.msgstr or entry.msgstr_plural for entry in file}

    assert said(polib.mofile(str(FILES / "django.mo"))) == said(catalogue)


def test_every_translation_keeps_its_holes(catalogue):
    wrong = []
    for entry in catalogue:
        texts = [entry.msgstr] if entry.msgstr else list(entry.msgstr_plural.values())
        wanted = sorted(HOLE.findall(entry.msgid_plural or entry.msgid))
        wrong += [text for text in texts if sorted(HOLE.findall(text)) != wanted]
    assert wrong == []


def test_texts_of_unfold_are_translated():
    with translation.override("zh-hans"):
        assert translation.gettext("Apply Filters") == "应用筛选"
        assert translation.gettext("Type to search") == "输入以搜索"


def party(number: str, **more) -> linking.Party:
    facts = {
        "identity": None,
        "channel": Channel.RESELLER,
        "currency": "CNY",
        "credit_limit": ZERO,
        "available": ZERO - 5,
        "open_invitations": ("X",),
        "allocated_in": ZERO + 3,
        "restored_available": ZERO - 1,
        "facts": {"has_open_usage": True, "open_orders": 2, "bills_past_due": ["2024-05"]},
    }
    return linking.Party(number=number, **{**facts, **more})


@pytest.mark.rule("L12")
def test_every_sentence_about_linking_is_said_in_chinese():
    master, member = party("M"), party("T", currency="USD", is_master_now=True, is_member_now=True)
    found = [
        *linking.judge(
            master=party("M", is_member_now=True),
            member=member,
            mode=Mode.TRUSTEESHIP,
            has_acknowledged=False,
        ),
        *linking.judge(
            master=master, member=party("T"), mode=Mode.MANAGEMENT, has_acknowledged=True
        ),
        *linking.judge(master=master, member=master, mode=Mode.MANAGEMENT, has_acknowledged=True),
        *linking.judge_upgrade(
            master=party("M", identity=1), member=party("T", identity=2), has_acknowledged=True
        ),
        *linking.judge_end(member=member),
    ]
    with translation.override("zh-hans"):
        english = [one.message for one in found if sentence(one.message) == one.message]
        mends = [one.mend for one in found if sentence(one.mend) == one.mend]
    assert (english, mends) == ([], [])
    assert len({one.code for one in found}) == 18


def test_what_stands_in_the_holes_is_kept():
    said = "At most 5.00 can move (headroom of the master)."
    with translation.override("zh-hans"):
        assert sentence(said) == "最多可变动 5.00（主账号的可用信控）。"
        assert sentence("unit is not a member of cash.") == "unit 不是 cash 的子账号。"
        assert sentence("Nothing that anybody knows.") == "Nothing that anybody knows."
    with translation.override("en"):
        assert sentence(said) == said
    assert len(SENTENCES) == len(set(SENTENCES))
