"""Schemathesis walks the schema as every role: nothing is answered that the schema does not say.

No 5xx, no status, content type, body or header that it does not name, no lock without a key (S16).
Each example is made for the schema, mostly with the numbers of rows that exist, and taken back.
Every run makes a few calls per operation; `API_CALLS=10000` asks for the long walk, `API_SEED` for
another one.
"""

import json
import os
import zlib
from collections import Counter
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.core.parameters import ParameterLocation

from billing.models import Bill, Charge, Resource
from finance_mgmt.enums import Role
from finance_mgmt.models import Grant, Relationship
from finance_mgmt.wsgi import application
from tests.api.door import Caller, boss, person, staff, user_of
from tests.api.world import build

CALLS = int(os.environ.get("API_CALLS", "600"))
SEED = int(os.environ.get("API_SEED", "0"))


class Counted:
    """The application, and how it answered how often."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        def start(status: str, *rest: Any) -> Any:
            self.answers[status[:3]] += 1
            return start_response(status, *rest)

        return application(environ, start)


document = json.loads(
    OpenApiJsonRenderer().render(
        SchemaGenerator().get_schema(request=None, public=True), renderer_context={}
    )
)
schema = schemathesis.openapi.from_dict(document)
schema.app = counted = Counted()
ONLY = os.environ.get("API_ONLY", "")
OPERATIONS = [found.ok() for found in schema.get_all_operations() if ONLY in found.ok().label]


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "replace")


# Paths and signing in are set by the walk itself; wrong ones of those prove nothing about schemas.
LEFT_ALONE = (ParameterLocation.QUERY, ParameterLocation.BODY)


@pytest.fixture
def callers(provider) -> dict[str, Caller]:
    """One of every role, at every end of a relationship, and some who are nobody here."""
    world = build(provider)
    master = world.accounts["M"]
    return {
        "everything": boss(),
        "clerk": staff("place_order", "billing.view_order", "finance_mgmt.view_account"),
        "auditor": staff("billing.view_bill", "finance_mgmt.view_movement"),
        "owner of the master": world.owners["M"],
        "finance of the master": user_of(master, Role.FINANCE),
        "viewer of the master": user_of(master, Role.VIEWER),
        "owner in trusteeship": world.owners["T"],
        "owner in management": world.owners["G"],
        "owner elsewhere": world.owners["X"],
        "without an account": Caller(person()),
        "not signed in": Caller(),
    }


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
    if name == "prefix":
        return "current"
    models = {"relationships": Relationship, "grants": Grant, "bills": Bill, "charges": Charge}
    model = next((m for word, m in models.items() if f"/{word}/" in path), Resource)
    ids = list(model.objects.order_by("pk").values_list("pk", flat=True)[:5])
    return ids[number % len(ids)]


def problem_is_named(ctx: Any, response: Any, case: Any) -> None:
    """The schema shows the type of every problem that the operation answers with."""
    if response.status_code >= 400:
        code = response.json()["type"].removeprefix("/problems/")
        answer = document_of(case.operation)["responses"][str(response.status_code)]
        shown = answer["content"]["application/problem+json"]["examples"]
        assert code in shown, f"{response.status_code} {code} is not among {sorted(shown)}"


def document_of(operation: Any) -> Any:
    return document["paths"][operation.path][operation.method]


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    unsupported_method,
    problem_is_named,
]


def walk(operation: Any, callers: dict[str, Caller], mode: GenerationMode, examples: int) -> None:
    """Some examples of one operation; raises what the wrong answers are."""
    turns = count(zlib.crc32(operation.label.encode()))
    others = list(callers.values())[1:]

    @seed(SEED)
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        number = zlib.crc32(repr((case.body, case.query, case.path_parameters)).encode())
        for name in case.path_parameters or {}:
            if number % 4:
                case.path_parameters[name] = existing(operation.path, name, number)
        checks = list(CHECKS)
        if not any(case.meta.is_negative_at(place) for place in LEFT_ALONE):
            checks.remove(negative_data_rejection)  # what was wrong was put right just now
        turn = next(turns)  # every other call by whoever may do everything: it gets furthest
        caller = others[turn // 2 % len(others)] if turn % 2 else callers["everything"]
        for name in ("Authorization", "X-Account"):
            case.headers.pop(name, None)
        with transaction.atomic():
            case.call_and_validate(headers=caller.headers, checks=checks)
            transaction.set_rollback(True)

    check()


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.case("S16")
def test_the_schema_is_the_whole_truth(callers, one_connection, capsys):
    wrong = {}
    examples = -(-CALLS // (2 * len(OPERATIONS)))
    for operation in OPERATIONS:
        for mode in GenerationMode:
            try:
                walk(operation, callers, mode, examples)
            except Unsatisfiable:  # nothing about it can be wrong
                continue
            except (AssertionError, BaseExceptionGroup) as failure:
                found = getattr(failure, "exceptions", [failure])
                wrong[operation.label, mode.value] = "; ".join(str(one) for one in found)
    with capsys.disabled():
        told = ", ".join(f"{status}: {n}" for status, n in sorted(counted.answers.items()))
        print(f"\n{counted.answers.total()} calls of {len(OPERATIONS)} operations ({told})")
    told = "\n\n".join(f"{label} ({mode})\n{text}" for (label, mode), text in wrong.items())
    assert wrong == {}, told
