"""The terms table in plain words: for each term who it is, by which rule, and why (DOMAIN 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ..enums import Mode
from ..rules.terms import Money, Terms

MONEY_NAMES = {
    Money.VOUCHERS: gettext_lazy("vouchers"),
    Money.CASH: gettext_lazy("cash"),
    Money.CREDIT: pgettext_lazy("money", "credit"),
    Money.ALLOCATED_CREDIT: gettext_lazy("allocated credit"),
}


@dataclass(frozen=True)
class Explained:
    """One term: the accounts it names (ids), or a text instead; its rule and the reason."""

    label: Any
    rule: str
    reason: str
    accounts: Sequence[int] = ()
    text: str = ""


def explain(terms: Terms) -> list[Explained]:
    """Every term of one account, in the order of the table."""
    return [
        Explained(_("payer"), "C1", _payer(terms), [terms.payer]),
        _money(terms),
        Explained(_("discounts of"), "D2", _discounts(terms), [terms.discounts_of]),
        Explained(
            _("discounts of flagged families"),
            "D2",
            _("Families that keep their own discount (communications) use the user's own only."),
            [terms.flagged_discounts_of],
        ),
        _vouchers(terms),
        _commitments(terms),
        Explained(_("bill on"), "B4", _bill(terms), [terms.bill_on]),
        _settles(terms),
        _invoice_title(terms),
        _issuer(terms),
        _warnings(terms),
        Explained(
            _("suspended and resumed by funds of"),
            "R3",
            _suspension(terms),
            [terms.funds_that_decide],
        ),
        _price_override(terms),
        _own_credit(terms),
    ]


def _is_trusteeship(terms: Terms) -> bool:
    return terms.mode == Mode.TRUSTEESHIP


def _payer(terms: Terms) -> str:
    if _is_trusteeship(terms):
        return _("In trusteeship the master pays for everything the member uses.")
    if terms.mode == Mode.MANAGEMENT:
        return _("In management the member stays a complete account and pays for itself.")
    return _("No relationship is in force: the account pays for itself.")


def _money(terms: Terms) -> Explained:
    kinds = " › ".join(str(MONEY_NAMES[kind]) for _account, kind in terms.money)
    owners = list(dict.fromkeys(account for account, _kind in terms.money))
    if _is_trusteeship(terms):
        rule = "F4"
        why = _("The master's vouchers as far as they are shared (V3), then its credit only.")
        why += " " + _("Its cash settles the credit bill later.")
    elif terms.is_own_credit_replaced:
        rule, why = "F2", _("Share credit is granted: the allocated credit replaces the own line.")
    else:
        rule, why = "F3", _("Vouchers first, then cash, then the own credit line.")
    return Explained(_("money, in order"), rule, why, owners, kinds)


def _discounts(terms: Terms) -> str:
    if _is_trusteeship(terms):
        return _("In trusteeship the master's contract prices apply.")
    if terms.discounts_of != terms.account:
        return _("Share discounts is granted: the master's contract prices apply.")
    return _("Its own contract prices apply.")


def _vouchers(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        rule, why = (
            "V4",
            _("The master's by their share scope. The member's own are frozen, not lost."),
        )
    else:
        rule, why = "V1", _("Only its own vouchers may pay.")
    return Explained(_("vouchers of"), rule, why, [terms.vouchers_of])


def _commitments(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        why = _("Its own first, then those that the master shares.")
    else:
        why = _("Commitments are shared in trusteeship only.")
    return Explained(_("commitments of"), "K2", why, list(terms.commitments_of))


def _bill(terms: Terms) -> str:
    if _is_trusteeship(terms):
        return _("All charges are on the master's bill, each naming the member.")
    return _("It gets its own bill.")


def _settles(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        rule, why = "B4", _("What the master pays is settled by the master.")
    elif len(terms.settled_by) > 1:
        rule, why = "S2", _("Unified settlement is on: the master's cash may pay its bills, too.")
    else:
        rule, why = "S1", _("Its own cash settles its bills.")
    return Explained(_("settled by"), rule, why, list(terms.settled_by))


def _invoice_title(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        rule, why = "I2", _("Invoiced to the master, under the master's title.")
    else:
        rule, why = "I3", _("Always under its own title, whoever issues.")
    return Explained(_("invoice title of"), rule, why, [terms.invoice_title_of])


def _issuer(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        rule, why = "I2", _("The master issues, and may combine members.")
    elif terms.invoice_issued_by != terms.account:
        rule, why = "I3", _("Forbid invoicing is granted: only the master issues.")
    else:
        rule, why = "I3", _("It issues its own invoices.")
    return Explained(_("invoice issued by"), rule, why, [terms.invoice_issued_by])


def _warnings(terms: Terms) -> Explained:
    if _is_trusteeship(terms):
        rule, why = "W2", _("The master is warned on its own figures; the member is not.")
    elif len(terms.warnings_to) > 1:
        rule, why = "W5", _("View finances is granted: the master gets a copy.")
    else:
        rule, why = "W1", _("It is warned itself.")
    return Explained(_("warnings to"), rule, why, list(terms.warnings_to))


def _suspension(terms: Terms) -> str:
    if _is_trusteeship(terms):
        return _("Only the master's available funds suspend and resume the member's resources.")
    return _("Its own available funds suspend and resume its resources.")


def _price_override(terms: Terms) -> Explained:
    if terms.allows_price_override:
        text, why = _("allowed"), _("Staff may change the price of an unpaid order.")
    else:
        text, why = _("refused"), _("Never on orders of a trusteeship member.")
    return Explained(_("price override"), "O3", why, text=text)


def _own_credit(terms: Terms) -> Explained:
    label = _("own credit line")
    if terms.is_own_credit_dormant:
        why = _("Not used in trusteeship; restored at its end. It carries old debt, nothing new.")
        return Explained(label, "L13", why, text=_("dormant"))
    if terms.is_own_credit_replaced:
        why = _("Share credit is granted: the credit allocated by the master counts instead.")
        return Explained(label, "F2", why, text=_("replaced"))
    return Explained(label, "F2", _("Counts in full."), text=_("in use"))
