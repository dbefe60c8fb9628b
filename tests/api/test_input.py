"""What may be sent: amounts, accounts, and fields that are none of the caller's business (S5)."""

import pytest

from billing.models import Order
from finance_mgmt.models import Account, Funds, Movement
from tests.api.door import boss, codes, problem, user_of

pytestmark = pytest.mark.django_db

BODY = {"account": "M", "amount": "10.00", "currency": "CNY"}


def pointers(answer) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in problem(answer)["errors"]]


@pytest.fixture
def account(provider) -> Account:
    return provider.account("M", cash_amount="100")


@pytest.mark.rule("F10", "B3")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"0"', (422, "amount_not_positive")),
        ("0", (422, "amount_not_positive")),
        ('"-1.00"', (422, "amount_not_positive")),
        ('"10.001"', (422, "amount_too_precise")),
        ("10.001", (422, "amount_too_precise")),
        ("1e-30", (422, "not_an_amount")),
        ("1e400", (422, "not_an_amount")),
        ("1e16", (422, "not_an_amount")),
        ('"1000000000000000"', (422, "amount_too_large")),
        ('"NaN"', (422, "not_an_amount")),
        ('"Infinity"', (422, "not_an_amount")),
        ('"1_000"', (422, "not_an_amount")),
        ('"１２"', (422, "not_an_amount")),
        ('"1,000.5"', (422, "not_an_amount")),
        ('"0x10"', (422, "not_an_amount")),
        ('"+5"', (422, "not_an_amount")),
        ('" 5"', (422, "not_an_amount")),
        ('""', (422, "not_an_amount")),
        ("true", (422, "not_an_amount")),
        ("null", (422, "null")),
        ("[]", (422, "not_an_amount")),
        ("{}", (422, "not_an_amount")),
        ("9" * 5000, (400, "parse_error")),
        (f'"{"9" * 5000}"', (422, "not_an_amount")),
    ],
)
def test_amounts_that_are_none_move_nothing(account, text, expected):
    before = Movement.objects.count()
    answer = boss().post("withdrawals", f'{{"account": "M", "currency": "CNY", "amount": {text}}}')
    status, code = expected
    assert (answer.status_code, codes(answer)[0]) == (status, code)
    assert Movement.objects.count() == before


@pytest.mark.rule("B3")
@pytest.mark.parametrize("text", ['"10.10"', "10.10", "10.1", '"10.1"', "1010e-2"])
def test_amounts_are_exact_however_they_are_written(account, text):
    answer = boss().post("withdrawals", f'{{"account": "M", "currency": "CNY", "amount": {text}}}')
    assert (answer.status_code, answer.json()["amount"]) == (201, "10.10")


@pytest.mark.rule("F10")
@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1000"), ("KWD", "1000.000")])
def test_amounts_go_out_with_the_decimals_of_their_currency(provider, currency, shown):
    provider.account("J", currency=currency, cash_amount="1000")
    caller = boss()
    rows = caller.get("movements").json()["results"]
    figures = {
        one["name"]: one["amount"] for one in caller.get("accounts/J/funds").json()["figures"]
    }
    assert (rows[0]["amount"], figures["cash"]) == (shown, shown)
    refused = caller.post("top-ups", {"account": "J", "amount": "1.0001", "currency": currency})
    assert codes(refused) == ["amount_too_precise"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**BODY, "currency": "USD"}, [("/currency", "currency_differs")]),
        ({**BODY, "currency": "cny"}, [("/currency", "invalid")]),
        ({**BODY, "currency": "RMB"}, [("/currency", "currency_differs")]),
        ({**BODY, "account": "nowhere"}, [("/account", "unknown")]),
        ({**BODY, "account": 7}, [("/account", "unknown")]),
        ({**BODY, "account": "M\0"}, [("/account", "unknown")]),
        ({"amount": "1.00", "currency": "CNY"}, [("/account", "needed")]),
        (
            {},
            [("/amount", "required"), ("/currency", "required"), ("/account", "needed")],
        ),
        ({**BODY, "reason": "x" * 201}, [("/reason", "max_length")]),
        ({**BODY, "reason": "a\0b"}, [("/reason", "null_characters_not_allowed")]),
    ],
)
def test_what_is_wrong_is_named_by_a_pointer(account, body, expected):
    answer = boss().post("withdrawals", body)
    assert (answer.status_code, pointers(answer)) == (422, expected)


@pytest.mark.rule("Z6")
def test_a_user_acts_for_its_own_account_whatever_it_says(provider, account):
    provider.account("X", cash_amount="100", identity="Other Ltd")
    caller = user_of(account)
    for number in ("X", "nowhere"):
        answer = caller.post("withdrawals", {**BODY, "account": number})
        assert (answer.status_code, pointers(answer)) == (422, [("/account", "unknown")])
    assert caller.post("withdrawals", BODY).status_code == 201
    assert Funds.objects.get(account__number="X").cash == 100


@pytest.mark.rule("L1", "F7")
def test_nobody_moves_money_to_itself_or_to_a_stranger(provider, account):
    provider.account("X", identity="Other Ltd")
    caller = user_of(account)
    money = {"amount": "1.00", "currency": "CNY"}
    itself = caller.post("transfers", {**money, "member": "M"})
    stranger = caller.post("transfers", {**money, "member": "X"})
    assert (itself.status_code, codes(itself)) == (409, ["not_linked"])
    assert (stranger.status_code, pointers(stranger)) == (422, [("/member", "unknown")])
    linked = caller.post("relationships", {"member": "M", "mode": "management"})
    assert (linked.status_code, codes(linked)) == (409, ["linked_to_itself"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("withdrawals", BODY, "payer"),
        ("withdrawals", BODY, "limit"),
        ("withdrawals", BODY, "key"),
        ("withdrawals", BODY, "by"),
        ("withdrawals", BODY, "at"),
        ("allocations", {**BODY, "member": "M"}, "approved_by"),
        ("relationships", {"member": "M", "mode": "management"}, "state"),
        ("relationships", {"member": "M", "mode": "management"}, "decision"),
        ("settlements", {}, "status"),
        ("settlements", {}, "outstanding"),
        ("accounts", {"number": "N", "name": "N", "currency": "CNY"}, "is_staff"),
        ("accounts", {"number": "N", "name": "N", "currency": "CNY"}, "credit_limit"),
        ("orders", {"number": "O"}, "payable_amount"),
        ("orders", {"number": "O"}, "price"),
        ("orders", {"number": "O"}, "status"),
    ],
)
def test_fields_that_nobody_asked_for_are_refused(account, path, body, field):
    answer = boss().post(path, {**body, field: "1"})
    assert (answer.status_code, codes(answer)) == (400, ["unknown_field"])
    assert not Order.objects.exists()
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-05-10T10:00:00", "not_an_instant"),
        ("2024-05-10", "not_an_instant"),
        ("0001-01-01T00:00:00+14:00", "not_an_instant"),
        ("9999-12-31T23:59:59-14:00", "not_an_instant"),
        ("tomorrow", "not_an_instant"),
        (1715306400, "not_an_instant"),
        (None, "null"),
    ],
)
def test_instants_need_an_offset(provider, account, text, code):
    body = {"member": "N", "mode": "management", "effective_at": text}
    provider.account("N")
    answer = user_of(account).post("relationships", body)
    assert (answer.status_code, pointers(answer)) == (422, [("/effective_at", code)])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"colour": "red"}, "unknown_parameter"),
        ({"payer_id": 1}, "unknown_parameter"),
        ({"page_size": 0}, "bad_page_size"),
        ({"page_size": 201}, "bad_page_size"),
        ({"page_size": "ten"}, "bad_page_size"),
        ({"page_size": "٣"}, "bad_page_size"),
        ({"cursor": "nonsense"}, "bad_cursor"),
        ({"cursor": "W10="}, "bad_cursor"),
        ({"ordering": "amount"}, "bad_ordering"),
        ({"ordering": "--id"}, "bad_ordering"),
        ({"ordering": "payer__identity"}, "bad_ordering"),
    ],
)
def test_queries_that_mean_nothing_are_refused(query, code):
    answer = boss().get("bills", query)
    assert (answer.status_code, codes(answer)) == (400, [code])


def test_filter_values_that_make_no_sense_are_refused():
    caller = boss()
    answers = [
        caller.get("bills", {"month": "May"}),
        caller.get("bills", {"status": "paid"}),
        caller.get("movements", {"since": "2024-05-10T00:00:00"}),
        caller.get("movements", {"since": "0001-01-01T00:00:00Z"}),
        caller.get("accounts", {"number": "a\0b"}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 5
