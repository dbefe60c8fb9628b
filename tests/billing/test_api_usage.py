"""Usage as JSON Lines, files of usage, and the jobs that bill them (B2, C4, FOCUS)."""

import json
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import UsageImport, UsageRecord
from finance_mgmt.models import Run
from finance_mgmt.services import runs
from tests.api.door import Caller, boss, codes, numbers, staff, user_of
from tests.billing import files

LINE = {
    "key": "m-1",
    "owner": "A",
    "product": "vm",
    "quantity": "24",
    "starts_at": "2024-05-10T00:00:00+08:00",
    "resource": "vm-1",
}

KEYS = count(1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def meter(provider) -> Caller:
    provider.account("A", cash_amount="100")
    provider.product("vm", unit_price="0.5")
    caller = staff("report_usage", "billing.view_usagerecord")
    assert caller.post("sources", {"code": "meter"}).status_code == 201
    return caller


def report(
    caller: Caller,
    *lines: object,
    key: str = "",
    source: str = "meter",
    content_type: str = "application/x-ndjson",
):
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    return caller.client.generic(
        "POST",
        f"/api/v1/usage?source={source}",
        data=text,
        content_type=content_type,
        headers={**caller.headers, "Idempotency-Key": key or f"k-{next(KEYS)}"},
    )


def results(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def told(answer) -> list[tuple]:
    return [
        (one["line"], one["key"], one["result"], [e["code"] for e in one["errors"]])
        for one in results(answer)
    ]


@pytest.mark.rule("B2")
def test_each_line_has_its_result_and_a_bad_one_stops_no_other(meter):
    lines = [
        LINE,
        {**LINE, "key": "m-2", "quantity": 1.25},
        "{broken",
        {**LINE, "key": "m-3", "owner": "nowhere"},
        "",
        {**LINE, "key": "m-4", "quantity": "NaN", "starts_at": "noon"},
        {**LINE, "key": "m-5", "payer": "X"},
        {"key": "m-6"},
        {**LINE, "key": "m-7", "starts_at": "2019-01-01T00:00:00Z"},  # before its price
        [1, 2],
        {**LINE, "key": "m-8", "kind": "credit"},
        {**LINE, "key": "m-9", "kind": "adjustment", "given_amount": "-3", "reason": "sorry"},
    ]
    answer = report(meter, *lines, key="first")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert told(answer) == [
        (1, "m-1", "stored", []),
        (2, "m-2", "stored", []),
        (3, None, "refused", ["malformed"]),
        (4, "m-3", "refused", ["unknown"]),
        (6, "m-4", "refused", ["not_an_amount", "not_an_instant"]),
        (7, "m-5", "refused", ["unknown_field"]),
        (8, "m-6", "refused", ["required"] * 4),
        (9, "m-7", "refused", ["no_price"]),
        (10, None, "refused", ["malformed"]),
        (11, "m-8", "refused", ["invalid_choice"]),
        (12, "m-9", "stored", []),
    ]
    assert sorted(numbers(meter.get("usage"), "key")) == ["m-1", "m-2", "m-9"]


@pytest.mark.rule("B2", "F11")
def test_the_same_lines_are_known_and_other_facts_refused(meter):
    report(meter, LINE, key="a")
    again = report(meter, LINE, key="a")
    assert (told(again), again["Idempotency-Replayed"]) == ([(1, "m-1", "stored", [])], "true")
    assert told(report(meter, LINE, key="b")) == [(1, "m-1", "known", [])]
    changed = {**LINE, "quantity": "25"}
    assert told(report(meter, changed, {**LINE, "key": "n"}, key="c")) == [
        (1, "m-1", "refused", ["record_conflict"]),
        (2, "n", "stored", []),
    ]
    other = report(meter, changed, key="a")
    assert (other.status_code, codes(other)) == (422, ["key_reused"])
    assert UsageRecord.objects.count() == 2


@pytest.mark.rule("C4")
def test_a_late_line_is_said_to_be_late(meter, provider):
    provider.start_closing()
    assert [one["is_late"] for one in results(report(meter, LINE))] == [True]


def test_what_is_no_report_is_refused_as_a_whole(meter, provider):
    assert codes(report(meter, LINE, source="other")) == ["unknown_source"]
    assert codes(report(meter, LINE, source="")) == ["unknown_source"]
    as_json = report(meter, LINE, content_type="application/json")
    assert (as_json.status_code, codes(as_json)) == (415, ["unsupported_media_type"])
    long_line = report(meter, {**LINE, "reason": "x" * 70_000}, key="long")
    assert (long_line.status_code, codes(long_line)) == (413, ["too_large"])
    many = report(meter, *["{}"] * 10_001, key="many")
    assert (many.status_code, codes(many)) == (413, ["too_large"])
    assert codes(report(meter, key="empty")) == ["empty_body"]
    assert not UsageRecord.objects.exists()


def test_customers_report_nothing(provider):
    caller = user_of(provider.account("A"))
    assert report(caller, LINE).status_code == 403


def send_file(caller: Caller, content: bytes, key: str, name: str = "usage.csv", **fields: str):
    file = SimpleUploadedFile(name, content, "text/csv")
    return caller.client.post(
        "/api/v1/imports",
        {"file": file, **fields},
        headers={**caller.headers, "Idempotency-Key": key},
    )


@pytest.mark.rule("B2", "F11")
def test_a_file_is_taken_in_once_and_read_by_workers(provider, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    files.small_world(provider)
    caller, content = boss(), files.focus({}, {"SubAccountId": '"S-9"'})
    made = send_file(caller, content, "f", name="../../etc/usage.csv", expected_rows="2")
    found = made.json()
    assert (made.status_code, found["file_name"], found["state"]) == (201, "usage.csv", "queued")
    again = send_file(caller, content, "f", name="../../etc/usage.csv", expected_rows="2")
    assert (again.json()["id"], again["Idempotency-Replayed"]) == (found["id"], "true")
    other = send_file(caller, content + b"\n", "f", name="../../etc/usage.csv", expected_rows="2")
    assert (other.status_code, codes(other)) == (422, ["key_reused"])
    runs.work(found["run"], worker="test")
    page = caller.get(f"imports/{found['id']}").json()
    assert (page["state"], page["rows_read"], page["rows_stored"], page["rows_parked"]) == (
        "stored",
        2,
        1,
        1,
    )
    assert page["findings"] == []
    rows = {"fields": "row_number,key,status,parked_because"}
    path = f"imports/{found['id']}/rows"
    assert caller.get(path, rows).json()["results"] == [
        {"row_number": 1, "key": "1", "status": "stored", "parked_because": ""},
        {"row_number": 2, "key": "2", "status": "parked", "parked_because": "unknown_account"},
    ]
    parked = caller.get(path, {"status": "parked"}).json()["results"]
    assert [(row["record"], row["content"]["SubAccountId"]) for row in parked] == [(None, "S-9")]
    assert codes(caller.get(path, {"status": "lost"})) == ["unknown_value"]
    assert UsageImport.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"mode": "magic"}, 422),
        ({"received_at": "yesterday"}, 422),
        ({"received_at": "2150-01-01T00:00:00Z"}, 409),
        ({"expected_rows": "-1"}, 422),
        ({"expected_sha256": "abc"}, 422),
        ({"stored_as": "x"}, 400),
    ],
)
def test_files_with_wrong_fields(settings, tmp_path, fields, status):
    settings.MEDIA_ROOT = tmp_path
    assert send_file(boss(), b"a,b\n", "k", **fields).status_code == status
    assert not UsageImport.objects.exists()


def test_an_import_without_a_file(settings, tmp_path):
    caller = boss()
    missing = caller.client.post(
        "/api/v1/imports", {}, headers={**caller.headers, "Idempotency-Key": "k"}
    )
    assert (missing.status_code, codes(missing)) == (422, ["required"])
    assert caller.post("imports", {}).status_code == 415


@pytest.mark.rule("C4", "B5")
def test_staff_close_and_bill_and_try_again(meter):
    report(meter, LINE)
    caller = boss()
    assert caller.post("jobs", {"kind": "close"}).json() == {"run": None}  # not started yet
    assert caller.get("closing").json()["results"][0]["started_at"] is None
    assert caller.post("closing/start").json()["started_at"] is not None
    for kind in ("close", "bill"):
        opened = caller.post("jobs", {"kind": kind})
        run = opened.json()["run"]
        assert (opened.status_code, run["kind"], run["state"]) == (201, kind, "queued")
        runs.work(run["id"], worker="test")
    page = caller.get(f"runs/{run['id']}").json()
    assert (page["state"], [step["state"] for step in page["steps"]]) == ("done", ["done"])
    assert caller.post(f"runs/{run['id']}/retry").json()["state"] == "done"
    assert caller.post("jobs", {"kind": "bill"}).json() == {"run": None}
    assert numbers(caller.get("bills"), "total") == ["12.00"]
    assert codes(caller.post("jobs", {"kind": "lunch"})) == ["invalid_choice"]
    assert Run.objects.count() == 2
