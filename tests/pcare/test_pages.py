"""The pages of the site: which are open, what every answer carries, what reading leaves alone."""

from typing import Any

import pytest
from captcha.models import CaptchaStore
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Account, RequestCount
from maintenance.models import WebProcess
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.visitor import Visitor, text

OPEN = {
    "login",
    "choose_session",
    "logout",  # by POST; without a session it leads to the sign-in page, which says why
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "activation",
    "not_me",
    "damaged_link",
    "password_strength",  # 403 for all but those who set a password: signed in,
    "link_password_strength",  # or with the link of a letter
    "captcha-image",
    "captcha-refresh",
    "set_language",
    "help",
    "maintenance:status",
    "maintenance:status_json",
    "maintenance:feed",
    "maintenance:notices",
    "admin:login",  # leads to the sign-in page
}
EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def named_views(resolver: URLResolver, prefix: str = "") -> dict[str, Any]:
    """Return all views of the site by the name of their address."""
    views = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            views[f"{prefix}{entry.name or entry.pattern}"] = entry.callback
        else:
            views |= named_views(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
    return views


def test_list_of_open_pages() -> None:
    """Closed by default: a page that forgets nothing is closed; one that is open stands in the list above."""
    views = named_views(get_resolver())
    assert len(views) > 25
    assert {name for name, view in views.items() if not getattr(view, "login_required", True)} == OPEN


@pytest.mark.parametrize(
    "path",
    [
        *["/", "/akun/perangkat/", "/akun/aktivitas/", "/akun/password/"],
        *["/admin/", "/admin/accounts/account/", "/admin/jsi18n/"],
    ],
)
def test_closed_page_leads_to_the_sign_in_page(visitor: Visitor, db: None, path: str) -> None:
    response = visitor.get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith("/masuk/?next=/")


def test_each_read_leaves_the_database_as_it_was(clock: Clock, siti: Account, visitor: Visitor) -> None:
    visitor.sign_in("siti", PASSWORD)
    # What the sign-in page writes, and what the web processes of other tests note of themselves each moment.
    changing = (CaptchaStore, RequestCount, WebProcess)
    tables = [model for model in apps.get_models() if model not in changing]

    def contents() -> list[Any]:
        return [list(model._default_manager.order_by("pk").values()) for model in tables]

    before = contents()
    paths = ["/", "/masuk/", "/masuk/perangkat/", "/keluar/", "/akun/perangkat/", "/akun/aktivitas/", "/akun/password/"]
    paths += ["/bantuan/", "/lupa-password/", "/lupa-password/terkirim/"]
    for path in paths:
        visitor.get(path)
        Visitor().get(path)
    assert contents() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/masuk/", 200),
        ("/", 302),
        ("/tidak-ada/", 404),
        ("/keluar/", 405),
        ("/captcha/gambar/x/", 404),
        ("/bantuan/", 200),
        ("/lupa-password/", 200),
        ("/lupa-password/terkirim/", 200),
        ("/password-baru/MQ/x/", 410),
        ("/akun/password/", 302),
    ],
)
def test_headers_of_every_answer(visitor: Visitor, db: None, path: str, status: int) -> None:
    response = visitor.get(path)
    assert response.status_code == status
    own = {"Referrer-Policy": "strict-origin"} if status == 410 else {}  # the address of a link
    for name, value in (EVERY_ANSWER | own).items():
        assert response.headers[name] == value
    policy = response.headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_headers_of_refusals(visitor: Visitor, db: None) -> None:
    refusals = [
        visitor.post("/masuk/"),
        visitor.get("/masuk/", headers={"Host": "evil.example"}),
        visitor.client.put("/masuk/"),
        visitor.post("/masuk/", {"x": "y" * 300_000}),
    ]
    assert [response.status_code for response in refusals] == [403, 400, 403, 413]
    for response in refusals:
        for name, value in EVERY_ANSWER.items():
            assert response.headers[name] == value
        assert "<h1" in text(response)
        assert "Traceback" not in text(response)


def test_server_error_is_a_page_with_headers(visitor: Visitor, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("accounts.captcha.challenges.issue", broken)
    visitor.client.raise_request_exception = False
    response = visitor.get("/masuk/")
    assert response.status_code == 500
    assert "secret detail" not in text(response)
    assert "<h1" in text(response)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_language_is_indonesian_until_another_is_chosen(visitor: Visitor, db: None) -> None:
    page = visitor.get("/masuk/", headers={"Accept-Language": "en-US,en"})
    assert '<html lang="id"' in text(page)
    visitor.press("/bahasa/", language="en", next="/masuk/")
    page = visitor.get("/masuk/")
    assert '<html lang="en"' in text(page)
    assert page.headers["Content-Language"] == "en"
    assert visitor.client.cookies["__Host-language"]["httponly"]
