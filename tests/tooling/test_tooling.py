"""What a person does wrong at the start is answered with one sentence."""

import contextlib
import importlib.util
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from tests.support.present import present
from tests.support.servers.servers import HOST, ROOT, free_port, heed_signals, still_running

# A project in place of the portal: what matters here is the run around it.
STUB = {
    "manage.py": """
import os, sys
names = ("PCARE_MODE", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
print(*sys.argv[1:], *(f"{name}={os.environ.get(name)}" for name in names))
sys.exit(os.path.exists("broken-" + sys.argv[1]))
""",
    "maintenance/board/watcher.py": "def start(): pass",
    "pcare/logs/filters.py": "def guard(logger): pass",
    "pcare/__init__.py": "",
    "pcare/wsgi.py": """
def application(environ, start_response):
    start_response("200 OK" if environ["PATH_INFO"] == "/masuk/" else "404 Not Found", [])
    return [b"ok"]
""",
}


def load_script(name: str) -> ModuleType:
    spec = present(importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the tooling around the stub."""
    for name, text in STUB.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    serving = [f"pcare/serving/{name}.py" for name in ("__init__", "connection", "worker")]
    for name in ("scripts/run.py", "scripts/bootstrap.py", "gunicorn.conf.py", "Makefile", *serving):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


Running = tuple[subprocess.Popen, int, list[str]]


@pytest.fixture
def running(project: Path) -> Iterator[Running]:
    """The embedded run, up: its process, its port and what it printed."""
    with run(project) as started:
        yield started


@contextlib.contextmanager
def run(project: Path) -> Iterator[Running]:
    port = free_port()
    env = {**os.environ, "DATABASE_URL": "postgresql://production/portal", "REDIS_URL": "redis://production"}
    process = subprocess.Popen(
        [sys.executable, "scripts/run.py", str(port)],
        cwd=project,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_signals,
    )
    lines = []
    for line in present(process.stdout):
        lines.append(line)
        if "Letters are read at" in line:
            break
    yield process, port, lines
    process.kill()
    process.communicate()


def ended(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess:
    """Run a program that should end by itself."""
    return subprocess.run(arguments, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def assert_one_sentence(result: subprocess.CompletedProcess, *words: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


# Making the environment


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 99), (2, 7)])
def test_an_old_python_is_told_which_one_is_needed(version: tuple[int, ...]) -> None:
    found = ".".join(map(str, version))
    problem = load_script("bootstrap").version_problem(version)
    assert problem == (
        f"The portal needs Python 3.11 or later, found {found}: install it, or name one with make run PYTHON=python3.12"
    )


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_a_new_python_is_welcome(version: tuple[int, ...]) -> None:
    assert load_script("bootstrap").version_problem(version) == ""


def test_an_environment_is_made_once(project: Path) -> None:
    (project / "requirements.txt").write_text("# nothing\n")
    began = time.monotonic()
    first = ended(sys.executable, "scripts/bootstrap.py", cwd=project)
    made = time.monotonic()
    assert (first.returncode, first.stderr) == (0, "")
    assert "Installing the pinned dependencies" in first.stdout
    before = {path: path.lstat().st_mtime_ns for path in (project / ".venv").rglob("*")}
    started_again = time.monotonic()
    second = ended(sys.executable, "scripts/bootstrap.py", cwd=project)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert time.monotonic() - started_again < (made - began) / 4
    assert {path: path.lstat().st_mtime_ns for path in (project / ".venv").rglob("*")} == before


def test_a_half_finished_environment_is_made_anew(project: Path) -> None:
    (project / "requirements.txt").write_text("# nothing\n")
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").write_text("broken")
    assert ended(sys.executable, "scripts/bootstrap.py", cwd=project).returncode == 0
    assert ended(".venv/bin/python", "-c", "import pip", cwd=project).returncode == 0


def test_a_failed_installation_says_what_to_do(project: Path) -> None:
    (project / "requirements.txt").write_text("no-such-portal-package==1.0 --hash=sha256:" + "0" * 64 + "\n")
    failed = ended(sys.executable, "scripts/bootstrap.py", cwd=project, PIP_NO_INDEX="1")
    assert failed.returncode == 1
    assert "no-such-portal-package" in failed.stderr
    assert failed.stderr.splitlines()[-1].startswith("The dependencies in requirements.txt could not be")
    assert "Traceback" not in failed.stderr
    assert not (project / ".venv/.requirements").exists()


def test_an_interrupted_start_ends_what_it_started(project: Path) -> None:
    (project / "requirements.txt").write_text("# nothing\n")
    process = subprocess.Popen([sys.executable, "scripts/bootstrap.py"], cwd=project, stderr=subprocess.PIPE)
    while not (children := psutil.Process(process.pid).children(recursive=True)):
        time.sleep(0.01)
    process.terminate()
    assert process.communicate(timeout=60)[1] == b"Stopped; the next start begins anew.\n"
    assert process.returncode == 130
    assert not still_running(children)
    assert not (project / ".venv/.requirements").exists()


def test_a_python_without_venv_is_told_what_to_install(project: Path) -> None:
    (project / "requirements.txt").write_text("")
    # As Debian ships it.
    (project / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    result = ended(sys.executable, "scripts/bootstrap.py", cwd=project, PYTHONPATH=str(project))
    assert_one_sentence(result, "apt install python3-venv")


def test_a_folder_that_is_no_environment_is_not_emptied(project: Path) -> None:
    (project / "requirements.txt").write_text("")
    (project / "photos").mkdir()
    (project / "photos/kept").write_text("")
    result = ended(sys.executable, "scripts/bootstrap.py", "--venv", "photos", cwd=project)
    assert_one_sentence(result, "photos is not a virtual environment")
    assert (project / "photos/kept").exists()


def test_make_says_which_python_is_missing(project: Path) -> None:
    result = ended("make", "run", "PYTHON=python3.999", cwd=project)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0] == (
        "'python3.999' does not run: install Python 3.11 or later, or name one with PYTHON=python3.12"
    )


# The embedded run


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "80a", "8000.0", "８０００"])
def test_a_nonsense_port_is_refused(port: str) -> None:
    assert_one_sentence(ended(sys.executable, "scripts/run.py", port), "port", "make run PORT=9000")


def test_a_taken_port_is_named() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        result = ended(sys.executable, "scripts/run.py", str(port))
    assert_one_sentence(result, f"Port {port} is already in use", "make run PORT=9000")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_run_ends_in_order(running: tuple[subprocess.Popen, int, list[str]], ending: int) -> None:
    process, port, lines = running
    tree = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(ending)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert rest == "\nStopping ...\n"
    assert not still_running(tree)


def test_the_run_prints_the_accounts_and_the_address(
    running: tuple[subprocess.Popen, int, list[str]],
) -> None:
    process, port, lines = running
    assert lines == [
        "demo PCARE_MODE=embedded DATABASE_URL=None REDIS_URL=None DJANGO_SETTINGS_MODULE=pcare.settings\n",
        "\n",
        f"The portal runs at http://127.0.0.1:{port}/masuk/ (Ctrl-C stops)\n",
        f"Letters are read at http://127.0.0.1:{port}/surat-uji/\n",
    ]


def test_the_run_says_when_the_web_server_died(running: tuple[subprocess.Popen, int, list[str]]) -> None:
    process, port, lines = running
    server = next(c for c in psutil.Process(process.pid).children() if "gunicorn" in c.cmdline())
    server.kill()
    assert process.communicate(timeout=60)[0] == "The web server ended by itself (exit code -9).\n"
    assert process.returncode == 1


@pytest.mark.parametrize(("step", "words"), [("migrate", "database"), ("demo", "demonstration accounts")])
def test_a_failed_step_is_named(project: Path, step: str, words: str) -> None:
    (project / f"broken-{step}").touch()
    result = ended(sys.executable, "scripts/run.py", str(free_port()), cwd=project)
    assert result.returncode == 1
    assert words in result.stderr.splitlines()[-1]


def test_a_portal_that_was_closed_starts_and_says_so(project: Path) -> None:
    wsgi = project / "pcare/wsgi.py"
    wsgi.write_text(wsgi.read_text().replace("200 OK", "503 Service Unavailable"))
    with run(project) as (_, port, lines):
        closed = f"It is closed for maintenance, or disturbed: http://127.0.0.1:{port}/status/ says which\n"
        assert closed in lines


def test_a_portal_that_does_not_load_is_reported(project: Path) -> None:
    (project / "pcare/wsgi.py").write_text("raise RuntimeError('no such setting')")
    result = ended(sys.executable, "scripts/run.py", str(free_port()), cwd=project)
    assert result.returncode == 1
    assert "no such setting" in result.stderr
    assert result.stderr.splitlines()[-1] == "The web server ended at the start (exit code 3): see above."


def test_a_broken_sign_in_page_is_reported_at_once(project: Path) -> None:
    wsgi = project / "pcare/wsgi.py"
    wsgi.write_text(wsgi.read_text().replace("200 OK", "500 Internal Server Error"))
    result = ended(sys.executable, "scripts/run.py", str(free_port()), cwd=project)
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["The sign-in page answers with status 500: see above."]


# The web server's configuration


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "many"),
        ("WEB_WORKERS", ""),
        ("WEB_THREADS", "-4"),
        ("WEB_THREADS", "1000"),
        ("WEB_BIND", "8000"),
        ("WEB_BIND", "127.0.0.1:99999"),
    ],
)
def test_a_nonsense_setting_stops_the_web_server(name: str, value: str) -> None:
    result = ended(sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", cwd=ROOT, **{name: value})
    assert_one_sentence(result, name, "must be", repr(value))


def test_the_web_server_has_sensible_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEB_BIND", "WEB_WORKERS", "WEB_THREADS"):
        monkeypatch.delenv(name, raising=False)
    settings = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert (settings["bind"], settings["workers"], settings["threads"]) == ("127.0.0.1:8000", 2, 4)
    assert settings["accesslog"] is None
    assert settings["forwarded_allow_ips"] == ""
