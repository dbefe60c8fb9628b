"""The shop with its invoicing open: titles, tax rates, invoices, credit notes."""

from datetime import datetime
from decimal import Decimal

from finance_mgmt.models import Account
from invoicing.models import CreditNote, Invoice, InvoiceLine, InvoiceTitle, TaxRate
from invoicing.services import credit_notes, invoices, taxes, titles
from tests.billing.shop import MAY, Shop
from tests.provider import LONG_AGO, at

JUNE_2 = at("2024-06-02 09:00")
JUNE_3 = at("2024-06-03 09:00")


class Office(Shop):
    """Each word one service call. Amounts are texts."""

    def title(
        self, account: Account, title: str, when: datetime = LONG_AGO, **more
    ) -> InvoiceTitle:
        return titles.set_title(account=account, title=title, **more, **self.said(when))

    def tax(
        self, rate: str, product=None, since: datetime = LONG_AGO, jurisdiction: str = "CN"
    ) -> TaxRate:
        return taxes.set_rate(
            product=product,
            rate=Decimal(rate),
            jurisdiction=jurisdiction,
            effective_from=since,
            **self.said(),
        )

    def invoice(self, issuer: Account, *owners: Account, when=JUNE_3, month=MAY, **more) -> Invoice:
        said = self.said(when) | more.pop("said", {})
        return invoices.issue(issuer=issuer, owners=owners, month=month, **more, **said)

    def credit(self, invoice: Invoice, amount: str | None = None, **more) -> CreditNote:
        given = None if amount is None else Decimal(amount)
        said = self.said(JUNE_3) | more.pop("said", {})
        return credit_notes.issue(invoice=invoice, amount=given, **more, **said)

    def lines(self, invoice: Invoice) -> list[tuple[str, str, str, bool]]:
        """(owner, product, amount, is void) of each line."""
        return [
            (one.owner_number, one.product_code, f"{one.amount.normalize():f}", one.is_void)
            for one in InvoiceLine.objects.filter(invoice=invoice).order_by("owner_number", "pk")
        ]
