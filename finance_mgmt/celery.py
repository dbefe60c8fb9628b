"""The Celery app. Tasks carry ids only; the database is the queue of record (services/runs.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_mgmt.settings")

app = Celery("finance_mgmt")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
