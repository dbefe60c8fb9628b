"""Giving promotional money, and saying who else may use it (V1, V3)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt import queries as ground
from finance_mgmt.admin.command_forms import AmountField, CommandForm, InstantField
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.new_rows import ChoiceField, CodeField, NewRow, RowField, RowsField
from finance_mgmt.admin.panels import Fact, Facts, Panel
from finance_mgmt.services.previews import Preview

from ..enums import VoucherShare
from ..models import Discount, Voucher
from ..services import vouchers


class ShareForm(CommandForm):
    """Who else may use it."""

    share = ChoiceField(
        label=gettext_lazy("Share scope"),
        choices=VoucherShare.choices,
        help_text=gettext_lazy("Which trusteeship members of the owner may use it, too (V3)."),
    )
    members = RowsField(
        Voucher,
        "members",
        label=gettext_lazy("Listed members"),
        help_text=gettext_lazy("Only for the share scope “listed members”."),
    )


class VoucherForm(ShareForm):
    """A voucher in its owner's currency."""

    code = CodeField(label=gettext_lazy("Code"))
    owner = RowField(Discount, "owner", label=gettext_lazy("Owner"))
    face_value = AmountField(
        label=gettext_lazy("Face value"), help_text=gettext_lazy("In the owner's currency (V1).")
    )
    products = RowsField(
        Voucher,
        "products",
        label=gettext_lazy("Products"),
        help_text=gettext_lazy("No products and no families: it pays for everything."),
    )
    families = RowsField(Voucher, "families", label=gettext_lazy("Product families"))
    minimum_spend = AmountField(
        label=gettext_lazy("Minimum spend"),
        required=False,
        help_text=gettext_lazy("What must be payable after the discount for it to count (K4)."),
    )
    valid_from = InstantField(
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("Empty: always. Cycles that start then or later count (C1)."),
    )
    expires_at = InstantField(
        label=gettext_lazy("Expires at"), help_text=gettext_lazy("Empty: never.")
    )
    field_order = (
        "code", "owner", "face_value", "products", "families", "minimum_spend",
        "valid_from", "expires_at", "share", "members",
    )  # fmt: skip


class IssueVoucher(NewRow):
    """Promotional money (V1)."""

    name, icon, needs, model = "issue", "redeem", "finance_mgmt.issue_voucher", Voucher
    label = gettext_lazy("Issue a voucher")
    form_class = VoucherForm
    service = vouchers.issue
    done = gettext_lazy("The voucher is issued.")
    intro = gettext_lazy("Promotional money pays after discounts, before cash and credit (V1, K4).")

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """The owner from the address; the share scope that the policy sets."""
        share = ground.policy().default_voucher_share
        return super().initial(request, row) | {"share": share}

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Which it pays before which, and what for."""
        return [
            (
                _("order of use"),
                _("The one that expires first, then the one with most left."),
                "V2",
            ),
            (_("cycles"), _("It counts for cycles that start while it is valid."), "C1"),
            (_("in trusteeship"), _("A member's own vouchers are frozen, not lost."), "V3"),
        ]


class ShareVoucher(CommandPage):
    """Who else may use it from now on (V3)."""

    name, icon, needs = "share", "share", "finance_mgmt.issue_voucher"
    label = gettext_lazy("Share")
    form_class = ShareForm
    service = vouchers.share
    done = gettext_lazy("The share scope is set.")
    intro = gettext_lazy("Which trusteeship members of the owner may use it, too (V3).")

    def initial(self, request: HttpRequest, row: Voucher) -> dict[str, Any]:
        """As it is."""
        return {"share": row.share, "members": [one.pk for one in row.members.all()]}

    def arguments(self, row: Voucher, given: dict[str, Any]) -> dict[str, Any]:
        """The voucher, its scope, and whom it names."""
        share = VoucherShare(given["share"])
        return {"voucher": row, "share": share, "members": list(given["members"])}

    def parties(self, row: Voucher, given: dict[str, Any]) -> tuple[int, ...]:
        """Nobody's figures change."""
        return ()

    def shown(self, found: Preview, given: dict[str, Any], at: Any) -> list[Panel]:
        """What holds for cycles from now on."""
        text = _("Cycles that start from now on; what it paid stays paid.")
        return [Facts(facts=[Fact(_("cycles"), text, rule="C1")])]


OF_LIST: list[NewRow] = [IssueVoucher()]
OF_VOUCHER: list[CommandPage] = [ShareVoucher()]
