"""Who is who, who may do what, whose money. Also the project's shell (settings, urls, celery)."""

from .celery import app as celery_app

__all__ = ["celery_app"]
