"""Addresses that are none: answered like every other problem."""

from typing import Any

from django.http import Http404
from django.urls import re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Nothing(APIView):
    """404 as application/problem+json, whatever was asked."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing here, for nobody."""
        super().initial(request, *args, **kwargs)
        raise Http404

    def get(self, request: Request) -> Response:
        """Never reached."""
        raise Http404


urlpatterns = [re_path(r"", Nothing.as_view())]  # included last
