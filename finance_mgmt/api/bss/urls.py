"""The one address, with and without its last slash."""

from django.urls import path

from .door import Bss

urlpatterns = [path("bss", Bss.as_view()), path("bss/", Bss.as_view())]
