"""Money in, out and between a master and its members (F5-F11)."""

from decimal import Decimal

import pytest

from finance_mgmt.enums import Mode, MovementKind, Permission, Pocket
from finance_mgmt.errors import InvalidAmount, KeyReused
from finance_mgmt.models import Decision, Movement
from finance_mgmt.services import cash, credit
from finance_mgmt.services.cash import CashRefused
from finance_mgmt.services.credit import CreditRefused, LimitRefused
from finance_mgmt.services.ledger import Line
from tests.provider import LONG_AGO, at

SAID = {"by": "clerk", "at": LONG_AGO}
BAD_AMOUNTS = ["0", "-1", "-0.01", "NaN", "Infinity", "0.001", "1E+15", "1E-30"]
FINANCES = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


@pytest.fixture
def provider(ground_floor):
    """Posts to the ledger what bills would: their own floor could not explain it."""
    return ground_floor


def refusals(refused) -> list[str]:
    return [f"{reason.rule} {reason.code}" for reason in refused.value.reasons]


def managed(provider, *grants, master_cash="1000", limit="500"):
    master = provider.account("HQ", cash_amount=master_cash, credit_limit=limit)
    member = provider.account("A", cash_amount="100")
    return master, member, provider.link(master, member, mode=Mode.MANAGEMENT, grants=grants)


def use_up(provider, account, amount, pocket=Pocket.CREDIT) -> None:
    """As if a bill had drawn the amount."""
    provider.post(
        Line(
            MovementKind.BILL, account.pk, pocket, None, Pocket.PROVIDER, Decimal(amount), "CNY", ""
        )
    )


# -- Top-up and the provider's limit ---------------------------------------------------------------


@pytest.mark.rule("F10", "Z8")
def test_a_top_up_is_one_movement_of_one_decision(provider):
    account = provider.account("A")
    movement = cash.top_up(
        account=account, amount=Decimal("12.30"), reason="wire 7", key="k", **SAID
    )
    assert list(Movement.objects.values()) == [
        {
            "id": movement.pk,
            "decision_id": Decision.objects.get(key="k").pk,
            "kind": "top_up",
            "from_account_id": None,
            "from_pocket": "provider",
            "to_account_id": account.pk,
            "to_pocket": "cash",
            "owner_id": None,
            "amount": Decimal("12.30"),
            "currency": "CNY",
            "reason": "wire 7",
            "at": LONG_AGO,
            "corrects_id": None,
        }
    ]
    decision = Decision.objects.get(key="k")
    assert (decision.verb, decision.by, decision.at) == ("cash.top_up", "clerk", LONG_AGO)
    assert decision.facts == {"account": "A", "amount": "12.3", "reason": "wire 7"}
    assert provider.stored(account) == {"cash": Decimal("12.30")}


@pytest.mark.rule("F11")
def test_a_repeated_key_returns_the_first_movement(provider):
    account = provider.account("A")
    asked = {"account": account, "reason": "wire", "key": "k"}
    first = cash.top_up(amount=Decimal("5"), **asked, **SAID)
    again = cash.top_up(amount=Decimal("5.00"), **asked, by="other", at=at("2024-01-01"))
    assert again == first
    assert provider.stored(account) == {"cash": Decimal(5)}


@pytest.mark.rule("F11")
@pytest.mark.parametrize(
    "other", [{"amount": Decimal("5.01")}, {"reason": "cheque"}, {"account": "B"}]
)
def test_the_same_key_with_other_facts_is_refused_and_told_what_it_was(provider, other):
    accounts = {number: provider.account(number) for number in ("A", "B")}
    first = {"account": "A", "amount": Decimal(5), "reason": "wire"}
    cash.top_up(**first | {"account": accounts["A"]}, key="k", **SAID)
    asked = first | other
    with pytest.raises(KeyReused) as refused:
        cash.top_up(**asked | {"account": accounts[asked["account"]]}, key="k", **SAID)
    assert refusals(refused) == ["F11 key_reused"]
    assert refused.value.facts == {
        "key": "k",
        "first_verb": "cash.top_up",
        "first_facts": {"account": "A", "amount": "5", "reason": "wire"},
    }
    assert provider.stored(accounts["A"]) == {"cash": Decimal(5)}
    assert provider.stored(accounts["B"]) == {}


@pytest.mark.rule("F11")
def test_a_key_belongs_to_its_verb_even_where_the_facts_are_the_same(provider):
    master, member, _ = managed(provider)
    asked = {"master": master, "member": member, "amount": Decimal(5), "key": "k"}
    cash.transfer(**asked, **SAID)
    with pytest.raises(KeyReused) as refused:
        cash.take_back(**asked, **SAID)
    assert refused.value.facts["first_verb"] == "cash.transfer"
    assert provider.stored(member) == {"cash": Decimal(105), "transferred_in": Decimal(5)}


@pytest.mark.rule("F10", "F11")
@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_a_bad_amount_changes_nothing_and_does_not_use_up_its_key(provider, amount):
    account = provider.account("A", cash_amount="1", credit_limit="1")
    bad = Decimal(amount)
    with pytest.raises(InvalidAmount):
        cash.top_up(account=account, amount=bad, reason="", key="k", **SAID)
    with pytest.raises(InvalidAmount):
        cash.withdraw(account=account, amount=bad, key="k", **SAID)
    if bad != 0:  # 0 takes the line away
        with pytest.raises(InvalidAmount):
            credit.set_limit(account=account, limit=bad, reason="", key="k", **SAID)
    assert provider.stored(account) == {"cash": Decimal(1), "credit_limit": Decimal(1)}
    assert Decision.objects.filter(key="k").count() == 0
    cash.top_up(account=account, amount=Decimal(1), reason="", key="k", **SAID)


@pytest.mark.rule("F6", "F10")
def test_a_limit_is_set_by_the_movement_of_its_difference(provider):
    account = provider.account("A")

    def set_to(limit):
        found = credit.set_limit(
            account=account, limit=Decimal(limit), reason="contract", **provider.said()
        )
        return found and (found.from_pocket, found.to_pocket, found.amount)

    assert set_to("500") == ("provider", "credit_limit", Decimal(500))
    assert set_to("500.00") is None
    assert set_to("200.50") == ("credit_limit", "provider", Decimal("299.50"))
    assert set_to("0") == ("credit_limit", "provider", Decimal("200.50"))
    assert set_to("0") is None
    assert provider.stored(account) == {}


@pytest.mark.rule("F11")
def test_setting_the_same_limit_again_with_its_key_gives_the_first_result(provider):
    account = provider.account("A")
    asked = {"account": account, "reason": "", "key": "k", **SAID}
    first = credit.set_limit(limit=Decimal(500), **asked)
    credit.set_limit(account=account, limit=Decimal(100), reason="", **provider.said())
    assert credit.set_limit(limit=Decimal(500), **asked) == first
    assert provider.stored(account) == {"credit_limit": Decimal(100)}


@pytest.mark.rule("F6", "F5")
def test_a_limit_may_go_below_what_is_used_never_below_what_is_allocated(provider):
    master, member, _ = managed(provider, *FINANCES)
    credit.allocate(master=master, member=member, amount=Decimal(200), **provider.said())
    use_up(provider, master, "250")
    credit.set_limit(account=master, limit=Decimal(200), reason="", **provider.said())
    found = provider.figures(master)
    assert (found.effective_limit, found.available, found.overshoot) == (0, 750, 250)
    with pytest.raises(LimitRefused) as refused:
        credit.set_limit(account=master, limit=Decimal("199.99"), reason="", **provider.said())
    assert refusals(refused) == ["F6 limit_below_allocated"]
    assert refused.value.facts == {"limit": Decimal("199.99"), "allocated_out": Decimal(200)}
    assert provider.figures(master) == found


@pytest.mark.rule("B3", "F10")
@pytest.mark.parametrize(
    ("currency", "good", "bad"), [("JPY", "100", "100.5"), ("KWD", "1.234", "1.2345")]
)
def test_money_moves_in_the_minor_unit_of_its_currency(provider, currency, good, bad):
    account = provider.account("A", currency=currency)
    cash.top_up(account=account, amount=Decimal(good), reason="", **provider.said())
    with pytest.raises(InvalidAmount):
        cash.top_up(account=account, amount=Decimal(bad), reason="", **provider.said())
    assert provider.stored(account) == {"cash": Decimal(good)}


# -- Allocate and reclaim --------------------------------------------------------------------------


@pytest.mark.rule("F2", "F6")
def test_allocated_credit_stands_for_the_members_own_line(provider):
    master, member, _ = managed(provider, *FINANCES)
    credit.set_limit(account=member, limit=Decimal(50), reason="", **provider.said())
    credit.allocate(master=master, member=member, amount=Decimal(200), **provider.said())
    ours, its = provider.figures(master), provider.figures(member)
    assert (ours.effective_limit, ours.headroom, ours.available) == (300, 300, 1300)
    assert (its.counted_limit, its.effective_limit, its.available) == (0, 200, 300)
    credit.reclaim(master=master, member=member, amount=Decimal(200), **provider.said())
    assert provider.stored(master) == {"cash": Decimal(1000), "credit_limit": Decimal(500)}
    assert provider.stored(member) == {"cash": Decimal(100), "credit_limit": Decimal(50)}


@pytest.mark.rule("F6")
def test_no_more_is_allocated_than_the_headroom_whatever_the_cash(provider):
    master, member, _ = managed(provider, *FINANCES)
    use_up(provider, master, "100")
    with pytest.raises(CreditRefused) as refused:
        credit.allocate(master=master, member=member, amount=Decimal("400.01"), **provider.said())
    assert refusals(refused) == ["F6 above_headroom"]
    assert refused.value.facts["most"] == Decimal(400)
    credit.allocate(master=master, member=member, amount=Decimal(400), **provider.said())
    assert provider.figures(master).headroom == 0


@pytest.mark.rule("F6")
def test_only_unused_credit_is_reclaimed(provider):
    master, member, _ = managed(provider, *FINANCES)
    credit.allocate(master=master, member=member, amount=Decimal(200), **provider.said())
    use_up(provider, member, "150")
    with pytest.raises(CreditRefused) as refused:
        credit.reclaim(master=master, member=member, amount=Decimal("50.01"), **provider.said())
    assert refusals(refused) == ["F6 above_unused"]
    credit.reclaim(master=master, member=member, amount=Decimal(50), **provider.said())
    assert provider.stored(member) == {
        "cash": Decimal(100),
        "allocated_in": Decimal(150),
        "used": Decimal(150),
    }


@pytest.mark.rule("F6")
def test_what_cycles_cost_already_is_not_reclaimed_either(provider):
    master, member, _ = managed(provider, *FINANCES)
    credit.allocate(master=master, member=member, amount=Decimal(200), **provider.said())
    use_up(provider, member, "130.5", Pocket.UNSETTLED_OWN)  # available: 100 + 200 - 130.5
    with pytest.raises(CreditRefused) as refused:
        credit.reclaim(master=master, member=member, amount=Decimal(170), **provider.said())
    assert refused.value.facts["most"] == Decimal("169.5")


@pytest.mark.rule("F6", "F8")
def test_credit_needs_a_link_in_management_and_the_grant(provider):
    master, member, _ = managed(provider)
    stranger = provider.account("S", identity=None)
    held = provider.account("T")
    provider.link(master, held)
    asked = {"master": master, "amount": Decimal(1)}
    refused = {}
    for other in (member, stranger, held):
        with pytest.raises(CreditRefused) as error:
            credit.allocate(member=other, **asked, **provider.said())
        refused[other.number] = refusals(error)
    assert refused == {
        "A": ["F6 share_credit_missing"],
        "S": ["F6 not_linked"],
        "T": ["F8 in_trusteeship"],
    }
    with pytest.raises(CreditRefused) as error:
        credit.reclaim(member=held, **asked, **provider.said())
    assert refusals(error) == ["F8 in_trusteeship", "F6 above_unused"]


# -- Cash ------------------------------------------------------------------------------------------


@pytest.mark.rule("F7")
def test_transferred_cash_can_only_be_spent_or_taken_back(provider):
    master, member, _ = managed(provider)
    cash.transfer(master=master, member=member, amount=Decimal(60), **provider.said())
    assert provider.stored(master) == {"cash": Decimal(940), "credit_limit": Decimal(500)}
    assert provider.stored(member) == {"cash": Decimal(160), "transferred_in": Decimal(60)}
    with pytest.raises(CashRefused) as refused:
        cash.withdraw(account=member, amount=Decimal("100.01"), **provider.said())
    assert refusals(refused) == ["F7 above_free_cash"]
    cash.withdraw(account=member, amount=Decimal(100), **provider.said())
    with pytest.raises(CashRefused) as refused:
        cash.take_back(master=master, member=member, amount=Decimal("60.01"), **provider.said())
    assert refusals(refused) == ["F7 above_transferred"]
    cash.take_back(master=master, member=member, amount=Decimal(60), **provider.said())
    assert provider.stored(master) == {"cash": Decimal(1000), "credit_limit": Decimal(500)}
    assert provider.stored(member) == {}


@pytest.mark.rule("F7")
def test_a_master_takes_back_only_what_it_gave_itself(provider):
    former, member, link = managed(provider)
    cash.transfer(master=former, member=member, amount=Decimal(60), **provider.said())
    provider.end(link, at("2024-01-01"))
    master = provider.account("HQ2", cash_amount="1000")
    provider.link(master, member, at("2024-01-01"), mode=Mode.MANAGEMENT)
    later = {**provider.said(), "at": at("2024-01-02")}
    cash.transfer(master=master, member=member, amount=Decimal(10), **later)
    asked = {"member": member, "amount": Decimal("10.01"), "by": "test", "at": at("2024-01-02")}
    refused = {}
    for other in (master, former):
        with pytest.raises(CashRefused) as error:
            cash.take_back(master=other, key=f"k{other.pk}", **asked)
        refused[other.number] = refusals(error)
    assert refused == {"HQ2": ["F7 above_transferred"], "HQ": ["F7 not_linked"]}


@pytest.mark.rule("F7", "L13")
def test_no_cash_leaves_that_is_owed(provider):
    account = provider.account("A", cash_amount="100", credit_limit="50")
    use_up(provider, account, "30", Pocket.UNSETTLED_OWN)
    use_up(provider, account, "40")
    assert provider.figures(account).available == 80
    with pytest.raises(CashRefused) as refused:
        cash.withdraw(account=account, amount=Decimal("80.01"), **provider.said())
    assert refusals(refused) == ["F7 above_free_cash"]
    use_up(provider, account, "81", Pocket.UNSETTLED_OWN)
    with pytest.raises(CashRefused) as refused:
        cash.withdraw(account=account, amount=Decimal("0.01"), **provider.said())
    assert refusals(refused) == ["F7 in_arrears", "F7 above_free_cash"]


@pytest.mark.rule("F9")
def test_the_master_may_forbid_withdrawing(provider):
    _, member, _ = managed(provider, Permission.FORBID_WITHDRAWAL)
    with pytest.raises(CashRefused) as refused:
        cash.withdraw(account=member, amount=Decimal(1), **provider.said())
    assert refusals(refused) == ["F9 withdrawal_forbidden"]
    assert provider.stored(member) == {"cash": Decimal(100)}


@pytest.mark.rule("F8")
def test_no_cash_moves_between_the_two_in_trusteeship(provider):
    master = provider.account("HQ", cash_amount="1000", credit_limit="500")
    member = provider.account("A")
    provider.link(master, member)
    asked = {"master": master, "member": member, "amount": Decimal(1)}
    for move in (cash.transfer, cash.take_back):
        with pytest.raises(CashRefused) as refused:
            move(**asked, **provider.said())
        assert refusals(refused)[0] == "F8 in_trusteeship"
    assert provider.stored(member) == {}


@pytest.mark.rule("F11")
@pytest.mark.parametrize(
    "move",
    [credit.allocate, credit.reclaim, cash.transfer, cash.take_back],
    ids=lambda f: f.__name__,
)
def test_every_move_between_two_accounts_is_done_once_by_its_key(provider, move):
    master, member, _ = managed(provider, *FINANCES)
    both = {"master": master, "member": member}
    credit.allocate(amount=Decimal(50), **both, **provider.said())
    cash.transfer(amount=Decimal(50), **both, **provider.said())
    first = move(amount=Decimal(7), key="k", **both, **SAID)
    before = provider.stored(master), provider.stored(member)
    assert move(amount=Decimal(7), key="k", **both, **SAID) == first
    with pytest.raises(KeyReused):
        move(amount=Decimal(8), key="k", **both, **SAID)
    assert (provider.stored(master), provider.stored(member)) == before
