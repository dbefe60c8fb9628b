"""Races between the two ends of a relationship, and between two people (RELIABILITY C4, C5, C9,
C19, C21, C22), each with a twin that shows the loss.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import IntegrityError

from finance_mgmt.api import actors
from finance_mgmt.enums import ApprovalState, Permission
from finance_mgmt.models import Approval, Movement, Relationship
from finance_mgmt.services import (
    allocations,
    api_requests,
    approvals,
    changes,
    credit,
    grants,
    ledger,
    relationships,
)
from tests.api.door import codes, user_of
from tests.billing.shop import NOW, Shop
from tests.concurrency.races import Meeting, at_once, counted, without_row_locks
from tests.concurrency.test_money_races import the_long_way

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SHARE_CREDIT = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing()
    return it


def sharing(shop, name: str = ""):
    """A master with 200 of credit and two members in management that share it."""
    master = shop.account(f"HQ{name}", credit_limit="200")
    members = [shop.account(f"{letter}{name}") for letter in "AB"]
    for member in members:
        shop.manage(master, member, *SHARE_CREDIT)
    return master, *members


def move(shop, master, **amounts: int) -> partial:
    """Several members at once: positive is allocated, negative is reclaimed."""
    moves = {number: Decimal(amount) for number, amount in amounts.items()}
    return partial(allocations.move_many, master=master, moves=moves, **shop.said(NOW))


# -- C4, C5: many members at once ------------------------------------------------------------------


def rest_is_wanted_twice(shop, name: str = "") -> tuple:
    """150 of headroom: 200 of limit, of which 50 are used."""
    master, first, second = sharing(shop, name)
    shop.order(master, shop.prepaid(f"vm{name}"), "50", number=f"o{shop.key()}")
    race = [
        move(shop, master, **{first.number: 70, second.number: 30}),
        partial(shop.allocate, master, second, "100"),
    ]
    return master, race


@pytest.mark.rule("F6")
def test_c5_the_rest_is_allocated_to_many_or_to_one(shop):
    for number in range(6):
        master, race = rest_is_wanted_twice(shop, str(number))
        assert counted(at_once(race)) == {"done": 1, "above_headroom": 1}
        assert shop.figures(master).headroom == 50
    assert shop.wrong_books() == []


@pytest.mark.rule("F6")
def test_c5_twin_without_the_lock_many_and_one_get_more_than_there_is(shop, monkeypatch):
    master, race = rest_is_wanted_twice(shop)
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, ledger, "post")
    assert counted(at_once(race)) == {"done": 2}
    assert shop.figures(master).headroom == -50


def spent_while_moved_on(shop, name: str = "") -> tuple:
    """The first member has 100 and spends 60; 70 of it are to go to the second."""
    master, first, second = sharing(shop, name)
    shop.allocate(master, first, "100")
    the_long_way(shop, first)
    product = shop.prepaid(f"vm{name}")
    spend = partial(shop.order, first, product, "60", number=f"o{shop.key()}")
    return first, [spend, move(shop, master, **{first.number: -70, second.number: 70})]


@pytest.mark.rule("F6", "F5")
def test_c4_the_same_credit_is_spent_or_moved_on(shop):
    for number in range(6):
        first, race = spent_while_moved_on(shop, str(number))
        assert counted(at_once(race))["done"] == 1
        stored = shop.stored(first)
        assert (stored["allocated_in"], stored.get("used", 0)) in ((100, 60), (30, 0))
    assert shop.wrong_books() == []


@pytest.mark.rule("F6", "F5")
def test_c4_twin_without_the_lock_it_is_spent_and_moved_on(shop, monkeypatch):
    first, race = spent_while_moved_on(shop)
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, ledger, "post")
    assert counted(at_once(race)) == {"done": 2}
    assert (shop.figures(first).available, shop.figures(first).overshoot) == (-30, 30)


@pytest.mark.rule("F6")
def test_moves_of_many_against_each_other_wait_in_no_circle(shop):
    master, first, second = sharing(shop)
    move(shop, master, A=50, B=50)()

    def often(amounts: dict) -> None:
        for _ in range(20):
            move(shop, master, **amounts)()

    sides = [{"A": 1, "B": -1}, {"B": 1, "A": -1}] * 2
    assert counted(at_once([partial(often, side) for side in sides])) == {"done": 4}
    assert [shop.stored(one)["allocated_in"] for one in (first, second)] == [50, 50]
    assert shop.wrong_books() == []


# -- Whoever waited for the end of a power finds it ended, whatever its own watch says -------------

GIVERS = {
    "one": lambda shop, master, member, said: partial(
        credit.allocate, master=master, member=member, amount=Decimal(10), **said
    ),
    "many": lambda shop, master, member, said: partial(
        allocations.move_many, master=master, moves={member.number: Decimal(10)}, **said
    ),
}


@pytest.mark.rule("F6", "Z4", "L10")
@pytest.mark.parametrize("giver", GIVERS.values(), ids=GIVERS)
@pytest.mark.parametrize("ending", ["revoke", "end", "upgrade"])
def test_credit_is_not_given_once_what_allows_it_was_ended_by_somebody_faster(shop, giver, ending):
    """Asked a moment earlier, done a moment later: nothing would ever take the credit back."""
    master, member, _ = sharing(shop)
    link = Relationship.objects.get(member=member)
    asked, later = NOW, NOW + timedelta(seconds=1)
    give = giver(shop, master, member, shop.said(asked))
    if ending == "revoke":
        permission = Permission.SHARE_CREDIT
        grants.revoke(relationship=link, permission=permission, **shop.said(later))
    elif ending == "end":
        changes.end(relationship=link, **shop.said(later))
    else:
        shop.upgrade(link, later)
    codes_of = {"revoke": "share_credit_missing", "end": "not_linked", "upgrade": "in_trusteeship"}
    assert counted([_done(give)]) == {codes_of[ending]: 1}
    assert shop.stored(member) == {}


def _done(job):
    (outcome,) = at_once([job])
    return outcome


# -- C9: two masters, one member -------------------------------------------------------------------


@pytest.mark.rule("L1", "L4")
def test_c9_of_two_masters_that_link_one_member_at_once_one_does(shop):
    for number in range(4):
        member = shop.account(f"A{number}")
        masters = [shop.account(f"HQ{number}{letter}") for letter in "ab"]
        race = [partial(shop.manage, master, member) for master in masters]
        assert counted(at_once(race)) == {"done": 1, "member_has_a_master": 1}
    assert Relationship.objects.count() == 4


@pytest.mark.rule("L1")
def test_c9_twin_without_the_lock_only_the_database_stands_in_the_way(shop, monkeypatch):
    member = shop.account("A")
    masters = [shop.account(f"HQ{letter}") for letter in "ab"]
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, relationships, "put_in_force")
    outcomes = at_once([partial(shop.manage, master, member) for master in masters])
    assert sorted(type(one) for one in outcomes if isinstance(one, Exception)) == [IntegrityError]
    assert Relationship.objects.count() == 1


# -- C19: what is revoked is not read any more -----------------------------------------------------


def reading_while_revoked(shop) -> list[tuple[bool, int]]:
    """Of each answer: whether it was asked for after the revocation was answered; its status."""
    master, member, _ = sharing(shop)
    held = Permission.VIEW_FINANCES
    link = Relationship.objects.get(member=member)
    (power,) = link.grants.filter(permission=held)
    reader, owner = user_of(master), user_of(member)
    is_read, is_revoked = Event(), Event()

    def read() -> list[tuple[bool, int]]:
        answers = []
        while [after for after, _ in answers].count(True) < 3:
            after = is_revoked.is_set()
            answers.append((after, reader.get(f"accounts/{member.number}/funds").status_code))
            is_read.set()
        return answers

    def revoke() -> list:
        is_read.wait(10)
        assert owner.delete(f"grants/{power.pk}").status_code == 200
        is_revoked.set()
        return []

    outcomes = at_once([read, read, revoke])
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    return [answer for answers in outcomes for answer in answers]


@pytest.mark.rule("Z4", "Z6")
def test_c19_after_a_power_is_revoked_no_request_reads_with_it(shop):
    answers = reading_while_revoked(shop)
    assert answers[0] == (False, 200)
    assert {status for after, status in answers if after} == {404}
    assert {status for after, status in answers if not after} <= {200, 404}


@pytest.mark.rule("Z4", "Z6")
def test_c19_twin_with_a_sight_that_is_kept_it_is_read_on(shop, monkeypatch):
    kept, look = {}, actors.access.sight
    monkeypatch.setattr(
        actors.access, "sight", lambda account, at: kept.setdefault(account, look(account, at))
    )
    answers = reading_while_revoked(shop)
    assert {status for after, status in answers if after} == {200}


# -- C21: one request, two people ------------------------------------------------------------------


def asked_for(shop, name: str = "") -> tuple:
    """A limit that waits for a second person; Wang agrees while the asker takes it back."""
    account = shop.account(f"HQ{name}")
    asked = approvals.ask(
        verb="credit.set_limit",
        arguments={"account": account.number, "limit": "500", "reason": "more"},
        amount=Decimal(500),
        **shop.said(NOW),
    )
    said = shop.said(NOW) | {"by": "Wang"}
    return account, [
        partial(approvals.approve, approval=asked, **said),
        partial(approvals.withdraw, approval=asked, **shop.said(NOW)),
    ]


@pytest.mark.rule("Z7")
def test_c21_a_request_is_approved_or_withdrawn_and_no_money_comes_of_a_withdrawn_one(shop):
    for number in range(6):
        account, race = asked_for(shop, str(number))
        assert counted(at_once(race)) == {"done": 1, "not_waiting": 1}
        state = Approval.objects.latest("id").state
        given = shop.stored(account).get("credit_limit", 0)
        assert (state, given) in ((ApprovalState.APPROVED, 500), (ApprovalState.WITHDRAWN, 0))
    assert shop.wrong_books() == []


@pytest.mark.rule("Z7")
def test_c21_twin_without_the_lock_money_comes_of_a_withdrawn_request(shop, monkeypatch):
    account, race = asked_for(shop)
    without_row_locks(monkeypatch)
    both_have_looked, approved = Meeting(2), Event()
    save = Approval.save

    def saved(approval: Approval, **options) -> None:
        both_have_looked.wait()
        if approval.state == ApprovalState.WITHDRAWN:
            approved.wait(10)
        save(approval, **options)

    monkeypatch.setattr(Approval, "save", saved)
    agree = race[0]

    def agreed() -> Approval:
        try:
            return agree()
        finally:
            approved.set()

    assert counted(at_once([agreed, race[1]])) == {"done": 2}
    state = Approval.objects.get().state
    assert (state, shop.stored(account)) == (ApprovalState.WITHDRAWN, {"credit_limit": 500})


# -- C22: one key, ten requests (the race itself: tests/api/test_idempotency) ----------------------


@pytest.mark.rule("F11")
def test_c22_twin_without_the_lock_on_the_key_it_is_not_said_to_be_in_flight(shop, monkeypatch):
    """The unique keys below still let one effect through; the others are answered with a fault."""
    caller = user_of(shop.account("M", cash_amount="100"))
    body = {"amount": "10.00", "currency": "CNY"}
    monkeypatch.setattr(api_requests, "_TRY_LOCK", "SELECT %s IS NOT NULL")
    answers = at_once([partial(caller.post, "withdrawals", body, key="once")] * 4)
    assert {code for answer in answers for code in _code(answer)} != {"in_flight"}
    assert Movement.objects.filter(kind="withdrawal").count() == 1


def _code(answer) -> list[str]:
    return [] if answer.status_code == 201 else codes(answer)
