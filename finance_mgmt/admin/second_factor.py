"""Middleware: where it is required, staff set up a second factor before they do anything else."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _


class SecondFactorFirst:
    """Sends staff without a second factor to the page where they get one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.REQUIRE_SECOND_FACTOR or not request.path.startswith(
            reverse("admin:index")
        ):
            return self.get_response(request)
        user = request.user
        if not user.is_authenticated or request.path == reverse("admin:logout"):
            return self.get_response(request)
        if is_mfa_enabled(user):
            return self.get_response(request)
        messages.warning(
            request, _("Set up an authenticator app or a passkey first: it is required here.")
        )
        return redirect("mfa_index")
