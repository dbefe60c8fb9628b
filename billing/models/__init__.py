"""Tables of the first floor."""

from .bills import Bill
from .catalog import Family, Price, Product
from .charges import Charge
from .closing import ClosedThrough
from .discounts import Discount
from .imports import Finding, ImportedRow, UsageImport
from .sources import AccountKey, Source
from .usage import UsageRecord
from .vouchers import Voucher, VoucherDraw

__all__ = [
    "AccountKey",
    "Bill",
    "Charge",
    "ClosedThrough",
    "Discount",
    "Family",
    "Finding",
    "ImportedRow",
    "Price",
    "Product",
    "Source",
    "UsageImport",
    "UsageRecord",
    "Voucher",
    "VoucherDraw",
]
