"""Who signs in: by token, or by name and password to get one."""

from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed


class Tokens(TokenAuthentication):
    """Knox tokens, found by their digest. Reading never writes: expired ones are only ignored."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """The person of a token that has not expired."""
        try:
            text = token.decode("ascii")
            digest = hash_token(text)
        except (ValueError, TypeError):
            raise AuthenticationFailed(_("Invalid token.")) from None
        found = AuthToken.objects.select_related("user").filter(
            token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], digest=digest, expiry__gt=Now()
        )
        if not (known := found.first()):
            raise AuthenticationFailed(_("Invalid token."))
        return self.validate_user(known)
