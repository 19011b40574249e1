"""The address for health checks answers whatever else is wrong."""

import httpx
import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from maintenance.gate.middleware import HealthMiddleware
from tests.support.servers.servers import WebServer

# Nobody listens on port 9: neither the database nor the broker is there.
NOTHING_THERE = {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/x", "REDIS_URL": "redis://127.0.0.1:9/0"}


# Without the fixture db any query fails the test.


@pytest.mark.parametrize("host", ["portal.test", "127.0.0.1:8000", "evil.example", "a b", ""])
def test_it_answers_any_host_over_plain_http(host: str) -> None:
    response = Client(headers={"Host": host}).get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_another_page_does_look_at_the_host_and_the_transport() -> None:
    assert Client(headers={"Host": "evil.example"}).get("/bantuan/").status_code == 400
    assert Client(headers={"Host": "portal.test"}).get("/bantuan/").status_code == 301


def test_it_is_neither_kept_nor_sniffed() -> None:
    response = Client().get("/healthz")
    assert response.headers["Content-Type"] == "text/plain"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_head_is_answered_without_a_body() -> None:
    asked = RequestFactory().head("/healthz")
    response = HealthMiddleware(lambda request: pytest.fail("passed on"))(asked)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/healthz"), ("GET", "/healthz/"), ("GET", "/healthzz"), ("GET", "/x/healthz")]
)
def test_nothing_else_is_answered(method: str, path: str) -> None:
    assert Client(headers={"Host": "evil.example"}).generic(method, path).status_code == 400


def test_it_comes_first() -> None:
    assert settings.MIDDLEWARE[0] == "maintenance.gate.middleware.HealthMiddleware"


def test_it_answers_while_database_and_broker_are_away(static_files: None) -> None:
    with WebServer(NOTHING_THERE, workers=1) as site:
        answer = httpx.get(f"{site.url}/healthz")
        assert (answer.status_code, answer.text) == (200, "ok")
        assert httpx.head(f"{site.url}/healthz").status_code == 200
