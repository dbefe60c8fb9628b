"""How people sign in: password, second factor, passkey, single sign-on; what browsers may run."""

from typing import Any

import environ

env = environ.Env()

APPS = ["allauth", "allauth.account", "allauth.mfa", "axes"]
MIDDLEWARE = [
    "allauth.account.middleware.AccountMiddleware",
    "finance_mgmt.admin.second_factor.SecondFactorFirst",
    "axes.middleware.AxesMiddleware",  # last: it answers for whoever is locked out
]
BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: the locked out get no further
    "allauth.account.auth_backends.AuthenticationBackend",
    "django.contrib.auth.backends.ModelBackend",  # names and passwords of the API
]

# Behind TLS cookies are sent by TLS only, and browsers are told to come no other way.
IS_HTTPS = env.bool("HTTPS", default=False)
TRANSPORT: dict[str, Any] = {
    "SECURE_SSL_REDIRECT": IS_HTTPS,
    "SECURE_HSTS_SECONDS": 31_536_000 if IS_HTTPS else 0,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": IS_HTTPS,
    "SECURE_HSTS_PRELOAD": IS_HTTPS,
    "SESSION_COOKIE_SECURE": IS_HTTPS,
    "CSRF_COOKIE_SECURE": IS_HTTPS,
    "SESSION_COOKIE_AGE": 3600 * env.int("SESSION_HOURS", default=12),
    "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
    "X_FRAME_OPTIONS": "DENY",
    "SECURE_REFERRER_POLICY": "same-origin",
}
if IS_HTTPS and env.bool("TRUST_FORWARDED_PROTO", default=False):
    TRANSPORT["SECURE_PROXY_SSL_HEADER"] = ("HTTP_X_FORWARDED_PROTO", "https")

# Alpine, which moves Unfold's menus, evaluates its attributes; Unfold sets widths by style.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

SIGN_IN: dict[str, Any] = {
    "LOGIN_URL": "account_login",
    "REQUIRE_SECOND_FACTOR": env.bool("REQUIRE_SECOND_FACTOR", default=False),  # of staff
    "ACCOUNT_ADAPTER": "finance_mgmt.admin.sign_in.People",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*", "password2*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_SESSION_REMEMBER": False,
    "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https" if IS_HTTPS else "http",
    "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
    "ACCOUNT_RATE_LIMITS": {"login_failed": "30/m/ip,10/300s/key"},  # axes locks out before
    "MFA_ADAPTER": "finance_mgmt.admin.sign_in.SecondFactors",
    "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes", "webauthn"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not IS_HTTPS,
    "AXES_FAILURE_LIMIT": env.int("SIGN_IN_FAILURES", default=5),
    "AXES_COOLOFF_TIME": env.int("SIGN_IN_LOCKED_HOURS", default=1),
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_DISABLE_ACCESS_LOG": True,
    "AXES_VERBOSE": False,
    "AXES_SENSITIVE_PARAMETERS": [],
    "AXES_CLIENT_IP_CALLABLE": "finance_mgmt.admin.sign_in.address",
    "AXES_LOCKOUT_CALLABLE": "finance_mgmt.admin.sign_in.locked_out",
}

# Single sign-on by OpenID Connect: whoever is known here by a proven e-mail may come that way.
if env("OIDC_SERVER_URL", default=""):
    APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SIGN_IN |= {
        "SOCIALACCOUNT_ADAPTER": "finance_mgmt.admin.single_sign_on.KnownPeople",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "APPS": [
                    {
                        "provider_id": "oidc",
                        "name": env("OIDC_NAME", default="OpenID Connect"),
                        "client_id": env("OIDC_CLIENT_ID"),
                        "secret": env("OIDC_SECRET"),
                        "settings": {"server_url": env("OIDC_SERVER_URL")},
                    }
                ]
            }
        },
    }
