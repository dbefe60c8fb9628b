"""The terms table: who pays, whose discounts, who is billed and warned. Pure (DOMAIN 3).

| term                | no relationship | management                        | trusteeship          |
|---------------------|-----------------|-----------------------------------|----------------------|
| payer               | self            | self                              | master               |
| money               | vouchers, cash, | the same; with share_credit the   | master's vouchers,   |
|                     | credit          | allocated credit, not its own     | master's credit only |
| discounts of        | self            | master if share_discounts         | master; flagged      |
|                     |                 |                                   | families: self       |
| vouchers of         | self            | self                              | master               |
| commitments of      | self            | self                              | self, then master    |
| bill on             | self            | self                              | master               |
| settles             | self            | self; master if unified           | master               |
| invoice title of    | self            | member                            | master               |
| invoice issued by   | self            | master if forbid_invoicing        | master               |
| warnings to         | self            | self; copy to master if           | master               |
|                     |                 | view_finances                     |                      |
| funds that decide   | self            | self                              | master               |
| price override      | allowed         | allowed                           | refused              |

Everything that depends on a relationship asks here. `terms_in_sql.py` says the payer and
discount rows once more, for sets; a property test holds both together.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from ..enums import End, Mode, Permission


class Money(StrEnum):
    """A kind of money that may pay a charge, in the order the terms give."""

    VOUCHERS = "vouchers"
    CASH = "cash"
    CREDIT = "credit"  # own credit line
    ALLOCATED_CREDIT = "allocated_credit"  # what the master gave, instead of the own line


@dataclass(frozen=True)
class Standing:
    """Where one account stands at one instant: the relationship in force, as plain values.

    `mode` None: no relationship as a member (a master is here, too). `granted` holds the powers
    in force, each with the end that holds it.
    """

    account: int
    mode: Mode | None = None
    master: int | None = None
    relationship: int | None = None
    granted: frozenset[tuple[Permission, End]] = field(default_factory=frozenset)
    has_unified_settlement: bool = False

    def grants_master(self, permission: Permission) -> bool:
        """Whether the master holds the power."""
        return (permission, End.MASTER) in self.granted


@dataclass(frozen=True)
class Terms:
    """What holds for one account at one instant. Accounts are ids."""

    account: int
    mode: Mode | None
    relationship: int | None
    payer: int
    money: tuple[tuple[int, Money], ...]
    discounts_of: int
    flagged_discounts_of: int  # for families that keep their own discount (D2)
    vouchers_of: int
    commitments_of: tuple[int, ...]
    bill_on: int
    settled_by: tuple[int, ...]
    invoice_title_of: int
    invoice_issued_by: int
    warnings_to: tuple[int, ...]
    funds_that_decide: int
    allows_price_override: bool
    is_own_credit_dormant: bool  # L13: the own line pays nothing new
    is_own_credit_replaced: bool  # share_credit: the allocated credit instead of the own line

    def discounts_for(self, *, keeps_own_discount: bool) -> int:
        """Whose discounts apply to a product, by its family's flag (D2)."""
        return self.flagged_discounts_of if keeps_own_discount else self.discounts_of


def decide(standing: Standing) -> Terms:
    """Answer every term from the relationship in force (DOMAIN 3)."""
    if standing.mode is None or standing.master is None:
        return _alone(standing)
    if standing.mode == Mode.TRUSTEESHIP:
        return _in_trusteeship(standing, standing.master)
    return _in_management(standing, standing.master)


def _alone(standing: Standing) -> Terms:
    me = standing.account
    return Terms(
        account=me,
        mode=None,
        relationship=None,
        payer=me,
        money=((me, Money.VOUCHERS), (me, Money.CASH), (me, Money.CREDIT)),
        discounts_of=me,
        flagged_discounts_of=me,
        vouchers_of=me,
        commitments_of=(me,),
        bill_on=me,
        settled_by=(me,),
        invoice_title_of=me,
        invoice_issued_by=me,
        warnings_to=(me,),
        funds_that_decide=me,
        allows_price_override=True,
        is_own_credit_dormant=False,
        is_own_credit_replaced=False,
    )


def _in_management(standing: Standing, master: int) -> Terms:
    me = standing.account
    shares_credit = standing.grants_master(Permission.SHARE_CREDIT)
    shares_discounts = standing.grants_master(Permission.SHARE_DISCOUNTS)
    return Terms(
        account=me,
        mode=Mode.MANAGEMENT,
        relationship=standing.relationship,
        payer=me,
        money=(
            (me, Money.VOUCHERS),
            (me, Money.CASH),
            (me, Money.ALLOCATED_CREDIT if shares_credit else Money.CREDIT),
        ),
        discounts_of=master if shares_discounts else me,
        flagged_discounts_of=me,
        vouchers_of=me,
        commitments_of=(me,),
        bill_on=me,
        settled_by=(me, master) if standing.has_unified_settlement else (me,),
        invoice_title_of=me,
        invoice_issued_by=master if standing.grants_master(Permission.FORBID_INVOICING) else me,
        warnings_to=(me, master) if standing.grants_master(Permission.VIEW_FINANCES) else (me,),
        funds_that_decide=me,
        allows_price_override=True,
        is_own_credit_dormant=False,
        is_own_credit_replaced=shares_credit,
    )


def _in_trusteeship(standing: Standing, master: int) -> Terms:
    me = standing.account
    return Terms(
        account=me,
        mode=Mode.TRUSTEESHIP,
        relationship=standing.relationship,
        payer=master,
        money=((master, Money.VOUCHERS), (master, Money.CREDIT)),
        discounts_of=master,
        flagged_discounts_of=me,
        vouchers_of=master,
        commitments_of=(me, master),
        bill_on=master,
        settled_by=(master,),
        invoice_title_of=master,
        invoice_issued_by=master,
        warnings_to=(master,),
        funds_that_decide=master,
        allows_price_override=False,
        is_own_credit_dormant=True,
        is_own_credit_replaced=False,
    )
