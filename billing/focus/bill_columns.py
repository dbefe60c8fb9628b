"""The columns of the FOCUS files that we write, one table for both versions: 1.2 and 1.0."""

from dataclasses import dataclass
from enum import StrEnum


class Version(StrEnum):
    """A version of FOCUS that bills are written in."""

    NOW = "1.2"
    FIRST = "1.0"


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    DECIMAL = "decimal"
    TIME = "time"
    CURRENCY = "currency"
    PAIRS = "pairs"  # a JSON object


@dataclass(frozen=True)
class Column:
    """One column: its type, whether a cell may be null, and the words it may hold (none: any)."""

    name: str
    kind: Kind = Kind.TEXT
    is_nullable: bool = True
    words: frozenset[str] = frozenset()
    since: Version = Version.FIRST
    is_never_negative: bool = False


SERVICE_CATEGORIES = (
    "AI and Machine Learning",
    "Analytics",
    "Business Applications",
    "Compute",
    "Databases",
    "Developer Tools",
    "Identity",
    "Integration",
    "Internet of Things",
    "Management and Governance",
    "Media",
    "Migration",
    "Mobile",
    "Multicloud",
    "Networking",
    "Other",
    "Security",
    "Storage",
    "Web",
)
OTHER = "Other"


def subcategory(category: str) -> str:
    """What FOCUS calls a service of a category that we tell no finer."""
    return f"Other ({category})"


def _must(name: str, kind: Kind = Kind.TEXT, *words: str) -> Column:
    return Column(name, kind, is_nullable=False, words=frozenset(words))


def _may(name: str, kind: Kind = Kind.TEXT, *words: str) -> Column:
    return Column(name, kind, words=frozenset(words))


def _new(name: str, kind: Kind = Kind.TEXT, *words: str, is_nullable: bool = True) -> Column:
    return Column(name, kind, is_nullable, frozenset(words), Version.NOW)


def _price(name: str) -> Column:
    return Column(name, Kind.DECIMAL, is_never_negative=True)


WRITTEN = (
    _must("BilledCost", Kind.DECIMAL),
    _must("BillingAccountId"),
    _must("BillingAccountName"),
    _must("BillingCurrency", Kind.CURRENCY),
    _must("BillingPeriodEnd", Kind.TIME),
    _must("BillingPeriodStart", Kind.TIME),
    _must("ChargeCategory", Kind.TEXT, "Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    _may("ChargeClass", Kind.TEXT, "Correction"),
    _may("ChargeDescription"),
    _must("ChargePeriodEnd", Kind.TIME),
    _must("ChargePeriodStart", Kind.TIME),
    _must("ContractedCost", Kind.DECIMAL),
    _must("EffectiveCost", Kind.DECIMAL),
    _must("InvoiceIssuerName"),
    _must("ListCost", Kind.DECIMAL),
    _may("PricingQuantity", Kind.DECIMAL),
    _may("PricingUnit"),
    _must("ProviderName"),
    _must("PublisherName"),
    _must("ServiceCategory", Kind.TEXT, *SERVICE_CATEGORIES),
    _must("ServiceName"),
    _must("ChargeFrequency", Kind.TEXT, "One-Time", "Recurring", "Usage-Based"),
    _new("InvoiceId"),
    _new(
        "ServiceSubcategory",
        Kind.TEXT,
        *(subcategory(category) for category in SERVICE_CATEGORIES),
        is_nullable=False,
    ),
    _new("BillingAccountType", is_nullable=False),
    _may("SubAccountId"),
    _may("SubAccountName"),
    _new("SubAccountType"),
    _may("ConsumedQuantity", Kind.DECIMAL),
    _may("ConsumedUnit"),
    _price("ContractedUnitPrice"),
    _price("ListUnitPrice"),
    _may("PricingCategory", Kind.TEXT, "Standard", "Dynamic", "Committed", "Other"),
    _may("SkuId"),
    _new("SkuMeter"),
    _may("SkuPriceId"),
    _new("SkuPriceDetails", Kind.PAIRS),
    _may("ResourceId"),
    _may("ResourceName"),
    _may("ResourceType"),
    _may("CommitmentDiscountCategory", Kind.TEXT, "Spend", "Usage"),
    _may("CommitmentDiscountId"),
    _may("CommitmentDiscountName"),
    _new("CommitmentDiscountQuantity", Kind.DECIMAL),
    _may("CommitmentDiscountStatus", Kind.TEXT, "Used", "Unused"),
    _may("CommitmentDiscountType"),
    _new("CommitmentDiscountUnit"),
    _may("Tags", Kind.PAIRS),
    _must("x_BillLineId"),
    _may("x_OrderId"),
    _must("x_FinanceMode", Kind.TEXT, "none", "management", "trusteeship"),
    _must("x_PayerAccountId"),
    _may("x_VoucherId"),
)


def written(version: Version) -> tuple[Column, ...]:
    """The columns of a file in that version, in order: 1.0 lacks those that came later."""
    return tuple(column for column in WRITTEN if column.since <= version)
