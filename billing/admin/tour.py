"""This floor's stops of the tour (settings.TOUR): a group, a bill, and why one charge is so."""

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.tour import Stop, largest_master

from ..models import Bill, Charge, UsageImport
from ..queries.bills import reference_of
from . import group_page


def group(request: HttpRequest) -> Stop | None:
    """The largest group, as a whole."""
    if not request.user.has_perms(group_page.NEEDS):
        return None
    title, icon, master = _("A group"), "groups", largest_master()
    if master is None:
        said = _("Link a member to a master first: then all they use and owe is on one page.")
        return Stop(title, said, reverse("admin:billing_bill_groups"), icon)
    said = _("%(master)s and everybody it pays for or manages: the month so far, by member.")
    return Stop(title, said % {"master": master.name}, group_page.address(master.pk), icon)


def usage(request: HttpRequest) -> Stop | None:
    """The last file that came in."""
    if not request.user.has_perm("billing.view_usageimport"):
        return None
    title, icon, last = _("Usage comes in"), "upload_file", UsageImport.objects.first()
    if last is None:
        said = _("Import a FOCUS file: rows that fit no account are parked, never lost.")
        return Stop(title, said, display.list_of(UsageImport), icon)
    said = _("%(file)s, row by row: what was stored, what is parked and why, and control sums.")
    url = display.page_of(UsageImport, last.pk)
    return Stop(title, said % {"file": last.file_name}, url, icon)


def charge(request: HttpRequest) -> Stop | None:
    """One that a master pays for a member, else the last."""
    if not request.user.has_perm("billing.view_charge"):
        return None
    title, icon = _("Why a charge is what it is"), "receipt"
    rows = Charge.objects.select_related("owner", "payer").order_by("-pk")
    found = rows.exclude(owner=F("payer"))[:1].first() or rows.first()
    if found is None:
        said = _("Once a cycle is closed, each charge explains itself from usage to invoice.")
        return Stop(title, said, display.list_of(Charge), icon)
    said = _("What %(owner)s used and why %(payer)s pays it: price, cover, discount, voucher.")
    names = {"owner": found.owner.name, "payer": found.payer.name}
    return Stop(title, said % names, display.page_of(Charge, found.pk), icon)


def bill(request: HttpRequest) -> Stop | None:
    """The longest of the last month."""
    if not request.user.has_perms(["billing.view_bill", "billing.view_charge"]):
        return None
    title, icon = _("A bill"), "request_quote"
    rows = Bill.objects.select_related("payer").order_by("-month", "-charge_count", "pk")
    found = rows.first()
    if found is None:
        said = _("When a month is closed its bills are issued: one per payer, for all its members.")
        return Stop(title, said, display.list_of(Bill), icon)
    said = _("%(bill)s, member by member, product by product, down to each line and its file.")
    url = display.page_of(Bill, found.pk)
    return Stop(title, said % {"bill": reference_of(found)}, url, icon)
