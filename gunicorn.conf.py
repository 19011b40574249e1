"""How gunicorn serves the portal, in the embedded run and in production alike."""

import os
import sys
from pathlib import Path

from django.utils.module_loading import import_string
from gunicorn.workers.base import Worker

GUARD_LOG = "pcare.logs.filters.guard"
START_WATCHING = "maintenance.board.watcher.start"


def whole_number(name: str, default: int, most: int) -> int:
    """Return a count from the environment; nonsense stops the start with one sentence."""
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        sys.exit(f"{name} must be a whole number from 1 to {most}, not {text!r}.")
    return int(text)


def address(name: str, default: str) -> str:
    """Return host:port from the environment; nonsense stops the start with one sentence."""
    text = os.environ.get(name, default)
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        sys.exit(f"{name} must be an address and a port such as 127.0.0.1:8000, not {text!r}.")
    return text


def post_worker_init(worker: Worker) -> None:
    """Prepare each worker process: its application is loaded, and no request has come yet."""
    import_string(GUARD_LOG)(worker.log.error_log)
    import_string(START_WATCHING)()


wsgi_app = "pcare.wsgi:application"
bind = address("WEB_BIND", "127.0.0.1:8000")

# A process uses one core, its threads wait for PostgreSQL: one process a core with few threads is
# cheapest. The embedded run asks for one process (scripts/run.py): SQLite has one writer anyway.
# Its threads wait for no client either: the loop in front of them does.
worker_class = "pcare.serving.worker.BufferingWorker"
workers = whole_number("WEB_WORKERS", 2, most=64)
threads = whole_number("WEB_THREADS", 4, most=64)

# In each process; up to a third of a megabyte of each waits in memory. When there are more, the one that has been
# idle for longest is closed.
worker_connections = 500

# Not preloaded: whatever an import opens (pool, socket, thread) would be shared between the processes.
preload_app = False

# The longest answer waits 2 s for other sign-ins; what still runs after 8 s is cut, before the 10 s
# after which a container is killed.
timeout = 30
graceful_timeout = 8

# Longer than the proxy in front keeps an idle connection (nginx 60 s, Caddy 120 s), so that the proxy
# never sends a sign-in into a connection that is just being closed.
keepalive = 130

# The heartbeat file lies in memory: on a busy disk it can block a worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK) else None

limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190

# Nobody's X-Forwarded-*, SCRIPT_NAME or PATH_INFO is believed here, not even that of 127.0.0.1, which
# gunicorn trusts by default: how many proxies to trust is one setting, and Django's side applies it.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# The portal keeps its own events; addresses with tokens must not reach a log. Failures, those at the
# start included, go to stderr.
accesslog = None
errorlog = "-"
loglevel = "warning"

# Nothing but signals steers the server; the socket would also write into the home folder.
control_socket_disable = True
