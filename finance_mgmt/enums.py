"""Words that columns may hold. The value is what programs see, the label what people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """How an account was sold (L2)."""

    DIRECT = "direct", _("direct")  # by the provider itself
    RESELLER = "reseller", _("reseller")  # through a distributor


class Mode(TextChoices):
    """The two kinds of relationship (L1)."""

    TRUSTEESHIP = "trusteeship", _("trusteeship")  # the master pays, is billed, is warned
    MANAGEMENT = "management", _("management")  # the member stays complete and grants powers


class RelationshipState(TextChoices):
    """Where a relationship stands (L6, L9)."""

    INVITED = "invited", _("invited")  # waits for the member's consent
    SCHEDULED = "scheduled", _("scheduled")  # consented, begins in the future
    ACTIVE = "active", _("active")
    CHANGE_PENDING = "change_pending", _("change pending")  # old rights go on
    DECLINED = "declined", _("declined")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")  # nobody answered the invitation in time
    ENDED = "ended", _("ended")


class Permission(TextChoices):
    """Single powers granted in a relationship (Z1)."""

    SHARE_CREDIT = "share_credit", _("share credit")
    SHARE_DISCOUNTS = "share_discounts", _("share discounts")
    FORBID_WITHDRAWAL = "forbid_withdrawal", _("forbid withdrawal")
    FORBID_INVOICING = "forbid_invoicing", _("forbid invoicing")
    VIEW_FINANCES = "view_finances", _("view finances")
    MANAGE_INVOICES = "manage_invoices", _("manage invoices")
    VIEW_BILLS = "view_bills", _("view bills")


class End(TextChoices):
    """Which end of a relationship holds a power (Z3)."""

    MASTER = "master", _("master")
    MEMBER = "member", _("member")


class Cycle(TextChoices):
    """How often a metered product is charged (C1)."""

    MINUTE = "minute", _("minute")
    HOUR = "hour", _("hour")
    DAY = "day", _("day")
    WEEK = "week", _("week")  # starts on Monday
    MONTH = "month", _("month")


class Pocket(TextChoices):
    """Where a movement takes from or puts to (F1, F10). A movement has two."""

    CASH = "cash", _("cash")
    TRANSFERRED_CASH = "transferred_cash", _("transferred-in cash")  # can only be spent (F7)
    CREDIT_LIMIT = "credit_limit", _("credit limit")  # given by the provider
    ALLOCATED_IN = "allocated_in", _("credit received")
    ALLOCATED_OUT = "allocated_out", _("credit given away")
    CREDIT = "credit", _("credit used")  # drawn by orders and bills, not yet settled
    UNSETTLED_OWN = "unsettled_own", _("unsettled, own")  # closed, on no bill yet
    UNSETTLED_MEMBERS = "unsettled_members", _("unsettled, members")
    PROVIDER = "provider", _("provider")  # the other side of what enters or leaves


class MovementKind(TextChoices):
    """Why money moved (F10)."""

    TOP_UP = "top_up", _("top-up")
    WITHDRAWAL = "withdrawal", _("withdrawal")
    CREDIT_LIMIT = "credit_limit", _("credit limit set")
    ALLOCATION = "allocation", _("credit allocated")
    RECLAIM = "reclaim", _("credit reclaimed")
    TRANSFER = "transfer", _("cash transferred")
    TAKE_BACK = "take_back", _("cash taken back")
    ACCRUAL = "accrual", _("cycles closed")  # usage became charges
    ACCRUAL_RELEASE = "accrual_release", _("accrued charges billed")
    BILL = "bill", _("bill drawn")
    ORDER = "order", _("order paid")
    SETTLEMENT = "settlement", _("credit settled")
    REFUND = "refund", _("refund")
    CORRECTION = "correction", _("correction")  # names the movement it corrects


class RunState(TextChoices):
    """Where a piece of background work stands."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")  # gave up after several attempts; staff can retry
    SKIPPED = "skipped", _("skipped")  # a step whose accounts are parked: not tried


class Parked(TextChoices):
    """What a parked account is left out of (services/parking.py)."""

    ALL = "all", _("all scheduled money jobs")  # by hand
    CLOSE = "close", _("closing of cycles")
    BILL = "bill", _("issue of bills")
    SETTLE = "settle", _("automatic settlement")
    CHANGES = "changes", _("planned changes")  # and closing, which waits for them (L9)
    WARNINGS = "warnings", _("warnings")


class ApprovalState(TextChoices):
    """Where a command that needs a second person stands (Z7)."""

    WAITING = "waiting", _("waiting")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")  # by the one who asked
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")  # approved, but the rules refused it by then


class Approvable(TextChoices):
    """Commands that may wait for somebody else, of all floors (Z7, L5; settings.APPROVABLE)."""

    ALLOCATE = "credit.allocate", _("allocate credit")
    RECLAIM = "credit.reclaim", _("reclaim credit")
    SET_LIMIT = "credit.set_limit", _("set the credit limit")
    MOVE_MANY = "allocations.move_many", _("allocate credit to members")
    END = "changes.end", _("end a relationship")
    REFUND = "refunds.refund", _("refund an order")
    OVERRIDE_PRICE = "orders.override_price", _("override the price of an order")
    # These wait for the member's consent instead (L5).
    UPGRADE = "changes.upgrade", _("upgrade to trusteeship")
    MOVE = "changes.move", _("move to another master")
    SWITCH_UNIFIED = "settlement.switch_unified", _("switch unified settlement")


class NoticeKind(TextChoices):
    """What a notice tells (W, R3, L5, L9)."""

    LOW_FUNDS = "low_funds", _("funds are low")
    SPENDING = "spending", _("spending passed a threshold")
    SUSPENDED = "suspended", _("resources were suspended")
    RESUMED = "resumed", _("resources were resumed")
    INVITATION = "invitation", _("invitation to a relationship")
    CONSENT = "consent", _("consent to a change is asked for")
    CHANGE_FAILED = "change_failed", _("a planned change could not be made")
    CAP = "cap", _("a member passed its cap")
    WEBHOOK_OFF = "webhook_off", _("a webhook was switched off")
    INVOICE_ISSUED = "invoice_issued", _("an invoice was issued")


class NoticeChannel(TextChoices):
    """How a notice travels (W4)."""

    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook")


class DeliveryState(TextChoices):
    """Where a notice is on its way to one recipient (W4)."""

    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")  # a worker holds it by lease
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed, tried again later")
    DEAD = "dead", _("given up")  # staff or the account can put it back into the queue


class Language(TextChoices):
    """What letters are written in: the languages that ship complete."""

    ENGLISH = "en", _("English")
    CHINESE = "zh-hans", _("Simplified Chinese")


class Role(TextChoices):
    """What a user may do for an account (Z6)."""

    OWNER = "owner", _("owner")  # everything, relationships and powers too
    FINANCE = "finance", _("finance")  # money: pay, settle, transfer, order
    VIEWER = "viewer", _("viewer")  # looks, changes nothing
