"""The columns of FOCUS 1.0 that we understand. All others are kept as they came."""

# Without these nobody knows what, whose, when and how much. SubAccountId is optional in FOCUS,
# but where it is missing by mistake the master would be billed for its members: we insist.
MANDATORY = (
    "BilledCost",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ListCost",
    "ListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "ServiceCategory",
    "ServiceName",
    "SubAccountId",
)

NEVER_NULL = frozenset(
    {
        "BilledCost",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "ProviderName",
        "ServiceCategory",
        "ServiceName",
    }
)

MONEY = (
    "BilledCost",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "ListCost",
    "ListUnitPrice",
)
NUMBERS = (*MONEY, "ConsumedQuantity", "PricingQuantity")

TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")

# What we store as columns of our own must fit; it is never cut, since it identifies something.
LONGEST = {
    "BillingAccountId": 300,
    "Id": 200,
    "PricingUnit": 100,
    "ProviderName": 200,
    "RegionId": 100,
    "ResourceId": 1000,
    "ServiceCategory": 100,
    "ServiceName": 200,
    "SubAccountId": 300,
}

# A token meter file has no prices. One of its lines is two readings, one per meter.
TOKEN_PROVIDER = "Azure LLM inference"
TOKEN_METERS = {"ContextTokens": "Context tokens", "GeneratedTokens": "Generated tokens"}
TOKEN_COLUMNS = ("TIMESTAMP", "Workload", "SourceRow", *TOKEN_METERS)
TOKEN_UNIT = "Tokens"
