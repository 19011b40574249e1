"""The demonstration accounts of the embedded mode: made once, shown at each start."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo import accounts
from accounts.models import Account


class Command(BaseCommand):
    help = "Make the demonstration accounts of the embedded mode, once, and show them with their passwords."

    def handle(self, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("demonstration accounts exist only in the embedded mode")
        rows = accounts.kept()
        if rows is None:
            begun = Account.objects.filter(username__in=accounts.USERNAMES).exists() or accounts.csv_path().exists()
            rows = accounts.make()
            if begun:
                self.stdout.write(
                    f"The database and {accounts.csv_path()} did not fit together: all demonstration accounts have "
                    "new passwords."
                )
        self.stdout.write(table([accounts.Row._fields, *rows]))


def table(rows: list[tuple[str, ...]]) -> str:
    """Return the rows as text, each column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
