"""The price list hidden in a file: one entry per thing it prices, with a readable product code."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from finance_mgmt.enums import Cycle

from . import columns
from .rows import Row

_NOT_IN_CODES = re.compile(r"[^a-z0-9]+")
_TOLD_APART_BY = ("SkuPriceId", "RegionId", "ChargeDescription", "PricingUnit")
_LENGTHS = {
    timedelta(minutes=1): Cycle.MINUTE,
    timedelta(hours=1): Cycle.HOUR,
    timedelta(days=1): Cycle.DAY,
    timedelta(days=7): Cycle.WEEK,
    timedelta(days=28): Cycle.MONTH,
    timedelta(days=29): Cycle.MONTH,
    timedelta(days=30): Cycle.MONTH,
    timedelta(days=31): Cycle.MONTH,
}


@dataclass(frozen=True)
class Entry:
    """One product, and the unit price that was asked for it in one billing period.

    `listed_from` is when that billing period began, `first_used_at` the earliest use at that
    price in it. `unit_price` is None where the file names none (credits).
    """

    source: str
    code: str
    name: str
    service: str
    family: str
    cycle: Cycle
    unit: str
    region: str
    unit_price: Decimal | None
    listed_from: datetime
    first_used_at: datetime


def product_code(source_code: str, row: Row) -> str:
    """The code of the product that a row is about, such as "aws-hq7xjk3m-0f3a5b7c9d1e".

    Its tail is a digest of all that makes it a product of its own: rows with the same code are
    priced alike.
    """
    what = row.get("SkuId") or row.get("ServiceName") or row.get("Meter")
    told = tuple(map(row.get, _TOLD_APART_BY))
    return _code(source_code, what, told)


@lru_cache(maxsize=50_000)
def _code(source_code: str, what: str, told: tuple[str, ...]) -> str:
    text = json.dumps([what, *told], ensure_ascii=False)
    tail = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{source_code}-{slug(what)[:80]}-{tail}"


def entry(source_code: str, default_cycle: Cycle, row: Row) -> Entry:
    """What a row says about its product and the price of it."""
    return Entry(
        source=source_code,
        code=product_code(source_code, row),
        name=_name(row)[:500],
        service=(row.get("ServiceName") or row.provider)[:200],
        family=(row.get("ServiceCategory") or row.provider)[:100],
        cycle=cycle_of(row.ends_at - row.starts_at, default_cycle),
        unit=row.get("PricingUnit") or (columns.TOKEN_UNIT if row.get("Meter") else ""),
        region=row.get("RegionId"),
        unit_price=row.list_unit_price,
        listed_from=row.billing_start or row.starts_at,
        first_used_at=row.starts_at,
    )


def _name(row: Row) -> str:
    meter = columns.TOKEN_METERS.get(row.get("Meter"))
    return row.get("ChargeDescription") or meter or row.get("ServiceName")


def priced(entry: Entry, unit_price: Decimal, since: datetime) -> Entry:
    """The entry at a price of our own, for meters that come without one."""
    return replace(entry, unit_price=unit_price, listed_from=since)


def collect(entries: Iterable[Entry]) -> list[Entry]:
    """Each product and price of each billing period once, with its earliest use."""
    found: dict[tuple[str, Decimal | None, datetime], Entry] = {}
    for one in entries:
        key = (one.code, one.unit_price, one.listed_from)
        if key not in found or one.first_used_at < found[key].first_used_at:
            found[key] = one
    return sorted(found.values(), key=lambda one: (one.code, one.listed_from))


def cycle_of(length: timedelta, default: Cycle) -> Cycle:
    """The cycle whose length a charge period has."""
    return _LENGTHS.get(length, default)


def family_code(name: str) -> str:
    """The code of a family, told apart also where its name has no Latin letters."""
    if name.isascii():
        return slug(name)
    return f"{slug(name)[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def slug(text: str) -> str:
    """Lower case letters, digits and single hyphens, for codes."""
    return _NOT_IN_CODES.sub("-", text.lower()).strip("-") or "x"
