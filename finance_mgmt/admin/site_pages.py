"""Pages of nobody's list: they stand directly under /admin/."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from .panels import Panel


def answer(
    request: HttpRequest, title: Any, panels: Sequence[Panel], *, status: int = 200
) -> TemplateResponse:
    """Panels within the admin's frame."""
    request.current_app = admin.site.name
    context = admin.site.each_context(request) | {"title": title, "panels": panels}
    return TemplateResponse(request, "admin/site_page.html", context, status=status)


def admin_of(of: str) -> Any:
    """The admin of a list ("billing.bill"); None where there is none any more."""
    try:
        return admin.site.get_model_admin(apps.get_model(of))
    except (LookupError, admin.exceptions.NotRegistered):
        return None


def urls() -> list[URLPattern]:
    """For the site: Unfold asks it for `extra_urls`."""
    from . import files, rules_page, shortcuts, tour  # noqa: PLC0415 (they answer with `answer`)

    view = admin.site.admin_view
    return [
        path("files/", view(files.page), name="files"),
        path("files/<int:run>/", view(files.file), name="file"),
        path("files/<int:run>/progress/", view(files.progress), name="file_progress"),
        path("rules/", view(rules_page.page), name="rules"),
        path("tour/", view(tour.page), name="tour"),
        path("shortcuts/", view(shortcuts.page), name="shortcuts"),
    ]
