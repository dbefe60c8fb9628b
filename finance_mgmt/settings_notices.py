"""How notices go out: the mail server, and where webhooks may be posted to (docs/notices.md)."""

import environ

env = environ.Env()

DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="Group billing <billing@localhost>")
EMAIL_TIMEOUT = 10  # seconds for each step of talking to the mail server

# smtp+tls://name:password@mail.example.com:587. Without one, mails are kept and read in the admin.
if EMAIL_URL := env("EMAIL_URL", default=""):
    _server = env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND = _server["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _server["EMAIL_HOST"], _server["EMAIL_PORT"] or 25
    EMAIL_HOST_USER = _server["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD = _server["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS = _server.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _server.get("EMAIL_USE_SSL", False)
else:
    EMAIL_BACKEND = "finance_mgmt.delivery.stored_mail.StoredMail"

# Ports that webhooks may have, and networks that are allowed although they are not public (CIDR).
WEBHOOK_PORTS = [int(port) for port in env.list("WEBHOOK_PORTS", default=["80", "443", "8443"])]
WEBHOOK_NETWORKS = env.list("WEBHOOK_NETWORKS", default=[])
