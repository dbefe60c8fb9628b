"""All addresses. Apps are included by dotted path: the roof is imported by nobody."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from .admin import search, site_pages

# Over rows of all floors, by index, and nothing kept of who may no longer see it.
admin.site.search = search.page  # type: ignore[attr-defined]
# Pages of nobody's list.
admin.site.extra_urls = site_pages.urls  # type: ignore[attr-defined]
# One door: second factors are asked for there.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("me/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("finance_mgmt.api.urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("invoicing.api.urls")),
    path("api/v1/", include("simulation.api.urls")),
    path("api/", include("finance_mgmt.api.bss.urls")),
    path("api/", include("finance_mgmt.api.nothing")),
]
