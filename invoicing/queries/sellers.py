"""Who issued the invoices of an instant."""

from datetime import datetime

from ..models import SellerProfile


def seller_at(at: datetime) -> SellerProfile | None:
    """The seller in force; None: nobody has said who it is yet."""
    return SellerProfile.objects.filter(effective_from__lte=at).order_by("-effective_from").first()


def first_seller() -> SellerProfile | None:
    """The earliest seller: of invoices that were issued before anybody said who it was."""
    return SellerProfile.objects.order_by("effective_from").first()
