"""The embedded mode's mailbox: letters are kept as files and read in the browser; the real mode has none."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import NoReverseMatch, reverse

from accounts.letters import messages
from accounts.letters.mailbox import backend
from accounts.models import Account, Letter
from tests.support.present import present
from tests.support.visitor import Visitor, text

HTML = '<!doctype html><p style="color:#075c3c">Halo &amp; <a href="https://portal.test/x/">masuk</a></p>'


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder of an embedded portal's letters; its mailbox is routed."""
    settings.EMAIL_BACKEND = "accounts.letters.mailbox.backend.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "letters"
    settings.ROOT_URLCONF = "tests.support.mailbox_urls"
    return settings.EMAIL_FILE_PATH


def send(subject: str, body: str = "Isi surat", to: str = "siti@example.id") -> str:
    """Send a letter; return the name under which it is kept."""
    before = set(backend.names())
    message = EmailMultiAlternatives(subject, body, to=[to])
    message.attach_alternative(HTML, "text/html")
    assert message.send() == 1
    [name] = set(backend.names()) - before
    return name


# The files


def test_each_letter_is_a_file_that_only_its_owner_reads(folder: Path) -> None:
    name = send("Surat")
    assert [path.name for path in folder.iterdir()] == [name]
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_several_letters_of_one_moment_are_several_files(folder: Path) -> None:
    messages = [EmailMultiAlternatives(subject, "x", to=["siti@example.id"]) for subject in "abc"]
    assert get_connection().send_messages(messages) == 3
    assert sorted(present(backend.read(name))["Subject"] for name in backend.names()) == ["a", "b", "c"]


def test_a_letter_reads_as_it_was_written(folder: Path, rina: Account) -> None:
    letter = Letter.objects.create(kind=Letter.Kind.BARRED, account=rina, to=rina.email)
    message = messages.compose(letter, rina)
    message.send()
    kept = present(backend.read(backend.names()[0]))
    assert (kept["Subject"], kept["To"]) == (message.subject, rina.email)
    assert present(kept.get_body(["plain"])).get_content() == message.body
    assert present(kept.get_body(["html"])).get_content() == message.alternatives[0][0]


@pytest.mark.parametrize("name", ["", "x.eml", "../outside.eml", "/etc/passwd"])
def test_what_is_no_letter_is_not_read(folder: Path, name: str) -> None:
    send("Surat")
    (folder.parent / "outside.eml").write_text("Subject: x\n\nx")
    assert backend.read(name) is None


# The pages


def test_the_list_has_the_newest_first(folder: Path, visitor: Visitor) -> None:
    assert "Belum ada surat" in text(visitor.get("/surat-uji/"))
    older, newer = send("Surat pertama"), send("Surat <b>kedua</b>", to="rina@example.id")
    page = text(visitor.get("/surat-uji/"))
    assert page.index(f"/surat-uji/{newer}/") < page.index(f"/surat-uji/{older}/")
    assert "Surat &lt;b&gt;kedua&lt;/b&gt;" in page
    assert "rina@example.id" in page
    assert " WIB</time>" in page


def test_a_letter_shows_its_text_with_links(folder: Path, visitor: Visitor) -> None:
    name = send("Surat <b>", "Buka:\n\nhttps://portal.test/password-baru/MQ/1-ab:cd/\n\n<script>alert(1)</script>")
    page = text(visitor.get(f"/surat-uji/{name}/"))
    assert '<a href="https://portal.test/password-baru/MQ/1-ab:cd/"' in page
    assert "<script>alert" not in page
    assert "Surat &lt;b&gt;" in page
    assert "siti@example.id" in page
    assert f'href="/surat-uji/{name}/html/"' in page


def test_the_html_part_is_shown_as_it_is_and_can_do_nothing(folder: Path, visitor: Visitor) -> None:
    response = visitor.get(f"/surat-uji/{send('Surat')}/html/")
    assert text(response).strip() == HTML
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    directives = sorted(response.headers["Content-Security-Policy"].split("; "))
    assert directives == [
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "style-src 'unsafe-inline'",
    ]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["x.eml/", "x.eml/html/", "..%2Foutside.eml/", "%2Fetc%2Fpasswd/html/"])
def test_an_unknown_letter_is_a_404_page(folder: Path, visitor: Visitor, path: str) -> None:
    send("Surat")
    (folder.parent / "outside.eml").write_text("Subject: x\n\nx")
    response = visitor.get(f"/surat-uji/{path}")
    assert response.status_code == 404
    assert "Halaman tidak ditemukan" in text(response)


def test_the_mailbox_is_only_read(folder: Path, visitor: Visitor) -> None:
    name = send("Surat")
    visitor.get("/surat-uji/")
    for path in ("/surat-uji/", f"/surat-uji/{name}/", f"/surat-uji/{name}/html/"):
        assert visitor.press(path).status_code == 405
    assert backend.names() == [name]


def test_the_real_mode_has_no_mailbox(visitor: Visitor) -> None:
    assert visitor.get("/surat-uji/").status_code == 404
    for name, args in (("kept_letters", []), ("kept_letter", ["x.eml"]), ("kept_letter_html", ["x.eml"])):
        with pytest.raises(NoReverseMatch):
            reverse(name, args=args)
