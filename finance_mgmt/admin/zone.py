"""Times in the admin are those of the billing time zone, in which cycles are cut (C5)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from .. import queries
from ..clock import standing_still

READS = ("GET", "HEAD")


class BillingTimeZone:
    """Middleware: shows and reads times in the admin in the policy's billing time zone.

    A page that is only read is about one instant.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(queries.policy().zone):
            if request.method not in READS:
                return self.get_response(request)
            with standing_still():
                return self.get_response(request)
