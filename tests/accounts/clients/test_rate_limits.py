"""What one client address may ask for: exactly so much in ten minutes, on any number of processes."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from captcha.models import CaptchaStore
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts import policy, tasks
from accounts.captcha import challenges
from accounts.clients import rate_limits
from accounts.clients.rate_limits import TooManyRequests
from accounts.models import Account, RequestCount, State
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.outcomes import error_codes, visible
from tests.support.parallel import at_once
from tests.support.present import present
from tests.support.visitor import Visitor, text

WRONG = "salah salah salah"
XHR = {"X-Requested-With": "XMLHttpRequest"}
PICTURE = re.compile(r'<img[^>]*src="/captcha/gambar/([^"/]+)/"')


@pytest.fixture
def asked(rf: RequestFactory) -> Callable[..., HttpRequest]:
    """Return a request from an address."""
    return lambda address="203.0.113.7": rf.get("/", REMOTE_ADDR=address)


def is_taken(request: HttpRequest, kind: rate_limits.Kind) -> bool:
    try:
        rate_limits.take(request, kind)
    except TooManyRequests:
        return False
    return True


def flood(address: str = "203.0.113.7") -> None:
    """Use up the captchas of an address but for those it has asked for already."""
    Visitor(address=address).open_sign_in()
    RequestCount.objects.update(used=policy.CAPTCHAS_PER_ADDRESS)


@pytest.mark.parametrize("earlier", [None, policy.RESETS_PER_ADDRESS])
def test_forty_at_once_take_exactly_the_limit(
    transactional_db: None, asked: Callable[..., HttpRequest], earlier: int | None
) -> None:
    """In the address's first window, and in one that follows a window that was used up."""
    if earlier:
        rate_limits.take(asked(), rate_limits.Kind.RESETS)
        RequestCount.objects.update(used=earlier, ends_at=timezone.now())
    taken = at_once([partial(is_taken, asked(), rate_limits.Kind.RESETS)] * 40)
    assert sum(taken) == policy.RESETS_PER_ADDRESS == 30
    assert RequestCount.objects.get().used == 30


def test_forty_at_the_edge_get_the_last_three_pictures_from_four_processes(site: str) -> None:
    Visitor(site).open_sign_in()
    RequestCount.objects.update(used=policy.CAPTCHAS_PER_ADDRESS - 3)
    CaptchaStore.objects.all().delete()
    answers = at_once([Visitor(site).open_sign_in for _ in range(40)])
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 37
    assert CaptchaStore.objects.count() == 3


def test_flood_leaves_bounded_rows(visitor: Visitor, db: None) -> None:
    answers = [Visitor().open_sign_in().status_code for _ in range(350)]
    answers += [visitor.get("/captcha/baru/", headers=XHR).status_code for _ in range(50)]
    assert answers == [200] * 300 + [429] * 100
    assert (CaptchaStore.objects.count(), RequestCount.objects.count()) == (policy.CAPTCHAS_PER_ADDRESS, 1)


def test_both_sides_of_the_end_of_a_window(clock: Clock, db: None) -> None:
    flood()
    clock.shift(policy.REQUEST_WINDOW - timedelta(microseconds=1))
    refused = Visitor().open_sign_in()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    clock.shift(timedelta(microseconds=1))
    assert Visitor().open_sign_in().status_code == 200
    window = RequestCount.objects.get()
    assert (window.used, window.ends_at) == (1, timezone.now() + policy.REQUEST_WINDOW)


def test_later_requests_do_not_make_a_window_longer(clock: Clock, db: None) -> None:
    flood()
    RequestCount.objects.update(used=policy.CAPTCHAS_PER_ADDRESS - 1)
    clock.shift(60)
    answers = [Visitor().open_sign_in() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert [answer.headers["Retry-After"] for answer in answers[1:]] == ["540"] * 2
    assert RequestCount.objects.get().used == policy.CAPTCHAS_PER_ADDRESS


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("10.0.0.1, 203.0.113.7", "10.0.0.2, 203.0.113.7", True),  # a made-up hop
        ("203.0.113.7, 198.51.100.1", "203.0.113.7, 198.51.100.2", False),
    ],
)
def test_whose_requests_count_together(db: None, first: str, second: str, is_shared: bool) -> None:
    flood(first)
    assert Visitor(address=first).open_sign_in().status_code == 429
    assert Visitor(address=second).open_sign_in().status_code == (429 if is_shared else 200)


def test_kinds_are_counted_apart(db: None, asked: Callable[..., HttpRequest]) -> None:
    for kind, limit in (
        (rate_limits.Kind.CAPTCHAS, policy.CAPTCHAS_PER_ADDRESS),
        (rate_limits.Kind.RESETS, policy.RESETS_PER_ADDRESS),
        (rate_limits.Kind.STRENGTH_QUESTIONS, policy.STRENGTH_QUESTIONS_PER_ADDRESS),
    ):
        assert [is_taken(asked(), kind) for _ in range(limit + 1)] == [True] * limit + [False]


def test_request_without_an_address_is_not_limited(db: None, asked: Callable[..., HttpRequest]) -> None:
    assert all(is_taken(asked(""), rate_limits.Kind.RESETS) for _ in range(policy.RESETS_PER_ADDRESS + 1))
    assert not RequestCount.objects.exists()


def test_sqlite_counts_with_the_same_statement() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE accounts_requestcount (key TEXT PRIMARY KEY, used INTEGER, ends_at TEXT)")
    statement = re.sub(r"%\((\w+)\)s", r":\1", rate_limits.TAKE)

    def used(now: str, ends_at: str) -> list[tuple[int]]:
        return database.execute(statement, {"key": "k", "now": now, "ends_at": ends_at, "limit": 2}).fetchall()

    first = [used("2026-01-01 10:00:00", "2026-01-01 10:10:00") for _ in range(3)]
    assert first == [[(1,)], [(2,)], []]
    assert used("2026-01-01 10:09:59.999999", "2026-01-01 10:19:59.999999") == []
    assert used("2026-01-01 10:10:00", "2026-01-01 10:20:00") == [(1,)]
    assert database.execute("SELECT ends_at FROM accounts_requestcount").fetchall() == [("2026-01-01 10:20:00",)]


@pytest.mark.parametrize(
    ("language", "gone", "wait"),
    [
        ("id", 0, "Tunggu 10 menit, lalu coba lagi."),
        ("id", 551, "Tunggu 49 detik, lalu coba lagi."),
        ("en", 0, "You can try again in 10 minutes."),
        ("en", 539, "You can try again in 2 minutes."),
        ("en", 540, "You can try again in 1 minute."),
        ("en", 541, "You can try again in 59 seconds."),
        ("en", 599, "You can try again in 1 second."),
    ],
)
def test_page_says_why_how_long_and_whom_to_call(
    clock: Clock, visitor: Visitor, db: None, language: str, gone: int, wait: str
) -> None:
    flood()
    clock.shift(gone)
    visitor.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = visitor.open_sign_in()
    assert (page.status_code, page.headers["Retry-After"]) == (429, str(600 - gone))
    assert f'<html lang="{language}"' in text(page)
    why = {"id": "Terlalu banyak permintaan dari jaringan Anda", "en": "Too many requests from your network"}
    whose = {"id": "tidak ada akun yang terkunci", "en": "no account is locked by it"}
    for sentence in (why[language], whose[language], wait, "165"):
        assert sentence in visible(page)


def test_refresh_says_it_to_the_script(clock: Clock, visitor: Visitor, db: None) -> None:
    flood()
    clock.shift(300)
    visitor.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = visitor.get("/captcha/baru/", headers=XHR)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    sentence = "Too many requests came from your network. You can try again in 5 minutes."
    assert answer.json() == {"sentence": sentence}


def test_picture_that_a_browser_has_signs_in_beyond_the_limit(visitor: Visitor, siti: Account) -> None:
    page = visitor.open_sign_in()
    flood()
    picture = present(PICTURE.search(text(page))).group(1)
    assert visitor.get(f"/captcha/gambar/{picture}/").status_code == 200
    assert visitor.send_sign_in("siti", PASSWORD, visitor.solve()).status_code == 302
    assert visitor.is_signed_in()


def refusal_beyond_the_limit(name: str, password: str, answer: str | None = None) -> Any:
    visitor = Visitor()
    visitor.open_sign_in()
    flood()
    answer = visitor.solve() if answer is None else answer
    response = visitor.send_sign_in(name, password, answer)
    RequestCount.objects.all().delete()
    return response


def test_refused_sign_in_beyond_the_limit_says_why(siti: Account, rina: Account) -> None:
    Account.objects.filter(pk=rina.pk).update(state=State.DEACTIVATED)
    for name, password, answer, status, code in (
        ("siti", PASSWORD, "xxxxxx", 422, "captcha_wrong"),
        ("siti", WRONG, None, 422, "wrong"),
        ("rina", PASSWORD, None, 403, "deactivated"),
    ):
        page = refusal_beyond_the_limit(name, password, answer)
        assert (page.status_code, error_codes(page)) == (status, {code})
        assert all(error in visible(page) for errors in page.context["form"].errors.values() for error in errors)
        assert not PICTURE.search(text(page))
        assert "jaringan Anda. Tunggu 10 menit, lalu coba lagi." in visible(page)
        assert "Ganti gambar" in visible(page)


def test_lock_beyond_the_limit_is_the_lock_s_page(clock: Clock, siti: Account) -> None:
    for _ in range(2):
        refusal_beyond_the_limit("siti", WRONG)
    page = refusal_beyond_the_limit("siti", WRONG)
    assert (page.status_code, error_codes(page)) == (429, {"locked_out"})
    assert page.headers["Retry-After"] == "180"


def test_page_without_a_picture_becomes_one_with_a_picture(visitor: Visitor, siti: Account) -> None:
    """Without scripts: the form is sent again as it is."""
    visitor.open_sign_in()
    flood()
    visitor.send_sign_in("siti", WRONG, visitor.solve())
    RequestCount.objects.all().delete()
    again = visitor.send_sign_in("siti", PASSWORD, "")
    assert error_codes(again) == {"captcha_empty"}
    assert PICTURE.search(text(again))


def test_ended_session_is_explained_after_the_wait(clock: Clock, siti: Account) -> None:
    clinic = Visitor()
    clinic.sign_in("siti", PASSWORD)
    del clinic.client.cookies["__Host-device"]
    clock.shift(policy.SESSION_LIFETIME)
    flood()
    assert clinic.open_sign_in().status_code == 429
    clock.shift(policy.REQUEST_WINDOW)
    assert clinic.open_sign_in().context["end_reason"]
    assert not clinic.open_sign_in().context["end_reason"]


def test_picture_is_drawn_once(visitor: Visitor, db: None) -> None:
    picture = present(PICTURE.search(text(visitor.open_sign_in()))).group(1)
    before = challenges.drawn_once.cache_info()
    first, second = (visitor.get(f"/captcha/gambar/{picture}/").content for _ in range(2))
    after = challenges.drawn_once.cache_info()
    assert first == second
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)


def test_sweep_deletes_windows_that_are_over(clock: Clock, db: None, asked: Callable[..., HttpRequest]) -> None:
    rate_limits.take(asked("203.0.113.7"), rate_limits.Kind.RESETS)
    clock.shift(1)
    rate_limits.take(asked("203.0.113.8"), rate_limits.Kind.RESETS)
    clock.shift(policy.REQUEST_WINDOW - timedelta(seconds=1, microseconds=1))
    assert tasks.sweep()["request counts deleted"] == 0
    clock.shift(timedelta(microseconds=1))
    assert tasks.sweep()["request counts deleted"] == 1
    assert RequestCount.objects.get().ends_at == timezone.now() + timedelta(seconds=1)


def test_browser_that_has_signed_in_is_not_kept_out_by_its_network(siti: Account) -> None:
    known = Visitor()
    known.sign_in("siti", PASSWORD)
    known.get("/")
    known.press("/keluar/")
    flood()
    assert Visitor().open_sign_in().status_code == 429
    assert known.open_sign_in().status_code == 200
    for _ in range(policy.CAPTCHAS_PER_ADDRESS):
        known.open_sign_in()
    assert known.open_sign_in().status_code == 429, "it has a limit of its own"
