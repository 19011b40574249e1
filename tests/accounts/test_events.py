"""Security events: one for each thing that happened, append-only, harmless to read."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Account, Letter, SecurityEvent
from accounts.models.choices import LinkEnd, Occasion, Refusal, SessionEndReason, UnsentReason
from accounts.passwords import setting
from tests.support import mailbox
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.outcomes import kinds
from tests.support.present import present
from tests.support.visitor import Visitor, text

Kind = SecurityEvent.Kind


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_securityevent SET detail = 'x'", "DELETE FROM accounts_securityevent"]
)
def test_the_database_refuses_to_change_or_delete_one(siti: Account, statement: str) -> None:
    Visitor().sign_in("siti", PASSWORD)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert kinds() == [Kind.SIGNED_IN]


def test_the_code_refuses_too(siti: Account) -> None:
    Visitor().sign_in("siti", PASSWORD)
    event = SecurityEvent.objects.get()
    for change in (event.save, event.delete, SecurityEvent.objects.all().delete):
        with pytest.raises(TypeError, match="append-only"):
            change()
    with pytest.raises(TypeError, match="append-only"):
        SecurityEvent.objects.update(detail="x")


def test_a_scripted_day_has_one_event_for_each_thing(siti: Account) -> None:
    first = Visitor()
    first.sign_in("siti", "salah salah salah")
    first.sign_in("siti", PASSWORD)
    for _ in range(2):
        Visitor().sign_in("siti", PASSWORD)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    fourth.get("/masuk/perangkat/")
    fourth.press("/masuk/perangkat/", session=fourth.fields["session"])
    fourth.get("/")
    fourth.press("/keluar/")
    for _ in range(4):
        Visitor().sign_in("siti", "salah salah salah")
    assert kinds() == [
        Kind.SIGN_IN_FAILED,
        *[Kind.SIGNED_IN] * 3,
        Kind.SIGN_IN_REFUSED,
        Kind.SESSION_ENDED,
        Kind.SIGNED_IN,
        Kind.SESSION_ENDED,
        *[Kind.SIGN_IN_FAILED] * 3,
        Kind.LOCKED_OUT,
    ]
    details = list(siti.events.exclude(detail="").order_by("id").values_list("detail", flat=True))
    assert details == [Refusal.SESSIONS_IN_USE, SessionEndReason.ENDED_ELSEWHERE, SessionEndReason.SIGNED_OUT]


@pytest.mark.django_db(transaction=True)
def test_a_scripted_day_of_passwords_has_one_event_for_each_thing(
    siti: Account, kepala: Account, mailoutbox: list[Any]
) -> None:
    visitor, office = Visitor(), Visitor()
    visitor.ask_for_reset("siti", "salah@example.id")
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    visitor.set_password("pendek")
    visitor.set_password(NEW_PASSWORD)
    visitor.sign_in("siti", NEW_PASSWORD)
    visitor.change_password("salah salah salah", PASSWORD)
    visitor.change_password(NEW_PASSWORD, f"{NEW_PASSWORD} lagi")
    visitor.open_link(mailbox.link(ordered(office, siti, mailoutbox), "bukan-saya"))
    visitor.press(visitor.opened)
    setting.set_by_operator(siti, f"{NEW_PASSWORD} dari petugas")
    events = SecurityEvent.objects.filter(account=siti).order_by("id")
    assert list(events.values_list("kind", "detail")) == [
        (Kind.RESET_REQUESTED, UnsentReason.NO_MATCH),
        (Kind.RESET_REQUESTED, ""),
        (Kind.PASSWORD_RESET, ""),
        (Kind.SIGNED_IN, ""),
        (Kind.SIGN_IN_FAILED, Occasion.PASSWORD_CHANGE),
        (Kind.PASSWORD_CHANGED, ""),
        (Kind.LETTER_ORDERED, Letter.Kind.RESET),
        (Kind.LINK_VOIDED, LinkEnd.NOT_ME),
        (Kind.SESSION_ENDED, SessionEndReason.PASSWORD_CHANGED),
        (Kind.PASSWORD_CHANGED, ""),
    ]
    assert [event.actor for event in events if event.actor] == [kepala]
    labels = {event.detail_label for event in events}
    assert not labels & {detail for _, detail in events.values_list("kind", "detail") if detail}, "each is a sentence"


def ordered(office: Visitor, account: Account, mailoutbox: list[Any]) -> Any:
    """Let head office order a reset letter; return it."""
    office.sign_in("kepala", PASSWORD)
    office.send(f"/admin/accounts/account/{account.pk}/send-reset-letter/")
    return mailbox.newest(mailoutbox)


@pytest.mark.django_db(transaction=True)
def test_no_secret_reaches_a_log(
    siti: Account, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    visitor = Visitor()
    path = mailbox.reset_link(siti, mailoutbox)
    visitor.open_link(path)
    visitor.set_password("pendek")
    visitor.set_password(NEW_PASSWORD)
    visitor.sign_in("siti", NEW_PASSWORD)
    token = path.rstrip("/").rpartition("/")[2]
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "django.db.backends")
    logged += "".join(capfd.readouterr())
    for secret in (NEW_PASSWORD, token, token.rpartition(".")[2], present(visitor.cookie("session")), siti.password):
        assert secret not in logged


def test_text_from_outside_is_inert(siti: Account) -> None:
    agent = "Evil\r\nSet-Cookie: x\x1b[31m\u202e\u0000<script>alert(1)</script>"
    visitor = Visitor(user_agent=agent.encode("utf-8").decode("latin-1"))
    visitor.sign_in("siti", PASSWORD)
    [event] = siti.events.all()
    assert event.user_agent.isprintable()
    assert "\n" not in event.user_agent
    for path in ("/", "/akun/aktivitas/", "/akun/perangkat/"):
        assert "<script>alert" not in text(visitor.get(path))


def test_details_read_as_words() -> None:
    ended = SecurityEvent(kind=Kind.SESSION_ENDED, detail=SessionEndReason.IDLE)
    changed = SecurityEvent(kind=Kind.ACCOUNT_CHANGED, detail="full_name,email")
    assert ended.detail_label == str(SessionEndReason.IDLE.label)
    fields = Account._meta.get_field("full_name"), Account._meta.get_field("email")
    assert changed.detail_label == ", ".join(str(field.verbose_name) for field in fields)
