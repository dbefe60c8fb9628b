"""Signing in: who may, what keeps second factors secret, and what the locked out are told."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.settings import api_settings

PAGES = ("account_", "mfa_", "socialaccount_", "openid_connect_")


class People(DefaultAccountAdapter):
    """Staff are made by staff: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SecondFactors(DefaultMFAAdapter):
    """Secrets of second factors are stored encrypted, by a key made from SECRET_KEY."""

    def encrypt(self, text: str) -> str:
        """What is stored."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was given."""
        return _vault().decrypt(encrypted_text.encode()).decode()


def context(request: HttpRequest) -> dict[str, Any]:
    """What Unfold's layout needs on the pages of signing in; nothing on any other."""
    found = request.resolver_match
    name = (found.url_name or "") if found else ""
    if not name.startswith(PAGES):
        return {}
    return {**admin.site.each_context(request), "site_url": None}


def address(request: Any) -> str:
    """Whose guesses are counted: the same address that the API's throttles count."""
    proxies: int = api_settings.NUM_PROXIES or 0
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if proxies and forwarded:
        addresses = forwarded.split(",")
        return addresses[-min(proxies, len(addresses))].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def locked_out(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
    """The answer to too many wrong passwords."""
    shown = {"hours": settings.AXES_COOLOFF_TIME, "failures": settings.AXES_FAILURE_LIMIT}
    return render(request, "account/locked_out.html", shown, status=429)


def _vault() -> Fernet:
    secret = hashlib.sha256(b"second factors:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))
