"""The filters that staff keep: links above their list, a form to keep the present one."""

from typing import Any
from urllib.parse import parse_qsl

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ..clock import now
from ..models import SavedFilter
from ..services import saved_filters
from . import display
from .files import LONGEST_FILTER, filter_of

MOST_SHOWN = 40


class SaveForm(forms.Form):
    """A name, and whether colleagues see it."""

    name = forms.CharField(max_length=60, strip=True)
    is_shared = forms.BooleanField(required=False)


def above(request: HttpRequest, model_admin: Any) -> dict[str, Any]:
    """What templates/admin/parts/saved_filters.html shows."""
    chosen = filter_of(request.GET)
    of = model_admin.opts.label_lower
    known = SavedFilter.objects.filter(Q(owner=request.user) | Q(is_shared=True), of=of)
    mine = request.user.pk
    shown = sorted(known.select_related("owner")[:MOST_SHOWN], key=lambda one: one.owner_id != mine)
    return {
        "links": [
            {
                "saved": one,
                "url": f"?{one.query}",
                "is_own": one.owner_id == mine,
                "is_chosen": _same(one.query, chosen),
                "delete_url": _url(model_admin, "delete_filter", one.pk) + f"?{chosen}",
            }
            for one in shown
        ],
        "can_save": bool(chosen) and not any(_same(one.query, chosen) for one in shown),
        "save_url": _url(model_admin, "save_filter") + f"?{chosen}",
    }


def keep(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Keep what the list is filtered by."""
    _check(request, model_admin)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form, chosen = SaveForm(request.POST), filter_of(request.GET)
    if not form.is_valid() or not 0 < len(chosen) <= LONGEST_FILTER:
        messages.error(request, _("Give the filter a name of at most 60 characters."))
    else:
        of = model_admin.opts.label_lower
        saved = saved_filters.keep(
            owner=request.user, of=of, query=chosen, at=now(), **form.cleaned_data
        )
        messages.success(request, _("The filter is saved as “%s”.") % saved.name)
    return _back(model_admin, chosen)


def forget(request: HttpRequest, model_admin: Any, pk: int) -> HttpResponse:
    """Forget an own one."""
    _check(request, model_admin)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    own = SavedFilter.objects.filter(owner=request.user, of=model_admin.opts.label_lower)
    saved = get_object_or_404(own, pk=pk)
    saved_filters.forget(saved)
    messages.success(request, _("The filter “%s” is deleted.") % saved.name)
    return _back(model_admin, filter_of(request.GET))


def _check(request: HttpRequest, model_admin: Any) -> None:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied


def _back(model_admin: Any, chosen: str) -> HttpResponse:
    return redirect(display.list_of(model_admin.model) + (f"?{chosen}" if chosen else ""))


def _same(one: str, other: str) -> bool:
    return sorted(parse_qsl(QueryDict(one).urlencode())) == sorted(parse_qsl(other))


def _url(model_admin: Any, action: str, *arguments: int) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{action}", args=arguments)
