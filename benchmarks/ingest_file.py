"""A FOCUS file as clouds send them: a row per resource and hour, with tags, for linked members."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from django.test import override_settings

from benchmarks.close_world import SINCE
from billing.models import AccountKey, Family, Product, Source
from billing.services import imports
from finance_mgmt.models import Account, Relationship, Run
from finance_mgmt.services import runs

ROWS, SKUS = 100_000, 50
BEGINS = SINCE + timedelta(days=182)  # the month after the one that is closed

HEADER = (
    "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,"
    "ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,"
    "ConsumedQuantity,EffectiveCost,Id,ListCost,ListUnitPrice,PricingQuantity,PricingUnit,"
    "ProviderName,RegionId,ResourceId,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,"
    "Tags\n"
)


def load() -> None:
    """Say which accounts the source means."""
    source = Source.objects.create(code="cloud", name="Bench Cloud")
    AccountKey.objects.bulk_create(
        AccountKey(source=source, external_id=account.number, account=account)
        for account in Account.objects.all()
    )


@contextmanager
def received(rows: int) -> Iterator[Run]:
    """The run of a file of so many rows that came in, whose copy is removed at the end."""
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        at = BEGINS + timedelta(days=1)
        yield imports.receive(
            file_name="cloud.csv",
            content=_file(rows),
            received_at=BEGINS,
            key="file",
            by="bench",
            at=at,
        ).run


def work(run: Run) -> None:
    """Read the file and store it, as a worker does."""
    done = runs.work(run.pk, worker="bench")
    if done.state != "done" or done.usage_import.state != "stored":
        raise RuntimeError(f"the file is {done.usage_import.state}")


Made = tuple[list[Family], list[Product]]


def made() -> Made:
    """What the rows name that there may not have been before the file came."""
    return list(Family.objects.all()), list(Product.objects.all())


def make_again(there: Made) -> None:
    """The same in another database."""
    for rows in there:
        type(rows[0]).objects.bulk_create(rows, ignore_conflicts=True)


def _file(rows: int) -> Iterator[bytes]:
    links = list(Relationship.objects.values_list("master__number", "member__number"))
    yield HEADER.encode()
    for number in range(rows):
        yield _line(number, *links[number % len(links)]).encode()


def _line(number: int, master: str, member: str) -> str:
    begins = BEGINS + timedelta(hours=number % 720)
    sku, quantity = number // 720 % SKUS, number + 1
    cost = Decimal(quantity) / 8
    return (
        f'{cost},"{master}","CNY","2024-08-01 00:00:00","2024-07-01 00:00:00","Usage",NULL,'
        f'"{sku} cents per hour","{begins + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",'
        f'"{begins:%Y-%m-%d %H:%M:%S}",{quantity},{cost},{number},{cost},0.125,'
        f'{quantity},"Hours","Bench Cloud","cn-north-1","i-{number % 9973:08x}","Compute",'
        f'"Servers","SKU{sku}","SKU{sku}.P1","{member}","{{""team"": ""t{number % 31}""}}"\n'
    )
