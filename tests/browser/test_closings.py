"""Closings in a real browser: pages that close and come back by themselves, and what was typed in them."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.support.board.sites import seconds_until
from tests.support.browser import letters, sign_in
from tests.support.present import present
from tests.support.servers.embedded import EmbeddedSite

TYPED = {"#id_username": "klinik_melati", "#id_email": "melati@faskes.example"}


def maintenance(site: EmbeddedSite, *arguments: str) -> str:
    """Say it on the command line, as an operator does; return what it says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PCARE", "DJANGO"))}
    for name in ("DATABASE_URL", "REDIS_URL", "BOARD_FILE"):
        environment.pop(name, None)
    command = [str(site.folder / ".venv/bin/python"), "manage.py", "maintenance", *arguments]
    done = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def portal(fresh: EmbeddedSite) -> Iterator[EmbeddedSite]:
    """The site, open again after the test whatever was planned."""
    yield fresh
    fresh.execute("UPDATE maintenance_closure SET cancelled_at = starts_at WHERE cancelled_at IS NULL")
    fresh.execute("UPDATE maintenance_revision SET number = number + 1")
    seconds_until(lambda: httpx.get(f"{fresh.url}/status.json").json()["portal"]["open"])


@pytest.fixture
def asking(page: Page) -> Page:
    """The page for a forgotten password, half filled in, its timers in the test's hands."""
    page.clock.install()
    page.goto("/lupa-password/")
    for field, typed in TYPED.items():
        page.locator(field).fill(typed)
    return page


def pass_time(page: Page, seconds: int) -> None:
    """Let time pass for the page, but not for its browser, which keeps an answer for 5 seconds."""
    page.clock.fast_forward(seconds * 1000)


def forget_answers(page: Page) -> None:
    """Do what 5 seconds do for the answers that the browser keeps."""
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()


def planned(site: EmbeddedSite) -> list[datetime]:
    """Return when the closings begin that the web process knows to come."""
    coming = httpx.get(f"{site.url}/status.json").json()["scheduled_maintenances"]
    return [datetime.fromisoformat(closing["scheduled_for"]) for closing in coming]


def expect_typed(page: Page) -> None:
    for field, typed in TYPED.items():
        expect(page.locator(field)).to_have_value(typed)


def test_open_page_closes_and_comes_back_with_its_half_typed_form(portal: EmbeddedSite, asking: Page) -> None:
    page, notice = asking, asking.get_by_role("alert")
    assert "Taken over by 1 web process" in maintenance(portal, "on", "--until", "+2h", "--message", "Mesin diganti.")
    pass_time(page, 91)
    expect(notice).to_contain_text("Portal ditutup untuk pemeliharaan.")
    expect(notice).to_contain_text("Mesin diganti.")
    expect(notice).to_contain_text("Yang sudah Anda ketik tetap ada di sini.")
    expect(notice.get_by_text("Belum dikirim")).to_be_hidden()
    page.locator("main form button.main").click()
    expect(notice).to_be_focused()
    expect(notice.get_by_text("Belum dikirim")).to_be_visible()
    expect_typed(page)
    maintenance(portal, "off")
    time.sleep(5.2)
    pass_time(page, 41)
    expect(page.locator("#notices")).to_contain_text("Portal sudah bisa dipakai lagi.")
    expect(notice).to_have_count(0)
    expect_typed(page)
    page.locator("input[name=captcha_1]").fill(letters(portal, page))
    page.locator("main form button.main").click()
    expect(page).to_have_url(f"{portal.url}/lupa-password/terkirim/")


def test_form_sent_before_its_page_knew_is_not_lost_either(portal: EmbeddedSite, asking: Page) -> None:
    page = asking
    maintenance(portal, "on")
    page.locator("input[name=captcha_1]").fill(letters(portal, page))
    page.locator("main form button.main").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Portal ditutup untuk pemeliharaan")
    expect(page.get_by_role("alert")).to_contain_text("tidak diproses")
    maintenance(portal, "off")
    pass_time(page, 41)
    expect(page).to_have_url(f"{portal.url}/lupa-password/")
    expect_typed(page)
    expect(page.locator("input[name=captcha_1]")).to_have_value("")
    page.reload()
    expect(page.locator("#id_username")).to_have_value("")


def test_password_is_not_kept_for_later(portal: EmbeddedSite, page: Page) -> None:
    page.clock.install()
    page.goto("/masuk/")
    maintenance(portal, "on")
    page.get_by_label("Username").fill("klinik_melati")
    page.locator("#id_password").fill("rahasia rahasia rahasia")
    page.locator("input[name=captcha_1]").fill("ABCDEF")
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Portal ditutup untuk pemeliharaan")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "klinik_melati" in kept
    assert "rahasia" not in kept
    assert "ABCDEF" not in kept
    maintenance(portal, "off")
    pass_time(page, 41)
    expect(page.get_by_label("Username")).to_have_value("klinik_melati")
    expect(page.locator("#id_password")).to_have_value("")


def test_closed_page_goes_on_to_where_its_reader_was_going(portal: EmbeddedSite, page: Page) -> None:
    maintenance(portal, "on", "--until", "+3h")
    page.clock.install()
    assert present(page.goto("/bantuan/#devices")).status == 503
    expect(page.locator("time").first).to_have_text(re.compile(r"^\w+, \d+ \w+ \d{4} \d\d:\d\d WI(B|TA|T)$"))
    expect(page.get_by_text("Biarkan halaman ini terbuka")).to_be_visible()
    pass_time(page, 41)
    expect(page.get_by_role("heading", level=1)).to_have_text("Portal ditutup untuk pemeliharaan")
    maintenance(portal, "off")
    forget_answers(page)
    pass_time(page, 41)
    expect(page.get_by_role("heading", level=1)).to_have_text("Bantuan untuk masuk")
    expect(page).to_have_url(f"{portal.url}/bantuan/#devices")


def test_closed_page_says_the_new_end_once_it_is_moved(portal: EmbeddedSite, page: Page) -> None:
    maintenance(portal, "on", "--until", "+3h")
    page.clock.install()
    page.goto("/bantuan/")
    before = page.locator(".lead time").inner_text()
    maintenance(portal, "extend", "+1h")
    pass_time(page, 41)
    expect(page.locator(".lead time")).not_to_have_text(before)


@pytest.mark.parametrize(
    ("place", "hours"),
    [
        ("Asia/Jakarta", r"\d\d:\d\d WIB .*\(\d\d:\d\d WITA, .*\d\d:\d\d WIT\)"),
        ("Asia/Makassar", r"\d\d:\d\d WITA .*\(.*\d\d:\d\d WIB, .*\d\d:\d\d WIT\)"),
        ("Asia/Jayapura", r"\d\d:\d\d WIT .*\(.*\d\d:\d\d WIB, .*\d\d:\d\d WITA\)"),
        ("America/New_York", r"\d\d:\d\d WIB .*\(\d\d:\d\d WITA, .*\d\d:\d\d WIT\)"),
    ],
)
def test_hours_are_those_of_the_readers_computer(
    portal: EmbeddedSite, browser: Browser, place: str, hours: str
) -> None:
    maintenance(portal, "on", "--until", "+3h")
    context = browser.new_context(base_url=portal.url, timezone_id=place)
    page = context.new_page()
    page.goto("/masuk/")
    expect(page.locator(".lead")).to_have_text(re.compile(hours))
    context.close()


def polls_of(page: Page) -> list[str]:
    """Return the list that grows by each poll the page makes."""
    polls: list[str] = []

    def keep(asked: Request) -> None:
        if asked.url.endswith("/status.json"):
            polls.append(asked.url)

    page.on("request", keep)
    return polls


def test_polls_of_different_readers_come_at_different_times(portal: EmbeddedSite, browser: Browser) -> None:
    maintenance(portal, "on")
    after = []
    for _ in range(8):
        page = browser.new_context(base_url=portal.url).new_page()
        page.clock.install()
        page.goto("/bantuan/")
        polls = polls_of(page)
        seconds = 0
        while not polls and seconds < 41:
            page.clock.fast_forward(1000)
            page.wait_for_timeout(0)
            seconds += 1
        after.append(seconds)
        page.context.close()
    assert min(after) >= 20
    assert max(after) <= 41
    assert len(set(after)) > 2


def test_coming_closing_counts_down_and_becomes_urgent_where_its_reader_is(portal: EmbeddedSite, page: Page) -> None:
    account = portal.accounts()[0]
    sign_in(portal, page, account["username"], account["password"])
    maintenance(portal, "on", "--in", "15m", "--until", "+1h", "--message", "Mesin diganti.")
    soon = datetime.now(UTC) + timedelta(minutes=10, seconds=15)
    portal.execute(f"UPDATE maintenance_closure SET starts_at = '{soon:%Y-%m-%d %H:%M:%S}' WHERE cancelled_at IS NULL")
    portal.execute("UPDATE maintenance_revision SET number = number + 1")
    seconds_until(lambda: soon.replace(microsecond=0) in planned(portal))
    page.goto("/akun/password/")
    page.locator("#id_old_password").fill("setengah")
    banner = page.locator(".banner.announced")
    expect(banner).to_contain_text("Portal akan ditutup untuk pemeliharaan.")
    expect(banner.get_by_role("timer")).to_have_text(re.compile(r"^0:10:[01]\d$"))
    expect(banner).to_have_class(re.compile("imminent"), timeout=20_000)
    expect(banner).to_contain_text("Selesaikan dan simpan pekerjaan Anda sekarang.")
    expect(banner.get_by_role("timer")).to_have_text(re.compile(r"^0:09:5\d$"))
    expect(page.locator("#id_old_password")).to_have_value("setengah")
    short = page.locator(".short")
    expect(short).to_be_hidden()
    page.set_viewport_size({"width": 360, "height": 400})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(banner).not_to_be_in_viewport()
    expect(short).to_be_visible()
    expect(short).to_have_text(re.compile(r"^Portal ditutup dalam 0:09:\d\d$"))
    assert present(short.bounding_box())["height"] < 40


def test_staff_work_on_while_it_is_closed(portal: EmbeddedSite, page: Page) -> None:
    [account] = [row for row in portal.accounts() if row["username"] == "kepala"]
    maintenance(portal, "on", "--until", "+1h")
    page.goto("/admin/")
    page.get_by_role("link", name="Petugas BPJS Kesehatan yang berhak masuk").click()
    page.get_by_label("Username").fill("kepala")
    page.locator("#id_password").fill(account["password"])
    page.locator("input[name=captcha_1]").fill(letters(portal, page))
    page.get_by_role("button", name="Sign In").click()
    expect(page).to_have_url(f"{portal.url}/admin/")
    expect(page.get_by_role("alert")).to_contain_text("Portal ditutup bagi faskes.")
    page.goto("/admin/maintenance/outage/add/")
    page.get_by_label("Judul").fill("Masuk lambat")
    page.locator("main form input[type=submit]").first.click()
    expect(page.locator(".errornote")).to_be_visible()  # it was sent: a required field is missing


@pytest.mark.parametrize("scripts", [True, False])
def test_closed_page_is_whole_without_scripts_and_on_a_phone(
    portal: EmbeddedSite, browser: Browser, scripts: bool
) -> None:
    maintenance(portal, "on", "--until", "+3h", "--message", "Mesin diganti.")
    phone = browser.new_context(
        base_url=portal.url, java_script_enabled=scripts, viewport={"width": 320, "height": 640}
    )
    page = phone.new_page()
    page.goto("/masuk/")
    expect(page.get_by_text("Mesin diganti.")).to_be_visible()
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    else:
        expect(page.get_by_text("Muat ulang halaman ini sesekali")).to_be_visible()
    page.get_by_text("In English").click()
    expect(page.get_by_text("The portal is closed for maintenance")).to_be_visible()
    phone.close()
