"""Why a row of a file is parked, in plain words, and what to do about it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Reason:
    """One kind of parked row. `can_resolve`: a person may decide to store it."""

    title: Any
    advice: Any
    can_resolve: bool = True


REASONS = {
    "unknown_account": Reason(
        _("Its account is unknown"),
        _("Choose the account it means. If more files will name it, add an account key as well."),
    ),
    "credit_without_voucher": Reason(
        _("A credit without a voucher"),
        _("Choose the voucher that pays it: its amount is drawn from that voucher."),
    ),
    "purchase": Reason(
        _("A purchase, not usage"),
        _("Store it as an adjustment of its amount if it is to be billed. Else leave it parked."),
    ),
    "tax": Reason(
        _("A tax line"),
        _("Store it as an adjustment of its amount if it is to be billed. Else leave it parked."),
    ),
    "adjustment_without_reason": Reason(
        _("An adjustment without a reason"),
        _("Ask its source what it is for. Stored, it is billed as an adjustment of its amount."),
    ),
    "over_a_year_late": Reason(
        _("Over a year late"),
        _("Check it with its source. Stored, it is charged as late, in the open month."),
    ),
    "no_cycle": Reason(
        _("Its product has no cycle"),
        _("The product is sold by order only. Correct the product, then store the row."),
    ),
    "no_quantity": Reason(
        _("No quantity to price"),
        _("Amounts of this source are quantity times our price. Ask it for a corrected file."),
        can_resolve=False,
    ),
    "no_price": Reason(
        _("No price in force"),
        _("Load a price that is in force at the start of its charge period, then store the row."),
    ),
}


def reason(code: str) -> Reason:
    """The words for a code; for one that nobody wrote down yet, the code itself."""
    return REASONS.get(code) or Reason(code.replace("_", " "), _("Ask its source about this row."))
