"""Settings of the tests: the product's own, with TRUNCATE of append-only tables allowed."""

from finance_mgmt.settings import *

DATABASES["default"]["OPTIONS"]["options"] = "-c app.allow_truncate=on"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = False
WHITENOISE_AUTOREFRESH = True  # static files are found when asked for; none need be collected
