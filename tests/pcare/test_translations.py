"""The Indonesian catalogue: it is complete, compiled, and what the pages say."""

import ast
import gettext
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import Engine, Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation
from django.utils.translation import trim_whitespace

from accounts import policy
from accounts.clients.origin import browser_name
from accounts.letters import messages
from accounts.models import Account, Letter, RequestCount, SecurityEvent, State
from tests.support import mailbox
from tests.support.board import board_pages
from tests.support.fixtures import PASSWORD, MakeAccount
from tests.support.mailbox import NEW_PASSWORD
from tests.support.outcomes import ENGLISH
from tests.support.present import present
from tests.support.visitor import USER_AGENT, Visitor, text

ROOT = settings.BASE_DIR
PO = ROOT / "locale/id/LC_MESSAGES/django.po"
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
PLACEHOLDER = r"%\(\w+\)[sd]|%[sd]|\{\w+\}"
TAG = r"</?\w[^>]*>"
SAME = {"Username", "Password", "Sign In", "Puskesmas", "Klinik Pratama", "Klinik Utama", "browser", "password"}
Pages = dict[str, Any]


def read_po(path: Path) -> list[dict[str, str]]:
    """Return the messages of a catalogue, its header first: what each keyword says, the comments under "#"."""
    messages = []
    for block in re.sub(r"^#~.*\n?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).strip().split("\n\n"):
        message, keyword = {"#": ""}, "#"
        for line in block.splitlines():
            if line.startswith("#"):
                message["#"] += line
                continue
            named, quoted = present(re.fullmatch(r'([a-z_]+(?:\[\d\])?)? ?(".*")', line)).groups()
            keyword = named or keyword
            message[keyword] = message.get(keyword, "") + ast.literal_eval(quoted)
        messages.append(message)
    return messages


HEADER, *MESSAGES = read_po(PO)
# What Indonesians read in the place of what: one form serves every number.
TRANSLATIONS = {message["msgid"]: message.get("msgstr[0]", message.get("msgstr", "")) for message in MESSAGES}


# The catalogue


def test_each_message_has_one_translation() -> None:
    assert len(MESSAGES) == len(TRANSLATIONS) > 200
    assert [message for message in MESSAGES if not TRANSLATIONS[message["msgid"]].strip()] == []
    assert [message for message in MESSAGES if "fuzzy" in message["#"]] == []
    assert "#~" not in PO.read_text(encoding="utf-8"), "an obsolete message"
    assert [message for message in MESSAGES if "msgstr[1]" in message] == []
    assert "Plural-Forms: nplurals=1; plural=0;\n" in HEADER["msgstr"]
    assert "charset=UTF-8\n" in HEADER["msgstr"]


def test_placeholders_and_tags_are_those_of_the_source() -> None:
    for message in MESSAGES:
        source, translation = message.get("msgid_plural", message["msgid"]), TRANSLATIONS[message["msgid"]]
        for pattern in (PLACEHOLDER, TAG):
            assert sorted(re.findall(pattern, translation)) == sorted(re.findall(pattern, source)), source
        assert (translation == translation.strip()) == (source == source.strip()), source
        assert source[-1] not in ".…:?" or translation[-1] == source[-1], source


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    """A machine without gettext runs with the compiled file as it is."""
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = vars(gettext.GNUTranslations(file))["_catalog"]
    del compiled[""]
    plural = {message["msgid"] for message in MESSAGES if "msgid_plural" in message}
    assert compiled == {(msgid, 0) if msgid in plural else msgid: said for msgid, said in TRANSLATIONS.items()}


def test_words_that_users_know_stay() -> None:
    assert {said for msgid, said in TRANSLATIONS.items() if said == msgid} == SAME
    assert TRANSLATIONS["Forgot password…?"] == "Lupa Password…?"
    assert TRANSLATIONS["Your session has ended"] == "Sesi Anda sudah berakhir"
    assert [said for said in TRANSLATIONS.values() if re.search(r"\bsandi\b", said, re.IGNORECASE)] == []


# What code and templates mark


def marked_in_code() -> Iterator[str]:
    for app in ROOT.glob("*/apps.py"):
        for path in app.parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                    marked = node.args[0]
                    assert isinstance(marked, ast.Constant), f"{path}:{node.lineno} marks no plain text"
                    assert isinstance(marked.value, str), f"{path}:{node.lineno} marks no plain text"
                    yield marked.value


def marked_in_templates() -> Iterator[str]:
    for path in (ROOT / "templates").rglob("*.*"):
        nodes = Engine.get_default().get_template(str(path.relative_to(ROOT / "templates"))).nodelist
        for node in nodes.get_nodes_by_type(Node):
            if isinstance(node, TranslateNode):
                yield node.filter_expression.var.literal
            if isinstance(node, BlockTranslateNode):
                msgid = node.render_token_list(node.singular)[0]
                yield trim_whitespace(msgid) if node.trimmed else msgid


def test_the_catalogue_has_what_code_and_templates_mark() -> None:
    assert {*marked_in_code(), *marked_in_templates()} == set(TRANSLATIONS)


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed: xgettext is not found")
def test_the_catalogue_has_what_makemessages_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    aside = shutil.ignore_patterns(".*", "var", "staticfiles", "tests", "benchmarks", "scripts", "locale")
    shutil.copytree(ROOT, tmp_path / "copy", ignore=aside)
    settings.LOCALE_PATHS = [tmp_path / "copy/locale"]
    settings.LOCALE_PATHS[0].mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    call_command("makemessages", locale=["id"], no_location=True, no_wrap=True, verbosity=0)
    found = read_po(tmp_path / "copy/locale/id/LC_MESSAGES/django.po")[1:]
    plurals = {message["msgid"]: message.get("msgid_plural") for message in MESSAGES}
    assert {message["msgid"]: message.get("msgid_plural") for message in found} == plurals


# The pages


def speaker(language: str) -> Visitor:
    """Return a browser whose reader has chosen this language."""
    visitor = Visitor()
    visitor.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return visitor


def sign_in_pages(language: str) -> Pages:
    visitor = speaker(language)
    return {
        "sign in": visitor.open_sign_in(),
        "nothing typed": visitor.sign_in("", "", answer=""),
        "too short, too long": visitor.sign_in("a", "x" * 5000),
        "too long, odd": visitor.sign_in("x" * 300, "\0"),
        "wrong letters": visitor.sign_in("siti", "x", answer="wrong"),
        "wrong": visitor.sign_in("siti", "x"),
        "wrong again": visitor.sign_in("siti", "x"),
        "locked": visitor.sign_in("siti", "x"),
        "not activated": speaker(language).sign_in("baru", PASSWORD),
        "deactivated": speaker(language).sign_in("lama", PASSWORD),
        "no contract": speaker(language).sign_in("rina", PASSWORD),
        "help": visitor.get("/bantuan/"),
    }


def refusal_pages(language: str, monkeypatch: pytest.MonkeyPatch) -> Pages:
    visitor = speaker(language)
    pages = {
        "400": visitor.get("/masuk/", headers={"Host": "evil.example"}),
        "403 no cookie": visitor.post("/masuk/"),
        "404": visitor.get("/tidak-ada/"),
        "413": visitor.post("/masuk/", {"x": "y" * 300_000}),
    }
    visitor.open_sign_in()
    pages["403 old page"] = visitor.post("/masuk/")
    visitor.open_sign_in()
    RequestCount.objects.update(used=policy.CAPTCHAS_PER_ADDRESS)
    pages["no picture"] = visitor.sign_in("siti", "x", answer="wrong")
    pages["429"] = visitor.get("/masuk/")
    RequestCount.objects.all().delete()
    with monkeypatch.context() as broken:
        broken.delattr("accounts.captcha.challenges.issue")
        visitor.client.raise_request_exception = False
        pages["500"] = visitor.get("/masuk/")
    return pages


def password_pages(language: str, siti: Account, mailoutbox: list[Any]) -> Pages:
    visitor = speaker(language)
    Account.objects.filter(pk=siti.pk).update(language=language)
    pages = {
        "forgotten": visitor.get("/lupa-password/"),
        "forgotten, nothing typed": visitor.ask_for_reset("", "", answer=""),
        "forgotten, nonsense": visitor.ask_for_reset("a", "b"),
        "forgotten, odd": visitor.ask_for_reset("a", "b\0"),
        "asked": visitor.get("/lupa-password/terkirim/"),
        "broken link": visitor.open_link("/password-baru/MQ/x/"),
    }
    path = mailbox.reset_link(siti, mailoutbox)
    not_me = mailbox.link(mailoutbox[-1], "bukan-saya")
    pages |= {
        "link": visitor.open_link(path),
        "nothing": visitor.set_password(""),
        "not the same": visitor.set_password("x", "y"),
        "odd": visitor.set_password("\0"),
        "former": visitor.set_password(PASSWORD),
        "guessable": visitor.set_password("bpjs kesehatan 2024"),
        "too short": visitor.set_password("x"),
        "too long": visitor.set_password("x" * 200),
        "one too many": visitor.set_password("qwertyuiop asdf"),
        "void": visitor.open_link(path),
        "not me, too late": visitor.open_link(not_me),
    }
    for name, change in LINK_ENDS.items():
        path = mailbox.reset_link(siti, mailoutbox)
        before = Account.objects.filter(pk=siti.pk).values().get()
        Account.objects.filter(pk=siti.pk).update(**change)
        pages[name] = visitor.open_link(path)
        Account.objects.filter(pk=siti.pk).update(**before)
        Letter.objects.update(prepared_at=None)
    pages["not me"] = visitor.open_link(mailbox.link(mailoutbox[-1], "bukan-saya"))
    pages["voided"] = after(visitor, visitor.opened)
    return pages | opened_pages(language, mailbox.reset_link(siti, mailoutbox))


def opened_pages(language: str, path: str) -> Pages:
    """Return the pages of a link where somebody else is signed in, and once it waits there no longer."""
    shared = speaker(language)
    shared.open_link(path)
    shared.fields = {}
    shared.sign_in("budi", PASSWORD)
    pages = {"no longer open": shared.get(shared.opened), "not stored": shared.press(shared.opened)}
    pages["somebody else"] = shared.open_link(path)
    pages["named nobody"] = shared.press(shared.opened, new_password1="x", new_password2="x")
    pages["no cookies"] = speaker(language).get(shared.opened)
    own = speaker(language)
    own.sign_in("siti", PASSWORD)
    other_window = own.twin()
    own.open_link(path)
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    pages["stored"] = after(own, own.opened, **passwords)
    pages["stored in another window"] = other_window.open_sign_in()
    pages["used, somebody else"] = shared.open_link(path)
    return pages


LINK_ENDS: dict[str, dict[str, Any]] = {
    "superseded": {"link_serial": 99},
    "another address": {"email": "baru@example.id"},
    "deactivated link": {"state": State.DEACTIVATED},
    "another password": {"password": "!"},
}


def letter_pages(language: str, siti: Account, kepala: Account) -> Pages:
    """Return the HTML of each letter."""
    siti.language, pages = language, {}
    for kind in Letter.Kind:
        for actor, state in ((None, State.ACTIVE), (kepala, State.DEACTIVATED), (None, State.WAITING)):
            siti.state = state
            to = siti.email if actor else "lama@example.id"
            letter = Letter(pk=1, kind=kind, account=siti, to=to, actor=actor, user_agent=USER_AGENT)
            letter.serial = 1 if state == State.ACTIVE or kind == Letter.Kind.ACTIVATION else None
            html = messages.compose(letter, siti).alternatives[0][0]
            assert isinstance(html, str)
            pages[f"letter {kind} {state}"] = SimpleNamespace(content=html.encode())
    return pages


def account_pages(language: str) -> Pages:
    first, *others = browsers = [speaker(language) for _ in range(4)]
    for browser in browsers:
        browser.sign_in("budi", PASSWORD)
    return {
        "choose": others[-1].get("/masuk/perangkat/"),
        "home": first.get("/"),
        "403": first.get("/admin/", follow=True),
        "405": first.get("/keluar/"),
        "devices": first.get("/akun/perangkat/"),
        "one signed out": after(first, "/akun/perangkat/", session=first.fields["session"]),
        "room": others[-1].get("/masuk/perangkat/"),
        "others signed out": after(first, "/akun/perangkat/"),
        "ended": others[0].get("/masuk/"),
        "activity": first.get("/akun/aktivitas/"),
        "change": first.get("/akun/password/"),
        "change, nothing typed": first.change_password("", ""),
        "change, wrong": first.change_password("x", NEW_PASSWORD),
        "changed": after(first, "/akun/password/", **change_fields()),
        "signed out": after(first, "/keluar/"),
    }


def change_fields() -> dict[str, str]:
    return {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


def admin_pages(language: str, siti: Account) -> Pages:
    visitor = speaker(language)
    visitor.sign_in("kepala", PASSWORD)
    lists = [
        "accounts/account",
        "accounts/securityevent",
        "accounts/letter",
        "facilities/facility",
        "facilities/branchoffice",
    ]
    event = present(SecurityEvent.objects.filter(account=siti).first())
    one, new_facility = f"/admin/accounts/account/{siti.pk}", "/admin/facilities/facility/add/"
    return {
        "admin": visitor.get("/admin/"),
        **{name: visitor.get(f"/admin/{name}/") for name in lists},
        "account": visitor.get(f"{one}/change/"),
        "lock lifted": after(visitor, f"{one}/lift-lock/"),
        "letter ordered": after(visitor, f"{one}/send-reset-letter/"),
        "letter not needed": after(visitor, f"{one}/send-activation-letter/"),
        "waiting letter": visitor.get(f"/admin/accounts/letter/{present(Letter.objects.first()).pk}/change/"),
        "event": visitor.get(f"/admin/accounts/securityevent/{event.pk}/change/"),
        "new facility": visitor.get(new_facility),
        "new facility, wrong": visitor.press(new_facility, code="1"),
        "new account": visitor.get("/admin/accounts/account/add/"),
        "new account, wrong": visitor.press("/admin/accounts/account/add/", username="!", role="head_office"),
        "account that was changed meanwhile": visitor.press(f"{one}/change/", full_name="x"),
        "staff home": visitor.get("/"),
    }


def after(visitor: Visitor, path: str, **fields: str) -> Any:
    """Press a button and return the page that it leads to."""
    return visitor.get(visitor.press(path, **fields).url)


@pytest.fixture(params=["id", "en"])
def pages(
    request: pytest.FixtureRequest,
    siti: Account,
    budi: Account,
    rina: Account,
    kepala: Account,
    mailoutbox: list[Any],
    make_account: MakeAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, Pages]:
    """The main pages in one language, each by its name."""
    for username, state in {"baru": State.WAITING, "lama": State.DEACTIVATED}.items():
        make_account(username, username, facility=budi.facility)
        Account.objects.filter(username=username).update(state=state)
    facility = present(rina.facility)
    facility.contract_active = False
    facility.save()
    language = request.param
    pages = sign_in_pages(language) | refusal_pages(language, monkeypatch) | account_pages(language)
    pages |= password_pages(language, siti, mailoutbox) | admin_pages(language, siti)
    pages |= board_pages.status(speaker(language)) | board_pages.closed(speaker(language))
    pages |= board_pages.admin(speaker(language))
    return language, pages | letter_pages(language, siti, kepala)


class _Text(HTMLParser):
    """What a page says: its visible text; all of it, with the attributes that are read or shown later."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.said: list[str] = []
        self.in_other_language = False
        self.feed(html)
        self.visible = " ".join("".join(self.pieces).split())
        self.all = " | ".join([self.visible, *self.said])

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None and not self.in_other_language:
            self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "details":
            self.in_other_language = "lang" in dict(attrs)
        codes = {"href", "value"} if tag in ("a", "option") else set()
        self.said += [value for name, value in attrs if value and name not in codes]

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.in_other_language = False


class Sentence:
    """A message on pages in small letters, whatever stands in its placeholders."""

    def __init__(self, message: str) -> None:
        parts = re.split(PLACEHOLDER, re.sub(TAG, "", message.lower()))
        self.longest_part = max(parts, key=len)
        self.pattern = re.compile(".{1,60}?".join(map(re.escape, parts)))

    def is_in(self, page: str) -> bool:
        # A pattern is slow where its first sign is anyone's; nearly all pages lack nearly all messages.
        return self.longest_part in page and bool(self.pattern.search(page))


def is_sentence(message: str) -> bool:
    return len(message.split()) >= 4


def is_long(message: str) -> bool:
    return sum(map(str.isalpha, re.sub(f"{PLACEHOLDER}|{TAG}", "", message))) > 12


def test_no_page_mixes_languages(pages: tuple[str, Pages]) -> None:
    language, answers = pages
    if language == "id":
        foreign = [msgid for msgid, said in TRANSLATIONS.items() if said != msgid and is_long(msgid)]
    else:
        foreign = [said for msgid, said in TRANSLATIONS.items() if said != msgid and is_sentence(said)]
    sentences = [Sentence(message) for message in foreign]
    own = [Sentence(said if language == "id" else msgid) for msgid, said in TRANSLATIONS.items()]
    found, seen = {}, set()
    for name, answer in answers.items():
        assert f'<html lang="{language}"' in text(answer), name
        page = _Text(text(answer))
        small = page.all.lower()
        found[name] = [sentence.pattern.pattern for sentence in sentences if sentence.is_in(small)]
        if language == "id":
            found[name] += ENGLISH.findall(page.visible)
        seen |= {sentence for sentence in own if sentence.is_in(small)}
    assert {name: messages for name, messages in found.items() if messages} == {}
    # Pages that say little would prove little.
    assert len(seen) > 0.8 * len(own), [one.pattern.pattern for one in own if one not in seen]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36", "Chrome di Windows 10"),
        ("Mozilla/5.0 (X11; Ubuntu) Firefox/130.0", "Firefox"),
        ("curl", "Browser tidak dikenal"),
    ],
)
def test_browser_is_named_in_indonesian(user_agent: str, name: str) -> None:
    with translation.override("id"):
        assert browser_name(user_agent) == name
