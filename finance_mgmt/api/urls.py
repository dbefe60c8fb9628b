"""Addresses of this floor's resources, and those that belong to the API as a whole."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from . import (
    accounts,
    approvals,
    audit,
    funds,
    grants,
    money_moves,
    notices,
    people,
    relationships,
    runs,
    tokens,
    webhooks,
)
from .schema_page import SchemaPage

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
for prefix, views in {
    "accounts": accounts.Accounts,
    "account-users": people.AccountUsers,
    "identities": people.Identities,
    "relationships": relationships.Relationships,
    "grants": grants.Grants,
    "caps": grants.Caps,
    "movements": funds.Movements,
    "top-ups": money_moves.TopUps,
    "withdrawals": money_moves.Withdrawals,
    "transfers": money_moves.Transfers,
    "take-backs": money_moves.TakeBacks,
    "allocations": money_moves.Allocations,
    "reclaims": money_moves.Reclaims,
    "approvals": approvals.Approvals,
    "decisions": audit.Decisions,
    "runs": runs.Runs,
    "notices": notices.Notices,
    "deliveries": notices.Deliveries,
    "recipients": notices.Recipients,
    "webhooks": webhooks.Webhooks,
}.items():
    router.register(prefix, views, basename=prefix)

limits = money_moves.CreditLimits

urlpatterns: list[URLPattern | URLResolver] = [
    path("tokens", tokens.TokenList.as_view()),
    path("tokens/<slug:prefix>", tokens.TokenPage.as_view()),
    path("me", tokens.MePage.as_view()),
    path("accounts/<str:number>/funds", funds.FundsPage.as_view({"get": "retrieve"})),
    path(
        "accounts/<str:number>/contact",
        notices.Contacts.as_view({"get": "retrieve", "post": "set_contact"}),
    ),
    path("accounts/<str:number>/timeline", audit.Timeline.as_view({"get": "retrieve"})),
    path(
        "accounts/<str:number>/credit-limit",
        limits.as_view({"get": "retrieve", "post": "set_limit"}),
    ),
    path(
        "accounts/<str:number>/credit-limit/preview",
        limits.as_view({"post": "set_limit_preview"}),
    ),
    *router.urls,
    path("schema/", SchemaPage.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
