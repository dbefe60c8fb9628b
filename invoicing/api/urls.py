"""Addresses of this floor's resources."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from . import candidates, credit_notes, invoices, sellers, titles

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for prefix, views in {
    "invoice-titles": titles.Titles,
    "tax-rates": titles.TaxRates,
    "invoices": invoices.Invoices,
    "credit-notes": credit_notes.CreditNotes,
    "sellers": sellers.Sellers,
}.items():
    router.register(prefix, views, basename=prefix)

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "accounts/<str:number>/invoice-candidates",
        candidates.Candidates.as_view({"get": "retrieve"}),
    ),
    *router.urls,
]
