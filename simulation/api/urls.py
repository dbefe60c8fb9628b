"""Addresses of this floor's resources."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from .what_ifs import WhatIfs

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("what-ifs", WhatIfs, basename="what-ifs")

urlpatterns: list[URLPattern | URLResolver] = [*router.urls]
