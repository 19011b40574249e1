"""Requests that nobody looks at the answer of change nothing: HEAD, prefetch, parts of foreign pages, scripts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from captcha.models import CaptchaStore
from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from user_sessions.models import Session

from accounts.models import Account, RequestCount
from maintenance.models import WebProcess
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.visitor import Visitor, text

PREFETCH = [
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
]
PARTS = [{"Sec-Fetch-Dest": dest, "Sec-Fetch-Site": "cross-site"} for dest in ("image", "iframe", "script", "empty")]
PAGES = ["/", "/akun/perangkat/", "/akun/aktivitas/", "/akun/password/", "/bantuan/", "/masuk/", "/lupa-password/"]
ASKS_FOR_LETTERS = ["/masuk/", "/lupa-password/"]


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables, but for what web processes of other tests note of themselves each moment."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models()}


def models() -> Iterator[type[Model]]:
    return (model for model in apps.get_models() if not model._meta.proxy and model is not WebProcess)


def a_minute_later(account: Account) -> None:
    """Let the next use of the account's sessions be one that is noted."""
    Session.objects.filter(user=account).update(last_activity=timezone.now() - timedelta(minutes=5))


@pytest.mark.parametrize("headers", [*PREFETCH, None], ids=lambda headers: str(headers or "HEAD"))
@pytest.mark.parametrize("path", PAGES)
def test_prefetch_and_head_leave_everything_as_it_was(siti: Account, path: str, headers: dict[str, str] | None) -> None:
    [visitor] = signed_in(siti)
    visitor.press("/keluar/") if path in ASKS_FOR_LETTERS else None
    a_minute_later(siti)
    before, cookies = everything(), visitor.cookies()
    answer = visitor.client.get(path, headers=headers) if headers else visitor.client.head(path)
    assert answer.status_code == (503 if headers else 200)
    assert everything() == before
    assert visitor.cookies() == cookies, "a message waits for a page"


@pytest.mark.parametrize("headers", PARTS, ids=lambda headers: headers["Sec-Fetch-Dest"])
@pytest.mark.parametrize("path", ASKS_FOR_LETTERS)
def test_part_of_a_foreign_page_uses_up_no_captcha(db: None, path: str, headers: dict[str, str]) -> None:
    answer = Visitor().client.get(path, headers=headers)
    assert answer.status_code == 200
    assert not CaptchaStore.objects.exists()
    assert not RequestCount.objects.exists()


def test_three_hundred_pictures_of_a_foreign_page_close_nothing(siti: Account) -> None:
    stranger = Visitor()
    for _ in range(310):
        stranger.client.get("/masuk/", headers=PARTS[0])
    assert Visitor().sign_in("siti", PASSWORD).status_code == 302


def test_browser_that_does_not_say_what_it_fetches_gets_its_picture(db: None) -> None:
    visitor = Visitor()
    visitor.get("/masuk/")
    assert visitor.solve()


def test_prefetched_sign_in_page_keeps_a_choice_of_devices(siti: Account) -> None:
    signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    for headers in PREFETCH:
        fourth.client.get("/masuk/", headers=headers)
    fourth.client.head("/masuk/")
    assert fourth.get("/masuk/perangkat/").status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/tidak-ada/", {}), ("/captcha/baru/", {"X-Requested-With": "XMLHttpRequest"}), ("/favicon.ico", {})],
)
def test_nothing_in_the_background_lengthens_a_session(siti: Account, path: str, headers: dict[str, str]) -> None:
    [visitor] = signed_in(siti)
    a_minute_later(siti)
    before = Session.objects.values().get()
    visitor.client.get(path, headers=headers)
    assert Session.objects.values().get() == before
    visitor.get("/")
    assert Session.objects.values().get() != before, "a page does"


def test_message_is_kept_for_the_page_that_shows_it(siti: Account) -> None:
    [visitor] = signed_in(siti)
    visitor.press("/keluar/")
    visitor.client.head("/masuk/")
    visitor.client.get("/masuk/", headers=PREFETCH[0])
    visitor.client.get("/captcha/baru/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert "Anda sudah keluar" in text(visitor.get("/masuk/"))
