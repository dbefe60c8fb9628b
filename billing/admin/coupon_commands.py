"""Giving an account a price cut on one order (V5)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin.command_forms import AmountField, CommandForm, InstantField
from finance_mgmt.admin.new_rows import CodeField, NewRow, RowField, RowsField

from ..models import Coupon
from ..services import coupons


class CouponForm(CommandForm):
    """A coupon in its owner's currency."""

    code = CodeField(label=gettext_lazy("Code"))
    owner = RowField(Coupon, "owner", label=gettext_lazy("Owner"))
    amount = AmountField(
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy("What it cuts off one order, in the owner's currency (V5)."),
    )
    products = RowsField(
        Coupon,
        "products",
        label=gettext_lazy("Products"),
        help_text=gettext_lazy("No products and no families: it cuts any order."),
    )
    families = RowsField(Coupon, "families", label=gettext_lazy("Product families"))
    minimum_spend = AmountField(
        label=gettext_lazy("Minimum spend"),
        required=False,
        help_text=gettext_lazy("What must be payable after the discount for it to count (K4)."),
    )
    valid_from = InstantField(
        label=gettext_lazy("Valid from"), help_text=gettext_lazy("Empty: always.")
    )
    expires_at = InstantField(
        label=gettext_lazy("Expires at"), help_text=gettext_lazy("Empty: never.")
    )


class IssueCoupon(NewRow):
    """A price cut (V5)."""

    name, icon, needs, model = "issue", "content_cut", "finance_mgmt.issue_voucher", Coupon
    label = gettext_lazy("Issue a coupon")
    form_class = CouponForm
    service = coupons.issue
    done = gettext_lazy("The coupon is issued.")
    intro = gettext_lazy("It cuts the price of one order of its owner, once (V5).")

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Which order uses it, and whose never does."""
        return [
            (
                _("order of use"),
                _("Of several the one that cuts most off the order, of equal ones the first to "
                  "expire; after the discount, before vouchers."),
                "K4",
            ),
            (_("used"), _("When an order of the owner is paid: whole, by that one order."), "V5"),
            (_("in a group"), _("A master's coupon never helps a member."), "V5"),
            (
                _("in trusteeship"),
                _("A member's own coupon does not cut what the master pays, but for families "
                  "that keep their own (D2)."),
                "V4",
            ),
        ]  # fmt: skip


OF_LIST: list[NewRow] = [IssueCoupon()]
