"""The meter of a new password in a real browser."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import sign_in
from tests.support.present import present
from tests.support.servers.embedded import EmbeddedSite

ADDRESS = "**/akun/password/kekuatan/"
PAUSE = 400  # milliseconds


@pytest.fixture
def asked(fresh: EmbeddedSite, page: Page) -> list[str]:
    """The page of the change, signed in; the list of what it asks the server."""
    account = fresh.accounts()[0]
    sign_in(fresh, page, account["username"], account["password"])
    expect(page).to_have_url(f"{fresh.url}/")
    page.goto("/akun/password/")
    bodies: list[str] = []

    def keep(request: Request) -> None:
        if request.url.endswith("kekuatan/"):
            bodies.append(present(request.post_data))

    page.on("request", keep)
    return bodies


def meter(page: Page) -> Any:
    return page.locator("[data-meter]")


def test_it_counts_judges_and_falls_silent(page: Page, asked: list[str]) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    password = page.locator("#id_new_password1")
    expect(meter(page)).to_have_text("")
    password.fill("puskesmas")
    expect(meter(page)).to_have_text("Kurang 6 karakter lagi.")
    password.fill("e\u0301" * 14)
    expect(meter(page)).to_have_text("Kurang 1 karakter lagi.")
    assert asked == []
    password.fill("puskesmas klinik")
    expect(meter(page)).to_contain_text("Lemah: ")
    expect(meter(page).locator("li")).to_have_count(1)
    expect(meter(page).locator(".on")).to_have_count(1)
    password.fill("bqxzjvkwp--------")
    expect(meter(page)).to_contain_text("Sedang: ")
    password.fill("kopi & gula = hujan + sepatu")
    expect(meter(page)).to_contain_text("Baik: ")
    expect(meter(page).locator(".on")).to_have_count(4)
    password.fill("x" * 129)
    expect(meter(page)).to_have_text("Terlalu panjang. Gunakan maksimal 128 karakter.")
    assert len(asked) == 3
    assert "password=kopi+%26+gula+%3D+hujan+%2B+sepatu" in asked[-1]
    password.fill("")
    expect(meter(page)).to_have_text("")
    page.wait_for_timeout(600)
    assert len(asked) == 3 and messages == []


def test_one_question_after_a_pause_and_the_newest_answer_wins(page: Page, asked: list[str]) -> None:
    held: list[Route] = []
    # To end the interception would let the held question through, and its answer could come before it is withdrawn.
    page.route(ADDRESS, lambda route: route.continue_() if held else held.append(route))
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    password = page.locator("#id_new_password1")
    password.press_sequentially("kopi gula hujan sepatu")
    page.clock.run_for(PAUSE - 1)
    page.wait_for_timeout(100)
    assert asked == []
    with page.expect_request(ADDRESS):
        page.clock.run_for(1)
    while not held:
        page.wait_for_timeout(10)
    with page.expect_event("requestfailed"):  # the older question is withdrawn
        password.fill("puskesmas klinik")
    page.clock.run_for(PAUSE)
    expect(meter(page)).to_contain_text("Lemah: ")
    assert len(asked) == 2


@pytest.mark.parametrize(
    "answer", [{"status": 429, "json": {}}, {"status": 200, "body": "<html>"}, {"status": 500}, None]
)
def test_without_an_answer_it_says_nothing(page: Page, asked: list[str], answer: dict | None) -> None:
    password = page.locator("#id_new_password1")
    password.fill("puskesmas klinik")
    expect(meter(page)).to_contain_text("Lemah: ")
    page.route(ADDRESS, lambda route: route.fulfill(**answer) if answer else route.abort())
    password.fill("puskesmas klinik faskes")
    expect(meter(page)).to_have_text("")
    expect(meter(page).locator(".steps")).to_be_hidden()
    page.unroute(ADDRESS)
    password.fill("kopi gula hujan sepatu")
    expect(meter(page)).to_contain_text("Baik: ")


def test_it_speaks_english(page: Page, asked: list[str]) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/akun/password/")
    password = page.locator("#id_new_password1")
    password.fill("puskesmas")
    expect(meter(page)).to_have_text("6 more characters are needed.")
    password.fill("puskesmas klin")
    expect(meter(page)).to_have_text("1 more character is needed.")
    password.fill("puskesmas klinik")
    expect(meter(page)).to_have_text(re.compile("Weak: not accepted yet.\\s*Easy to guess: words about"))


@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits(page: Page, asked: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("#id_new_password1").fill("siti aminah puskesmas")
    expect(meter(page).locator(".on").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
