"""What every list can: single fields, orders that lose no row, names that mean nothing refused."""

from datetime import timedelta

import pytest
from drf_spectacular.generators import SchemaGenerator

from finance_mgmt.clock import now
from tests.api.door import Caller, boss, codes, numbers, problem, user_of
from tests.api.matrix import MOVES, READS
from tests.api.world import BILLED, LINKED, World, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(provider) -> World:
    return build(provider)


def orders() -> dict[str, list[str]]:
    """The orders of each list, as the schema names them."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        path: parameter["schema"]["enum"]
        for path in (*READS, *MOVES)
        for parameter in schema["paths"][f"/api/v1/{path}"]["get"]["parameters"]
        if parameter["name"] == "ordering"
    }


def walked(caller: Caller, path: str, ordering: str, key: str) -> list[object]:
    """All rows, two at a time; gives up where the pages never end."""
    found: list[object] = []
    answer = caller.get(path, {"ordering": ordering, "page_size": 2, "fields": key})
    for _ in range(40):
        assert answer.status_code == 200, (path, ordering, answer.content)
        found += [row[key] for row in answer.json()["results"]]
        if not (following := answer.json()["next"]):
            return found
        answer = caller.client.get(following, headers=caller.headers)
    return found


@pytest.mark.slow
def test_no_order_of_any_list_loses_a_row_or_shows_one_twice(world):
    caller, wrong = boss(), {}
    found = orders()
    assert set(found) == {*READS, *MOVES}
    for path, words in found.items():
        key = READS.get(path, "id") or "started_at"
        rows = caller.get(path, {"page_size": 30, "ordering": words[0]}).json()["results"]
        every = {row[key] for row in rows}
        for ordering in words[2:] if len(rows) < 30 else ():
            seen = walked(caller, path, ordering, key)
            if (len(seen), set(seen)) != (len(every), every):
                wrong[path, ordering] = seen
    assert wrong == {}


def test_every_list_and_row_has_single_fields(world):
    caller, wrong = boss(), {}
    for path, key in READS.items():
        field = key or "started_at"
        rows = caller.get(path, {"fields": field}).json()["results"]
        if rows and {tuple(row) for row in rows} != {(field,)}:
            wrong[path] = rows
        if key and rows and caller.get(f"{path}/{rows[0][key]}", {"fields": key}).json() != rows[0]:
            wrong[path, "row"] = rows[0]
    assert wrong == {}
    assert sorted(caller.get("bills", {"fields": "id, total"}).json()["results"][0]) == [
        "id",
        "total",
    ]
    for fields, told in (
        ("id,totl", "Unknown in fields: totl (did you mean total?)."),
        ("decision", "Unknown in fields: decision."),
    ):
        refused = caller.get("bills", {"fields": fields})
        assert (refused.status_code, problem(refused)["detail"]) == (400, told)
    assert codes(caller.get("bills", {"fields": ","})) == ["unknown_field"]


def test_a_name_that_means_nothing_is_refused_with_the_one_that_was_meant(world):
    caller = boss()
    bill = caller.get("bills").json()["results"][0]["id"]
    said = {
        f"bills?{name}=x": problem(caller.get("bills", {name: "x"}))["detail"]
        for name in ("payr", "colour")
    }
    assert said == {
        "bills?payr=x": "Unknown in the query: payr (did you mean payer?).",
        "bills?colour=x": "Unknown in the query: colour.",
    }
    body = {"account": "M", "amout": "1.00", "currency": "CNY"}
    assert problem(caller.post("top-ups", body))["detail"] == (
        "Unknown fields: amout (did you mean amount?)."
    )
    paths = [*READS, *MOVES, f"bills/{bill}", f"bills/{bill}/lines", "accounts/M"]
    paths += ["accounts/M/timeline", "accounts/M/contact"]
    wrong = {path: caller.get(path, {"xyz": 1}).status_code for path in paths}
    assert wrong == dict.fromkeys(paths, 400)
    assert codes(caller.post("top-ups?dry=1", {**body, "amount": "1.00"})) == ["unknown_parameter"]
    assert codes(caller.post("relationships/preview?at=1", {})) == ["unknown_parameter"]


@pytest.mark.rule("C3")
def test_what_was_in_force_at_an_instant(world):
    caller = boss()
    later = now() + timedelta(days=1)
    instants = (LINKED - timedelta(seconds=1), LINKED, BILLED, later)
    found = {
        path: [len(numbers(caller.get(path, {"at": one.isoformat()}), "id")) for one in instants]
        for path in ("relationships", "grants")
    }
    # Six links and two powers; one link ended a day after it was billed.
    assert found == {"relationships": [0, 6, 6, 5], "grants": [0, 2, 2, 2]}
    assert codes(caller.get("relationships", {"at": "yesterday"})) == ["not_an_instant"]


@pytest.mark.rule("Z8")
def test_the_trail_is_for_staff_and_for_owners_of_what_was_asked_here(provider, world):
    caller, whole = world.owners["M"], boss()
    asked = {"X-Request-Id": "letter-7"}
    caller.post("withdrawals", {"amount": "1.00", "currency": "CNY"}, key="w", **asked)
    rows = caller.get("decisions").json()["results"]
    account = world.accounts["M"].pk
    assert [(row["verb"], row["by"], row["request_id"], row["key"]) for row in rows] == [
        ("cash.withdraw", caller.user.username, "letter-7", f"api {account}/{caller.user.pk} w")
    ]
    found = whole.get("decisions", {"request_id": "letter-7"}).json()["results"]
    assert found == rows
    assert world.owners["T"].get(f"decisions/{rows[0]['id']}").status_code == 404
    assert numbers(
        whole.get("decisions", {"verb": "relationships.link", "page_size": 1}), "by"
    ) == ["test"]


@pytest.mark.rule("Z8")
def test_the_timeline_of_an_account_goes_back_page_by_page(world):
    caller = boss()
    events, before = [], ""
    while True:
        query = {"page_size": 5, **({"before": before} if before else {})}
        page = caller.get("accounts/M/timeline", query).json()
        events += page["results"]
        if not (before := page["next"]):
            break
    keys = [(one["kind"], one["id"], one["at"]) for one in events]
    assert (
        len(set(keys))
        == len(keys)
        == len(caller.get("accounts/M/timeline", {"page_size": 200}).json()["results"])
    )
    assert [one["at"] for one in events] == sorted((one["at"] for one in events), reverse=True)
    assert codes(caller.get("accounts/M/timeline", {"before": "x"})) == ["bad_cursor"]
    assert world.owners["M"].get("accounts/M/timeline").status_code == 403


@pytest.mark.rule("F6", "F7", "F10")
def test_money_that_moved_is_listed_by_its_kind(world):
    caller = world.owners["M"]
    pair = {"member": "G", "amount": "1.00", "currency": "CNY"}
    for path in ("transfers", "take-backs"):
        assert caller.post(path, pair).status_code == 201
    caller.post("withdrawals", {"amount": "1.00", "currency": "CNY"})
    every = caller.get("movements", {"page_size": 200}).json()["results"]
    found = {path: caller.get(path).json()["results"] for path in MOVES}
    assert {path: len(rows) for path, rows in found.items()} == {
        "allocations": 0,
        "reclaims": 0,
        "take-backs": 1,
        "top-ups": 4,
        "transfers": 1,
        "withdrawals": 1,
    }
    assert found == {
        path: [row for row in every if row["kind"] == path.removesuffix("s").replace("-", "_")]
        for path in MOVES
    }
    own = found["transfers"][0]["id"]
    assert user_of(world.accounts["X"]).get(f"transfers/{own}").status_code == 404
    assert caller.get(f"top-ups/{own}").status_code == 404
