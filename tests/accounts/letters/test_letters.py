"""Letters: each says what its receiver needs, in the receiver's language and time, and is harmless to read."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as email_policy
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils.html import strip_tags

from accounts import policy
from accounts.letters import links, messages
from accounts.models import Account, Letter, State
from tests.support.outcomes import ENGLISH
from tests.support.present import present
from tests.support.visitor import USER_AGENT

Kind = Letter.Kind

SITE = "https://portal.test"
ASKED_AT = datetime(2026, 11, 22, 23, 12, tzinfo=UTC)
ORIGIN = {"address": "203.0.113.7", "user_agent": USER_AGENT}
INDONESIAN = re.compile(r"\b(yang|dan|atau|ini|itu|Anda|tidak|untuk|dengan|dari|di|sudah)\b", re.IGNORECASE)
URL = re.compile(r"https?://\S+")
# Each letter that there is: its kind, the state of the account, fields of its row.
EVERY: dict[str, tuple[Kind, State, dict[str, Any]]] = {
    "reset": (Kind.RESET, State.ACTIVE, ORIGIN),
    "reset, waiting": (Kind.RESET, State.WAITING, {**ORIGIN, "serial": None}),
    "reset, deactivated": (Kind.RESET, State.DEACTIVATED, {**ORIGIN, "serial": None}),
    "reset, activated since": (Kind.RESET, State.ACTIVE, {**ORIGIN, "serial": None}),
    "activation": (Kind.ACTIVATION, State.WAITING, ORIGIN),
    "password changed": (Kind.PASSWORD_CHANGED, State.ACTIVE, ORIGIN),
    "password changed by an operator": (Kind.PASSWORD_CHANGED, State.ACTIVE, {}),
    "new address": (Kind.EMAIL_CHANGED, State.ACTIVE, ORIGIN),
    "old address": (Kind.EMAIL_CHANGED, State.ACTIVE, {**ORIGIN, "to": "lama@example.id"}),
    "barred": (Kind.BARRED, State.ACTIVE, ORIGIN),
}


def write(account: Account, kind: Kind, **fields: Any) -> Letter:
    """Write a letter down as if it was being sent now."""
    serial = account.link_serial if kind in Letter.LINKED else None
    return Letter.objects.create(
        **{"account": account, "kind": kind, "to": account.email, "asked_at": ASKED_AT, "serial": serial} | fields
    )


def composed(account: Account, kind: Kind, language: str = "id", **fields: Any) -> EmailMultiAlternatives:
    account.language = language
    return messages.compose(write(account, kind, **fields), account)


def every(account: Account, language: str = "id") -> dict[str, EmailMultiAlternatives]:
    """Return each letter that there is, by its name above."""
    messages = {}
    for name, (kind, state, fields) in EVERY.items():
        account.state = state
        messages[name] = composed(account, kind, language, **fields)
    return messages


def html(message: EmailMultiAlternatives) -> str:
    [part] = message.alternatives
    assert part[1] == "text/html"
    assert isinstance(part[0], str)
    return part[0]


def both(message: EmailMultiAlternatives) -> list[str]:
    """Return what both parts say, in one line each, the HTML part without its tags."""
    return [" ".join(part.split()) for part in (message.body, strip_tags(html(message)))]


def assert_both_say(message: EmailMultiAlternatives, *phrases: str) -> None:
    for part in both(message):
        assert [phrase for phrase in phrases if phrase not in part] == []


def assert_neither_says(message: EmailMultiAlternatives, *phrases: str) -> None:
    for part in (message.subject, message.body, html(message)):
        assert [phrase for phrase in phrases if phrase in part] == []


# What each letter says


@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        (
            "id",
            ["Chrome di Windows 10", "60 menit", "Care Center 165 atau Kantor Cabang Makassar", "tidak pernah meminta"],
        ),
        (
            "en",
            ["Chrome on Windows 10", "60 minutes", "Care Center 165 or ask Kantor Cabang Makassar", "never asks for"],
        ),
    ],
)
def test_reset_says_for_whom_how_long_when_and_from_where(rina: Account, language: str, phrases: list[str]) -> None:
    message = composed(rina, Kind.RESET, language, **ORIGIN)
    assert message.to == [rina.email]
    assert "rina" in message.subject
    assert_both_say(message, "Username: rina", "Klinik Pratama Melati", "203.0.113.7", *phrases)


def test_times_are_those_of_the_receivers_place(rina: Account, siti: Account) -> None:
    assert_both_say(composed(rina, Kind.RESET), "23 Nov 2026 07:12 WITA")
    assert_both_say(composed(siti, Kind.RESET), "23 Nov 2026 06:12 WIB")


@pytest.mark.parametrize(("kind", "state"), [(Kind.RESET, State.ACTIVE), (Kind.ACTIVATION, State.WAITING)])
def test_links_lead_to_the_letter_they_came_with(rina: Account, kind: Kind, state: State) -> None:
    rina.state = state
    rina.save()
    letter = write(rina, kind)
    message = messages.compose(letter, rina)
    on_their_own = [line for line in message.body.splitlines() if URL.fullmatch(line)]
    for page in (links.PAGES[kind], "not_me"):
        [url] = {link for link in on_their_own if link.startswith(SITE + _path_of(page))}
        assert f'href="{url}"' in html(message)
        uid, token = url.rstrip("/").split("/")[-2:]
        assert links.read(uid, token, [kind]) == (letter, rina, None)


def _path_of(page: str) -> str:
    return {"password_reset_confirm": "/password-baru/", "activation": "/aktivasi/", "not_me": "/bukan-saya/"}[page]


def test_the_address_behind_the_button_can_be_read(rina: Account) -> None:
    message = composed(rina, Kind.RESET)
    [url] = set(re.findall(rf'"({SITE}/password-baru/[^"]+)"', html(message)))
    assert f">{url}</a>" in html(message)


def test_reset_ordered_by_staff_says_so(rina: Account, petugas: Account) -> None:
    message = composed(rina, Kind.RESET, actor=petugas, **ORIGIN)
    assert_both_say(message, "Petugas BPJS Kesehatan mengirim surat ini", "Oleh: petugas BPJS Kesehatan")
    assert_neither_says(message, "203.0.113.7", "Chrome", petugas.full_name)


@pytest.mark.parametrize(
    ("state", "phrases"),
    [
        (State.WAITING, ["belum diaktifkan", "Hubungi Care Center 165 atau Kantor Cabang Makassar."]),
        (State.DEACTIVATED, ["sudah dinonaktifkan", "Hubungi Care Center 165 atau Kantor Cabang Makassar."]),
    ],
)
def test_reset_of_an_account_that_is_not_active_says_whom_to_ask(
    rina: Account, state: State, phrases: list[str]
) -> None:
    rina.state = state
    message = composed(rina, Kind.RESET, serial=None, **ORIGIN)
    assert_both_say(message, *phrases, "203.0.113.7")
    assert_neither_says(message, "/password-baru/", "/bukan-saya/", "/lupa-password/")


def test_reset_of_an_account_that_became_active_meanwhile_leads_to_another_one(rina: Account) -> None:
    message = composed(rina, Kind.RESET, serial=None)
    assert f"\n{SITE}/lupa-password/\n" in message.body
    assert f'href="{SITE}/lupa-password/"' in html(message)


def test_activation_says_how_to_sign_in_afterwards(rina: Account) -> None:
    rina.state = State.WAITING
    message = composed(rina, Kind.ACTIVATION)
    assert_both_say(message, "Username: rina", "72 jam", "Setelah itu, masuk di sini dengan nama pengguna")
    assert f"\n{SITE}/\n" in message.body
    assert f'href="{SITE}/"' in html(message)


def test_new_password_says_what_to_do_if_it_was_somebody_else(rina: Account) -> None:
    message = composed(rina, Kind.PASSWORD_CHANGED, **ORIGIN)
    assert_both_say(message, "23 Nov 2026 07:12 WITA", "Chrome di Windows 10", "203.0.113.7", "Care Center 165")
    assert_both_say(message, "Semua perangkat lain sudah dikeluarkan", "aplikasi lain di faskes Anda")
    assert f"\n{SITE}/lupa-password/\n" in message.body
    assert f'href="{SITE}/lupa-password/"' in html(message)


def test_new_password_by_an_operator_names_no_browser(rina: Account) -> None:
    message = composed(rina, Kind.PASSWORD_CHANGED)
    assert_both_say(message, "Waktu: 23 Nov 2026 07:12 WITA")
    assert_neither_says(message, "Dari:", "Alamat IP", "Browser", "None")


def test_staff_read_nothing_about_software_of_a_facility(petugas: Account, kepala: Account) -> None:
    message = composed(petugas, Kind.PASSWORD_CHANGED)
    assert_both_say(message, "Kantor: Kantor Cabang Cirebon", "Hubungi Care Center 165.")
    assert_neither_says(message, "aplikasi lain")
    assert_neither_says(composed(kepala, Kind.PASSWORD_CHANGED), "Kantor:", "Faskes:")


def test_another_address_is_told_to_both_without_naming_the_other(rina: Account, petugas: Account) -> None:
    fields: dict[str, Any] = {"actor": petugas, **ORIGIN}
    new = composed(rina, Kind.EMAIL_CHANGED, **fields)
    old = composed(rina, Kind.EMAIL_CHANGED, to="lama@example.id", **fields)
    assert (new.to, old.to) == ([rina.email], ["lama@example.id"])
    assert_both_say(new, "dikirim ke alamat email ini", "Hubungi Care Center 165 atau Kantor Cabang Makassar.")
    assert_both_say(old, "dikirim ke alamat email lain", "Hubungi Care Center 165 atau Kantor Cabang Makassar.")
    assert new.subject != old.subject
    assert_neither_says(new, "lama@example.id", "email lain")
    assert_neither_says(old, rina.email, "email ini")


def test_barred_says_who_still_gets_in_and_how_the_others_do(rina: Account) -> None:
    message = composed(rina, Kind.BARRED, **ORIGIN)
    failures, days = policy.FAILURES_BEFORE_RESET, policy.DEVICE_LIFE.days
    assert_both_say(message, f"{failures} kali berturut-turut", f"{days} hari", "23 Nov 2026 07:12 WITA")
    assert f"\n{SITE}/lupa-password/\n" in message.body
    assert f'href="{SITE}/lupa-password/"' in html(message)


# What holds for each letter


@pytest.mark.parametrize(("language", "foreign"), [("id", ENGLISH), ("en", INDONESIAN)])
def test_each_letter_speaks_one_language(rina: Account, language: str, foreign: re.Pattern[str]) -> None:
    for name, message in every(rina, language).items():
        assert f'<html lang="{language}">' in html(message)
        said = [URL.sub("", part) for part in (str(message.subject), *both(message))]
        assert [foreign.findall(part) for part in said] == [[], [], []], name


def test_each_subject_is_one_short_line_that_names_the_account(rina: Account) -> None:
    for name, message in every(rina).items():
        assert "\n" not in message.subject, name
        assert message.subject.startswith("PCare: ") and "rina" in message.subject, name
        assert len(message.subject) <= 70, name


def test_each_text_part_is_plain(rina: Account) -> None:
    for name, message in every(rina).items():
        lines = message.body.splitlines()
        assert [line for line in lines if len(line) > 72 and not URL.fullmatch(line)] == [], name
        assert [line for line in lines if URL.search(line) and not URL.fullmatch(line)] == [], name
        assert [line for line in lines if line != line.strip()] == [], name
        assert not re.search(r"[<>]|&\w+;|&#|\n\n\n|^\n", str(message.body)), name


def test_each_html_part_loads_nothing_and_leads_only_here(rina: Account) -> None:
    for name, message in every(rina).items():
        page = html(message)
        assert not re.search(r"<(img|script|style|link|iframe|form|svg)\b|\bsrc=|url\(|@import| on\w+=", page), name
        leading = re.findall(r'href="([^"]*)"', page)
        assert f"{SITE}/bantuan/" in leading, name
        assert [url for url in leading if not url.startswith(f"{SITE}/") and url != "tel:165"] == [], name
        assert page.count("<table") == page.count('<table role="presentation"') > 0, name


def test_each_letter_offers_its_text_first_and_the_same_as_html(rina: Account) -> None:
    for name, message in every(rina).items():
        sent = message_from_bytes(message.message().as_bytes(), policy=email_policy)
        assert sent.get_content_type() == "multipart/alternative", name
        parts = {part.get_content_type(): part.get_content() for part in sent.iter_parts()}
        assert list(parts) == ["text/plain", "text/html"], name
        assert list(parts.values()) == [message.body, html(message)], name


# Text from outside


def test_names_are_harmless(rina: Account) -> None:
    rina.full_name = 'Rina & "Tim" <script>alert(1)</script>'
    facility = present(rina.facility)
    facility.name = "Klinik\r\n\r\nhttps://evil.example/ \u202e<img src=x onerror=alert(2)>"
    facility.branch_office.name = "Kantor\n\nhttps://evil.example/"
    for name, message in every(rina).items():
        assert 'Yth. Rina & "Tim" <script>alert(1)</script>,' in message.body, name
        assert "Rina &amp; &quot;Tim&quot; &lt;script&gt;" in html(message), name
        assert not re.search(r"<script|<img", html(message)), name
        strangers = [line for line in message.body.splitlines() if line.startswith("https://evil")]
        assert strangers == [], name
        assert "\u202e" not in message.body + html(message), name


def test_a_browsers_own_name_is_never_repeated(rina: Account) -> None:
    agent = "Chrome <script>alert(1)</script>\n\nhttps://evil.example/ Windows NT 10.0"
    message = composed(rina, Kind.RESET, user_agent=agent)
    assert_both_say(message, "Dari: Chrome di Windows 10")
    assert_neither_says(message, "evil", "alert")


# Headers


def test_a_repeat_is_known_by_its_message_id(rina: Account) -> None:
    first, second = write(rina, Kind.RESET), write(rina, Kind.RESET)
    ids = [messages.compose(letter, rina).message()["Message-ID"] for letter in (first, first, second)]
    assert ids[0] == ids[1] != ids[2]
    assert re.fullmatch(r"<[0-9a-f]{32}@portal\.test>", ids[0])


def test_each_letter_asks_machines_not_to_answer(rina: Account) -> None:
    for message in every(rina, "en").values():
        headers = message.message()
        assert headers["Auto-Submitted"] == "auto-generated"
        assert headers["X-Auto-Response-Suppress"] == "All"
        assert headers["Content-Language"] == "en"
        assert headers["From"] == "PCare <pcare@portal.test>"
