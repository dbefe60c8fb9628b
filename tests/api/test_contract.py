"""Schemathesis walks the schema: no 5xx, no status, body or header that it does not name (S16).

Each example is made for the schema, mostly with the numbers of rows that exist, and taken back.
`API_EXAMPLES` asks for more examples per operation than the few of every run.
"""

import json
import os
import zlib
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from billing.models import Bill, Charge, Resource
from finance_mgmt.models import Grant, Relationship
from finance_mgmt.wsgi import application
from tests.api.door import Caller, boss
from tests.api.world import build

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]

document = json.loads(
    OpenApiJsonRenderer().render(
        SchemaGenerator().get_schema(request=None, public=True), renderer_context={}
    )
)
schema = schemathesis.openapi.from_dict(document).exclude(path_regex="/tokens")
schema.app = application


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


@pytest.fixture
def callers(provider) -> list[Caller]:
    """Staff who may do everything, and two owners."""
    world = build(provider)
    return [boss(), world.owners["M"], world.owners["T"]]


@pytest.fixture
def one_connection():
    """The application answers on the connection of the test, which no request may close."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def existing(path: str, name: str, number: int) -> Any:
    """The number, code or id of a row that may be there."""
    if name in ("number", "code"):
        names = "MTG"
        is_account = "/accounts/" in path
        return names[number % 3] if is_account else f"{names[number % 3]}-1"
    models = {"relationships": Relationship, "grants": Grant, "bills": Bill, "charges": Charge}
    model = next((m for word, m in models.items() if f"/{word}/" in path), Resource)
    ids = list(model.objects.order_by("pk").values_list("pk", flat=True)[:5])
    return ids[number % len(ids)]


def walk(operation: Any, callers: list[Caller], mode: GenerationMode) -> None:
    """Some examples of one operation; raises what the first wrong answer is."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        number = zlib.crc32(repr((case.body, case.query, case.path_parameters)).encode())
        for name in case.path_parameters or {}:
            if number % 4:
                case.path_parameters[name] = existing(operation.path, name, number)
        caller = callers[number % len(callers)]
        case.headers = {**(case.headers or {}), "Authorization": caller.headers["Authorization"]}
        case.headers.pop("X-Account", None)
        with transaction.atomic():
            case.call_and_validate(checks=CHECKS)
            transaction.set_rollback(True)

    check()


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_schema_is_the_whole_truth(mode, callers, one_connection):
    wrong = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            walk(operation, callers, mode)
        except Unsatisfiable:  # nothing about it can be wrong
            continue
        except BaseExceptionGroup as failure:
            wrong[operation.label] = "; ".join(str(one) for one in failure.exceptions)
    assert wrong == {}
