"""Our services of docker-compose.yml as processes of this machine: a Docker engine is not needed."""

import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.support.date import moving
from tests.support.servers import compose, image
from tests.support.servers.mail_servers import MailServer
from tests.support.servers.servers import HOST, ROOT, Server, Valkey, free_port

PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


class Site:
    """An installation: the image's files, the operator's variables and secrets, a fresh database."""

    def __init__(self, folder: Path, server_url: str, broker: Valkey, mail: MailServer) -> None:
        """Lay it out; `server_url` is that of some database on the PostgreSQL server to use."""
        self.folder, self.server_url, self.broker, self.port = folder, server_url, broker, free_port()
        self.services = compose.services(mail.env)
        self.portal = image.copy_to(folder / "portal")
        self.files_at_first = self.files()
        (folder / "state").mkdir()
        database = f"compose_{secrets.token_hex(4)}"
        self.database_url = f"{server_url.rpartition('/')[0]}/{database}"
        self.places = {
            "/run/secrets/": f"{folder}/secrets/",
            "/srv/static": f"{folder}/static",
            "/var/lib/pcare": f"{folder}/state",
            "redis://redis:6379/0": broker.url,
            "8000": str(self.port),
        }
        self.make_secrets()
        self.administer(f"CREATE DATABASE {database}")

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def make_secrets(self) -> None:
        """Make them as an operator does, but for the database of these tests."""
        (self.folder / "scripts").mkdir()
        script = self.folder / "scripts/make_secrets.sh"
        script.write_bytes((ROOT / "scripts/make_secrets.sh").read_bytes())
        subprocess.run(["sh", script], check=True, capture_output=True)
        (self.folder / "secrets/database_url").write_text(f"{self.database_url}\n")

    def files(self) -> set[Path]:
        """Return what lies in the folder of the code."""
        return set(self.portal.rglob("*"))

    def here(self, text: str) -> str:
        """Return what a text of docker-compose.yml or of the Dockerfile is on this machine."""
        for inside, outside in self.places.items():
            text = text.replace(inside, outside)
        return text

    def command(self, name: str) -> list[str]:
        return [self.here(part) for part in self.services[name]["command"]]

    def environment(self, name: str) -> dict[str, str]:
        """Return what a container has: the image's variables, the service's own, and its name; nothing of ours."""
        told = image.environment() | self.services[name]["environment"]
        own = {"PATH": PATH, "HOSTNAME": socket.gethostname(), **moving.environment()}
        return {variable: self.here(value) for variable, value in told.items()} | own

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess:
        """Run a command in a service's place, to its end."""
        env = self.environment(name)
        return subprocess.run(command, cwd=self.portal, env=env, capture_output=True, text=True, timeout=120)

    def collect_static_files(self) -> subprocess.CompletedProcess:
        """Run the Dockerfile's line for it."""
        [line] = [run for run in image.steps("RUN") if "collectstatic" in run]
        env = {name: self.here(value) for name, value in image.environment().items()} | {
            "PATH": PATH,
            **moving.environment(),
        }
        return subprocess.run(["sh", "-c", line], cwd=self.portal, env=env, capture_output=True, text=True)

    def administer(self, statement: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)

    def drop(self) -> None:
        """Drop the database, whoever still uses it."""
        self.administer(f"DROP DATABASE {self.database_url.rpartition('/')[2]} WITH (FORCE)")


class Container(Server):
    """One service: its own command with its own environment. Up: its own health check says so."""

    def __init__(self, name: str, site: Site) -> None:
        self.name, self.site = name, site
        super().__init__()

    @property
    def working_folder(self) -> Path:
        return self.site.portal

    def command(self) -> list[str]:
        return self.site.command(self.name)

    def environment(self) -> dict[str, str]:
        return self.site.environment(self.name)

    def answers(self) -> bool:
        return is_healthy(self.name, self.site)


def is_healthy(name: str, site: Site) -> bool:
    """Run a service's own health check; it has the time that the file gives it."""
    check = site.services[name]["healthcheck"]
    kind, *command = [site.here(part) for part in check["test"]]
    shell = ["sh", "-c"] if kind == "CMD-SHELL" else []
    env, seconds = site.environment(name), compose.seconds(check["timeout"])
    try:
        done = subprocess.run([*shell, *command], cwd=site.portal, env=env, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
