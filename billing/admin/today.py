"""This floor's lines of what needs somebody today."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from finance_mgmt.admin import display
from finance_mgmt.admin.today import Todo, counted
from finance_mgmt.clock import now

from ..enums import BillStatus, OrderStatus, ResourceStatus, RowStatus
from ..models import Bill, ImportedRow, Order, Resource
from ..queries.nearing import nearing


def todos(request: HttpRequest) -> Iterable[Todo]:
    """Bills past due, resources that stand still or soon will, unpaid orders, parked rows."""
    user, at = request.user, now()
    today = timezone.localdate(at)  # in the billing time zone
    if user.has_perm("billing.view_bill"):
        late = Bill.objects.filter(status=BillStatus.OUTSTANDING, due_on__lt=today)
        count = counted(late)
        yield Todo(
            count,
            ngettext("bill is past due", "bills are past due", count),
            display.list_of(Bill, status__exact=BillStatus.OUTSTANDING),
            "hourglass_top",
            "bad",
        )
    if user.has_perm("billing.view_resource"):
        count = counted(Resource.objects.filter(status=ResourceStatus.SUSPENDED))
        yield Todo(
            count,
            ngettext("resource is suspended", "resources are suspended", count),
            display.list_of(Resource, status__exact=ResourceStatus.SUSPENDED),
            "pause_circle",
            "bad",
        )
        count = counted(nearing(at))
        yield Todo(
            count,
            ngettext(
                "resource stops within 3 days at this pace",
                "resources stop within 3 days at this pace",
                count,
            ),
            display.list_of(Resource, stops="soon"),
            "timelapse",
        )
    if user.has_perm("billing.view_order"):
        count = counted(Order.objects.filter(status=OrderStatus.PENDING))
        yield Todo(
            count,
            ngettext("order is not paid yet", "orders are not paid yet", count),
            display.list_of(Order, status__exact=OrderStatus.PENDING),
            "shopping_cart",
        )
    if user.has_perm("billing.view_importedrow"):
        count = counted(ImportedRow.objects.filter(status=RowStatus.PARKED))
        yield Todo(
            count,
            ngettext("imported row is parked", "imported rows are parked", count),
            display.list_of(ImportedRow, status__exact=RowStatus.PARKED),
            "inventory",
        )
