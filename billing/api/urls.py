"""Addresses of this floor's resources."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from . import (
    adjustments,
    bills,
    catalog,
    charges,
    closing,
    commitments,
    discounts,
    imports,
    orders,
    resources,
    runway,
    settlements,
    showback,
    thresholds,
    usage,
    vouchers,
)

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for prefix, views in {
    "families": catalog.Families,
    "products": catalog.Products,
    "prices": catalog.Prices,
    "discounts": discounts.Discounts,
    "vouchers": vouchers.Vouchers,
    "coupons": vouchers.Coupons,
    "commitments": commitments.Commitments,
    "resources": resources.Resources,
    "orders": orders.Orders,
    "sources": usage.Sources,
    "usage": usage.Usage,
    "imports": imports.Imports,
    "charges": charges.Charges,
    "adjustments": adjustments.Adjustments,
    "bills": bills.Bills,
    "settlements": settlements.Settlements,
    "closing": closing.Closing,
    "jobs": closing.Jobs,
    "thresholds": thresholds.Thresholds,
}.items():
    router.register(prefix, views, basename=prefix)

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/<str:number>/runway", runway.RunwayPage.as_view({"get": "retrieve"})),
    path(
        "relationships/<int:pk>/unified-settlement",
        settlements.UnifiedSettlement.as_view({"post": "switch"}),
    ),
    path("showback", showback.Showback.as_view({"get": "read"})),
    path(
        "showback/file",
        showback.Showback.as_view(
            {"get": "as_file"}, renderer_classes=[showback.Sheet, showback.Book]
        ),
    ),
    *router.urls,
]
