"""docker-compose.yml keeps the rules of a portal that runs for real; one test a rule."""

import re
import runpy
import tomllib
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings

from tests.support.present import present
from tests.support.servers import compose, image
from tests.support.servers.servers import ROOT

SERVICES = compose.services()
LONG_RUNNING = sorted(set(SERVICES) - {compose.ONE_SHOT})
DURATION = {"interval", "timeout", "start_period"}


def every(names: Iterable[str] = SERVICES) -> pytest.MarkDecorator:
    """Run the test for each of these services."""
    return pytest.mark.parametrize("service", [pytest.param(SERVICES[name], id=name) for name in sorted(names)])


def rights(name: str) -> str:
    """Return the user and group that a service runs as."""
    return image.steps("USER")[0] if name in compose.OURS else SERVICES[name].get("user", "root")


# What runs


def test_there_is_all_that_the_portal_needs() -> None:
    assert set(SERVICES) == {"web", "worker", "beat", "migrate", "db", "redis", "mail"}


@every()
def test_image_is_pinned(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+(\.\d+)*(-[a-z]+)?", service["image"])


@every(compose.OURS)
def test_our_services_are_one_image_of_the_projects_version(service: dict[str, Any]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (service["image"], service["build"]) == (f"pcare-portal:{version}", ".")


def test_database_is_postgresql_17() -> None:
    assert SERVICES["db"]["image"].startswith("postgres:17")


def test_mail_catcher_is_for_trying_out_only() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "mail": ["dev"]
    }


# Who reaches whom


def test_only_the_web_is_published_and_only_on_this_machine() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_published_port_is_the_one_that_the_web_listens_on() -> None:
    inside = SERVICES["web"]["ports"][0].rpartition(":")[2]
    assert SERVICES["web"]["environment"]["WEB_BIND"] == f"0.0.0.0:{inside}"
    assert image.steps("EXPOSE") == [inside]
    assert f'"127.0.0.1", {inside}' in SERVICES["web"]["healthcheck"]["test"][-1]


def test_only_web_and_worker_have_a_way_out() -> None:
    networks = compose.read(compose.example() | compose.OPERATOR)["networks"]
    assert networks["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"web", "worker"}
    assert all("inside" in service["networks"] for service in SERVICES.values())
    assert not any("network_mode" in service for service in SERVICES.values())


# What a service may do


@every()
def test_its_root_is_read_only(service: dict[str, Any]) -> None:
    assert service["read_only"] is True


@every()
def test_it_has_no_capability_and_gets_none(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert not {"cap_add", "privileged", "devices", "pid", "ipc"} & set(service)
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_it_runs_as_a_numbered_user_who_is_not_root(name: str) -> None:
    assert name not in compose.OURS or "user" not in SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", rights(name))


@every()
def test_its_memory_and_processes_are_bounded(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 500


@every()
def test_its_log_does_not_grow_for_ever(service: dict[str, Any]) -> None:
    assert service["logging"] == {"driver": "local"}


@every()
def test_nothing_of_this_machine_is_mounted(service: dict[str, Any]) -> None:
    named = compose.read(compose.example() | compose.OPERATOR)["volumes"]
    assert all(volume.partition(":")[0] in named for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_it_writes_to_is_bounded_and_its_own(name: str) -> None:
    """A folder in memory has a size; one outside of /tmp belongs to the service's user."""
    for mount in SERVICES[name].get("tmpfs", []):
        path, _, options = mount.partition(":")
        given = dict(option.split("=") for option in options.split(","))
        assert re.fullmatch(r"\d+m", given["size"])
        owner = given.get("uid", ""), given.get("gid", "")
        assert given["mode"] == "1777" if path == "/tmp" else ":".join(owner) == rights(name)


def test_database_lies_on_a_volume() -> None:
    assert SERVICES["db"]["volumes"] == ["db:/var/lib/postgresql/data"]


def test_schedule_lies_on_a_volume_that_its_user_may_write_to() -> None:
    [volume] = SERVICES["beat"]["volumes"]
    folder = volume.partition(":")[2]
    command = SERVICES["beat"]["command"]
    assert command[command.index("-s") + 1].startswith(f"{folder}/")
    assert f"install --directory --owner=pcare --group=pcare {folder}" in " ".join(image.steps("RUN"))
    assert not any(mount.startswith(folder) for mount in SERVICES["beat"]["tmpfs"])


def test_board_outlives_the_container_of_the_web() -> None:
    [volume] = SERVICES["web"]["volumes"]
    folder = volume.partition(":")[2]
    assert SERVICES["web"]["environment"]["BOARD_FILE"].startswith(f"{folder}/")
    assert f"install --directory --owner=pcare --group=pcare {folder}" in " ".join(image.steps("RUN"))


def test_broker_writes_nothing_down() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--save  --appendonly no" in command
    assert "volumes" not in SERVICES["redis"]


# Starting, watching, ending


@every(LONG_RUNNING)
def test_its_health_is_checked(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    assert set(check) == {"test", "retries"} | DURATION
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert compose.seconds(check["timeout"]) < compose.seconds(check["interval"])
    assert check["retries"] >= 3


def test_health_of_the_worker_is_not_asked_often() -> None:
    assert compose.seconds(SERVICES["worker"]["healthcheck"]["interval"]) >= 60


def test_health_of_the_database_is_asked_by_address() -> None:
    """While the image makes the database, a server without an address answers on the socket."""
    assert SERVICES["db"]["healthcheck"]["test"][:3] == ["CMD", "pg_isready", "-h"]


def test_health_of_beat_goes_by_a_file_written_more_often_than_that() -> None:
    minutes = int(present(re.search(r"-mmin -(\d+)", SERVICES["beat"]["healthcheck"]["test"][1]))[1])
    written = min(entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values())
    assert settings.CELERY_BEAT_SYNC_EVERY == 1
    assert 3 * written < minutes * 60 <= 300


@every(LONG_RUNNING)
def test_it_comes_back_after_a_crash(service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"


def test_migration_runs_once() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


@every(["web", "worker", "beat"])
def test_it_starts_once_the_database_is_migrated(service: dict[str, Any]) -> None:
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_portal_is_served_without_a_broker() -> None:
    assert set(SERVICES["web"]["depends_on"]) == {"migrate"}


@every(LONG_RUNNING)
def test_it_is_given_time_to_end(service: dict[str, Any]) -> None:
    assert compose.seconds(service["stop_grace_period"]) >= 10


def test_web_may_finish_what_it_answers() -> None:
    graceful = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["graceful_timeout"]
    assert compose.seconds(SERVICES["web"]["stop_grace_period"]) > graceful


def test_worker_may_finish_what_it_does() -> None:
    assert compose.seconds(SERVICES["worker"]["stop_grace_period"]) > settings.CELERY_TASK_TIME_LIMIT
