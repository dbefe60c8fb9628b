"""Words that the columns of this floor may hold."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RecordKind(TextChoices):
    """What a usage record says."""

    USAGE = "usage", _("usage")  # metered; priced by us, or with the amount given
    ADJUSTMENT = "adjustment", _("adjustment")  # an amount with a reason, never priced
    CREDIT = "credit", _("credit")  # an amount that a voucher pays (FOCUS Credit)


class ChargeKind(TextChoices):
    """What a charge is for (B1)."""

    USAGE = "usage", _("usage")
    ORDER = "order", _("order")
    REFUND = "refund", _("refund")
    ADJUSTMENT = "adjustment", _("adjustment")


class VoucherShare(TextChoices):
    """Who else may use a voucher (V3)."""

    PRIVATE = "private", _("private")
    ALL_MEMBERS = "all_trusteeship_members", _("all trusteeship members")
    LISTED_MEMBERS = "listed_members", _("listed members")


class BillStatus(TextChoices):
    """Where a bill stands (B5, S1)."""

    OUTSTANDING = "outstanding", _("outstanding")  # credit was drawn and is not yet settled
    SETTLED = "settled", _("settled")
    CARRIED = "carried", _("carried forward")  # negative: first line of the next bill


class ImportMode(TextChoices):
    """How the rows of a source become amounts (FOCUS.md 2)."""

    PASS_THROUGH = "pass_through", _("pass-through")  # bill the amount in the file
    RE_RATE = "re_rate", _("re-rate")  # bill quantity times our own price


class QuantityColumn(TextChoices):
    """Which quantity of a file is the priced one."""

    PRICING = "PricingQuantity", _("pricing quantity")
    CONSUMED = "ConsumedQuantity", _("consumed quantity")


class ImportState(TextChoices):
    """Where an uploaded file stands."""

    QUEUED = "queued", _("queued")
    READING = "reading", _("reading")
    STORED = "stored", _("stored")
    HELD = "held", _("held")  # nothing stored; the findings say why
    FAILED = "failed", _("failed")  # not readable at all


class RowStatus(TextChoices):
    """What became of one row of a file."""

    STORED = "stored", _("stored")
    PARKED = "parked", _("parked")  # kept, shown, not billed until somebody decides
    RESOLVED = "resolved", _("resolved")  # was parked, stored since


class OrderKind(TextChoices):
    """What a prepaid order is for (O1)."""

    NEW = "new", _("new")
    RENEW = "renew", _("renew")  # goes on where the paid period ends
    UPGRADE = "upgrade", _("upgrade")  # for what is left of the paid period


class OrderStatus(TextChoices):
    """Where an order stands (O1)."""

    PENDING = "pending", _("pending")
    PAID = "paid", _("paid")
    REFUNDED = "refunded", _("refunded")
    PARTLY_REFUNDED = "partly refunded", _("partly refunded")
    CANCELLED = "cancelled", _("cancelled")


class ResourceKind(TextChoices):
    """How a resource is paid."""

    PREPAID = "prepaid", _("prepaid")
    POSTPAID = "postpaid", _("postpaid")


class ResourceStatus(TextChoices):
    """Whether a resource serves (R1)."""

    RUNNING = "running", _("running")
    SUSPENDED = "suspended", _("suspended")
    RELEASED = "released", _("released")


class CommitmentKind(TextChoices):
    """What a commitment covers (K1), in the order they apply."""

    RESERVED_INSTANCE = "reserved_instance", _("reserved instance")
    STORAGE_CAPACITY_UNIT = "storage_capacity_unit", _("storage capacity unit")
    SAVINGS_PLAN = "savings_plan", _("savings plan")


class SettlementKind(TextChoices):
    """How an outstanding amount was lowered."""

    OWN = "own", _("own cash")  # S1
    UNIFIED = "unified", _("the master's cash")  # S2
    REFUND = "refund", _("refund")  # O4: an order's credit went back


class ThresholdKind(TextChoices):
    """What a threshold watches (W1)."""

    LOW_FUNDS = "low_funds", _("available funds")  # crossed when they fall below
    SPENDING = "spending", _("spending of the month")  # crossed when it rises above


class SavingKind(TextChoices):
    """By what something was saved."""

    DISCOUNT = "discount", _("discount")
    COMMITMENT = "commitment", _("commitment")
