"""docker-compose.yml and what belongs to it, read as Docker Compose reads them."""

import re
from typing import Any

import yaml

from tests.support.present import present
from tests.support.servers.servers import ROOT

FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<plain>\w+)|\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\})")
OURS = ("web", "worker", "beat", "migrate")
ONE_SHOT = "migrate"
UNITS = {"s": 1, "m": 60, "h": 3600}

# What an operator writes into .env, beyond what the example brings.
OPERATOR = {
    "ALLOWED_HOSTS": "portal.test",
    "SITE_URL": "https://portal.test",
    "EMAIL_HOST": "mail.portal.test",
    "EMAIL_FROM": "PCare <pcare@portal.test>",
}


class NotSet(Exception):
    """A variable that the operator has to set is not; says what the file says about it."""


def read(env: dict[str, str]) -> dict[str, Any]:
    """Return the file with the operator's variables filled in."""
    return filled(yaml.safe_load(FILE.read_text()), env)


def services(env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the services, as they are for an operator who has filled in the example."""
    return read(example() | OPERATOR | (env or {}))["services"]


def example() -> dict[str, str]:
    """Return what the example of .env sets."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def asked() -> set[str]:
    """Return the names of the variables that the file asks the operator's .env for."""
    matches = VARIABLE.finditer(FILE.read_text())
    return {match["name"] or match["plain"] for match in matches if not match["dollar"]}


def filled(value: Any, env: dict[str, str]) -> Any:
    """Return a part of the file with the variables in its texts replaced."""
    if isinstance(value, dict):
        return {name: filled(part, env) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, env) for part in value]
    return VARIABLE.sub(lambda match: replacement(match, env), value) if isinstance(value, str) else value


def replacement(match: re.Match[str], env: dict[str, str]) -> str:
    """Return what stands for one variable; an empty one counts as not set where ":" is written."""
    if match["dollar"]:
        return "$"
    value = env.get(match["name"] or match["plain"], "")
    if not value and match["kind"] == "?":
        raise NotSet(match["rest"])
    return value or (match["rest"] if match["kind"] == "-" else "")


def seconds(duration: str) -> int:
    """Return a duration such as 90s or 2m."""
    number, unit = present(re.fullmatch(r"(\d+)([smh])", duration)).groups()
    return int(number) * UNITS[unit]


def secret_names(service: dict[str, Any]) -> set[str]:
    """Return the names of the secrets that the service's environment reads."""
    values = [str(value) for value in service.get("environment", {}).values()]
    return {value.removeprefix("/run/secrets/") for value in values if value.startswith("/run/secrets/")}
