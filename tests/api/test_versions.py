"""Which version somebody has seen: 304 for what is as it was, 412 for what is not any more."""

import pytest

from finance_mgmt.models import Account, Webhook
from tests.api.door import Caller, boss, codes, problem, user_of
from tests.api.matrix import READS
from tests.api.world import build

pytestmark = pytest.mark.django_db

HOOK = {"url": "https://example.com/billing", "kinds": ["cap"]}


@pytest.fixture
def caller(provider) -> Caller:
    return user_of(provider.account("M", cash_amount="10"))


def test_every_list_and_every_page_is_told_once(provider):
    build(provider)
    whole, wrong = boss(), {}
    for path, key in READS.items():
        found = whole.get(path)
        urls = [path, *[f"{path}/{row[key]}" for row in found.json()["results"][:1] if key]]
        for url in urls:
            tag = whole.get(url)["ETag"]
            again = whole.get(url, **{"If-None-Match": f'"x", {tag}'})
            other = whole.get(url, **{"If-None-Match": '"x"'})
            seen = (again.status_code, again.content, again["ETag"], other.status_code)
            if seen != (304, b"", tag, 200):
                wrong[url] = seen
    assert wrong == {}


def test_a_row_has_another_tag_after_each_write(caller):
    hook = f"webhooks/{caller.post('webhooks', HOOK).json()['id']}"
    first = caller.seen(hook)["If-Match"]
    caller.post(f"{hook}/replace-secret")  # nothing of it is shown
    second = caller.seen(hook)["If-Match"]
    caller.post(f"{hook}/change", {"kinds": []}, **{"If-Match": second})
    third = caller.seen(hook)["If-Match"]
    assert len({first, second, third}) == 3
    assert caller.get(hook, **{"If-None-Match": second}).status_code == 200
    thin = caller.get(hook, {"fields": "kinds"})
    assert (thin.json(), thin["ETag"] == third) == ({"kinds": []}, False)


def test_of_two_editors_the_second_reads_again(caller):
    hook = f"webhooks/{caller.post('webhooks', HOOK).json()['id']}"
    seen = caller.seen(hook)
    assert caller.post(f"{hook}/change", {"kinds": ["low_funds"]}, **seen).status_code == 200
    stale = caller.post(f"{hook}/change", {"is_active": False}, key="mine", **seen)
    assert (stale.status_code, problem(stale)["type"]) == (412, "/problems/stale")
    row = Webhook.objects.get()
    assert (row.kinds, row.is_active) == (["low_funds"], True)
    again = caller.post(f"{hook}/change", {"is_active": False}, key="mine", **caller.seen(hook))
    assert (again.status_code, again.json()["kinds"]) == (200, ["low_funds"])
    # The answer of a key comes back whatever has become of the row since.
    repeated = caller.post(f"{hook}/change", {"is_active": False}, key="mine", **seen)
    assert (repeated.json(), repeated["Idempotency-Replayed"]) == (again.json(), "true")
    assert codes(caller.delete(hook, **seen)) == ["stale"]
    assert caller.delete(hook, **{"If-Match": "*"}).status_code == 200


def test_what_replaces_a_whole_says_which_version(caller):
    caller.post("webhooks", HOOK)
    pk = Webhook.objects.get().pk
    bare = {
        path: codes(caller.post(path, body))
        for path, body in {
            "accounts/M/contact": {"email": "a@example.com", "language": "en"},
            f"webhooks/{pk}/change": {"is_active": False},
        }.items()
    }
    assert bare == dict.fromkeys(bare, ["if_match_missing"])
    assert codes(boss().post("accounts/M/change", {"channel": "direct"})) == ["if_match_missing"]
    assert Account.objects.get().billing_email == ""
    free = caller.post("withdrawals", {"amount": "1.00", "currency": "CNY"}, **{"If-Match": "*"})
    assert (free.status_code, codes(free)) == (400, ["unknown_condition"])


@pytest.mark.rule("F1", "Z6")
def test_a_credit_limit_is_set_by_whoever_has_seen_the_present_one(provider, caller):
    path, staff = "accounts/M/credit-limit", boss()
    body = {"limit": "100.00", "currency": "CNY"}
    seen = staff.seen(path)
    assert staff.post(path, body, **seen).status_code == 200
    assert codes(staff.post(path, {**body, "limit": "50.00"}, **seen)) == ["stale"]
    told = {"account": "M", "currency": "CNY", "limit": "100.00"}
    assert staff.get(path).json() == caller.get(path).json() == told
    other = user_of(provider.account("X"))
    assert (other.get(path).status_code, other.post(path, body).status_code) == (404, 403)


def test_what_is_replaced_by_new_rows_has_the_tag_of_its_list(provider, caller):
    account = Account.objects.get()
    provider.product("vm", unit_price="0.5")
    link = provider.link(
        provider.account("X", credit_limit="9"), provider.account("T"), provider.said()["at"]
    )
    master = user_of(link.master)
    ways = {
        "thresholds": (caller, {"account": "M"}, {"account": "M", "warn_below": ["1.00"]}),
        "invoice-titles": (caller, {"account": "M"}, {"title": "Acme Ltd"}),
        "prices": (boss(), {"product": "vm"}, {"product": "vm", "unit_price": "0.25"}),
        "caps": (
            master,
            {"relationship": link.pk},
            {"relationship": link.pk, "amount": "5.00", "is_hard": True},
        ),
    }
    found = {}
    for path, (who, query, body) in ways.items():
        seen = who.seen(path, query)
        done = who.post(path, body, **seen)
        stale = who.post(path, body, **seen)
        again = who.post(path, body, **who.seen(path, query))
        codes_of = (done.status_code // 100, stale.status_code, again.status_code // 100)
        found[path] = codes_of
    assert account.number == "M"
    assert found == dict.fromkeys(ways, (2, 412, 2))
