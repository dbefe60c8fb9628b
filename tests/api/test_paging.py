"""Pages: none twice, none left out, whatever comes in between; filters and orders."""

from decimal import Decimal

import pytest

from finance_mgmt.services import cash
from tests.api.door import boss, numbers, said
from tests.provider import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(provider):
    account = provider.account("M")
    for amount in range(1, 8):
        _top_up(account, amount)
    return account


def _top_up(account, amount: int) -> None:
    cash.top_up(account=account, amount=Decimal(amount), reason="", **said())


def walk(caller, path: str, query: dict, between=lambda: None) -> list[list[str]]:
    pages, following = [], None
    while True:
        answer = (
            caller.client.get(following, headers=caller.headers)
            if following
            else caller.get(path, query)
        )
        assert answer.status_code == 200, answer.content
        pages.append([row["amount"] for row in answer.json()["results"]])
        if not (following := answer.json()["next"]):
            return pages
        between()


def test_pages_go_on_after_the_last_row(account):
    caller = boss()
    assert walk(caller, "movements", {"page_size": 3}) == [
        ["7.00", "6.00", "5.00"],
        ["4.00", "3.00", "2.00"],
        ["1.00"],
    ]
    assert walk(caller, "movements", {"page_size": 7}) == [[f"{n}.00" for n in range(7, 0, -1)]]
    assert walk(caller, "movements", {"page_size": 4, "ordering": "id"}) == [
        ["1.00", "2.00", "3.00", "4.00"],
        ["5.00", "6.00", "7.00"],
    ]


def test_rows_that_come_in_between_move_nothing(account):
    pages = walk(boss(), "movements", {"page_size": 3}, lambda: _top_up(account, 99))
    assert [amount for page in pages for amount in page] == [f"{n}.00" for n in range(7, 0, -1)]


def test_equal_values_of_the_ordering_column_are_told_apart(provider):
    product = provider.product("vm", unit_price="1")
    for name in "ABCDE":
        owner = provider.account(name, cash_amount="10")
        provider.use(owner, product, "1", at("2024-05-10 10:00"))
    provider.jobs(at("2024-06-02"))
    for ordering in ("month", "-month", "due_on"):
        caller, found, query = boss(), [], {"page_size": 2, "ordering": ordering}
        answer = caller.get("bills", query).json()
        while True:
            found += [row["payer"] for row in answer["results"]]
            if not answer["next"]:
                break
            answer = caller.client.get(answer["next"], headers=caller.headers).json()
        assert found == sorted("ABCDE", reverse=ordering.startswith("-"))


def test_a_cursor_belongs_to_its_list(account):
    caller = boss()
    cursor = (
        caller.get("movements", {"page_size": 3}).json()["next"].split("cursor=")[1].split("&")[0]
    )
    assert caller.get("accounts", {"cursor": cursor}).status_code == 400
    assert caller.get("movements", {"cursor": cursor, "ordering": "id"}).status_code == 400


def test_filters_narrow_and_combine(provider, account):
    other = provider.account("X", cash_amount="5", credit_limit="9")
    caller = boss()
    assert numbers(caller.get("movements", {"to_account": "X"}), "kind") == [
        "credit_limit",
        "top_up",
    ]
    assert numbers(caller.get("movements", {"to_account": "X", "kind": "top_up"}), "amount") == [
        "5.00"
    ]
    assert numbers(caller.get("movements", {"before": "2020-01-01T00:00:00Z"}), "id") == []
    assert len(numbers(caller.get("movements", {"since": "2020-01-01T00:00:00+00:00"}), "id")) == 9
    assert numbers(caller.get("accounts", {"number": other.number})) == ["X"]
