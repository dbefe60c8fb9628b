"""The door for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_mgmt.settings")

django_application = get_wsgi_application()

from finance_mgmt.api.short_ways import Door  # noqa: E402 (after the apps are there)

application = Door(django_application)
