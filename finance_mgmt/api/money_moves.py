"""Money that enters, leaves, or moves between a master and a member (F6-F9)."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from ..enums import MovementKind
from ..models import Account, Funds, Movement
from ..queries import access
from ..services import cash, credit
from . import actors
from .bodies import Body, MoneyBody, currency_code, reason, same_currency
from .commands import command, preview_of
from .fields import AccountNumber, Acting, Amount, money
from .funds import MovementShown, MovesFilters
from .nouns import Listed, Noun, Shown
from .previews import Asked

PAIR = {"member": "ACME-2", "amount": "100.00", "currency": "CNY", "reason": "May budget"}
SINGLE = {"account": "ACME-1", "amount": "100.00", "currency": "CNY", "reason": "Transfer 4711"}


class AccountMoneyBody(MoneyBody):
    """Whose money, and how much."""

    account = Acting(help_text="Left out: the account you act for.")


class PairMoneyBody(MoneyBody):
    """Which member of which master, and how much."""

    master = Acting(help_text="Left out: the account you act for.")
    member = AccountNumber()


class LimitBody(Body):
    """The credit line that the provider gives; 0 takes it away."""

    limit = Amount(help_text="0 or above.")
    currency = currency_code()
    reason = reason()


class LimitShown(serializers.ModelSerializer):
    """The credit line that the provider gives; more of it may have come from a master (F2)."""

    account = serializers.CharField(source="number", read_only=True)
    limit = money(source="funds.credit_limit")

    class Meta:
        model = Account
        fields = ("account", "currency", "limit")
        read_only_fields = fields


class LimitSet(serializers.Serializer):
    """The movement of the difference; null where there was none."""

    movement = MovementShown(allow_null=True)

    def __init__(self, movement: Movement | None = None, **options: Any) -> None:
        super().__init__({"movement": movement}, **options)


def _of(kind: MovementKind) -> Callable[[access.Actor], QuerySet[Movement]]:
    """The movements of one kind that an actor sees."""
    return lambda actor: access.movements(actor).filter(kind=kind)


class Moves(Listed, Shown, Noun):
    """What all of them are: one movement each."""

    model = Movement
    shown = MovementShown
    staff_view = "finance_mgmt.view_movement"
    ordering_fields = ("id", "at")
    filterset_class = MovesFilters


class TopUps(Moves):
    """Cash that arrived from outside."""

    rows = _of(MovementKind.TOP_UP)

    @command(
        asks=AccountMoneyBody, answers=MovementShown, staff="top_up", status=201, example=SINGLE
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Movement:
        """Add cash that arrived from outside."""
        return cash.top_up(**{"reason": "", **body}, **said)


class Withdrawals(Moves):
    """Cash paid out."""

    rows = _of(MovementKind.WITHDRAWAL)

    @command(
        asks=AccountMoneyBody,
        answers=MovementShown,
        staff="withdraw",
        roles=actors.MONEY,
        status=201,
        example=SINGLE,
        refuses=(cash.CashRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Movement:
        """Pay cash out to the account's owner: never what was transferred in (F7, F9)."""
        return cash.withdraw(**body, **said)

    create_preview = preview_of(create)


class Transfers(Moves):
    """Cash given to members."""

    rows = _of(MovementKind.TRANSFER)

    @command(
        asks=PairMoneyBody,
        answers=MovementShown,
        staff="transfer",
        roles=actors.MONEY,
        status=201,
        example=PAIR,
        refuses=(cash.CashRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Movement:
        """Give a member in management cash that it can only spend (F7)."""
        return cash.transfer(**body, **said)

    create_preview = preview_of(create)


class TakeBacks(Moves):
    """Cash taken back from members."""

    rows = _of(MovementKind.TAKE_BACK)

    @command(
        asks=PairMoneyBody,
        answers=MovementShown,
        staff="transfer",
        roles=actors.MONEY,
        status=201,
        example=PAIR,
        refuses=(cash.CashRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Movement:
        """Take transferred cash back, as far as it is unspent (F7)."""
        return cash.take_back(**body, **said)

    create_preview = preview_of(create)


class Allocations(Moves):
    """Credit given to members."""

    rows = _of(MovementKind.ALLOCATION)

    @command(
        asks=PairMoneyBody,
        answers=MovementShown,
        staff="allocate",
        roles=actors.MONEY,
        status=201,
        example=PAIR,
        may_wait=True,
        refuses=(credit.CreditRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Asked:
        """Give a member in management a part of the master's credit (F6)."""
        return Asked("credit.allocate", body, body["amount"])

    create_preview = preview_of(create)


class Reclaims(Moves):
    """Credit taken back from members."""

    rows = _of(MovementKind.RECLAIM)

    @command(
        asks=PairMoneyBody,
        answers=MovementShown,
        staff="reclaim",
        roles=actors.MONEY,
        status=201,
        example=PAIR,
        may_wait=True,
        refuses=(credit.CreditRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Asked:
        """Take unused allocated credit back (F6)."""
        return Asked("credit.reclaim", body, body["amount"])

    create_preview = preview_of(create)


class CreditLimits(Shown, Noun):
    """The credit line that the provider gives an account."""

    model = Account
    rows = access.funded_accounts
    shown = LimitShown
    staff_view = "finance_mgmt.view_funds"
    lookup_field = "number"
    lookup_value_converter = "str"

    def guard(self, row: Account) -> Funds:
        """Its funds hold the limit."""
        return row.funds

    @command(
        asks=LimitBody,
        answers=LimitSet,
        staff="set_credit_limit",
        path="credit-limit",
        example={"limit": "5000.00", "currency": "CNY", "reason": "Contract of May"},
        may_wait=True,
        refuses=(credit.LimitRefused,),
    )
    def set_limit(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Asked:
        """Set the credit line: not below what is allocated to members (F6)."""
        account = self.get_object()
        same_currency(body.pop("currency"), account)
        return Asked("credit.set_limit", {"reason": "", **body, "account": account}, body["limit"])

    set_limit_preview = preview_of(set_limit)
