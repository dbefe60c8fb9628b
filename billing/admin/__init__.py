"""The back office's pages about the catalog, usage, charges and bills."""

from . import (
    bills,
    catalog,
    charges,
    closing,
    commitments,
    coupons,
    discounts,
    imports,
    orders,
    parked,
    resources,
    sources,
    thresholds,
    usage,
    vouchers,
)

__all__ = [
    "bills",
    "catalog",
    "charges",
    "closing",
    "commitments",
    "coupons",
    "discounts",
    "imports",
    "orders",
    "parked",
    "resources",
    "sources",
    "thresholds",
    "usage",
    "vouchers",
]
