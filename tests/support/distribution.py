"""A run in several processes (pytest -n): which tests go together, and what each process has for itself."""

import os
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

IS_ONE_OF_SEVERAL = "PYTEST_XDIST_WORKER" in os.environ
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
COUNT = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
# The broker's databases: two for a run in one process, one for each process else.
DATABASES = 64

# Never two of these at once: they measure seconds, or need all of the machine.
MEASURED = {
    "test_letters_leave.py",
    "test_parts_away.py",
    "test_reset_timing.py",
    "test_slow_clients.py",
    "test_timing.py",
    "test_toggle.py",
}
# They take long for their few tests: begun last, they alone would be waited for.
LONG = {
    "test_benchmarks.py",
    "test_clock.py",
    "test_compose_run.py",
    "test_maintenance_command.py",
    "test_tooling.py",
    "test_translations.py",
    "test_workers.py",
}
# One installation and one Chromium serve all of these.
TOGETHER = {"browser"}


class GroupScheduling(LoadScopeScheduling):
    """Hands out one group after the other; the marks of "loadgroup" are lost with pytest 9.2 (pytest-xdist #1386)."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    # As pytest_collection_modifyitems has put them.
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first: the groups of several files, the long files, then those with most tests."""
    if IS_ONE_OF_SEVERAL:
        sizes = Counter(group_of(item.nodeid) for item in items)
        items.sort(key=lambda item: place(item, sizes))


def place(item: pytest.Item, sizes: Counter[str]) -> tuple[bool, bool, int, str]:
    group = group_of(item.nodeid)
    return group.endswith(".py"), item.path.name not in LONG, -sizes[group], str(item.path)


def group_of(nodeid: str) -> str:
    """Return the name of what a test stays together with: that of a group, else the path of its file."""
    file = PurePosixPath(nodeid.partition("::")[0])
    if file.name in MEASURED:
        return "measured"
    return file.parent.name if file.parent.name in TOGETHER else str(file)


def own_database(broker: str) -> str:
    """Return the address of the broker's database that only this process uses."""
    return urlsplit(broker)._replace(path=f"/{NUMBER + 2}").geturl() if IS_ONE_OF_SEVERAL else broker
