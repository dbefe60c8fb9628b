"""What is sold and where usage comes from: sources, names of accounts, products and prices (P1)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import decisions

from ..enums import ImportMode, QuantityColumn
from ..focus import price_book
from ..focus.price_book import Entry
from ..models import AccountKey, Family, Price, Product, Source
from . import usage


class SourceDiffers(FinanceError):
    """The source exists with other settings, or the id at the source names another account."""

    code = "source_differs"
    example = Reason(
        "B2", "source_differs", "This source exists with other settings.", {"differing": ["name"]}
    )


@dataclass(frozen=True)
class PriceDoubt:
    """A price of the book that was not loaded: another one stands there, or was billed by."""

    product: str
    effective_from: datetime
    unit_price: Decimal
    standing_price: Decimal


@dataclass
class Loaded:
    """What a price book added. A price that was in force already is not added again."""

    families: int = 0
    products: int = 0
    prices: int = 0
    doubts: list[PriceDoubt] = field(default_factory=list)


@transaction.atomic
def ensure_source(
    *,
    code: str,
    name: str | None,
    mode: ImportMode = ImportMode.PASS_THROUGH,
    quantity_column: QuantityColumn = QuantityColumn.PRICING,
    cycle: Cycle = Cycle.HOUR,
    key: str,
    by: str,
    at: datetime,
) -> Source:
    """Return the source of this code; make it where there is none.

    `name` is the ProviderName of its files. Raises SourceDiffers where it exists with other
    settings: they decide what its records mean, so a person changes them, not a call.
    """
    settings = {"name": name, "mode": mode, "quantity_column": quantity_column, "cycle": cycle}
    facts = {"code": code, **settings}
    decisions.record(verb="catalog.ensure_source", facts=facts, key=key, by=by, at=at)
    source, _ = Source.objects.get_or_create(code=code, defaults=settings)
    differing = {
        name: [getattr(source, name), wanted]
        for name, wanted in settings.items()
        if getattr(source, name) != wanted
    }
    if differing:
        text = f"Source {code} exists with other settings: {', '.join(differing)}."
        raise SourceDiffers(Reason("B2", "source_differs", text, {"differing": differing}))
    return source


@transaction.atomic
def name_account(
    *, source: Source, external_id: str, account: Account, key: str, by: str, at: datetime
) -> AccountKey:
    """Note which of our accounts an id at a source means.

    Raises SourceDiffers where it means another one: rows were stored under it.
    """
    facts = {"source": source.code, "external_id": external_id, "account": account.number}
    decisions.record(verb="catalog.name_account", facts=facts, key=key, by=by, at=at)
    named, _ = AccountKey.objects.get_or_create(
        source=source, external_id=external_id, defaults={"account": account}
    )
    if named.account_id != account.pk:
        text = f"{external_id!r} of {source.code} is account {named.account.number} already."
        raise SourceDiffers(Reason("B2", "account_key_taken", text, facts))
    return named


@transaction.atomic
def load_price_book(entries: Iterable[Entry], *, key: str, by: str, at: datetime) -> Loaded:
    """Make the families and products of a price book, and its prices since their time (P1).

    A price begins with the cycle that contains the beginning of its billing period; where no
    price is in force at an earlier use (late usage), with the cycle of that use. Nothing that
    stands is changed: another price at the same instant, or before the close of its product's
    cycles, is a doubt in the result. Repeating adds nothing.
    """
    book = price_book.collect(entries)
    facts = {"entries": len(book), "sha256": hashlib.sha256(repr(book).encode()).hexdigest()}
    _, is_new = decisions.record(verb="catalog.load_price_book", facts=facts, key=key, by=by, at=at)
    loaded = Loaded()
    if is_new:
        families = _ensure_families(book, loaded)
        products = _ensure_products(book, families, loaded)
        _add_prices(book, products, usage.hold_horizon(at).closed_through, loaded)
    return loaded


def ensure_products(entries: Iterable[Entry]) -> None:
    """Make what is missing of families and products, without prices. In a transaction."""
    book = price_book.collect(entries)
    loaded = Loaded()
    _ensure_products(book, _ensure_families(book, loaded), loaded)


def _ensure_families(book: Sequence[Entry], loaded: Loaded) -> dict[str, Family]:
    names = {price_book.family_code(entry.family): entry.family for entry in reversed(book)}
    known = set(Family.objects.filter(code__in=names).values_list("code", flat=True))
    missing = [Family(code=code, name=names[code]) for code in sorted(names) if code not in known]
    Family.objects.bulk_create(missing, ignore_conflicts=True)
    loaded.families = len(missing)
    return {family.code: family for family in Family.objects.filter(code__in=names)}


def _ensure_products(
    book: Sequence[Entry], families: Mapping[str, Family], loaded: Loaded
) -> dict[str, Product]:
    first = {entry.code: entry for entry in reversed(book)}
    known = set(Product.objects.filter(code__in=first).values_list("code", flat=True))
    missing = [
        Product(
            code=code,
            name=first[code].name,
            service=first[code].service,
            family=families[price_book.family_code(first[code].family)],
            cycle=first[code].cycle,
            unit=first[code].unit,
            region=first[code].region,
        )
        for code in sorted(first)
        if code not in known
    ]
    Product.objects.bulk_create(missing, ignore_conflicts=True)
    loaded.products = len(missing)
    locked = Product.objects.select_for_update(no_key=True).filter(code__in=first)
    return {product.code: product for product in locked.order_by("pk")}


def _add_prices(
    book: Sequence[Entry],
    products: Mapping[str, Product],
    closed_through: datetime | None,
    loaded: Loaded,
) -> None:
    zone = ground.policy().zone
    standing: dict[str, dict[datetime, Decimal]] = {code: {} for code in products}
    for price in Price.objects.filter(product__in=products.values()).select_related("product"):
        standing[price.product.code][price.effective_from] = price.unit_price
    added = []
    for entry in book:
        product, prices = products[entry.code], standing[entry.code]
        if entry.unit_price is None or not product.cycle:
            continue
        begins = _beginning(entry, Cycle(product.cycle), zone, prices)
        now = _in_force(prices, begins)
        if now is None or (
            now != entry.unit_price and not _is_fixed(prices, begins, closed_through)
        ):
            prices[begins] = entry.unit_price
            price = Price(product=product, unit_price=entry.unit_price, effective_from=begins)
            added.append(price)
        elif now != entry.unit_price:
            loaded.doubts.append(PriceDoubt(entry.code, begins, entry.unit_price, now))
    Price.objects.bulk_create(added)
    loaded.prices = len(added)


def _beginning(
    entry: Entry, cycle: Cycle, zone: ZoneInfo, prices: Mapping[datetime, Decimal]
) -> datetime:
    begins = periods.containing(entry.listed_from, cycle, zone).start
    first_use = periods.containing(entry.first_used_at, cycle, zone).start
    is_unpriced = first_use < begins and _in_force(prices, first_use) is None
    return first_use if is_unpriced else begins


def _in_force(prices: Mapping[datetime, Decimal], instant: datetime) -> Decimal | None:
    since = max((begins for begins in prices if begins <= instant), default=None)
    return None if since is None else prices[since]


def _is_fixed(
    prices: Mapping[datetime, Decimal], begins: datetime, closed_through: datetime | None
) -> bool:
    return begins in prices or (closed_through is not None and begins <= closed_through)
