"""The OpenAPI document tells the whole truth, without a warning; its page works offline."""

import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from finance_mgmt.api.problem_examples import (
    OF_ALL,
    OF_MATCHING,
    OF_NEEDING_MATCH,
    OF_WRITES,
    codes,
)

# Settings name these words; bodies that are refused with them are documented by one component.
PROBLEM = {"$ref": "#/components/schemas/Problem"}

# Commands that no rule refuses: who may, and what the values are, is all there is to say.
NEVER_REFUSED = [
    "closing/start",
    "commitments/{code}/share",
    "identities",
    "jobs",
    "products",
    "runs/{id}/retry",
    "top-ups",
    "usage",
]


@pytest.fixture(scope="module")
def schema() -> dict:
    made: dict = SchemaGenerator().get_schema(request=None, public=True)
    return made


def operations(schema: dict) -> list[tuple[str, str, dict]]:
    return [
        (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_made_without_a_warning_and_is_valid(schema, tmp_path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "s.yml"))
    validate_schema(schema)
    assert schema["openapi"] == "3.1.0"


def test_every_operation_declares_its_problems_as_one_component(schema):
    wrong = {}
    for method, path, operation in operations(schema):
        tables = [OF_ALL] if method == "get" else [OF_ALL, OF_WRITES]
        named = {one["name"]: one.get("required", False) for one in operation["parameters"]}
        if "If-Match" in named:
            tables.append(OF_NEEDING_MATCH if named["If-Match"] else OF_MATCHING)
        statuses = set(codes(*tables))
        declared = {int(s): a for s, a in operation["responses"].items() if int(s) >= 400}
        shapes = {
            json.dumps(answer["content"]["application/problem+json"]["schema"])
            for answer in declared.values()
        }
        missing = statuses - set(declared)
        if missing or set(declared) - statuses > {409} or shapes != {json.dumps(PROBLEM)}:
            wrong[method, path] = set(declared) ^ statuses, shapes
    assert wrong == {}


def test_every_refusal_is_shown_by_an_example_of_its_own(schema):
    shown = schema["components"]["examples"]
    used = {
        reference["$ref"].rpartition("/")[2]
        for _, _, operation in operations(schema)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for reference in answer["content"]["application/problem+json"]["examples"].values()
    }
    assert used == set(shown)
    wrong = {
        code: example["value"]
        for code, example in shown.items()
        if example["value"]["type"] != f"/problems/{code}" or not example["value"]["detail"]
    }
    assert wrong == {}


def test_every_command_says_which_rules_may_refuse_it(schema):
    of_all = {*codes(OF_WRITES)[409]}
    bare = [
        path.removeprefix("/api/v1/")
        for method, path, operation in operations(schema)
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ()))
        and set(_shown(operation["responses"]["409"])) == of_all
    ]
    assert sorted(bare) == NEVER_REFUSED


def _shown(answer: dict) -> dict:
    found: dict = answer["content"]["application/problem+json"]["examples"]
    return found


def test_every_body_and_answer_has_an_example_that_fits(schema):
    components = schema["components"]
    wrong = {
        code: found
        for code, example in components["examples"].items()
        if (found := _faults(PROBLEM, example["value"], components))
    }
    for method, path, operation in operations(schema):
        good = [answer for status, answer in operation["responses"].items() if int(status) < 400]
        for place in (operation.get("requestBody", {}), *good):
            for kind, media in place.get("content", {}).items():
                for name, example in media["examples"].items():
                    if found := _faults(media["schema"], example["value"], components):
                        wrong[f"{method} {path} {kind} {name}"] = found
    assert wrong == {}


def _faults(shape: dict, value: Any, components: dict) -> list[str]:
    validator = Draft202012Validator({**shape, "components": components})
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(value)]


def test_every_write_wants_a_key(schema):
    wrong = []
    for method, path, operation in operations(schema):
        if method == "get" or path.startswith("/api/v1/tokens"):
            continue
        headers = [p["name"] for p in operation["parameters"] if p["in"] == "header"]
        if ("Idempotency-Key" in headers) == path.endswith("/preview"):
            wrong.append((method, path))
    assert wrong == []


def test_bodies_name_all_their_fields(schema):
    bodies = {
        name: it for name, it in schema["components"]["schemas"].items() if name.endswith("Body")
    }
    assert len(bodies) > 20
    assert {name for name, it in bodies.items() if it["additionalProperties"] is not False} == set()


def test_amounts_are_texts_everywhere(schema):
    patterns = {
        f"{name}.{field}"
        for name, component in schema["components"]["schemas"].items()
        for field, it in component.get("properties", {}).items()
        if field.endswith("amount") and "pattern" not in it
    }
    assert patterns == set()
    numbers = {
        f"{name}.{field}"
        for name, component in schema["components"]["schemas"].items()
        for field, it in component.get("properties", {}).items()
        if it.get("type") == "number" or (field.endswith("amount") and it.get("type") == "integer")
    }
    assert numbers == set()


@pytest.mark.django_db
def test_the_page_needs_no_other_host():
    client = Client()
    page = client.get("/api/v1/docs/").content.decode()
    texts = [client.get("/api/v1/schema/", {"lang": lang}).content for lang in ("", "en", "xx")]
    assert texts[0].startswith(b"openapi: 3.1.0")
    assert set(texts) == {texts[0]}
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", page) == []
    assert "swagger-ui-bundle.js" in page
