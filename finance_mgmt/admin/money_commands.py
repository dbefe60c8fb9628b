"""Money of one account: cash in and out, the credit line, cash among a group (F6-F9)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from .. import queries
from ..enums import Mode
from ..models import Account, Relationship
from ..services import cash, credit
from . import account_panels
from .allocation import Allocate
from .command_forms import AccountField, AmountField, ReasonedForm
from .command_pages import CommandPage
from .panels import Panel
from .relationship_commands import IN_FORCE


def figures_now(row: Account, at: datetime) -> list[Panel]:
    """What an account has at this moment, beside a form that moves it."""
    return [account_panels.top(row, queries.figures_of([row.pk], at)[row.pk])]


class OfAccount(CommandPage):
    """A command about the money of one account."""

    form_class = ReasonedForm
    done = gettext_lazy("The money is moved.")

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, the amount and the reason."""
        return {"account": row, "amount": given["amount"], "reason": given["reason"]}

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The account."""
        return [row.pk]

    def panels(self, row: Account, at: datetime) -> list[Panel]:
        """Its figures now."""
        return figures_now(row, at)


class TopUp(OfAccount):
    """Cash that arrived."""

    name, icon, needs = "top-up", "add_card", "finance_mgmt.top_up"
    label = gettext_lazy("Top up")
    service = cash.top_up
    intro = gettext_lazy("Cash that arrived from outside, in the currency of the account.")


class Withdraw(OfAccount):
    """Cash paid out."""

    name, icon, needs = "withdraw", "payments", "finance_mgmt.withdraw"
    label = gettext_lazy("Withdraw")
    service = cash.withdraw
    intro = gettext_lazy(
        "At most min(cash − transferred in, available); not while in arrears (F7)."
    )


class LimitForm(ReasonedForm):
    """The whole line, not the difference."""

    amount = None
    limit = AmountField(
        label=gettext_lazy("Credit limit"),
        help_text=gettext_lazy("The whole line, not the difference. 0 takes it away."),
    )
    field_order = ("limit",)


class SetLimit(OfAccount):
    """The credit line that the provider gives."""

    name, icon, needs = "credit-limit", "credit_score", "finance_mgmt.set_credit_limit"
    label = gettext_lazy("Set credit limit")
    form_class = LimitForm
    service = credit.set_limit
    verb = "credit.set_limit"
    done = gettext_lazy("The credit limit is set.")
    intro = gettext_lazy("Not below what is allocated to members (F6).")

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """The line today."""
        return {"limit": f"{row.funds.credit_limit.normalize():f}"}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, the line and the reason."""
        return {"account": row, "limit": given["limit"], "reason": given["reason"]}

    def amount(self, arguments: dict[str, Any], at: datetime) -> Decimal | None:
        """The new line."""
        return arguments["limit"]


class PairForm(ReasonedForm):
    """Which member."""

    member = AccountField("member", label=gettext_lazy("Member"))
    field_order = ("member",)


class BetweenMembers(CommandPage):
    """Cash between a master and one of its members in management."""

    needs = "finance_mgmt.transfer"
    form_class = PairForm
    done = gettext_lazy("The money is moved.")

    def is_offered(self, row: Account) -> bool:
        """For masters with members in management."""
        links = Relationship.objects.filter(master=row, state__in=IN_FORCE, mode=Mode.MANAGEMENT)
        return links.exists()

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """The member from whose page one comes."""
        asked = request.GET.get("member", "")
        return {"member": asked} if asked.isdecimal() else {}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """Both ends, the amount and the reason."""
        filled = {name: given[name] for name in ("member", "amount", "reason")}
        return {"master": row, **filled}

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """Both ends."""
        return [row.pk, given["member"].pk]

    def panels(self, row: Account, at: datetime) -> list[Panel]:
        """What the master has now."""
        return figures_now(row, at)


class Transfer(BetweenMembers):
    """Cash that the member can only spend."""

    name, icon = "transfer", "send_money"
    label = gettext_lazy("Transfer cash")
    service = cash.transfer
    intro = gettext_lazy("The member can only spend it: no withdrawal, no onward transfer (F7).")


class TakeBack(BetweenMembers):
    """What is still there of it."""

    name, icon = "take-back", "undo"
    label = gettext_lazy("Take cash back")
    service = cash.take_back
    intro = gettext_lazy("As far as it is unspent and came from this master (F7).")


PAGES: list[CommandPage] = [TopUp(), Withdraw(), SetLimit(), Allocate(), Transfer(), TakeBack()]
