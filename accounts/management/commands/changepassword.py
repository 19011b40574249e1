"""A new password from the command line, by the same rules as on the site."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Account, State
from accounts.passwords import setting

TRIES = 3


class Command(BaseCommand):
    help = "Give an account a new password, typed twice. Its sessions end, and its owner is told by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        try:
            account = Account.objects.get_by_natural_key(username)
        except Account.DoesNotExist:
            raise CommandError(f"No account has the user name {username!r}.") from None
        if account.state == State.WAITING:
            raise CommandError(f"{account} waits for its activation: send the activation letter again.")
        for _ in range(TRIES):
            if self._set(account):
                self.stdout.write(f"{account} has a new password. Software that stores the old one must be told.")
                return
        raise CommandError(f"No password was set: {TRIES} tries were not good enough.")

    def _set(self, account: Account) -> bool:
        password = getpass.getpass("New password: ")
        if password != getpass.getpass("Again: "):
            self.stderr.write("The two do not match.")
            return False
        try:
            setting.set_by_operator(account, password)
        except setting.PasswordRefused as refused:
            self.stderr.write("\n".join(str(message) for error in refused.errors for message in error.messages))
            return False
        return True
