"""Single sign-on (OpenID Connect), where the settings name a provider."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class KnownPeople(DefaultSocialAccountAdapter):
    """Whoever the provider vouches for comes in if we know the e-mail; nobody is made that way."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False
