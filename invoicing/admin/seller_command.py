"""Saying who sells: all that invoices state of the seller, from an instant on (I6)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import CommandForm, InstantField
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Panel
from finance_mgmt.services.previews import Preview, run

from ..enums import ZeroRate
from ..models import SellerProfile
from ..queries.sellers import latest_seller
from ..services import sellers
from . import seller_notice, seller_panels
from .titles import text_field


class SellerForm(CommandForm):
    """All that invoices state of the seller."""

    legal_name = text_field(
        gettext_lazy("Legal name"),
        200,
        gettext_lazy("As registered; invoices show it as the seller."),
        required=True,
    )
    country = text_field(gettext_lazy("Country"), 2, gettext_lazy("Two letters, such as CN or DE."))
    tax_number = text_field(
        gettext_lazy("Tax number"),
        50,
        gettext_lazy(
            "China: the 18 characters of the unified social credit code, required. EU: the VAT id"
            " with its country, as DE136695976; required for e-invoices."
        ),
    )
    address = text_field(
        gettext_lazy("Address"), 300, gettext_lazy("Required for e-invoices, with the city.")
    )
    postcode = text_field(gettext_lazy("Postcode"), 20)
    city = text_field(gettext_lazy("City"), 100)
    phone = text_field(
        gettext_lazy("Telephone"),
        50,
        gettext_lazy("A special Chinese VAT invoice states telephone and bank of the seller."),
    )
    bank_name = text_field(gettext_lazy("Bank"), 200)
    bank_account = text_field(gettext_lazy("Bank account"), 50)
    asks_e_invoice = forms.BooleanField(
        label=gettext_lazy("EN 16931 e-invoice for buyers in the EU"),
        required=False,
        help_text=gettext_lazy(
            "Checked before such an invoice is numbered: it is refused if it has faults."
        ),
    )
    zero_rate = forms.ChoiceField(
        label=gettext_lazy("What a rate of 0 means"),
        choices=ZeroRate.choices,
        widget=UnfoldAdminSelectWidget(),
    )
    zero_rate_reason = text_field(
        gettext_lazy("Reason for a rate of 0"),
        200,
        gettext_lazy("Required unless zero rated: the law by which no tax is due."),
    )
    effective_from = InstantField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy(
            "Empty: now. Invoices issued then or later name it; the first may begin in the past."
        ),
    )


class SetSeller(CommandPage):
    """New particulars from an instant on."""

    name, icon, needs = "set-seller", "storefront", seller_notice.NEEDS
    label = gettext_lazy("Set the seller")
    form_class = SellerForm
    service = sellers.set_seller
    done = gettext_lazy("The seller is set.")
    intro = gettext_lazy(
        "Particulars are never changed: these are new ones from an instant on, and an invoice keeps"
        " those in force when it was issued (I6)."
    )

    def heading(self, row: Any) -> Any:
        """What the page is about."""
        return self.label

    def initial(self, request: Any, row: Any) -> dict[str, Any]:
        """The last ones said."""
        found = latest_seller()
        if found is None:
            return {"country": "CN"}
        return {name: getattr(found, name) for name in seller_panels.STATED}

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in."""
        said = {name: value for name, value in given.items() if name != "key"}
        return {**said, "zero_rate": ZeroRate(given["zero_rate"])}

    def parties(self, row: Any, given: dict[str, Any]) -> tuple[int, ...]:
        """Nobody's terms change."""
        return ()

    def rehearse(self, row: Any, given: dict[str, Any], at: datetime) -> Preview:
        """The particulars as they would be kept, beside the last ones."""
        before = latest_seller()
        said = {"key": f"preview {given['key']}", "by": "preview", "at": at}
        return run(
            lambda: sellers.set_seller(**self.arguments(row, given), **said),
            look=lambda made: [seller_panels.changes(before, made), *seller_panels.unstated(made)],
            accounts=(),
            at=at,
        )

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What changes, and what is not stated."""
        panels: list[Panel] = found.result
        return panels

    def back(self, row: Any) -> str:
        """The list."""
        return display.list_of(SellerProfile)

    def after(self, row: Any, result: SellerProfile) -> str:
        """The new particulars."""
        return display.page_of(SellerProfile, result.pk)
