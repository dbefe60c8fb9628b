"""Every address by every verb: what a browser's session may not do, what reading never does.

RELIABILITY S12 and S24, for all addresses of the matrix.
"""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from tests.api.door import boss, codes
from tests.api.matrix import READS, WRITES
from tests.api.world import build

pytestmark = pytest.mark.django_db

CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|MERGE)\b|.*\bFOR (NO KEY )?UPDATE\b", re.S)
OURS = ("finance_mgmt.", "billing.", "invoicing.", "simulation.")


def filled(path: str) -> str:
    """The address with something in its holes."""
    return re.sub(r"\{\w+\}", "1", path)


@pytest.mark.case("S12")
def test_no_session_writes_without_a_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    found = {}
    for path, writes in WRITES.items():
        for method in {one.method for one in writes}:
            answer = client.generic(method.upper(), f"/api/v1/{filled(path)}", data="{}")
            found[method, path] = (answer.status_code, codes(answer))
    assert set(map(str, found.values())) == {"(403, ['permission_denied'])"}


@pytest.mark.case("S12")
def test_no_page_of_ours_is_free_of_the_csrf_check():
    """Views of the API check it themselves, where somebody comes with a session."""
    free = {
        f"{one.callback.__module__}"
        for one in _patterns(get_resolver().url_patterns)
        if getattr(one.callback, "csrf_exempt", False)
        and one.callback.__module__.startswith(OURS)
        and ".api." not in one.callback.__module__
    }
    assert free == set()


@pytest.mark.case("S24")
def test_no_list_writes_or_locks(provider):
    build(provider)
    caller, wrote = boss(), {}
    for path in READS:
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(path).status_code == 200, path
        if found := [q["sql"] for q in queries if CHANGES.match(q["sql"])]:
            wrote[path] = found
    assert wrote == {}


@pytest.mark.case("S24")
def test_verbs_that_are_not_meant_are_405_everywhere():
    caller = boss()
    with CaptureQueriesContext(connection) as queries:
        found = {
            (method, path, answer.status_code, *codes(answer))
            for path in {*READS, *WRITES}
            for method in ("put", "patch", "options")
            if (answer := caller.send(method, filled(path))).status_code != 405
        }
    assert found == set()
    assert [q["sql"] for q in queries if CHANGES.match(q["sql"])] == []


def _patterns(found):
    for one in found:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from _patterns(one.url_patterns)
