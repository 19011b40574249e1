"""An opened link on a PC that several people share: how long it waits there, and who is signed in beside it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing

from accounts import policy
from accounts.letters import outbox
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import SessionEndReason
from accounts.passwords import opened_link, setting
from tests.support import mailbox
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.mailbox import NEW_PASSWORD
from tests.support.outcomes import error_codes, reason_read, visible
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind
ALARM = "Password akun ini sudah diubah"


@pytest.fixture
def path(siti: Account, mailoutbox: list[Any]) -> str:
    """The link of a reset letter to siti."""
    return mailbox.reset_link(siti, mailoutbox)


def opened(path: str, visitor: Visitor | None = None) -> Visitor:
    """Return a browser in which the link was opened."""
    visitor = visitor or Visitor()
    assert visitor.open_link(path).status_code == 200
    return visitor


def is_over(visitor: Visitor) -> bool:
    """Tell whether the page of the link says that it has to be opened again, not that it was cut."""
    page = visitor.get(visitor.opened)
    assert "terpotong" not in text(page)
    assert (page.status_code == 410) == ("Buka lagi tautan di email" in visible(page))
    assert (page.status_code == 410) == ("new_password1" not in text(page))
    return page.status_code == 410


# How long it waits


def test_cookie_ends_with_the_browser(path: str) -> None:
    cookie = Visitor().get(path).cookies["__Host-link"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


def test_opened_link_waits_for_fifteen_minutes(clock: Clock, siti: Account, path: str) -> None:
    visitor = opened(path)
    assert "paling lambat 10:15 WIB" in visible(visitor.get(visitor.opened))
    clock.shift(policy.LINK_COOKIE_LIFE - timedelta(seconds=31))
    assert visitor.set_password(PASSWORD).status_code == 422
    assert not is_over(visitor)
    clock.shift(31)
    assert is_over(visitor), "a refused password has not made it longer"
    assert "lebih dari 15 menit" in text(visitor.get(visitor.opened))
    answer = visitor.set_password(NEW_PASSWORD)
    assert answer.status_code == 410
    assert "Yang baru Anda kirim tidak disimpan" in text(answer)
    assert visitor.press("/lupa-password/kekuatan/", password=NEW_PASSWORD).status_code == 403
    assert visitor.sign_in("siti", PASSWORD).status_code == 302


def test_link_in_the_letter_begins_anew(clock: Clock, path: str) -> None:
    visitor = opened(path)
    clock.shift(policy.LINK_COOKIE_LIFE)
    assert is_over(visitor)
    assert visitor.set_password(NEW_PASSWORD).status_code == 410
    assert opened(path, visitor).set_password(NEW_PASSWORD).status_code == 302


def test_page_says_no_later_hour_than_that_of_the_link_itself(clock: Clock, path: str) -> None:
    clock.shift(policy.RESET_LINK_LIFE - timedelta(minutes=5))
    visitor = opened(path)
    assert "paling lambat 11:00 WIB" in visible(visitor.get(visitor.opened))


def test_opened_activation_waits_no_longer(clock: Clock, siti: Account, mailoutbox: list[Any]) -> None:
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING, password="!x")
    siti.refresh_from_db()
    outbox.put(Letter.Kind.ACTIVATION, siti)
    activation = mailbox.link(mailbox.newest(mailoutbox), "aktivasi")
    visitor = opened(activation)
    clock.shift(policy.LINK_COOKIE_LIFE)
    assert is_over(visitor)
    clock.shift(timedelta(hours=71))
    assert opened(activation, visitor).set_password(NEW_PASSWORD).status_code == 302


def sign_in(visitor: Visitor) -> None:
    visitor.sign_in("rina", PASSWORD)
    assert visitor.is_signed_in()


def sign_in_and_out(visitor: Visitor) -> None:
    sign_in(visitor)
    visitor.press("/keluar/")


def choose_a_session(visitor: Visitor) -> None:
    signed_in(Account.objects.get(username="rina"), 3)
    visitor.sign_in("rina", PASSWORD)
    page = visitor.get("/masuk/perangkat/")
    visitor.press("/masuk/perangkat/", session=page.context["sessions"][0].pk)
    assert visitor.is_signed_in()


def use(visitor: Visitor) -> None:
    assert visitor.set_password(NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize("event", [sign_in, sign_in_and_out, choose_a_session, use])
def test_opened_link_ends_with(event: Callable[[Visitor], None], rina: Account, path: str) -> None:
    visitor = opened(path)
    event(visitor)
    assert visitor.cookie("link") is None
    assert is_over(visitor)


def test_opened_link_ends_with_signing_out_alone(rina: Account, path: str) -> None:
    [visitor] = signed_in(rina)
    opened(path, visitor).press("/keluar/")
    assert is_over(visitor)


def test_opened_link_ends_with_the_button_it_was_not_me(path: str, mailoutbox: list[Any]) -> None:
    visitor = opened(mailbox.link(mailoutbox[-1], "bukan-saya"))
    visitor.press(visitor.opened)
    assert is_over(visitor)


def test_cookies_are_spoken_of_only_where_there_are_none(path: str, rina: Account) -> None:
    visitor = opened(path)
    assert "tidak menyimpan cookie" in text(Visitor().get(visitor.opened))
    sign_in_and_out(visitor)
    assert "cookie" not in text(visitor.get(visitor.opened))


def signed(value: str) -> str:
    return opened_link.SIGNER.sign(value)


@pytest.mark.parametrize(
    "make",
    [
        lambda token: token,  # as it was before it had a version
        lambda token: f"1.1795402830.{token}",
        lambda token: signed(f"2.1795402830.{token}"),
        lambda token: signed(f"1.1795402830.{token}x"),
        lambda token: signed(f"1.99999999999999.{token}"),
        lambda token: signed(f"1.-1.{token}"),
        lambda token: signed("1.1795402830.x"),
        lambda token: signed(""),
        lambda token: signing.Signer(salt="other").sign(f"1.1795402830.{token}"),
        lambda token: "x" * 3000,
        lambda token: "ü%00:",
        lambda token: ":",
    ],
)
def test_unknown_cookie_is_none(make: Callable[[str], str], path: str) -> None:
    visitor = opened(path)
    visitor.client.cookies["__Host-link"] = make(path.rstrip("/").rpartition("/")[2])
    assert is_over(visitor)
    assert visitor.press("/lupa-password/kekuatan/", password="x").status_code == 403


def test_time_within_the_cookie_is_what_counts(clock: Clock, path: str) -> None:
    """Up to the last second that a date can have."""
    token = path.rstrip("/").rpartition("/")[2]
    visitor = opened(path)
    for second in ("0", "99999999999"):
        visitor.client.cookies["__Host-link"] = signed(f"1.{second}.{token}")
        assert is_over(visitor) == (second == "0")


# Who is signed in there


def test_page_says_who_else_is_signed_in(rina: Account, path: str) -> None:
    [visitor] = signed_in(rina)
    page = visible(visitor.open_link(path))
    assert "rina sedang masuk di browser ini" in page
    assert "Tautan ini untuk akun lain: siti." in page
    assert "Keluarkan rina dan simpan password" in page


def test_password_is_set_and_the_other_one_signed_out(siti: Account, rina: Account, path: str) -> None:
    elsewhere, visitor = signed_in(rina, 2)
    visitor.open_link(path)
    answer = visitor.set_password(NEW_PASSWORD)
    assert answer.headers["Location"] == "/masuk/"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    page = visitor.open_sign_in()
    assert page.status_code == 200, "it is no home page of somebody else"
    assert "Password baru untuk siti sudah disimpan" in text(page)
    assert page.context["end_reason"] is None
    assert visitor.sign_in("siti", NEW_PASSWORD).status_code == 302
    assert elsewhere.is_signed_in()
    ended = SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED)
    assert list(ended.values_list("account", "detail")) == [(rina.pk, SessionEndReason.SIGNED_OUT)]


def test_refused_password_signs_nobody_out(rina: Account, path: str) -> None:
    [visitor] = signed_in(rina)
    visitor.open_link(path)
    answer = visitor.set_password(PASSWORD)
    assert answer.status_code == 422
    assert "Keluarkan rina dan simpan password" in visible(answer)
    fields = dict(visitor.fields)
    assert visitor.is_signed_in()
    visitor.fields = fields
    assert visitor.set_password(NEW_PASSWORD).status_code == 302
    assert not visitor.is_signed_in()


def test_button_that_named_nobody_signs_nobody_out(siti: Account, rina: Account, path: str) -> None:
    """The page is older than the sign-in; the link was opened once more in another window since."""
    visitor = opened(path)
    former = dict(visitor.fields)
    sign_in(visitor)
    visitor.open_link(path)
    visitor.fields = {"csrfmiddlewaretoken": visitor.fields["csrfmiddlewaretoken"]}
    assert "sign_out" not in former
    answer = visitor.set_password(NEW_PASSWORD)
    assert answer.status_code == 422
    assert error_codes(answer) == {"signed_in_meanwhile"}
    assert mailbox.letter_of(path).refusals == 0
    assert not SecurityEvent.objects.filter(kind=Kind.PASSWORD_RESET).exists()
    assert visitor.set_password(NEW_PASSWORD).status_code == 302


def test_own_link_raises_no_alarm_in_one_s_own_browser(siti: Account, path: str) -> None:
    elsewhere, visitor = signed_in(siti, 2)
    other_window = visitor.twin()
    page = visible(visitor.open_link(path))
    assert "sedang masuk di browser ini" not in page
    assert "Keluarkan" not in page
    visitor.set_password(NEW_PASSWORD)
    lost_answer = other_window  # it still has the cookie of the session
    assert reason_read(lost_answer) == SessionEndReason.PASSWORD_SET_HERE
    after = visitor.twin()
    page = text(after.get("/akun/aktivitas/", follow=True))
    assert ALARM not in page
    assert "Sesi Anda sudah berakhir" not in page
    assert ALARM in text(elsewhere.open_sign_in()), "everywhere else it is told"
    details = siti.events.filter(kind=Kind.SESSION_ENDED).values_list("detail", flat=True)
    assert sorted(details) == [SessionEndReason.PASSWORD_CHANGED, SessionEndReason.PASSWORD_SET_HERE]


def test_reason_of_one_s_own_browser_calls_nobody(siti: Account, path: str) -> None:
    [visitor] = signed_in(siti)
    other_window = visitor.twin()
    visitor.open_link(path)
    visitor.set_password(NEW_PASSWORD)
    page = visible(other_window.open_sign_in())
    assert "Password baru sudah dibuat di browser ini, dengan tautan dari email." in page
    assert "bukan Anda" not in page


WHO = pytest.mark.parametrize("who", ["nobody", "siti", "rina"])


def browser_of(who: str) -> Visitor:
    return Visitor() if who == "nobody" else signed_in(Account.objects.get(username=who))[0]


@WHO
def test_message_about_a_stored_password_names_the_account(who: str, rina: Account, path: str) -> None:
    visitor = opened(path, browser_of(who))
    page = visitor.get(visitor.set_password(NEW_PASSWORD).url)
    assert "Password baru untuk siti sudah disimpan" in text(page)
    assert "captcha_0" in visitor.fields


@WHO
def test_message_about_a_void_link_names_the_account(who: str, rina: Account, path: str, mailoutbox: list[Any]) -> None:
    visitor = opened(mailbox.link(mailoutbox[-1], "bukan-saya"), browser_of(who))
    answer = visitor.press(visitor.opened)
    assert "Tautan untuk akun siti tidak berlaku lagi" in text(visitor.get(answer.url, follow=True))
    assert visitor.is_signed_in() == (who != "nobody"), "it signs nobody out"


@WHO
def test_used_link_leads_to_where_one_can_sign_in(who: str, siti: Account, rina: Account, path: str) -> None:
    setting.set_by_operator(siti, NEW_PASSWORD)
    visitor = Visitor()
    if who != "nobody":
        visitor.sign_in(who, NEW_PASSWORD if who == "siti" else PASSWORD)
    page = visitor.open_link(path)
    assert page.status_code == 410
    assert ('<a class="main" href="/masuk/"' in text(page)) == (who == "nobody")
    assert ('action="/keluar/"' in text(page)) == (who == "rina")
    assert ("Untuk masuk sebagai siti, keluarkan dulu rina" in visible(page)) == (who == "rina")


@WHO
def test_page_that_is_over_leads_to_where_one_can_sign_in(who: str, rina: Account, path: str) -> None:
    visitor = opened(path)
    if who == "nobody":
        del visitor.client.cookies["__Host-link"]
    else:
        visitor.sign_in(who, PASSWORD)
    assert is_over(visitor)
    page = text(visitor.get(visitor.opened))
    assert ('<a class="main" href="/masuk/"' in page) == (who == "nobody")
    assert ('<a class="main" href="/"' in page) == (who != "nobody")


def test_meter_judges_for_the_account_of_the_link(siti: Account, rina: Account, path: str) -> None:
    [visitor] = signed_in(rina)
    assert 'data-meter="/lupa-password/kekuatan/"' in text(visitor.open_link(path))
    typed = {"password": "kedawung kedawung cirebon"}
    assert not visitor.press("/lupa-password/kekuatan/", **typed).json()["good"]
    by_link = visitor.press("/lupa-password/kekuatan/", **typed).json()
    own = visitor.press("/akun/password/kekuatan/", **typed).json()
    assert by_link != own


def test_link_of_another_page_opened_last_is_not_called_cut(
    siti: Account, rina: Account, mailoutbox: list[Any]
) -> None:
    Account.objects.filter(pk=rina.pk).update(state=State.WAITING)
    rina.refresh_from_db()
    outbox.put(Letter.Kind.ACTIVATION, rina)
    visitor = opened(mailbox.link(mailbox.newest(mailoutbox), "aktivasi"))
    first = visitor.opened
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    visitor.opened = first
    assert is_over(visitor)
