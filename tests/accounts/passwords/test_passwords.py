"""Each door that sets a password: the history, the strength, and all that a new password causes."""

import io
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.letters import delivery, outbox
from accounts.management.commands import changepassword
from accounts.models import Account, Letter, PasswordRecord, Role, SecurityEvent, State
from accounts.passwords import setting
from accounts.passwords.hashers import Argon2idHasher
from facilities.models import Facility
from tests.support import mailbox
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.parallel import at_once
from tests.support.present import present
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind
FORMER = "Ini salah satu dari 3 password terakhir"
Door = Callable[[Account, str], str]


def by_link(account: Account, password: str) -> str:
    """Set a password with a reset link; return the page that refuses it, "" if it does not."""
    Letter.objects.filter(account=account).update(prepared_at=None)  # no more than this test is limited here
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(account, mail.outbox))
    answer = visitor.set_password(password)
    return text(answer) if answer.status_code != 302 else ""


def while_signed_in(account: Account, password: str) -> str:
    """The same on the page of a signed-in account, whose present password is the one set last."""
    visitor = Visitor()
    assert visitor.sign_in(account.username, CURRENT[account.pk]).status_code == 302
    answer = visitor.change_password(CURRENT[account.pk], password)
    if answer.status_code == 302:
        return ""
    visitor.press("/keluar/")
    return text(answer)


def by_operator(account: Account, password: str) -> str:
    """The same from the command line."""
    try:
        setting.set_by_operator(account, password)
    except setting.PasswordRefused as refused:
        return " ".join(message for error in refused.errors for message in error.messages)
    return ""


CURRENT: dict[int, str] = {}
DOORS = pytest.mark.parametrize("door", [by_link, while_signed_in, by_operator])


def set_by(door: Door, account: Account, password: str) -> str:
    CURRENT.setdefault(account.pk, PASSWORD)
    refusal = door(account, password)
    if not refusal:
        CURRENT[account.pk] = password
    return refusal


@DOORS
def test_the_three_newest_passwords_do_not_come_back(door: Door, siti: Account) -> None:
    CURRENT.clear()
    second, third, fourth = (f"{NEW_PASSWORD} {name}" for name in ("dua", "tiga", "empat"))
    assert FORMER in set_by(door, siti, PASSWORD)
    for password in (second, third):
        assert not set_by(door, siti, password)
    for password in (PASSWORD, second, third):
        assert FORMER in set_by(door, siti, password)
    assert not set_by(door, siti, fourth)
    assert not set_by(door, siti, PASSWORD), "now it is the fourth newest"


@DOORS
@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("pendek sekali", "minimal 15"),
        ("x" * 129, "maksimal 128"),
        ("puskesmas kedawung", "faskes"),
        ("qwertyuiopasdfgh", "Mudah ditebak"),
    ],
)
def test_weak_password_is_refused_with_the_reason(door: Door, password: str, words: str, siti: Account) -> None:
    CURRENT.clear()
    refusal = set_by(door, siti, password)
    assert refusal
    assert words.lower() in refusal.lower()
    siti.refresh_from_db()
    assert siti.check_password(PASSWORD)


@DOORS
def test_new_password_ends_sessions_known_browsers_locks_and_links(
    door: Door, siti: Account, mailoutbox: list[Any]
) -> None:
    CURRENT.clear()
    others = [Visitor(), Visitor()]
    for visitor in others:
        visitor.sign_in("siti", PASSWORD)
    link = mailbox.reset_link(siti, mailoutbox)
    if door is not while_signed_in:
        for _ in range(3):
            Visitor().sign_in("siti", "salah salah salah")
    assert not set_by(door, siti, NEW_PASSWORD)
    for visitor in others:
        page = visitor.get("/masuk/")
        assert "Password akun ini sudah diubah" in text(page)
    for _ in range(2):
        others[0].sign_in("siti", "salah salah salah")
    # Not known any more: its failures and those of a stranger's browser are counted together.
    assert Visitor().sign_in("siti", "salah salah salah").status_code == 429
    assert Visitor().open_link(link).status_code == 410


@DOORS
def test_new_password_is_written_down_and_told(door: Door, siti: Account, mailoutbox: list[Any]) -> None:
    CURRENT.clear()
    assert not set_by(door, siti, NEW_PASSWORD)
    kind = Kind.PASSWORD_RESET if door is by_link else Kind.PASSWORD_CHANGED
    assert SecurityEvent.objects.filter(kind=kind, account=siti).count() == 1
    letter = mailbox.newest(mailoutbox)
    assert letter.to == ["siti@example.id"]
    assert "password baru" in letter.body
    assert NEW_PASSWORD not in letter.body


def test_reset_lifts_the_lock(siti: Account, mailoutbox: list[Any]) -> None:
    for _ in range(3):
        Visitor().sign_in("siti", "salah salah salah")
    assert Visitor().sign_in("siti", PASSWORD).status_code == 429
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    visitor.set_password(NEW_PASSWORD)
    assert Visitor().sign_in("siti", NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "password",
    ["  lima kata di antara spasi  ", "gajah ke-7 menari, " * 5 + "lalu pulang naik bemo", "naïve café di 👩🏽‍⚕️ obat"],
)
def test_password_of_any_characters_round_trips(password: str, siti: Account, mailoutbox: list[Any]) -> None:
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    assert visitor.set_password(password).status_code == 302
    assert Visitor().sign_in("siti", password.strip() + "x").status_code == 422
    assert Visitor().sign_in("siti", password).status_code == 302


def test_former_password_is_known_in_its_other_spelling(siti: Account) -> None:
    """A keyboard that types letters and their accents apart."""
    composed = "kafé di tepi sawah luas"
    setting.set_by_operator(siti, composed)
    assert FORMER in by_operator(siti, unicodedata.normalize("NFD", composed))


def test_password_of_4097_characters_is_refused_with_a_message(siti: Account, mailoutbox: list[Any]) -> None:
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    answer = visitor.set_password("x" * 4097)
    assert answer.status_code == 422
    assert "4097 karakter" in text(answer)


def test_every_stored_hash_is_argon2id_with_our_parameters(siti: Account, budi: Account) -> None:
    for number in range(4):
        setting.set_by_operator(siti, f"{NEW_PASSWORD} {number}")
    hashes = [*PasswordRecord.objects.values_list("password", flat=True)]
    hashes += Account.objects.values_list("password", flat=True)
    assert PasswordRecord.objects.filter(account=siti).count() == 3
    assert len(hashes) >= 5
    assert all(stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$") for stored in hashes)


def test_raised_cost_rehashes_the_history_as_well(siti: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    setting.set_by_operator(siti, NEW_PASSWORD)
    monkeypatch.setattr(Argon2idHasher, "time_cost", 3)
    assert Visitor().sign_in("siti", NEW_PASSWORD).status_code == 302
    siti.refresh_from_db()
    assert "t=3" in siti.password
    assert present(siti.password_records.first()).password == siti.password
    assert FORMER in by_operator(siti, NEW_PASSWORD)


def test_parallel_changes_bring_no_former_password_back(site: str, siti: Account) -> None:
    """Of many changes at once to two passwords only, each can be set once."""
    visitors = [Visitor(site) for _ in range(3)]
    for visitor in visitors:
        visitor.sign_in("siti", PASSWORD)
        visitor.get("/akun/password/")
    actions = [partial(v.change_password, PASSWORD, NEW_PASSWORD) for v in visitors]
    actions += [partial(by_operator, siti, NEW_PASSWORD) for _ in range(3)]
    at_once(actions)
    former = [record.password for record in PasswordRecord.objects.filter(account=siti)]
    assert sum(Account(password=stored).check_password(NEW_PASSWORD) for stored in former) == 1
    assert SecurityEvent.objects.filter(kind=Kind.PASSWORD_CHANGED).count() == 1


def test_activation_sets_the_first_password_and_activates(
    kedawung: Facility, head: Visitor, mailoutbox: list[Any]
) -> None:
    head.send(
        "/admin/accounts/account/add/",
        username="baru",
        full_name="Orang Baru",
        email="baru@example.id",
        language="id",
        role=Role.FACILITY_ADMIN,
        facility=kedawung.pk,
    )
    letter = mailbox.newest(mailoutbox)
    assert letter.to == ["baru@example.id"]
    account = Account.objects.get(username="baru")
    assert (account.state, account.has_usable_password()) == (State.WAITING, False)
    visitor = Visitor()
    assert "baru" in text(visitor.open_link(mailbox.link(letter, "aktivasi")))
    assert FORMER not in text(visitor.set_password("pendek"))
    assert visitor.set_password(NEW_PASSWORD).headers["Location"] == "/masuk/"
    assert "sudah aktif" in text(visitor.open_sign_in())
    assert visitor.sign_in("baru", NEW_PASSWORD).status_code == 302
    assert SecurityEvent.objects.filter(kind=Kind.ACTIVATED, account=account).count() == 1
    assert Visitor().open_link(mailbox.link(letter, "aktivasi")).status_code == 410
    assert FORMER in by_operator(account, NEW_PASSWORD), "the first password is in the history"


def test_activation_letter_for_an_active_account_is_not_sent(siti: Account, mailoutbox: list[Any]) -> None:
    outbox.put(Letter.Kind.ACTIVATION, siti)
    delivery.deliver_due()
    assert not mailoutbox


def test_command_line_asks_until_the_password_is_good(siti: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, PASSWORD, "satu dua tiga empat", "lain", NEW_PASSWORD, NEW_PASSWORD])
    monkeypatch.setattr(changepassword.getpass, "getpass", lambda prompt: next(typed))
    out, err = io.StringIO(), io.StringIO()
    call_command("changepassword", "SITI", stdout=out, stderr=err)
    assert "last 3 passwords" in err.getvalue() or FORMER in err.getvalue()
    assert "do not match" in err.getvalue()
    assert "siti has a new password" in out.getvalue()
    siti.refresh_from_db()
    assert siti.check_password(NEW_PASSWORD)


def test_command_line_gives_up_after_three_tries(siti: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changepassword.getpass, "getpass", lambda prompt: PASSWORD)
    with pytest.raises(CommandError, match="3 tries"):
        call_command("changepassword", "siti", stderr=io.StringIO())
    with pytest.raises(CommandError, match="No account"):
        call_command("changepassword", "tidakada")
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING)
    with pytest.raises(CommandError, match="waits for its activation"):
        call_command("changepassword", "siti")


def test_first_account_of_the_command_line_obeys_the_rules(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"username": "kepala", "full_name": "Hasan Basri", "email": "kepala@example.id", "interactive": False}
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "bpjs")
    with pytest.raises(CommandError, match="4"):
        call_command("createsuperuser", **options)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW_PASSWORD)
    call_command("createsuperuser", **options, verbosity=0)
    account = Account.objects.get()
    assert account.check_password(NEW_PASSWORD)
    assert FORMER in by_operator(account, NEW_PASSWORD)


def test_migration_gives_present_passwords_their_place(siti: Account) -> None:
    """Rows from before the history: the next change still knows the password that stood then."""
    PasswordRecord.objects.all().delete()
    call_command("migrate", "accounts", "0004", verbosity=0)
    try:
        assert not PasswordRecord.objects.exists()
    finally:
        call_command("migrate", "accounts", verbosity=0)
    assert [record.password for record in siti.password_records.all()] == [siti.password]
    assert FORMER in by_operator(siti, PASSWORD)
    connection.close()
