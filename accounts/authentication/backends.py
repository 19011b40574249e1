"""The gate of credentials: one password check, the same for a name that nobody has."""

import secrets
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from accounts import policy
from accounts.models import Account
from accounts.requests import portal_request

DECOY = make_password(secrets.token_urlsafe(32))  # of a password that nobody knows


class PasswordBackend(BaseBackend):
    """Check the password of a reserved attempt; a right one gives the attempt back at once."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Account | None:
        if request is None:
            return None  # nothing was reserved for it
        attempt = portal_request(request).attempt
        account = attempt.find_account()
        if not _is_right(account, policy.normalise_password(password or "")):
            return None
        attempt.restore()
        return account

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.with_place().filter(pk=user_id).first()


def _is_right(account: Account | None, password: str) -> bool:
    """Tell whether the password is the account's, at the cost of one hash whatever the answer."""
    if account is None or not account.has_usable_password():
        check_password(password, DECOY)
        return False
    return check_password(password, account.password, setter=account.rehash_password)
