"""The environment's variables that settings read, each checked."""

import re
import secrets
from email.utils import getaddresses
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.http.request import split_domain_port, validate_host
from environs import EnvError, FileAwareEnv

MODES = ("embedded", "real")
SECRET_KEY_LENGTH = 50
SECRET_KEY_VARIETY = 10  # different characters

env = FileAwareEnv(strip_whitespace=True)


def mode() -> str:
    """Return PCARE_MODE: "embedded", the default, or "real"."""
    chosen = choice("PCARE_MODE", "embedded", MODES)
    if chosen == "embedded" and env.str("DATABASE_URL", ""):
        raise ImproperlyConfigured("DATABASE_URL is set, but the embedded mode does not use it: set PCARE_MODE=real.")
    return chosen


def optional(name: str) -> str:
    """Return a variable, or the contents of the file that NAME_FILE names, "" if neither is set."""
    try:
        return env.str(name, "")
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(str(error)) from None


def required(name: str) -> str:
    """Return a variable that the real mode cannot do without."""
    value = optional(name)
    if not value:
        raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to the path of a file that holds it.")
    return value


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices."""
    chosen = env.str(name, default)
    if chosen not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {chosen!r}.")
    return chosen


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


def host(name: str) -> str:
    """Return the name or the address of a machine, without scheme and port."""
    value = required(name)
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[?[0-9a-fA-F:]+\]?", value) or value.count(":") == 1:
        raise ImproperlyConfigured(f"{name} must be the name of a machine, without scheme and port.")
    return value


def redis_url(name: str) -> str:
    """Return the address of the broker."""
    url = required(name)
    if not url.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured(f"{name} must be redis://host:port/0.")
    return url


def site_url(name: str, allowed_hosts: list[str]) -> str:
    """Return the address that links in letters begin with: https and one of our own hosts, without a path."""
    url = required(name).rstrip("/")
    domain, _ = split_domain_port(url.removeprefix("https://"))
    named = domain.strip(".") == domain != "" and validate_host(domain, allowed_hosts)
    if not (url.startswith("https://") and named):
        raise ImproperlyConfigured(f"{name} must be https:// and one of ALLOWED_HOSTS, with nothing after it.")
    return url


def email_address(name: str) -> str:
    """Return a sender: an e-mail address, alone or in angle brackets after a name."""
    sender = required(name)
    try:
        [(_, address)] = getaddresses([sender])
        validate_email(address)
        if address not in (sender, sender.rpartition("<")[2].removesuffix(">")) or not sender.isprintable():
            raise ValueError
    except (ValidationError, ValueError):
        raise ImproperlyConfigured(f"{name} must be an e-mail address such as PCare <pcare@example.id>.") from None
    return sender


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
