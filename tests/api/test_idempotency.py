"""One key, one effect: repeated, changed, at once, of somebody else (F11, RELIABILITY C22, S15)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection

from finance_mgmt import tasks
from finance_mgmt.enums import MovementKind
from finance_mgmt.models import Account, ApiRequest, Decision, Movement
from finance_mgmt.queries import due
from finance_mgmt.services import api_requests
from tests.api.door import Caller, boss, codes, said, user_of
from tests.provider import Provider

BODY = {"amount": "10.00", "currency": "CNY"}


@pytest.fixture
def account(provider) -> Account:
    return provider.account("M", cash_amount="100")


def withdrawals() -> int:
    return Movement.objects.filter(kind=MovementKind.WITHDRAWAL).count()


@pytest.mark.rule("F11")
def test_the_same_key_gives_the_stored_answer(account):
    caller = user_of(account)
    first = caller.post("withdrawals", BODY, key="mine")
    again = caller.post("withdrawals", {**dict(reversed(BODY.items()))}, key="mine")
    assert (first.status_code, "Idempotency-Replayed" in first.headers) == (201, False)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert withdrawals() == 1


def test_the_answer_is_kept_although_the_world_has_moved_on(account):
    caller = user_of(account)
    first = caller.post("withdrawals", {**BODY, "amount": "100.00"}, key="all")
    assert caller.post("withdrawals", BODY).status_code == 409
    again = caller.post("withdrawals", {**BODY, "amount": "100.00"}, key="all")
    assert again.json() == first.json()


@pytest.mark.rule("F11")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("withdrawals", {**BODY, "amount": "10.01"}),
        ("withdrawals", {**BODY, "reason": "another"}),
        ("settlements", BODY),
    ],
)
def test_the_same_key_with_another_request_is_refused(account, path, body):
    caller = user_of(account)
    caller.post("withdrawals", BODY, key="mine")
    refused = caller.post(path, body, key="mine")
    assert (refused.status_code, codes(refused)) == (422, ["key_reused"])
    assert withdrawals() == 1


@pytest.mark.rule("F11", "Z6")
def test_keys_of_others_are_nobodys_business(provider, account):
    other = provider.account("X", cash_amount="100")
    mine, theirs, same_account = user_of(account), user_of(other), user_of(account)
    answers = [caller.post("withdrawals", BODY, key="k") for caller in (mine, theirs, same_account)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert ["Idempotency-Replayed" in answer.headers for answer in answers] == [False] * 3
    assert [answer.json()["from_account"] for answer in answers] == ["M", "X", "M"]
    staff = boss().post("withdrawals", {**BODY, "account": "M"}, key="k")
    assert (staff.status_code, withdrawals()) == (201, 4)


def test_one_person_with_two_accounts_has_two_sets_of_keys(provider, account):
    other = provider.account("X", cash_amount="100")
    first = user_of(account)
    second = user_of(other, user=first.user)
    assert [one.post("withdrawals", BODY, key="k").status_code for one in (first, second)] == [
        201,
        201,
    ]


@pytest.mark.rule("F11")
def test_a_refusal_is_not_stored_and_may_be_tried_again(provider, account):
    caller = user_of(account)
    body = {**BODY, "amount": "150.00"}
    assert caller.post("withdrawals", body, key="later").status_code == 409
    assert not ApiRequest.objects.exists()
    provider_top_up = boss().post("top-ups", {**BODY, "amount": "50.00", "account": "M"})
    assert provider_top_up.status_code == 201
    assert caller.post("withdrawals", body, key="later").status_code == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [(None, "key_missing"), ("ä", "bad_key"), ("a b", "bad_key"), ("x" * 101, "bad_key")],
)
def test_a_write_needs_a_key(account, key, code):
    refused = user_of(account).post("withdrawals", BODY, key=key)
    assert (refused.status_code, codes(refused), withdrawals()) == (400, [code], 0)


def test_reads_and_previews_need_none(account):
    caller = user_of(account)
    assert caller.get("movements").status_code == 200
    assert caller.post("withdrawals/preview", BODY, key=None).status_code == 200
    assert withdrawals() == 0


def test_the_key_row_commits_with_its_effect_or_not_at_all(account):
    caller = user_of(account)
    caller.post("withdrawals", BODY, key="mine")
    row = ApiRequest.objects.get()
    decision = Decision.objects.get(verb="cash.withdraw")
    assert decision.key == f"api {account.pk}/{caller.user.pk} mine"
    assert (row.status, row.path, row.account) == (201, "/api/v1/withdrawals", account)


def test_a_deadlock_is_tried_again_and_then_said(account, monkeypatch):
    tries = []

    def once(*arguments):
        tries.append(1)
        error = OperationalError("deadlock detected")
        error.__cause__ = type("Deadlock", (Exception,), {"sqlstate": "40P01"})()
        if len(tries) < 5:
            raise error
        return real(*arguments)

    real = api_requests._once
    monkeypatch.setattr(api_requests, "_once", once)
    assert user_of(account).post("withdrawals", BODY).status_code == 201
    assert (len(tries), withdrawals()) == (5, 1)
    tries.clear()
    monkeypatch.setattr(api_requests, "MOST_TRIES", 3)
    refused = user_of(account).post("withdrawals", BODY)
    assert (refused.status_code, codes(refused), refused["Retry-After"]) == (
        503,
        ["try_again"],
        "1",
    )
    assert (len(tries), withdrawals()) == (3, 1)


@pytest.mark.slow
@pytest.mark.rule("F11")
@pytest.mark.django_db(transaction=True)
def test_ten_at_once_have_one_effect():
    account = Provider().account("M", cash_amount="100")
    caller = user_of(account)

    def send(_: int) -> tuple[int, str]:
        try:
            answer = Caller.post(caller, "withdrawals", BODY, key="once")
            return answer.status_code, "" if answer.status_code == 201 else codes(answer)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    assert withdrawals() == 1
    assert answers.count((201, "")) >= 1
    assert set(answers) <= {(201, ""), (409, "in_flight")}
    assert send(0) == (201, "")
    assert withdrawals() == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_in_flight_is_said_to_be_and_stored_afterwards():
    account = Provider().account("M", cash_amount="100")
    caller = user_of(account)
    began, may_end = Event(), Event()
    asked = api_requests.Asked(caller.user.pk, account.pk, "slow", "print", "POST", "/somewhere")

    def work() -> tuple[int, str]:
        began.set()
        may_end.wait(10)
        return 200, "{}"

    def first() -> None:
        api_requests.once(asked, at=said()["at"], do=work)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        began.wait(10)
        refused = caller.post("withdrawals", BODY, key="slow")
        may_end.set()
        done.result()
    assert (refused.status_code, codes(refused), refused["Retry-After"]) == (
        409,
        ["in_flight"],
        "1",
    )
    assert ApiRequest.objects.get().key == "slow"


@pytest.mark.rule("F11", "Z8")
def test_old_answers_are_forgotten_and_their_keys_are_not(account, settings):
    caller = user_of(account)
    first = caller.post("withdrawals", BODY, key="old", **{"X-Request-Id": "r-1"})
    when = ApiRequest.objects.get().at
    days = timedelta(days=settings.API_REQUEST_DAYS)
    assert (due.old_api_requests(when + days), tasks.forget_api_requests()) == (0, None)
    assert api_requests.forget(before=due.api_requests_kept_since(when + days)) == 0
    later = when + days + timedelta(seconds=1)
    assert due.old_api_requests(later) == 1
    assert api_requests.forget(before=due.api_requests_kept_since(later)) == 1

    again = caller.post("withdrawals", BODY, key="old")
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)
    assert (again.json()["id"], withdrawals()) == (first.json()["id"], 1)
    other = caller.post("withdrawals", {**BODY, "amount": "11.00"}, key="old")
    assert (other.status_code, codes(other)) == (422, ["key_reused"])
    assert Decision.objects.get(verb="cash.withdraw").request_id == "r-1"


@pytest.mark.rule("Z8")
def test_a_decision_names_the_request_and_one_outside_of_any_none(provider, account):
    answer = user_of(account).post("withdrawals", BODY)
    product = provider.product("vm", cycle="", unit_price=None)
    order = {"number": "o1", "account": "M", "product": product.code, "list_amount": "3.00"}
    ordered = boss().post("orders", {**order, "currency": "CNY"})
    assert ordered.status_code == 201, ordered.content
    found = dict(Decision.objects.exclude(request_id="").values_list("verb", "request_id"))
    assert found == {
        "cash.withdraw": answer["X-Request-Id"],
        "orders.place": ordered["X-Request-Id"],
    }
