"""The trail of decisions: what is done to it is seen, and nothing is done without it (Z8)."""

import ast

import pytest
from django.db import connection

from finance_mgmt.models import Decision, Seal
from finance_mgmt.services import decisions, trail
from tests.architecture.sources import of_product
from tests.provider import LONG_AGO

COUNT = 6


@pytest.fixture
def sealed(db) -> list[int]:
    """The ids of six sealed decisions."""
    for number in range(COUNT):
        facts = {"number": number}
        decisions.record(verb="test.do", facts=facts, key=f"k{number}", by="ann", at=LONG_AGO)
    assert trail.seal(at=LONG_AGO) == COUNT
    assert trail.broken() == []
    return list(Decision.objects.order_by("id").values_list("id", flat=True))


def by_force(*statements: str) -> None:
    """What somebody may do who owns the tables and takes their guards away."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("finance_mgmt_decision", "finance_mgmt_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)


# what is done to it (ids are the decisions'); the first sentence that says so
TAMPERED = {
    "changed": (
        ["UPDATE finance_mgmt_decision SET by = 'eve' WHERE id = {2}"],
        "The trail is broken at decision {2} (test.do k2).",
    ),
    "facts changed": (
        ["UPDATE finance_mgmt_decision SET facts = '{{\"number\": 9}}' WHERE id = {4}"],
        "The trail is broken at decision {4} (test.do k4).",
    ),
    "deleted": (
        [
            "DELETE FROM finance_mgmt_seal WHERE decision_id = {3}",
            "DELETE FROM finance_mgmt_decision WHERE id = {3}",
        ],
        "The trail is broken: seal 4 is missing.",
    ),
    "deleted and closed up": (
        [
            "DELETE FROM finance_mgmt_seal WHERE decision_id = {3}",
            "DELETE FROM finance_mgmt_decision WHERE id = {3}",
            "UPDATE finance_mgmt_seal SET position = -position WHERE position > 4",
            "UPDATE finance_mgmt_seal SET position = -position - 1 WHERE position < 0",
        ],
        "The trail is broken at decision {4} (test.do k4).",
    ),
    "slipped in": (
        [
            "UPDATE finance_mgmt_seal SET position = -position WHERE position > 2",
            "UPDATE finance_mgmt_seal SET position = 1 - position WHERE position < 0",
            "INSERT INTO finance_mgmt_decision (key, verb, facts, by, at) VALUES"
            " ('x', 'test.forged', '{{}}', 'ann', now())",
            "INSERT INTO finance_mgmt_seal (position, decision_id, hash, sealed_at)"
            " SELECT 3, id, repeat('0', 64), now() FROM finance_mgmt_decision WHERE key = 'x'",
        ],
        "The trail is broken at decision {forged} (test.forged x).",
    ),
    "swapped": (
        [
            "UPDATE finance_mgmt_seal SET position = -position WHERE position IN (2, 3)",
            "UPDATE finance_mgmt_seal SET position = 5 + position WHERE position < 0",
        ],
        "The trail is broken at decision {2} (test.do k2).",
    ),
}


@pytest.mark.case("S21")
@pytest.mark.rule("Z8")
@pytest.mark.parametrize("name", TAMPERED)
def test_whoever_tampers_with_the_trail_is_seen_at_the_first_bad_place(sealed, name):
    statements, said = TAMPERED[name]
    by_force(*(statement.format(*sealed) for statement in statements))
    forged = Decision.objects.order_by("-id").values_list("id", flat=True)[0]
    assert trail.broken() == [said.format(*sealed, forged=forged)]


@pytest.mark.case("S21")
@pytest.mark.rule("Z8")
def test_an_end_that_was_cut_off_is_seen_by_the_hash_that_was_noted_outside(sealed):
    noted = trail.head()
    by_force(
        f"DELETE FROM finance_mgmt_seal WHERE decision_id = {sealed[-1]}",
        f"DELETE FROM finance_mgmt_decision WHERE id = {sealed[-1]}",
    )
    assert trail.broken() == []
    assert trail.head() != noted
    assert not Seal.objects.filter(hash=noted).exists()


# -- S22: every service that writes leaves a decision ----------------------------------------------


def commands() -> dict[str, ast.FunctionDef]:
    """Every public function of a service that takes a key: all that is ever asked for."""
    found = {}
    for source in of_product():
        if "/services/" not in source.name:
            continue
        for node in source.nodes():
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                named = [one.arg for one in node.args.kwonlyargs]
                if "key" in named and named[-2:] == ["by", "at"]:
                    found[f"{source.name}::{node.name}"] = node
    return found


def hands_on_its_key(node: ast.FunctionDef) -> bool:
    """Whether the key goes to something, with who asks and when: a decision, or a command."""
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    for call in calls:
        given = [*call.args, *(word.value for word in call.keywords)]
        names = {one.id for value in given for one in ast.walk(value) if isinstance(one, ast.Name)}
        if {"key", "by", "at"} <= names:
            return True
    return False


@pytest.mark.case("S22")
@pytest.mark.rule("Z8", "F11")
def test_every_command_gives_its_key_to_a_decision():
    found = commands()
    assert len(found) > 60
    without = {name for name, node in found.items() if not hands_on_its_key(node)}
    # Its orders have a key each, made of this one and their place.
    assert without == {"billing/services/many_orders.py::place_many"}
