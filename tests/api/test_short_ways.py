"""Orders that programs send are answered the short way exactly as by the view, or not at all."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, transaction
from django.test import RequestFactory
from knox.models import AuthToken

from billing.api.orders_shown import OrderShown
from billing.models import Order
from billing.services import answered_orders
from finance_mgmt import wsgi
from finance_mgmt.api import prepared, short_ways, throttles
from finance_mgmt.clock import now
from finance_mgmt.enums import Role
from finance_mgmt.models import Account, ApiRequest, Decision
from tests.api.door import Caller, boss, codes, permissions, person, staff, user_of
from tests.billing.shop import Shop
from tests.concurrency.races import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BODY = {
    "number": "o1",
    "account": "M",
    "product": "vm",
    "list_amount": "30.00",
    "currency": "CNY",
}
STAMPS = ("placed_at", "paid_at", "covers_from", "covers_until", "request_id")


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing()
    master, member = it.account("HQ", credit_limit="100"), it.account("M")
    it.link(master, member)
    it.discount(master, rate="0.8")
    it.prepaid("vm")
    yield it
    assert it.wrong_books() == []


@pytest.fixture
def short(monkeypatch):
    """What the short way said, each time it was asked to pay."""
    said: list[str | None] = []
    place = answered_orders.place
    monkeypatch.setattr(
        answered_orders, "place", lambda sent: (said.append(place(sent)), said[-1])[1]
    )
    return said


def told(answer) -> tuple:
    """All that an answer says, but for instants and ids; headers by name and value."""
    body = json.loads(answer.content)
    headers = {name.lower(): text for name, text in answer.headers.items()}
    headers.pop("x-request-id")
    return answer.status_code, {k: v for k, v in body.items() if k not in STAMPS}, headers


def both_ways(ask) -> tuple[tuple, tuple]:
    """By the view, taken back; then as it comes. Within a transaction there is no short way."""
    with transaction.atomic():
        by_the_view = told(ask())
        transaction.set_rollback(True)
    return by_the_view, told(ask())


@pytest.mark.rule("O1", "F11")
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"months": 12, "kind": "new", "is_paid": True},
        {"resource": "vm 7 / 北京", "list_amount": 7},
        {"list_amount": 7.005, "number": "北京-1"},
        {"account": "HQ", "list_amount": "1.000"},
    ],
)
def test_a_plain_order_is_answered_as_by_the_view(shop, short, more):
    caller = boss()
    by_the_view, shortly = both_ways(lambda: caller.post("orders", {**BODY, **more}, key="k"))
    assert shortly == by_the_view
    assert (shortly[0], len(short), short[0] is not None) == (201, 1, True)
    (row,) = ApiRequest.objects.all()
    assert json.loads(row.answer) == json.loads(short[0])
    again = caller.post("orders", {**BODY, **more}, key="k")
    assert (again.json(), again["Idempotency-Replayed"]) == (json.loads(short[0]), "true")
    assert Order.objects.count() == 1


def test_whoever_has_a_language_is_answered_by_the_view(shop, short):
    answer = boss().post("orders", BODY, **{"Accept-Language": "zh-hans"})
    assert (answer.status_code, answer["Content-Language"], short) == (201, "zh-hans", [])


@pytest.mark.rule("Z8")
def test_it_is_done_by_whoever_sent_it_under_the_id_of_the_request(shop, short):
    caller = staff("place_order")
    answer = caller.post("orders", BODY, key="k", **{"X-Request-Id": "mine-1"})
    assert (answer.status_code, answer["X-Request-Id"], len(short)) == (201, "mine-1", 1)
    decision = Decision.objects.get(verb="orders.place")
    assert (decision.by, decision.request_id) == (caller.user.username, "mine-1")
    assert decision.key == f"api 0/{caller.user.pk} k"


def test_a_permission_may_come_by_a_group(shop, short):
    caller = staff()
    group = Group.objects.create(name="sellers")
    group.permissions.set(permissions("place_order"))
    caller.user.groups.add(group)
    assert caller.post("orders", BODY).status_code == 201
    assert short[0] is not None


# -- What it leaves alone --------------------------------------------------------------------------

ODD = [
    {"number": "a/b"},
    {"number": " o1 "},
    {"number": "o" * 101},
    {"number": 7},
    {"number": "a\0b"},
    {"number": "\ud800"},
    {"account": "nobody"},
    {"account": ["M"]},
    {"account": None},
    {"product": "nothing"},
    {"product": ""},
    {"currency": "USD"},
    {"currency": "cny"},
    {"list_amount": "0"},
    {"list_amount": "-1"},
    {"list_amount": "1e3"},
    {"list_amount": "NaN"},
    {"list_amount": True},
    {"list_amount": "1" * 61},
    {"list_amount": "0.0000000000000000001"},
    {"list_amount": "1000.00"},
    {"months": 0},
    {"months": "2"},
    {"months": True},
    {"months": 121},
    {"kind": "renew"},
    {"kind": "gift"},
    {"is_paid": False},
    {"is_paid": "true"},
    {"resource": ""},
    {"resource": "  spaces "},
    {"resource": "r" * 1001},
    {"resource": None},
    {"colour": "red"},
]


@pytest.mark.parametrize("more", ODD, ids=repr)
def test_whatever_else_is_sent_is_answered_by_the_view(shop, short, more):
    """Whether it takes it or refuses it: the short way never says anything of its own."""
    caller = boss()
    by_the_view, as_it_comes = both_ways(lambda: caller.post("orders", {**BODY, **more}, key="k"))
    assert as_it_comes == by_the_view
    assert [said for said in short if said is not None] == []


@pytest.mark.parametrize("name", ["number", "account", "product", "list_amount", "currency"])
def test_nothing_may_be_missing(shop, short, name):
    body = {field: value for field, value in BODY.items() if field != name}
    assert boss().post("orders", body).status_code == 422
    assert short == []


@pytest.mark.parametrize(
    ("sent", "headers", "expected"),
    [
        ("[]", {}, 400),
        ("{", {}, 400),
        ("", {}, 422),
        (BODY, {"If-Match": '"x"'}, 400),
        (BODY, {"If-Match": ""}, 400),
        (BODY, {"X-Account": "M"}, 403),
        (BODY, {"Authorization": "Bearer " + "0" * 64}, 401),
        (BODY, {"Authorization": "Bearer"}, 401),
        (BODY, {"Accept": "text/html"}, 406),
        (BODY, {"Host": "elsewhere.example"}, 400),
    ],
)
def test_odd_requests_are_for_the_view(shop, short, sent, headers, expected):
    answer = boss().post("orders", sent, key="k", **headers)
    assert answer.status_code == expected
    assert [said for said in short if said is not None] == []
    assert not Order.objects.exists()


@pytest.mark.parametrize("key", [None, "two words", "k" * 101])
def test_a_key_is_needed_and_is_one_word(shop, short, key):
    answer = boss().post("orders", BODY, key=key)
    assert (answer.status_code, short) == (400, [])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda user: setattr(user, "is_active", False), 401),
        (lambda user: setattr(user, "is_staff", False), 403),
        (lambda user: setattr(user, "is_superuser", False), 403),
    ],
)
def test_whoever_may_not_is_refused_by_the_view(shop, short, change, expected):
    caller = boss()
    caller.user.is_staff = True
    change(caller.user)
    caller.user.save()
    assert caller.post("orders", BODY).status_code == expected
    assert short == [None]
    assert not Order.objects.exists()


def test_users_of_accounts_place_nothing(shop, short):
    caller = user_of(Account.objects.get(number="M"), Role.OWNER)
    assert caller.post("orders", BODY).status_code == 403
    assert not Order.objects.exists()


def test_a_token_that_expired_is_none(shop, short):
    caller = boss()
    AuthToken.objects.update(expiry=now() - timedelta(seconds=1))
    assert caller.post("orders", BODY).status_code == 401
    assert short == [None]


@pytest.mark.rule("F11")
def test_a_key_that_was_used_is_answered_by_the_view(shop, short):
    caller = boss()
    assert caller.post("orders", BODY, key="k").status_code == 201
    reused = caller.post("orders", {**BODY, "number": "o2"}, key="k")
    assert (reused.status_code, codes(reused)) == (422, ["key_reused"])
    taken = caller.post("orders", BODY, key="other")
    assert codes(taken) == ["number_taken", "resource_exists"]
    ApiRequest.objects.all().delete()  # forgotten after some months: the decision is not
    assert caller.post("orders", BODY, key="k").status_code == 201
    assert Order.objects.count() == 1
    assert short[1:] == [None, None, None]


@pytest.mark.rule("C2")
def test_what_is_not_simple_goes_the_long_way(shop, short):
    shop.voucher(Account.objects.get(number="HQ"), "3")
    answer = boss().post("orders", BODY)
    assert (answer.status_code, answer.json()["voucher_amount"], short) == (201, "3.00", [None])


@pytest.mark.parametrize("name", ["sent_orders", "_pay"])
def test_what_fails_on_the_short_way_is_done_by_the_view(shop, short, monkeypatch, name):
    """Whatever broke: the view does it, or answers as it answers everything that breaks."""

    def broken(*given):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(answered_orders, name, broken)
    answer = boss().post("orders", BODY)
    assert (answer.status_code, short) == (201, [None])
    assert Order.objects.count() == 1


# -- The WSGI application --------------------------------------------------------------------------


def through_wsgi(caller, body, **environ) -> tuple[str, dict[str, str], bytes]:
    """What a web server is told: status, headers, body."""
    sent = RequestFactory().generic(
        "POST",
        "/api/v1/orders",
        json.dumps(body),
        content_type="application/json",
        headers={**caller.headers, "Idempotency-Key": "k"},
    )
    told: list = []
    content = wsgi.application(sent.environ | environ, lambda *said: told.extend(said))
    status, headers = told
    try:
        return status, {name.lower(): text for name, text in headers}, b"".join(content)
    finally:
        getattr(content, "close", bool)()


def test_a_web_server_is_told_the_same_either_way(shop, short):
    """The body was read on the short way, and can be read again by the view."""
    caller = boss()
    status, headers, content = through_wsgi(caller, BODY)
    assert (status, len(short)) == ("201 Created", 1)
    assert json.loads(content)["payable_amount"] == "24.00"
    assert headers["content-length"] == str(len(content))
    again, others, answer = through_wsgi(caller, BODY)
    assert (again, json.loads(answer)) == ("201 Created", json.loads(content))
    assert others.pop("idempotency-replayed") == "true"
    assert others.keys() == headers.keys()
    refused, _, said = through_wsgi(caller, {**BODY, "months": 2})
    assert refused == "422 Unprocessable Entity"
    assert json.loads(said)["errors"][0]["code"] == "key_reused"


def test_a_sender_that_hangs_up_is_for_the_view(shop, short):
    class HungUp:
        def read(self, *size):
            raise OSError("the connection was reset")

        readline = read

    status, _, _ = through_wsgi(boss(), BODY, **{"wsgi.input": HungUp()})
    assert (status, short) == ("400 Bad Request", [])
    assert not Order.objects.exists()


@pytest.fixture
def behind_tls(settings):
    """The outermost layers as they are where HTTPS is set."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    short_ways._outermost.cache_clear()
    yield
    short_ways._outermost.cache_clear()


def test_what_comes_without_tls_is_sent_on_where_tls_is_wanted(shop, short, behind_tls):
    caller = boss()
    _, headers, _ = through_wsgi(caller, BODY, HTTP_X_FORWARDED_PROTO="https")
    assert (headers["strict-transport-security"], len(short)) == ("max-age=60", 1)
    through_wsgi(caller, {**BODY, "number": "o2"})
    assert len(short) == 1


# -- How often -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["everything", "writes"])
def test_orders_are_counted_with_all_other_requests(shop, short, rate, scope):
    caller = boss()
    rate(scope, "3/h")
    assert caller.post("top-ups", {}).status_code == 422
    answers = [
        caller.post("orders", {**BODY, "number": f"o{n}", "list_amount": "1.00"}) for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert len([said for said in short if said is not None]) == 2
    assert Caller(person(is_superuser=True, is_staff=True)).get("accounts").status_code == 200


def test_orders_that_come_at_once_are_counted_one_by_one(shop, rate):
    caller = boss()
    rate("writes", "5/h")

    def send(number: int) -> int:
        body = {**BODY, "number": f"o{number}", "list_amount": "1.00"}
        return Caller.post(caller, "orders", body, key=f"k{number}").status_code

    found = at_once([lambda number=number: send(number) for number in range(12)])
    assert (found.count(201), found.count(429)) == (5, 7)
    assert Order.objects.count() == 5


def test_of_several_people_each_has_a_rate_of_its_own(rate):
    rate("writes", "2/h")
    rate("everything", "3/h")
    assert throttles.may_write([1, 2, 1, 1, 2]) == [True, True, True, False, True]
    assert throttles.may_write([3, 1, 2]) == [True, False, False]


# -- Shown as the serializer shows it --------------------------------------------------------------


def test_prepared_fields_show_what_the_serializer_shows(shop):
    caller = boss()
    caller.post("orders", {**BODY, "is_paid": False})
    caller.post("orders", {**BODY, "number": "o2"})
    for order in Order.objects.all():
        expected = super(prepared.Prepared, OrderShown()).to_representation(order)
        assert OrderShown(order).data == expected
        assert list(prepared.shown(OrderShown, order)) == list(OrderShown.Meta.fields)
    thin = caller.get("orders/o2", {"fields": "number,payer"}).json()
    assert thin == {"number": "o2", "payer": "HQ"}
