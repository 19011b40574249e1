"""What docker-compose.yml tells the services: known variables, secrets from files, what the operator has to say."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pcare import environment
from tests.support.servers import compose
from tests.support.servers.servers import ROOT

SERVICES = compose.services()
SECRETS = {"SECRET_KEY", "DATABASE_URL", "EMAIL_HOST_PASSWORD", "POSTGRES_PASSWORD"}
DATABASE_ONLY = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}


def known() -> set[str]:
    """Return the variables that the portal reads."""
    settings = (ROOT / "pcare/settings.py").read_text() + (ROOT / "pcare/environment.py").read_text()
    names = re.findall(r"(?:environment|env)\.\w+(?:\.str)?\(\s*[\"']([A-Z_]+)[\"']", settings)
    names += re.findall(r"(?:choice|required)\(\"([A-Z_]+)\"", settings)
    web = re.findall(r"(?:whole_number|address)\(\"([A-Z_]+)\"", (ROOT / "gunicorn.conf.py").read_text())
    return {*names, *web, *(f"{name}_FILE" for name in set(names) - set(web))}


def test_what_the_portal_reads_is_found() -> None:
    assert {"PCARE_MODE", "SECRET_KEY_FILE", "EMAIL_PORT", "STATIC_ROOT", "WEB_WORKERS", "WEB_BIND"} <= known()
    assert not {"WEB_WORKERS_FILE", "WEB_THREADS_FILE"} & known()  # gunicorn reads no files


@pytest.mark.parametrize("name", compose.OURS)
def test_our_services_are_told_only_what_they_read(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= known()


def test_the_others_are_told_only_what_they_read() -> None:
    told = {name: set(service.get("environment", {})) for name, service in SERVICES.items()}
    assert {name: told[name] for name in ("db", "redis", "mail")} == {
        "db": DATABASE_ONLY,
        "redis": set(),
        "mail": set(),
    }


def test_our_services_share_their_settings() -> None:
    shared = SERVICES["migrate"]["environment"]
    assert all(shared.items() <= SERVICES[name]["environment"].items() for name in compose.OURS)
    assert shared["PCARE_MODE"] == "real"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_secret_stands_in_the_environment(name: str) -> None:
    told = SERVICES[name].get("environment", {})
    assert not SECRETS & set(told)
    assert all(told[f"{secret}_FILE"].startswith("/run/secrets/") for secret in SECRETS if f"{secret}_FILE" in told)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_is_given_the_secrets_that_it_reads_and_no_others(name: str) -> None:
    assert compose.secret_names(SERVICES[name]) == set(SERVICES[name].get("secrets", []))


def test_password_of_the_mail_server_is_for_the_worker_only() -> None:
    assert {name for name, service in SERVICES.items() if "email_password" in service.get("secrets", [])} == {"worker"}


def test_secrets_come_from_files_that_git_and_the_image_do_not_take() -> None:
    files = compose.read(compose.example() | compose.OPERATOR)["secrets"]
    assert files == {name: {"file": f"./secrets/{name}"} for name in files}
    assert {"/secrets/", "/.env"} <= set((ROOT / ".gitignore").read_text().splitlines())


# The operator's part


@pytest.mark.parametrize("name", sorted(compose.OPERATOR) + ["EMAIL_PORT"])
def test_missing_variable_is_asked_for_in_a_sentence(name: str) -> None:
    with pytest.raises(compose.NotSet, match=rf"^Set {name} in \.env to .+"):
        compose.services({name: ""})


def test_example_has_every_variable_and_no_others() -> None:
    assert set(compose.example()) == compose.asked()


def test_example_has_no_secret_and_leaves_what_differs_open() -> None:
    example = compose.example()
    assert not [name for name in example if re.search("SECRET|PASSWORD|TOKEN|KEY|URL$", name) and name != "SITE_URL"]
    assert {name for name in example if not example[name]} == {*compose.OPERATOR, "EMAIL_HOST_USER"}


def test_documents_name_commands_and_services_that_exist() -> None:
    text = (ROOT / "docs/operations.md").read_text() + (ROOT / "README.md").read_text()
    assert set(re.findall(r"docker compose exec (?:-T )?(\w+)", text)) == {"web", "db", "mail"} <= set(SERVICES)
    assert "docker compose up -d --build --wait" in text
    assert set(re.findall(r"sh (\S+\.sh)", text)) == {"scripts/make_secrets.sh"}


def test_trying_it_out_as_documented_needs_no_mail_server() -> None:
    section = (ROOT / "docs/operations.md").read_text().partition("Without a mail server:")[2].partition("```")[0]
    told = dict(re.findall(r"`(\w+)=(\w+)`", section))
    assert told.pop("COMPOSE_PROFILES") in SERVICES[told["EMAIL_HOST"]]["profiles"]
    assert told.items() <= compose.services(told)["worker"]["environment"].items()
    assert set(told) == {"EMAIL_HOST", "EMAIL_PORT", "EMAIL_SECURITY"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The secrets that the script makes in a fresh copy of the project."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/make_secrets.sh").write_bytes((ROOT / "scripts/make_secrets.sh").read_bytes())
    make(tmp_path)
    return tmp_path / "secrets"


def make(project: Path) -> str:
    command = ["sh", "scripts/make_secrets.sh"]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout


def test_script_makes_every_secret_of_the_file(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == set(compose.read(compose.example() | compose.OPERATOR)["secrets"])


def test_made_secrets_are_strong_and_differ(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(made / "secret_key"))
    assert len(environment.secret_key()) == 64
    password = (made / "database_password").read_text().strip()
    assert len(password) == 64
    assert password != environment.secret_key()


def test_made_url_leads_to_the_database_with_its_password(made: Path) -> None:
    url = urlsplit((made / "database_url").read_text().strip())
    told: dict[str, Any] = SERVICES["db"]["environment"]
    assert (url.scheme, url.hostname, url.port) == ("postgresql", "db", 5432)
    assert (url.username, url.path) == (told["POSTGRES_USER"], f"/{told['POSTGRES_DB']}")
    assert url.password == (made / "database_password").read_text().strip()


def test_made_secrets_are_kept_from_others_and_readable_in_a_container(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o644}


def test_made_secrets_are_kept(made: Path) -> None:
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    assert make(made.parent).count("is there already.") == 4
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


def test_lost_url_is_made_anew_with_the_same_password(made: Path) -> None:
    (made / "database_url").unlink()
    make(made.parent)
    test_made_url_leads_to_the_database_with_its_password(made)
