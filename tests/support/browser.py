"""Signing in with a real browser."""

from playwright.sync_api import Page

from tests.support.servers.embedded import EmbeddedSite


def letters(site: EmbeddedSite, page: Page) -> str:
    """Return the letters of the picture on the page."""
    key = page.locator("input[name=captcha_0]").input_value()
    [(answer,)] = site.query("SELECT response FROM captcha_captchastore WHERE hashkey = ?", key)
    return answer


def sign_in(site: EmbeddedSite, page: Page, username: str, password: str) -> None:
    """Fill in the sign-in page and send it."""
    page.goto("/masuk/")
    page.get_by_label("Username").fill(username)
    page.locator("#id_password").fill(password)
    page.locator("input[name=captcha_1]").fill(letters(site, page))
    page.get_by_role("button", name="Sign In").click()
