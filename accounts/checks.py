"""System checks of the wiring that the rules depend on."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

LOCKOUT = "axes.backends.AxesStandaloneBackend"
HANDLER = "accounts.authentication.lockout.LockoutHandler"
HASHER = "accounts.passwords.hashers.Argon2idHasher"
STORE = "accounts.sessions.store"


@register(Tags.security)
def lockout_comes_first(app_configs: Any, **kwargs: Any) -> list[Error]:
    """accounts.E001: no password may be checked before its attempt is reserved."""
    wired = settings.AUTHENTICATION_BACKENDS[0] == LOCKOUT and settings.AXES_HANDLER == HANDLER
    if wired and getattr(settings, "AXES_ENABLED", False):
        return []
    return [Error(f"{LOCKOUT} with {HANDLER} must be on and first in AUTHENTICATION_BACKENDS.", id="accounts.E001")]


@register(Tags.security)
def sessions_are_ours(app_configs: Any, **kwargs: Any) -> list[Error]:
    """accounts.E002: only our store hashes its keys and keeps ended sessions dead."""
    if settings.SESSION_ENGINE == STORE:
        return []
    return [Error(f"SESSION_ENGINE must be {STORE}.", id="accounts.E002")]


@register(Tags.security)
def one_hasher(app_configs: Any, **kwargs: Any) -> list[Error]:
    """accounts.E003: a second hasher would tell by its time which names exist."""
    if settings.PASSWORD_HASHERS == [HASHER]:
        return []
    return [Error(f"PASSWORD_HASHERS must be [{HASHER!r}].", id="accounts.E003")]
