"""Who issued the invoices of an instant."""

from datetime import datetime

from django.db.models import QuerySet

from finance_mgmt.queries.access import Actor

from ..models import SellerProfile


def seller_at(at: datetime) -> SellerProfile | None:
    """The seller in force; None: nobody has said who it is yet."""
    return SellerProfile.objects.filter(effective_from__lte=at).order_by("-effective_from").first()


def first_seller() -> SellerProfile | None:
    """The earliest seller: of invoices that were issued before anybody said who it was."""
    return SellerProfile.objects.order_by("effective_from").first()


def latest_seller() -> SellerProfile | None:
    """The last one said, in force or still to come: what a change begins with."""
    return SellerProfile.objects.order_by("-effective_from").first()


def is_named() -> bool:
    """Whether anybody has said who sells: until then invoices can't be made into files."""
    return SellerProfile.objects.exists()


def visible(actor: Actor) -> QuerySet[SellerProfile]:
    """All of them, for the provider's own."""
    rows = SellerProfile.objects.select_related("decision")
    return rows if actor.sight is None else rows.none()
