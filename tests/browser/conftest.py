"""The embedded mode, and a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.programs import CHROMIUM
from tests.support.servers.embedded import EmbeddedSite, MakeRun, fresh_copy

# Milliseconds; this machine may be busy.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def project_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh_copy(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="session")
def embedded(project_copy: Path) -> Iterator[EmbeddedSite]:
    run = MakeRun(project_copy)
    try:
        yield run.wait()
    finally:
        run.interrupt()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread: Django would take the tests for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM.find_or_install())


@pytest.fixture
def fresh(embedded: EmbeddedSite) -> EmbeddedSite:
    """The site without locks, used up limits and live sessions of other tests."""
    embedded.execute("DELETE FROM accounts_attempts")
    embedded.execute("DELETE FROM accounts_requestcount")
    embedded.execute("UPDATE user_sessions_session SET expire_date = '2020-01-01 00:00:00'")
    return embedded


@pytest.fixture
def page(browser: Browser, fresh: EmbeddedSite) -> Iterator[Page]:
    context = browser.new_context(base_url=fresh.url, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
