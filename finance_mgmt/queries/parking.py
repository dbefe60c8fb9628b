"""Which accounts are parked, and out of what."""

from django.db.models import QuerySet

from ..enums import Parked
from ..models import Parking

# What is left out of a job: what failed in it, or in what has to be done before it.
LEFT_OUT: dict[str, tuple[Parked, ...]] = {
    Parked.CLOSE: (Parked.ALL, Parked.CHANGES, Parked.CLOSE),
    Parked.BILL: (Parked.ALL, Parked.CHANGES, Parked.CLOSE, Parked.BILL),
    Parked.SETTLE: (Parked.ALL, Parked.SETTLE),
    Parked.CHANGES: (Parked.CHANGES,),
    Parked.WARNINGS: (Parked.WARNINGS,),
}


def open_parkings() -> QuerySet[Parking]:
    """What is parked now."""
    return Parking.objects.filter(parked_at__isnull=False, released_at__isnull=True)


def parked_from(job: str) -> set[int]:
    """The accounts that are left out of a job now."""
    rows = open_parkings().filter(job__in=LEFT_OUT.get(job, ()))
    return set(rows.values_list("account_id", flat=True))
