"""The project: settings, addresses, and what every page shares."""

from pcare.celery import app as celery_app

__all__ = ["celery_app"]
