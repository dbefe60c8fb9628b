"""What can be invoiced for an account, what can't and why; preview; issue (I1-I5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from billing.models import Product
from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Fact, Panel, Tiles
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO
from finance_mgmt.services.previews import Preview, run

from ..documents import stored
from ..documents.content import InvoiceContent
from ..models import Invoice
from ..queries import candidates, statements
from ..queries.statements import Group, Summed
from ..services import invoices
from . import candidate_panels, invoice_panels, seller_notice


@dataclass(frozen=True)
class Rehearsed:
    """What is kept of an invoice that was issued and taken back."""

    invoice: Invoice
    content: InvoiceContent
    members: list[Summed]
    remaining: Decimal
    arrears: Decimal


class IssueForm(CommandForm):
    """Months, members and products: what stands in all three is invoiced."""

    month = forms.ChoiceField(label=gettext_lazy("From month"), widget=UnfoldAdminSelectWidget())
    until = forms.ChoiceField(label=gettext_lazy("To month"), widget=UnfoldAdminSelectWidget())
    owners = forms.MultipleChoiceField(label=gettext_lazy("Members"))
    products = forms.MultipleChoiceField(label=gettext_lazy("Products"), required=False)

    payer: Account  # set by page_for

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.groups: list[Group] = statements.groups(self.payer.pk)
        self.sums = _sums(self.groups)
        self.products_known = statements.products_of(self.groups)
        ids = {group.owner for group in self.groups}
        self.accounts = Account.objects.in_bulk(ids)
        months = sorted({group.month for group in self.groups})
        choices = [(f"{month:%Y-%m-%d}", f"{month:%Y-%m}") for month in months]
        self._choices("month", choices)
        self._choices("until", choices)
        known = sorted(self.accounts.values(), key=lambda one: (one != self.payer, one.number))
        self._choices("owners", [(str(one.pk), one.number) for one in known])
        products = sorted(self.products_known.values(), key=lambda one: one.code)
        self._choices("products", [(str(one.pk), one.code) for one in products])
        if choices:
            self.initial["month"], self.initial["until"] = choices[0][0], choices[-1][0]
        for name in ("owners", "products"):
            self.initial[name] = [value for value, _label in self._field(name).choices]

    @property
    def owner_rows(self) -> list[dict[str, Any]]:
        """A row per member, with what can be invoiced of it."""
        return [
            self._row("owners", pk, display.account(self.accounts[int(pk)]), "owner")
            for pk, _label in self._field("owners").choices
        ]

    @property
    def product_rows(self) -> list[dict[str, Any]]:
        """A row per product."""
        return [
            self._row("products", pk, self.products_known[int(pk)].name, "product")
            for pk, _label in self._field("products").choices
        ]

    @property
    def without_product(self) -> Any:
        """Adjustments that are for no product: with all products only."""
        amount = self.sums.get(("product", "None"), (0, ZERO))[1]
        return display.amount(amount, self.payer.currency) if amount else ""

    def clean(self) -> dict[str, Any]:
        """A span of months that is one."""
        given = super().clean() or {}
        if given.get("month", "") > given.get("until", "9"):
            raise forms.ValidationError(_("The first month is after the last one."))
        if self.product_rows and not given.get("products"):
            raise forms.ValidationError(_("Choose at least one product."))
        return given

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """In few words: there may be a thousand members."""
        given = self.cleaned_data
        months = f"{given['month'][:7]} – {given['until'][:7]}"
        is_one = given["month"] == given["until"]
        return [
            (_("Months"), given["month"][:7] if is_one else months),
            (_("Members"), self._few("owners")),
            *([(_("Products"), self._few("products"))] if given["products"] else []),
        ]

    def has_all(self, name: str) -> bool:
        """Whether everything there is was chosen."""
        return len(self.cleaned_data[name]) == len(self._field(name).choices)

    def _few(self, name: str) -> Any:
        labels = dict(self._field(name).choices)
        chosen = [labels[value] for value in self.cleaned_data[name]]
        if len(chosen) > 5:
            return _("%(count)s of %(all)s") % {"count": len(chosen), "all": len(labels)}
        return ", ".join(chosen)

    def _row(self, name: str, value: str, label: Any, column: str) -> dict[str, Any]:
        chosen = self.data.getlist(name) if self.is_bound else self.initial[name]
        return {
            "name": name,
            "value": value,
            "label": label,
            "is_chosen": value in chosen,
            "lines": display.count(self.sums[column, value][0]),
            "amount": display.amount(self.sums[column, value][1], self.payer.currency),
        }

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self._field(name).choices = choices


class Issue(CommandPage):
    """The page for one account, or for one of its members in management."""

    name, icon, needs = "issue", "post_add", "invoicing.issue_invoice"
    label = gettext_lazy("Issue the invoice")
    service = invoices.issue
    done = gettext_lazy("The invoice is issued.")
    template = "admin/invoicing/issue.html"
    intro = gettext_lazy(
        "Whole charges of issued bills, each on one invoice at most; an invoice is never "
        "edited (I1, I6)."
    )

    def __init__(
        self, account: Account, member: Account | None, warnings: Sequence[Panel] = ()
    ) -> None:
        self.account, self.member, self.warnings = account, member, warnings
        self.payer = member or account
        self.form_class = type("IssueFormOf", (IssueForm,), {"payer": self.payer})  # type: ignore[misc]

    def heading(self, row: Account) -> Any:
        """Whose consumption, and by whom."""
        if self.member is None:
            return _("Invoice for %(account)s") % {"account": row}
        said = {"member": self.member, "master": row}
        return _("Invoice for %(member)s, by %(master)s") % said

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """What was chosen; all is said as all."""
        accounts = Account.objects.filter(pk__in=given["owners"]).order_by("number")
        groups = statements.groups(self.payer.pk)
        has_all = {str(one.owner) for one in groups} == set(given["owners"])
        every = {str(one.product) for one in groups if one.product} == set(given["products"])
        is_combined = self.member is None and has_all
        chosen = Product.objects.filter(pk__in=given["products"]).order_by("code")
        return {
            "issuer": row,
            "month": date.fromisoformat(given["month"]),
            "until": date.fromisoformat(given["until"]),
            "owners": () if is_combined else tuple(accounts),
            "is_combined": is_combined,
            "products": () if every else tuple(chosen),
        }

    def parties(self, row: Account, given: dict[str, Any]) -> set[int]:
        """Issuer and payer."""
        return {row.pk, self.payer.pk}

    def rehearse(self, row: Account, given: dict[str, Any], at: datetime) -> Preview:
        """The invoice as it would be, with what would remain."""
        arguments = self.arguments(row, given)
        said = {"key": f"preview {given['key']}", "by": "preview", "at": at}
        return run(
            lambda: invoices.issue(**arguments, **said),
            look=lambda invoice: self._look(invoice, at),
            accounts=self.parties(row, given),
            at=at,
        )

    def panels(self, row: Account, at: datetime) -> Sequence[Panel]:
        """Why the rest can't be invoiced, and the members in management."""
        found = [candidate_panels.left_out(self.payer), *candidate_panels.managed(row, at)]
        if self.member is None and (reasons := statements.own_reasons(row, at)):
            return [candidate_panels.forbidden(reasons), *found]
        return found

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """The invoice, and what stays uninvoiced."""
        kept: Rehearsed = found.result
        return [
            *self.warnings,
            _figures(kept),
            invoice_panels.title(kept.invoice),
            invoice_panels.tax_table(kept.content, kept.invoice),
            invoice_panels.member_table(kept.members, kept.invoice),
        ]

    def back(self, row: Account) -> str:
        """The list of invoices."""
        return reverse("admin:invoicing_invoice_changelist")

    def after(self, row: Account, result: Invoice) -> str:
        """The invoice."""
        return display.page_of(Invoice, result.pk)

    def told(self, result: Invoice) -> Any:
        """Its number."""
        return _("Invoice %(number)s is issued.") % {"number": result.number}

    def _look(self, invoice: Invoice, at: datetime) -> Rehearsed:
        left = candidates.total(
            candidates.invoiceable([self.payer.pk]).values_list("payable_amount", flat=True)
        )
        content, members = stored.of_invoice(invoice), statements.by_member(invoice)
        owed = candidates.arrears(self.payer.pk, at)
        invoice.pk = None  # it will be gone
        return Rehearsed(invoice, content, members, left, owed)


def page_for(request: HttpRequest, account: Account) -> Issue:
    """The page of an account; `member` in the address is one it manages."""
    wanted, warnings = request.GET.get("member", ""), seller_notice.panels(request)
    if not wanted:
        return Issue(account, None, warnings)
    known = {str(one.member.pk): one.member for one in statements.managed(account, now())}
    if wanted not in known:
        raise Http404
    return Issue(account, known[wanted], warnings)


def _sums(groups: list[Group]) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Lines and amounts by owner and by product."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for one in groups:
        for key in (("owner", str(one.owner)), ("product", str(one.product))):
            lines, amount = found.get(key, (0, ZERO))
            found[key] = (lines + one.lines, amount + one.amount)
    return found


def _figures(kept: Rehearsed) -> Panel:
    row = kept.invoice

    def show(value: Any) -> Any:
        return display.amount(value, row.currency)

    bound = _("at least %(amount)s must stay: it is past due")
    note = (
        bound % {"amount": invoice_panels.said(kept.arrears, row.currency)}
        if kept.arrears > 0
        else ""
    )
    return Tiles(
        facts=[
            Fact(_("total"), show(row.total), rule="B3"),
            Fact(_("net"), show(row.net_amount), rule="I7"),
            Fact(_("of it tax"), show(row.tax_amount), rule="I7"),
            Fact(_("stays uninvoiced"), show(kept.remaining), note, rule="I5"),
        ]
    )
