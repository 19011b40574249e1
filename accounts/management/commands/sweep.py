"""The clean-up by hand, and for a site without Celery."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import sweeping


class Command(BaseCommand):
    help = (
        "Write down the sessions that time has ended and delete what is superfluous. Celery beat does it every minute."
    )

    def handle(self, **options: Any) -> None:
        for what, count in sweeping.sweep().items():
            self.stdout.write(f"{what}: {count}")
