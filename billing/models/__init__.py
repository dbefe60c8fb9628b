"""Tables of the first floor."""

from .bills import Bill
from .catalog import Family, Price, Product
from .charges import Charge
from .closing import ClosedThrough
from .commitments import Commitment, CommitmentSharing, Coverage, CoverUse
from .discounts import Discount
from .imports import Finding, ImportedRow, UsageImport
from .orders import Order, Refund
from .resources import Resource
from .settlements import Settlement
from .sources import AccountKey, Source
from .staging import StagedRow
from .sums import DaySum, MonthSum, ProductSum, SavingSum, Unsummed
from .usage import UsageRecord
from .vouchers import Coupon, Voucher, VoucherDraw, VoucherSharing
from .warnings import Threshold, Watch

__all__ = [
    "AccountKey",
    "Bill",
    "Charge",
    "ClosedThrough",
    "Commitment",
    "CommitmentSharing",
    "Coupon",
    "CoverUse",
    "Coverage",
    "DaySum",
    "Discount",
    "Family",
    "Finding",
    "ImportedRow",
    "MonthSum",
    "Order",
    "Price",
    "Product",
    "ProductSum",
    "Refund",
    "Resource",
    "SavingSum",
    "Settlement",
    "Source",
    "StagedRow",
    "Threshold",
    "Unsummed",
    "UsageImport",
    "UsageRecord",
    "Voucher",
    "VoucherDraw",
    "VoucherSharing",
    "Watch",
]
