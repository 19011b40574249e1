"""Signing in with a real browser, as a facility's admin does."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts import policy
from accounts.captcha import picture
from tests.support.browser import letters, sign_in
from tests.support.servers.embedded import EmbeddedSite

WRONG = "salah salah salah"


@pytest.fixture
def account(fresh: EmbeddedSite) -> dict[str, str]:
    """The first demonstration account of a facility."""
    return fresh.accounts()[0]


def test_sign_in_by_keyboard_alone(fresh: EmbeddedSite, page: Page, account: dict[str, str]) -> None:
    page.goto("/masuk/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(account["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(account["password"])
    page.keyboard.press("Tab")  # show
    page.keyboard.press("Tab")  # another picture
    page.keyboard.press("Tab")
    page.keyboard.type(letters(fresh, page))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{fresh.url}/")
    expect(page.locator(".who")).to_contain_text(account["facility"].split(" (")[0], ignore_case=True)
    page.get_by_role("button", name="Keluar").click()
    expect(page).to_have_url(f"{fresh.url}/masuk/")


def test_lock_pops_up_counts_down_and_offers_the_way_back(
    fresh: EmbeddedSite, page: Page, account: dict[str, str]
) -> None:
    page.clock.install()
    for _ in range(3):
        sign_in(fresh, page, account["username"], WRONG)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("timer")).to_contain_text("2:5")
    again = dialog.get_by_role("link", name="Coba lagi")
    expect(again).to_be_hidden()
    page.clock.fast_forward(178_000)
    expect(dialog.get_by_role("timer")).to_contain_text("0:0")
    page.clock.fast_forward(3_000)
    expect(again).to_be_visible()
    fresh.execute("DELETE FROM accounts_attempts")
    again.click()
    expect(page.get_by_label("Username")).to_be_visible()


def test_lock_is_a_page_without_scripts(fresh: EmbeddedSite, browser: Browser, account: dict[str, str]) -> None:
    context = browser.new_context(base_url=fresh.url, java_script_enabled=False)
    page = context.new_page()
    for _ in range(3):
        sign_in(fresh, page, account["username"], WRONG)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("timer")).to_contain_text("1")
    expect(page.get_by_role("link", name="Coba lagi")).to_be_visible()
    context.close()


def test_fourth_device_chooses_and_the_ended_one_reads_why(
    fresh: EmbeddedSite, browser: Browser, account: dict[str, str]
) -> None:
    pages = [
        browser.new_context(base_url=fresh.url, viewport={"width": 360, "height": 740}).new_page() for _ in range(4)
    ]
    for page in pages:
        sign_in(fresh, page, account["username"], account["password"])
    *first, fourth = pages
    expect(fourth).to_have_url(f"{fresh.url}/masuk/perangkat/")
    fourth.locator("main form button").last.click()
    expect(fourth).to_have_url(f"{fresh.url}/")
    ended = []
    for page in first:
        page.goto("/")
        if page.url.startswith(f"{fresh.url}/masuk/"):
            expect(page.get_by_text("Sesi Anda sudah berakhir")).to_be_visible()
            ended.append(page)
    assert len(ended) == 1
    for page in pages:
        page.context.close()


def test_new_picture_keeps_what_was_typed(fresh: EmbeddedSite, page: Page) -> None:
    page.goto("/masuk/")
    page.get_by_label("Username").fill("0114B026")
    page.locator("#id_password").fill("diketik sebagian")
    before = letters(fresh, page)
    key = page.locator("input[name=captcha_0]").input_value()
    page.locator("[data-captcha] button").click()
    expect(page.locator("input[name=captcha_0]")).not_to_have_value(key)
    assert letters(fresh, page) != before
    expect(page.get_by_label("Username")).to_have_value("0114B026")
    expect(page.locator("#id_password")).to_have_value("diketik sebagian")
    expect(page.locator("[data-captcha] img")).to_have_js_property("naturalWidth", picture.WIDTH)


def test_picture_comes_once_the_limit_of_an_address_allows_it(fresh: EmbeddedSite, page: Page) -> None:
    page.goto("/masuk/")
    fresh.execute(f"UPDATE accounts_requestcount SET used = {policy.CAPTCHAS_PER_ADDRESS}")
    page.get_by_label("Username").fill("0114B026")
    page.get_by_role("button", name="Sign In").click()
    captcha = page.locator("[data-captcha]")
    reason = re.compile(r"jaringan Anda\. Tunggu \d+ menit")
    expect(captcha.locator(".missing")).to_contain_text(reason)
    expect(captcha.locator("img")).to_be_hidden()
    captcha.get_by_role("button").click()
    expect(captcha.get_by_role("status")).to_contain_text(reason)
    fresh.execute("DELETE FROM accounts_requestcount")
    captcha.get_by_role("button").click()
    expect(captcha.locator("img")).to_be_visible()
    expect(captcha.locator(".missing")).to_have_count(0)
    expect(page.locator("input[name=captcha_0]")).not_to_have_value("")
    expect(page.get_by_label("Username")).to_have_value("0114B026")


def test_password_can_be_shown_pasted_and_filled_in_by_managers(page: Page) -> None:
    page.goto("/masuk/")
    password = page.locator("#id_password")
    expect(password).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("Username")).to_have_attribute("autocomplete", "username")
    password.fill("empat kata cukup panjang")
    page.locator("[data-reveal]").click()
    expect(password).to_have_attribute("type", "text")
    page.keyboard.press("Escape")
    password.evaluate("field => field.focus()")
    pasted = password.evaluate(
        "field => field.dispatchEvent(new ClipboardEvent('paste', {cancelable: true, bubbles: true}))"
    )
    assert pasted, "nothing stops a paste"


def test_errors_move_the_focus_and_name_the_page(fresh: EmbeddedSite, page: Page) -> None:
    page.goto("/masuk/")
    page.get_by_role("button", name="Sign In").click()
    expect(page).to_have_title(re.compile("^Galat:"))
    expect(page.locator("[data-focus]")).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("path", ["/masuk/", "/bantuan/", "/tidak-ada/"])
def test_nothing_is_wider_than_the_window(page: Page, width: int, path: str) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_console_stays_quiet(page: Page, fresh: EmbeddedSite, account: dict[str, str]) -> None:
    """Content-Security-Policy stops nothing of ours, no script fails."""
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    sign_in(fresh, page, account["username"], account["password"])
    for path in ("/", "/akun/perangkat/", "/akun/aktivitas/", "/bantuan/"):
        page.goto(path)
    assert messages == []
