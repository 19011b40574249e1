"""The page for a forgotten password: what it asks, what it answers, what it writes down."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from accounts import policy
from accounts.letters import delivery
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import UnsentReason
from facilities.models import Facility
from tests.support import mailbox
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.present import present
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_way_from_forgotten_to_signed_in(siti: Account, visitor: Visitor, mailoutbox: list[Any]) -> None:
    assert 'href="/lupa-password/"' in text(visitor.open_sign_in())
    page = text(visitor.get("/lupa-password/"))
    assert "Kirim Link Ubah Password" in page
    answer = visitor.ask_for_reset(" SITI ", "Siti@Example.id ")
    assert answer.status_code == 302
    done = text(visitor.get(answer.headers["Location"]))
    for words in ("60 menit", "spam", "165", "Kantor Cabang"):
        assert words in done
    visitor.open_link(mailbox.link(mailbox.newest(mailoutbox)))
    answer = visitor.set_password(mailbox.NEW_PASSWORD)
    assert answer.headers["Location"] == "/masuk/"
    assert not visitor.is_signed_in()
    page = text(visitor.open_sign_in())
    assert "Password baru untuk siti sudah disimpan" in page
    assert "software lain" in page or "Aplikasi" in page or "aplikasi" in page
    assert visitor.sign_in("siti", PASSWORD).status_code == 422
    assert visitor.sign_in("siti", mailbox.NEW_PASSWORD).status_code == 302
    assert visitor.is_signed_in()


def ask(kind: str, siti: Account) -> Any:
    """Ask for a reset of one kind of account; return the answer."""
    username, email = ("tidakada", "siti@example.id") if kind == "unknown" else ("siti", "siti@example.id")
    if kind == "wrong pair":
        email = "rina@example.id"
    elif kind != "known":
        Account.objects.filter(pk=siti.pk).update(state=kind if kind in State.values else State.ACTIVE)
    return Visitor().ask_for_reset(username, email)


@pytest.mark.parametrize("kind", ["wrong pair", "unknown", State.DEACTIVATED, State.WAITING])
def test_answer_is_the_same_whoever_asks(kind: str, siti: Account) -> None:
    known, other = ask("known", siti), ask(kind, siti)
    assert (known.status_code, known.headers["Location"]) == (other.status_code, other.headers["Location"])
    assert sorted(known.headers) == sorted(other.headers)
    assert known.content == other.content
    assert Letter.objects.count() == 2
    assert SecurityEvent.objects.filter(kind=SecurityEvent.Kind.RESET_REQUESTED).count() == 2


@pytest.mark.parametrize(("kind", "letters"), [("known", 1), ("wrong pair", 0), ("unknown", 0)])
def test_only_the_registered_pair_gets_a_letter(kind: str, letters: int, siti: Account, mailoutbox: list[Any]) -> None:
    ask(kind, siti)
    delivery.deliver_due()
    assert [message.to for message in mailoutbox] == [["siti@example.id"]] * letters
    assert Letter.objects.get().reason == ("" if letters else UnsentReason.NO_MATCH)


@pytest.mark.parametrize(
    ("state", "words"), [(State.DEACTIVATED, "dinonaktifkan"), (State.WAITING, "belum diaktifkan")]
)
def test_owner_of_an_account_that_is_not_active_reads_why_there_is_no_link(
    state: State, words: str, siti: Account, mailoutbox: list[Any]
) -> None:
    ask(state, siti)
    letter = mailbox.newest(mailoutbox)
    assert words in letter.body
    assert "/password-baru/" not in letter.body


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"username": ""}, "Ketik nama pengguna"),
        ({"username": "x"}, "minimal 3 karakter"),
        ({"email": ""}, "Ketik alamat email"),
        ({"email": "siti"}, "bukan alamat email yang lengkap"),
        ({"email": "siti@example.id\0"}, "karakter"),
        ({"answer": ""}, "Ketik huruf pada gambar"),
        ({"answer": "salah"}, "Huruf tidak sesuai"),
    ],
)
def test_nonsense_is_answered_with_what_to_do(fields: dict[str, str], words: str, siti: Account) -> None:
    answer = Visitor().ask_for_reset(**{"username": "siti", "email": "siti@example.id", **fields})
    assert answer.status_code == 422
    assert words in text(answer)
    assert "Galat:" in text(answer)
    assert not Letter.objects.exists()


def test_fourth_letter_of_an_hour_is_not_sent(siti: Account, mailoutbox: list[Any]) -> None:
    for _ in range(policy.RESET_LETTERS_PER_HOUR + 1):
        Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    assert len(mailoutbox) == policy.RESET_LETTERS_PER_HOUR
    last = present(Letter.objects.first())
    assert (last.state, last.reason) == (Letter.State.WITHHELD, UnsentReason.LIMIT)


def test_hour_of_the_letters_is_an_hour(clock: Clock, siti: Account, mailoutbox: list[Any]) -> None:
    for _ in range(policy.RESET_LETTERS_PER_HOUR):
        Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    for shift, letters in ((timedelta(minutes=60, seconds=-1), 3), (timedelta(seconds=1), 4)):
        clock.shift(shift)
        Visitor().ask_for_reset("siti", "siti@example.id")
        delivery.deliver_due()
        assert len(mailoutbox) == letters


def disowned(mailoutbox: list[Any]) -> None:
    """Do the worker's work; say of the newest letter that one has not asked for it."""
    visitor = Visitor()
    visitor.open_link(mailbox.link(mailbox.newest(mailoutbox), "bukan-saya"))
    visitor.press(visitor.opened)


def test_letters_whose_links_were_disowned_do_not_keep_the_owner_s_back(siti: Account, mailoutbox: list[Any]) -> None:
    for _ in range(policy.RESET_LETTERS_PER_HOUR):
        Visitor().ask_for_reset("siti", "siti@example.id")
        disowned(mailoutbox)
    path = mailbox.reset_link(siti, mailoutbox)
    assert Visitor().open_link(path).status_code == 200


def test_known_browser_gets_its_letter_whatever_strangers_have_asked_for(siti: Account, mailoutbox: list[Any]) -> None:
    [known] = signed_in(siti)
    known.press("/keluar/")
    for _ in range(policy.RESET_LETTERS_PER_HOUR + 2):
        Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    for letters in (1, 2, 3, 3):
        known.ask_for_reset("siti", "siti@example.id")
        delivery.deliver_due()
        assert len(mailoutbox) == policy.RESET_LETTERS_PER_HOUR + letters


def test_strangers_have_so_many_letters_sent_in_a_day_and_no_more(
    clock: Clock, siti: Account, mailoutbox: list[Any]
) -> None:
    for _ in range(policy.RESET_LETTERS_PER_DAY):
        Visitor().ask_for_reset("siti", "siti@example.id")
        disowned(mailoutbox)
        clock.shift(timedelta(minutes=30))
    Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    assert len(mailoutbox) == policy.RESET_LETTERS_PER_DAY
    clock.shift(timedelta(hours=24) - policy.RESET_LETTERS_PER_DAY * timedelta(minutes=30))
    Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    assert len(mailoutbox) == policy.RESET_LETTERS_PER_DAY + 1


def test_request_tells_nothing_about_the_password(siti: Account) -> None:
    """Nothing about the account changes because somebody has asked."""
    before = Account.objects.values().get(pk=siti.pk)
    Visitor().ask_for_reset("siti", "siti@example.id")
    assert Account.objects.values().get(pk=siti.pk) == before


def test_host_header_reaches_no_letter(siti: Account, mailoutbox: list[Any]) -> None:
    evil = Visitor()
    evil.client.defaults["HTTP_X_FORWARDED_HOST"] = "evil.example"
    evil.ask_for_reset("siti", "siti@example.id")
    assert "evil" not in mailbox.newest(mailoutbox).body
    evil.client.defaults["HTTP_HOST"] = "evil.example"
    assert evil.get("/lupa-password/").status_code == 400


def test_row_of_a_letter_holds_no_secret(siti: Account, mailoutbox: list[Any]) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    token = path.rstrip("/").rpartition("/")[2]
    secrets = [token, *token.split(".")[1:], token.partition("-")[2].partition(".")[0]]
    stored = str(list(Letter.objects.values())) + str(list(SecurityEvent.objects.values()))
    assert not [secret for secret in secrets if secret in stored]


def test_unmatched_requests_are_swept_after_a_week(clock: Clock, kedawung: Facility) -> None:
    Visitor().ask_for_reset("tidakada", "siti@example.id")
    clock.shift(delivery.WITHHELD_KEPT - timedelta(seconds=1))
    call_command("sweep")
    assert Letter.objects.count() == 1
    clock.shift(1)
    call_command("sweep")
    assert not Letter.objects.exists()
