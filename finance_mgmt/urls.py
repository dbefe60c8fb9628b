"""All addresses. Apps are included by dotted path: the roof is imported by nobody."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("finance_mgmt.api.urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/", include("finance_mgmt.api.nothing")),
]
