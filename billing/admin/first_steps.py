"""This floor's first steps (settings.FIRST_STEPS): prices, sources, usage, closing."""

from dataclasses import replace

from django.http import HttpRequest
from django.utils.translation import gettext as _

from finance_mgmt.admin.first_steps import Step, step

from ..models import ClosedThrough, Product, Source, UsageImport


def price_book(request: HttpRequest) -> Step | None:
    """What things cost."""
    said = _("Products with their cycle and list price. Files may bring their own instead (K4).")
    return step(request, Product, _("Fill the price book"), said)


def sources(request: HttpRequest) -> Step | None:
    """Where usage comes from."""
    said = _("A cloud, a meter, a partner: each record is stored once per source (B2).")
    return step(request, Source, _("Name the usage sources"), said)


def usage(request: HttpRequest) -> Step | None:
    """Files."""
    said = _("Usage comes in as FOCUS files. Rows of accounts that are not known are parked.")
    return step(request, UsageImport, _("Import a file"), said)


def closing(request: HttpRequest) -> Step | None:
    """The switch that lets the jobs charge."""
    said = _(
        "Start closing once history is loaded: jobs then close each cycle at its end and issue "
        "the month's bills."
    )
    found = step(request, ClosedThrough, _("Close and bill"), said)
    is_started = ClosedThrough.objects.filter(started_at__isnull=False).exists()
    return replace(found, is_done=is_started) if found else None
