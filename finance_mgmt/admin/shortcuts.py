"""Keys that save the way to the mouse (static/js/shortcuts.js), and the dialog that lists them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from . import site_pages
from .panels import Part

FRAGMENT = "XMLHttpRequest"


def page(request: HttpRequest) -> HttpResponse:
    """All keys: a fragment for the dialog, else a page."""
    part = Part(name="admin/parts/shortcuts.html", context={"groups": _groups()})
    if request.headers.get("X-Requested-With") == FRAGMENT:
        return TemplateResponse(request, part.name, {"part": part.context})
    return site_pages.answer(request, _("Keyboard shortcuts"), [part])


def _groups() -> list[tuple[Any, list[tuple[tuple[str, ...], Any]]]]:
    return [
        (
            _("Everywhere"),
            [
                (("Ctrl", "K"), _("Find anything: an account, bill, order, charge, invoice, page")),
                (("?",), _("Show these keys")),
                (("g", "d"), _("Go to the dashboard")),
                (("g", "a"), _("Go to the accounts")),
                (("g", "b"), _("Go to the bills")),
                (("g", "f"), _("Go to your files")),
                (("Esc",), _("Close what is open")),
            ],
        ),
        (
            _("In lists"),
            [
                (("/",), _("Search in the list")),
                (("j",), _("Next row")),
                (("k",), _("Row before")),
                (("Enter",), _("Open the row")),
                (("e",), _("Export the list")),
                (("s",), _("Save the filter")),
            ],
        ),
        (_("In forms"), [(("Ctrl", "S"), _("Save, or go on to the preview"))]),
    ]
