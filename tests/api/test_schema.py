"""The OpenAPI document tells the whole truth, without a warning; its page works offline."""

import json
import re

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from finance_mgmt.api.schema import MATCHING, NEEDING_MATCH, READING, WRITING

# Settings name these words; bodies that are refused with them are documented by one component.
PROBLEM = {"$ref": "#/components/schemas/Problem"}


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
        named = {one["name"]: one.get("required", False) for one in operation["parameters"]}
        expected = READING if method == "get" else WRITING
        if "If-Match" in named:
            expected = NEEDING_MATCH if named["If-Match"] else MATCHING
        statuses = {str(status) for status in expected}
        declared = {s: a for s, a in operation["responses"].items() if int(s) >= 400}
        shapes = {
            json.dumps(answer["content"]["application/problem+json"]["schema"])
            for answer in declared.values()
        }
        if set(declared) != statuses or shapes != {json.dumps(PROBLEM)}:
            wrong[method, path] = set(declared) ^ statuses, shapes
    assert wrong == {}


def test_every_write_wants_a_key_and_shows_an_example(schema):
    without_key, without_example = [], []
    for method, path, operation in operations(schema):
        if method == "get" or path.startswith("/api/v1/tokens"):
            continue
        headers = [p["name"] for p in operation["parameters"] if p["in"] == "header"]
        if ("Idempotency-Key" in headers) == path.endswith("/preview"):
            without_key.append((method, path))
        body = operation.get("requestBody", {}).get("content", {})
        is_shown = all("examples" in media for media in body.values())
        if not path.endswith("/preview") and not is_shown and "imports" not in path:
            without_example.append(path)
    assert (without_key, without_example) == ([], [])


def test_bodies_name_all_their_fields(schema):
    bodies = {
        name: it for name, it in schema["components"]["schemas"].items() if name.endswith("Body")
    }
    assert len(bodies) > 20
    assert {name for name, it in bodies.items() if it["additionalProperties"] is not False} == set()


def test_amounts_are_texts_everywhere(schema):
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
