"""The image: what goes in, what stays out, who it runs as."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.servers import image
from tests.support.servers.servers import ROOT

BASE = re.compile(r"python:3\.11(\.\d+)?-slim-bookworm( AS \w+)?")


def test_there_are_two_stages_on_one_pinned_python() -> None:
    bases = [stage[0].text for stage in image.stages()]
    assert len(bases) == 2
    assert all(BASE.fullmatch(base) for base in bases)
    assert len({base.partition(" ")[0] for base in bases}) == 1


def test_every_package_is_checked_against_its_hash() -> None:
    installs = re.findall(r"pip install (.*?)(?: && |$)", " ".join(image.steps("RUN", 0)))
    assert len(installs) == 2
    assert all("--require-hashes" in install and "--no-build-isolation" in install for install in installs)
    assert installs[-1].endswith("-r requirements.txt")


def test_what_builds_is_pinned_too(tmp_path: Path) -> None:
    """Of the pins exactly one package, setuptools, goes first."""
    [run] = [run for run in image.steps("RUN", 0) if "pip install" in run]
    select = run.partition(" && ")[0]
    subprocess.run(["sh", "-c", f"cd {tmp_path} && cp {ROOT}/requirements.txt . && {select}"], check=True)
    pins = (tmp_path / "build-requirements.txt").read_text()
    assert re.findall(r"^(\S+)==", pins, re.MULTILINE) == ["setuptools"]
    assert pins.count("--hash=sha256:") == 2
    assert not pins.rstrip().endswith("\\")


def test_no_tool_for_installing_reaches_the_image() -> None:
    final = " ".join(image.steps("RUN"))
    assert not re.search(r"\b(pip|apt|apt-get|curl|wget|gcc)\b", final)
    assert "pip uninstall --yes pip" in " ".join(image.steps("RUN", 0))
    assert image.steps("COPY")[0] == "--from=build /opt/venv /opt/venv"


def test_it_runs_as_a_numbered_user_who_is_not_root() -> None:
    order = [step.word for step in image.stages()[-1]]
    [user] = image.steps("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    # Whatever came after would be written by that user, and could be changed by it.
    assert set(order[order.index("USER") + 1 :]) == {"EXPOSE", "CMD"}


def test_its_user_has_a_name() -> None:
    """Celery takes a group that it cannot look up for root, and warns."""
    uid, _, gid = image.steps("USER")[0].partition(":")
    names = " ".join(image.steps("RUN"))
    assert f"groupadd --gid {gid} " in names
    assert f"useradd --uid {uid} " in names


def test_nothing_is_downloaded_by_its_address() -> None:
    for stage in (0, 1):
        assert not image.steps("ADD", stage)
        assert not any("://" in text for text in image.steps("COPY", stage))


def test_it_holds_no_secret() -> None:
    secrets = re.compile(r"SECRET|PASSWORD|DATABASE_URL|TOKEN")
    for stage in (0, 1):
        assert not image.steps("ARG", stage)
        assert not any(secrets.search(text) for text in image.steps("ENV", stage))
    # The key for collectstatic is made anew there, and lives as long as that line.
    keys = re.findall(r"SECRET_KEY=(.{3})", " ".join(image.steps("RUN")))
    assert keys == ['"$(']


@pytest.mark.parametrize("name", ["PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"])
def test_python_writes_its_output_at_once_and_no_files(name: str) -> None:
    assert image.environment()[name] == "1"


def test_it_starts_gunicorn_without_a_shell() -> None:
    assert json.loads(image.steps("CMD")[0]) == ["gunicorn", "-c", "gunicorn.conf.py"]
    assert image.steps("EXPOSE") == ["8000"]
    assert not image.steps("ENTRYPOINT")


def test_only_what_is_named_goes_in() -> None:
    lines = image.ignore_lines()
    assert lines[0] == "*"
    names = image.contents()
    assert all((ROOT / name).exists() for name in names)
    assert not {name for name in names if name.startswith((".", "/", "*"))}
    assert not set(names) & {"tests", "benchmarks", "secrets", "var", "docs", "scripts", "docker-compose.yml"}
    assert lines.index("**/__pycache__") > max(lines.index(f"!{name}") for name in names)


def test_every_app_of_ours_goes_in() -> None:
    apps = {app.partition(".")[0] for app in settings.INSTALLED_APPS}
    ours = {app for app in apps if (ROOT / app).is_dir()}
    assert {"accounts", "facilities", "maintenance", "pcare"} <= ours <= set(image.contents())


def test_static_files_are_collected_while_it_is_built(tmp_path: Path) -> None:
    """The line itself is run on what goes in, with no other settings than its own and the image's."""
    [line] = [run for run in image.steps("RUN") if "collectstatic" in run]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = image.environment() | {"PATH": path, "STATIC_ROOT": str(tmp_path / "static")}
    folder = image.copy_to(tmp_path / "portal")
    done = subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    names = {path.name for path in (tmp_path / "static").iterdir()}
    assert "staticfiles.json" in names
    assert any(re.fullmatch(r"portal\.[0-9a-f]{12}\.css\.gz", name) for name in names)
