"""Links as mail programs leave them: what can be mended leads on, for all else there is a page that says so."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Account, Letter, SecurityEvent
from tests.support import mailbox
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)


def capitals(path: str) -> str:
    page, _, rest = path.removeprefix("/").partition("/")
    return f"/{page.upper()}/{rest}"


def broken(path: str, by: str) -> str:
    """Return the link with something in the middle of its token."""
    return f"{path[:-30]}{by}{path[-30:]}"


MENDED = {
    "comma": lambda path: path + ",",
    "bracket": lambda path: path + ").",
    "angle": lambda path: path + ">",
    "quotation mark": lambda path: path + "%22",
    "curly quotation mark": lambda path: path + "%E2%80%9D",
    "no-break space": lambda path: path + "%C2%A0",
    "space": lambda path: path + "%20",
    "space, coded twice": lambda path: path + "%2520",
    "space, quoted-printable": lambda path: path + "=20",
    "character nobody sees": lambda path: path + "%E2%80%8B",
    "comma without a slash": lambda path: path.rstrip("/") + ",",
    "no slash": lambda path: path.rstrip("/"),
    "two slashes": lambda path: path + "/",
    "slashes doubled": lambda path: path.replace("/", "//")[1:],
    "words that follow": lambda path: path + "%0ATautan%20ini%20berlaku%2060%20menit",
    "words that follow, no slash": lambda path: path.rstrip("/") + "%0ATautan",
    "line break": lambda path: broken(path, "%0D%0A"),
    "line break and indent": lambda path: broken(path, "%0A%20%20"),
    "line break, quoted-printable": lambda path: broken(path, "=%0A"),
    "capital letters": capitals,
    "capital letters, comma": lambda path: capitals(path).rstrip("/") + ",",
}


@pytest.fixture
def paths(siti: Account, mailoutbox: list[Any]) -> list[str]:
    """The two links of a reset letter to siti: to the new password, and to "it was not me"."""
    path = mailbox.reset_link(siti, mailoutbox)
    return [path, mailbox.link(mailoutbox[-1], "bukan-saya")]


@pytest.mark.parametrize("damage", MENDED.values(), ids=MENDED.keys())
def test_what_mail_programs_add_is_left_out(paths: list[str], damage: Callable[[str], str]) -> None:
    for path in paths:
        visitor = Visitor()
        assert visitor.client.head(damage(path)).status_code == 302
        assert visitor.cookies() == {}
        answer = visitor.get(damage(path))
        assert answer.status_code == 302
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Location"] == f"{path.rstrip('/').rpartition('/')[0]}/terbuka/"
        page = visitor.get(answer.headers["Location"])
        assert page.status_code == 200
        assert "siti" in text(page)


def test_address_of_an_opened_page_is_mended_too(paths: list[str]) -> None:
    visitor = Visitor()
    visitor.open_link(paths[0])
    for address in (visitor.opened.rstrip("/"), visitor.opened + ",", capitals(visitor.opened)):
        assert visitor.get(address, follow=True).status_code == 200


@pytest.mark.parametrize("word", ["password-baru", "aktivasi", "bukan-saya", "PASSWORD-BARU", "Aktivasi"])
def test_what_is_no_link_gets_the_page_that_says_so(db: None, word: str) -> None:
    for rest in ("", "/", ",", "//", "/MQ", "/MQ/", "/MQ/abc", "/MQ/abc/def/ghi/", "/%00%F0%9F%98%80", "/%0A"):
        answer = Visitor().get(f"/{word}{rest}")
        assert answer.status_code == 410
        assert "tidak lengkap" in text(answer)
        assert ("/lupa-password/" in text(answer)) == (word.lower() != "aktivasi")


def test_token_that_was_changed_itself_is_not_mended(siti: Account, paths: list[str]) -> None:
    before = list(Letter.objects.values()), SecurityEvent.objects.count()
    for path in (paths[0].upper(), paths[0][:-4] + "/", paths[0].replace("password-baru", "aktivasi") + ","):
        visitor = Visitor()
        answer = visitor.get(path)
        assert answer.status_code == 410
        assert "tidak lengkap" in text(answer)
        assert answer.headers["Referrer-Policy"] == "strict-origin", "most of a token is in the address"
        assert visitor.cookie("link") is None
    assert (list(Letter.objects.values()), SecurityEvent.objects.count()) == before


def test_only_these_addresses_are_answered_so(db: None) -> None:
    for path in ("/password-barunya/", "/aktivasi-akun/", "/x/password-baru/"):
        assert Visitor().get(path).status_code == 404
