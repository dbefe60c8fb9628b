"""Adding products, and setting list prices (P1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import AmountField, CommandForm, InstantField
from finance_mgmt.admin.new_rows import ChoiceField, CodeField, NewRow, RowField, TextField
from finance_mgmt.enums import Cycle

from ..focus.price_book import Entry
from ..models import Family, Price, Product
from ..services import catalog, prices


class PriceForm(CommandForm):
    """Of what, how much, since when."""

    product = RowField(Price, "product", label=gettext_lazy("Product"))
    unit_price = AmountField(
        label=gettext_lazy("Unit price"),
        help_text=gettext_lazy("Exact, in the currency of whoever is charged."),
    )
    effective_from = InstantField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy(
            "Empty: now. Only a product's first price may begin in the past (P1)."
        ),
    )


class SetPrice(NewRow):
    """A list price since an instant."""

    name, icon, needs, model = "set", "sell", "finance_mgmt.sell", Price
    label = gettext_lazy("Set a price")
    form_class = PriceForm
    service = prices.set_price
    done = gettext_lazy("The price is set.")
    intro = gettext_lazy("A new price is a new row: what is closed keeps the old one (P1, C1).")

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """Was, and from when on."""
        latest = Price.objects.filter(product=given["product"]).order_by("-effective_from").first()
        was = display.quantity(latest.unit_price) if latest else display.NOTHING
        return [
            (_("was"), was, "P1"),
            (_("will be"), display.quantity(given["unit_price"]), "P1"),
            (_("cycles"), _("Those that start then or later; what is closed stays."), "C1"),
        ]

    def after(self, row: Any, result: Price) -> str:
        """All prices of the product."""
        return display.list_of(Price, product__id__exact=result.product_id)


class ProductForm(CommandForm):
    """What is sold, and for how much."""

    code = CodeField(label=gettext_lazy("Code"))
    title = TextField(label=gettext_lazy("Name"), max_length=500)
    family = RowField(Product, "family", label=gettext_lazy("Product family"))
    cycle = ChoiceField(
        label=gettext_lazy("Cycle"),
        choices=Cycle.choices,
        initial=Cycle.HOUR,
        help_text=gettext_lazy("In which slices usage is metered; it never changes (C1)."),
    )
    unit = TextField(label=gettext_lazy("Unit"), max_length=100, required=False)
    region = TextField(label=gettext_lazy("Region"), max_length=100, required=False)
    unit_price = AmountField(label=gettext_lazy("Unit price"))
    effective_from = InstantField(
        label=gettext_lazy("In force from"),
        required=True,
        help_text=gettext_lazy("A first price may begin in the past (P1)."),
    )

    def clean_code(self) -> str:
        """A code of its own."""
        code: str = self.cleaned_data["code"]
        if Product.objects.filter(code=code).exists():
            raise ValidationError(_("There is a product %(code)s already.") % {"code": code})
        return code


def add_product(*, entry: Entry, key: str, by: str, at: datetime) -> Product:
    """One entry of the price book. Raises KeyReused and what loading it raises."""
    catalog.load_price_book([entry], key=key, by=by, at=at)
    return Product.objects.get(code=entry.code)


class AddProduct(NewRow):
    """A product with its first price."""

    name, icon, needs, model = "new", "add", "finance_mgmt.sell", Product
    label = gettext_lazy("Add a product")
    form_class = ProductForm
    service = add_product
    done = gettext_lazy("The product is added.")
    intro = gettext_lazy("A product comes with its first price; only its name changes later (P1).")

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """An entry of the price book."""
        family: Family = given["family"]
        entry = Entry(
            source="admin",
            code=given["code"],
            name=given["title"],
            service=family.name,
            family=family.code,
            cycle=Cycle(given["cycle"]),
            unit=given["unit"],
            region=given["region"],
            unit_price=given["unit_price"],
            listed_from=given["effective_from"],
            first_used_at=given["effective_from"],
        )
        return {"entry": entry}

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """What counts from when."""
        return [
            (_("list price"), display.quantity(given["unit_price"], given["unit"]), "P1"),
            (_("cycles"), _("Those that start then or later; what is closed stays."), "C1"),
        ]
