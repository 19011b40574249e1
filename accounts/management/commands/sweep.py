"""The clean-up by hand, and for a site without Celery."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import tasks
from accounts.letters import delivery


class Command(BaseCommand):
    help = (
        "Write down the sessions that time has ended, delete what is superfluous, send the letters that wait. "
        "Celery's beat and worker do it by themselves."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"letters taken: {delivery.deliver_due()}")
        for what, count in tasks.sweep().items():
            self.stdout.write(f"{what}: {count}")
