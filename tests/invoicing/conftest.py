"""An office; a group in China and one in the EU whose May is billed and can be invoiced."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from invoicing.models import TaxRate
from invoicing.services import credit_notes, invoices, sellers, titles
from tests.invoicing.office import Office
from tests.provider import LONG_AGO, at

JUNE = at("2024-06-02 08:00")


class Shop:
    """A provider with its invoices."""

    def __init__(self, provider) -> None:
        self.provider = provider

    def said(self, when=JUNE) -> dict:
        return self.provider.said(when)

    def tax(self, rate: str, product=None, jurisdiction: str = "CN") -> None:
        since = {"jurisdiction": jurisdiction, "effective_from": LONG_AGO}
        TaxRate.objects.create(product=product, rate=Decimal(rate), **since)

    def issue(self, issuer, *owners):
        return invoices.issue(
            issuer=issuer, month=JUNE.replace(month=5, day=1).date(), owners=owners, **self.said()
        )

    def credit(self, invoice, amount=None, reason=""):
        amount = amount and Decimal(amount)
        return credit_notes.issue(invoice=invoice, amount=amount, reason=reason, **self.said())


@pytest.fixture
def office(db) -> Iterator[Office]:
    """Its books must be right when the test ends."""
    yield (it := Office())
    it.verify_books()


@pytest.fixture
def shop(provider, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return Shop(provider)


@pytest.fixture
def china(shop):
    """Two members in trusteeship of a group; two products at two rates; all in Chinese."""
    provider = shop.provider
    group = provider.account("HQ", identity="远山集团有限公司", credit_limit="90000")
    north = provider.account("SUB-1", identity="远山集团有限公司")
    south = provider.account("SUB-2", identity="远山集团有限公司")
    sellers.set_seller(
        legal_name="云上科技（杭州）有限公司",
        tax_number="91330100MA28K3M51M",
        address="浙江省杭州市余杭区文一西路 969 号",
        postcode="311121",
        city="杭州",
        phone="0571-12345678",
        bank_name="中国工商银行杭州余杭支行",
        bank_account="1202012345678901234",
        **shop.said(LONG_AGO),
    )
    titles.set_title(
        account=group,
        title="远山集团有限公司",
        tax_number="91310000132200000X",
        address="上海市浦东新区世纪大道 100 号",
        postcode="200120",
        city="上海",
        phone="021-87654321",
        bank_name="招商银行上海分行",
        bank_account="121900000000001",
        **shop.said(LONG_AGO),
    )
    for member in (north, south):
        provider.link(group, member, at("2024-05-01 00:00"))
    compute, messages = _products(provider, "弹性计算实例 g7", "小时", "国内短信", "条")
    shop.tax("0.06")
    shop.tax("0.13", compute)
    for member, hours, sent in ((north, "1234.567", "333"), (south, "89.1", "1")):
        provider.use(member, compute, hours, at("2024-05-10 08:10"))
        provider.use(member, messages, sent, at("2024-05-11 08:10"))
        provider.use(member, messages, "12", at("2024-05-12 08:10"))
    provider.jobs(JUNE)
    return group, north, south


@pytest.fixture
def europe(shop):
    """One buyer in Berlin of a seller in Amsterdam that asks for e-invoices."""
    provider = shop.provider
    sellers.set_seller(
        legal_name="Cloud Provider B.V.",
        tax_number="NL123456782B90",
        address="Keizersgracht 1",
        postcode="1015 CJ",
        city="Amsterdam",
        country="NL",
        asks_e_invoice=True,
        **shop.said(LONG_AGO),
    )
    buyer = provider.account("ACME", identity="Acme GmbH", credit_limit="9000", currency="EUR")
    titles.set_title(
        account=buyer,
        title="Acme GmbH & Co. <KG>",
        tax_number="DE123456788",
        address="Hauptstraße 1",
        postcode="10115",
        city="Berlin",
        country="DE",
        **shop.said(LONG_AGO),
    )
    compute, messages = _products(
        provider, "Elastic compute g7", "hour", "Text messages", "message"
    )
    shop.tax("0.21", compute, "DE")
    provider.use(buyer, compute, "1234.567", at("2024-05-10 08:10"))
    provider.use(buyer, messages, "33", at("2024-05-11 08:10"))
    provider.jobs(JUNE)
    return buyer


def _products(provider, *said):
    compute = provider.product("ecs.g7", unit_price="0.083")
    messages = provider.product("sms", unit_price="0.045", family="communications")
    for product, name, unit in ((compute, *said[:2]), (messages, *said[2:])):
        product.name, product.unit = name, unit
        product.save()
    return compute, messages
