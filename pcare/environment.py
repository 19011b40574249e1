"""The environment's variables that settings read, each checked."""

import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv

MODES = ("embedded", "real")
SECRET_KEY_LENGTH = 50
SECRET_KEY_VARIETY = 10  # different characters

env = FileAwareEnv(strip_whitespace=True)


def mode() -> str:
    """Return PCARE_MODE: "embedded", the default, or "real"."""
    chosen = env.str("PCARE_MODE", "embedded")
    if chosen not in MODES:
        raise ImproperlyConfigured(f"PCARE_MODE must be one of {', '.join(MODES)}, not {chosen!r}.")
    if chosen == "embedded" and env.str("DATABASE_URL", ""):
        raise ImproperlyConfigured("DATABASE_URL is set, but the embedded mode does not use it: set PCARE_MODE=real.")
    return chosen


def required(name: str) -> str:
    """Return a variable (or the contents of the file that NAME_FILE names) that the real mode cannot do without."""
    try:
        value = env.str(name, "")
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(str(error)) from None
    if not value:
        raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to the path of a file that holds it.")
    return value


def count(name: str, default: int, *, least: int = 0, most: int = 1000) -> int:
    """Return a whole number within its bounds."""
    try:
        value = env.int(name, default)
    except (EnvError, ValueError):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.") from None
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value}.")
    return value


def hosts(name: str) -> list[str]:
    """Return host names separated by commas; "*" would let any Host header into our links."""
    names = [host.strip() for host in required(name).split(",") if host.strip()]
    if "*" in names:
        raise ImproperlyConfigured(f"{name} must name the hosts that this site answers to; '*' is refused.")
    return names


def secret_key() -> str:
    """Return SECRET_KEY, refused when it is missing or weak."""
    key = required("SECRET_KEY")
    if len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_VARIETY or key.startswith("django-insecure"):
        raise ImproperlyConfigured(
            f"SECRET_KEY is weak: it needs {SECRET_KEY_LENGTH} random characters or more. "
            "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return key


def database(url: str, options: dict) -> dict:
    """Return Django's description of the PostgreSQL server at a URL."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://user:password@host:port/name.")
    try:
        parsed = env.dj_db_url("DATABASE_URL")
    except (EnvError, ValueError):
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://user:password@host:port/name.") from None
    return {**parsed, "OPTIONS": {**parsed.get("OPTIONS", {}), **options}}


def kept_secret(path: Path) -> str:
    """Return the secret key of the embedded mode, made once on this machine and readable by its owner only."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()
