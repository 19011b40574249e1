"""The tests' mail server keeps what it accepts and misbehaves as told."""

import smtplib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from tests.support.servers.mail_servers import Fault, MailServer
from tests.support.servers.servers import HOST

TEXT = "Halo Siti,\n\nbuka https://portal.test/a/b.c-d/ atau <https://portal.test/e>.\n.\nsatu titik di atas"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def letter(subject: str = "Tautan Anda") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "PCare <pcare@portal.test>", "siti@example.id", subject
    message.set_content(TEXT)
    message.add_alternative("<p>Halo <b>Siti</b></p>", subtype="html")
    return message


def send(server: MailServer, subject: str = "Tautan Anda", timeout: float = 5) -> None:
    with smtplib.SMTP(HOST, server.port, timeout=timeout) as client:
        client.send_message(letter(subject), "pcare@portal.test", ["siti@example.id", "rina@example.id"])


def test_message_is_kept_with_its_envelope_and_parts(server: MailServer) -> None:
    send(server)
    [mail] = server.wait_for(1)
    assert (mail.sender, mail.recipients) == ("pcare@portal.test", ["siti@example.id", "rina@example.id"])
    assert mail.message["From"].addresses[0].display_name == "PCare"
    assert mail.subject == "Tautan Anda"
    assert mail.text.strip() == TEXT
    assert mail.html.strip() == "<p>Halo <b>Siti</b></p>"
    assert mail.link == "https://portal.test/a/b.c-d/"
    assert timedelta(0) <= datetime.now(UTC) - mail.at < timedelta(seconds=10)


def test_messages_are_waited_for(server: MailServer) -> None:
    def send_both() -> None:
        send(server, "satu")
        send(server, "dua")

    later = threading.Timer(0.3, send_both)
    later.start()
    assert [mail.subject for mail in server.wait_for(2)] == ["satu", "dua"]
    later.join()
    with pytest.raises(AssertionError, match="2 of 3 messages after 0.1 s"):
        server.wait_for(3, timeout=0.1)


def test_messages_of_many_threads_are_all_kept(server: MailServer) -> None:
    threads = [threading.Thread(target=send, args=(server, str(number))) for number in range(20)]
    for thread in threads:
        thread.start()
    subjects = {mail.subject for mail in server.wait_for(20)}
    assert subjects == {str(number) for number in range(20)}
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("fault", "code"), [(Fault.NO_SUCH_RECIPIENT, 550), (Fault.RECIPIENT_NOT_NOW, 451)])
def test_recipient_is_refused(server: MailServer, fault: Fault, code: int) -> None:
    with server.behaving(fault), pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(server)
    assert {answer[0] for answer in refusal.value.recipients.values()} == {code}
    assert server.delivered == []


def test_text_is_refused(server: MailServer) -> None:
    with server.behaving(Fault.TEXT_REFUSED), pytest.raises(smtplib.SMTPDataError) as refusal:
        send(server)
    assert refusal.value.smtp_code == 554
    assert server.delivered == []


@pytest.mark.parametrize(("fault", "kept"), [(Fault.CUT_BEFORE_ACCEPTING, 0), (Fault.CUT_AFTER_ACCEPTING, 1)])
def test_connection_is_lost_around_the_acceptance(server: MailServer, fault: Fault, kept: int) -> None:
    with server.behaving(fault), pytest.raises(smtplib.SMTPServerDisconnected):
        send(server)
    assert len(server.delivered) == kept


def test_answer_is_late(server: MailServer) -> None:
    began = time.monotonic()
    with server.behaving(delay=0.5):
        send(server)
    assert time.monotonic() - began >= 0.5
    assert len(server.delivered) == 1


def test_who_hangs_up_during_the_delay_has_sent_nothing(server: MailServer) -> None:
    with server.behaving(delay=1.6), pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(server, timeout=0.8)
    time.sleep(1.2)
    assert server.delivered == []


def test_it_behaves_well_again(server: MailServer) -> None:
    with server.behaving(Fault.TEXT_REFUSED, delay=0.1):
        pass
    server.fault = Fault.NO_SUCH_RECIPIENT
    server.clear()
    send(server)
    assert len(server.delivered) == 1


def test_stopped_server_refuses_and_comes_back_on_its_port(server: MailServer) -> None:
    send(server, "sebelum")
    with smtplib.SMTP(HOST, server.port, timeout=5) as open_connection:
        server.stop()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            open_connection.noop()
    with pytest.raises(ConnectionRefusedError):
        send(server)
    server.start()
    send(server, "sesudah")
    assert [mail.subject for mail in server.delivered] == ["sebelum", "sesudah"]


def test_clear_forgets_and_starts_a_stopped_server(server: MailServer) -> None:
    send(server)
    server.stop()
    server.clear()
    assert server.delivered == []
    send(server)
    assert len(server.delivered) == 1


def test_stopping_leaves_no_thread(server: MailServer) -> None:
    before = threading.active_count()
    server.stop()
    server.stop()
    assert threading.active_count() == before - 1
