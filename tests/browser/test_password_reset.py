"""The whole way in a real browser: from forgotten to signed in, by a letter that came over SMTP."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from captcha.models import CaptchaStore
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from accounts.letters import links
from accounts.models import Account, Letter
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.servers import servers
from tests.support.servers.mail_servers import MailServer
from tests.support.servers.proxies import Caddy
from tests.support.servers.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(transactional_db: None, static_files: None, mail: MailServer) -> Iterator[str]:
    """The address of the portal behind TLS, with a worker that sends its letters."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    # Another queue than that of the other tests, where what nobody took has piled up.
    broker = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/1"
    env = {**mail.env, "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}", "REDIS_URL": broker}
    with (
        servers.WebServer(env, path="/bantuan/") as web,
        Caddy(web.port) as proxy,  # browsers want TLS for the portal's cookies
        Worker({**env, "SITE_URL": proxy.url}),
    ):
        yield proxy.url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site, ignore_https_errors=True, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


def copy_letters(page: Page) -> None:
    key = page.locator("input[name=captcha_0]").input_value()
    page.locator("input[name=captcha_1]").fill(CaptchaStore.objects.get(hashkey=key).response)


def test_from_forgotten_to_signed_in(page: Page, site: str, siti: Account, mail: MailServer) -> None:
    page.goto("/masuk/")
    page.get_by_role("link", name="Lupa Password…?").click()
    page.get_by_label("Username").fill("siti")
    page.get_by_label("Email terdaftar").fill("siti@example.id")
    copy_letters(page)
    page.get_by_role("button", name="Kirim Link Ubah Password").click()
    expect(page.get_by_role("heading", name="Periksa email Anda")).to_be_visible()

    (letter,) = mail.wait_for(1)
    assert letter.recipients == ["siti@example.id"]
    assert letter.link.startswith(site)
    page.goto(letter.link)
    expect(page).to_have_url(re.compile(r"/password-baru/\w+/terbuka/$"))
    assert page.evaluate("document.cookie") == "", "no script reads the token"
    page.locator("#id_new_password1").fill(PASSWORD)
    page.locator("#id_new_password2").fill(PASSWORD)
    page.get_by_role("button", name="Simpan password").click()
    expect(page).to_have_title(re.compile("^Galat:"))
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("salah satu dari 3 password terakhir")
    page.locator("#id_new_password1").fill(NEW_PASSWORD)
    expect(page.get_by_text("Baik: sulit ditebak")).to_be_visible()
    page.locator("#id_new_password2").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Simpan password").click()
    expect(page).to_have_url(f"{site}/masuk/")
    expect(page.get_by_text("Password baru untuk siti sudah disimpan")).to_be_visible()

    page.get_by_label("Username").fill("siti")
    page.locator("#id_password").fill(NEW_PASSWORD)
    copy_letters(page)
    page.get_by_role("button", name="Sign In").click()
    expect(page).to_have_url(f"{site}/")
    expect(page.locator(".who")).to_contain_text("Siti Aminah")
    told = mail.wait_for(2)[1]
    assert "password baru" in told.subject
    page.goto(letter.link)
    expect(page.get_by_role("heading", name="Tautan ini tidak berlaku")).to_be_visible()


def test_history_of_a_shared_pc_leads_back_to_no_form(page: Page, siti: Account, rina: Account) -> None:
    letter = Letter.objects.create(kind=Letter.Kind.RESET, account=siti, to=siti.email, serial=siti.link_serial)
    link = urlsplit(links.make(letter, siti)).path
    page.goto(link)
    expect(page.get_by_role("heading", name="Buat password baru")).to_be_visible()
    opened = page.url
    page.goto("/masuk/")
    page.get_by_label("Username").fill("rina")
    page.locator("#id_password").fill(PASSWORD)
    copy_letters(page)
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("button", name="Keluar").click()
    expect(page.get_by_text("Anda sudah keluar")).to_be_visible()
    while page.url != opened:
        page.go_back()
    expect(page.get_by_role("heading", name="Buka lagi tautan di email")).to_be_visible()
    expect(page.locator("#id_new_password1")).to_have_count(0)
    page.goto(link)
    expect(page.locator("#id_new_password1")).to_be_visible()


def test_change_while_signed_in_keeps_this_browser(page: Page, site: str, siti: Account, mail: MailServer) -> None:
    page.goto("/masuk/")
    page.get_by_label("Username").fill("siti")
    page.locator("#id_password").fill(PASSWORD)
    copy_letters(page)
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("link", name="Password", exact=True).click()
    page.locator("#id_old_password").fill(PASSWORD)
    page.locator("#id_new_password1").fill(NEW_PASSWORD)
    page.locator("#id_new_password2").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Simpan password").click()
    expect(page).to_have_url(f"{site}/")
    expect(page.get_by_text("Password Anda sudah diubah")).to_be_visible()
    page.reload()
    expect(page.locator(".who")).to_contain_text("Siti Aminah")
    assert "password baru" in mail.wait_for(1)[0].subject
