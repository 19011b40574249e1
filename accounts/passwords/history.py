"""The history of an account's passwords: the newest may not come back."""

from django.contrib.auth.hashers import check_password

from accounts import policy
from accounts.models import Account, PasswordRecord


def holds(account: Account, password: str) -> bool:
    """Tell whether the password is one of the account's PASSWORD_HISTORY newest, the current one included.

    Costs up to that many hashes; the caller holds the lock on the account's row if another change must not pass by.
    """
    normal = policy.normalise_password(password)
    newest = account.password_records.values_list("password", flat=True)[: policy.PASSWORD_HISTORY]
    return any(check_password(normal, former) for former in {account.password, *newest})


def remember(account: Account) -> None:
    """Add the account's password to its history; what no rule asks for any more is deleted."""
    PasswordRecord.objects.create(account=account, password=account.password, set_at=account.password_changed_at)
    newest = account.password_records.values_list("pk", flat=True)[: policy.PASSWORD_HISTORY]
    account.password_records.exclude(pk__in=list(newest)).delete()
