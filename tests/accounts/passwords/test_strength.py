"""A new password is hard to guess, also for somebody who knows the account."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts.models import Account
from accounts.passwords.strength import REASONS, Judgement, judge
from accounts.passwords.validators import StrengthValidator
from tests.support.fixtures import PASSWORD

GUESSABLE = {
    "bpjskesehatan2026": ["service"],
    "b.p.j.s-k.e.s.e.h.a.t.a.n": ["service"],
    "puskesmas klinik faskes bpjs jkn": ["service"],
    "10182001 Kedawung": ["place"],
    "puskesmas kedawung jaya": ["service", "place"],
    "Siti Aminah 1990": ["person", "date"],
    "siti@example.id, siti@example.id": ["repetition", "person"],
    "rina rina rina rina": ["repetition"],
    "ayamgoreng ayamgoreng": ["repetition", "few"],
    "aaaaaaaaaaaaaaaaaaaa": ["repetition"],
    "kopi1 kopi2 kopi3 kopi4": ["few", "series"],
    "bismillah bismillah": ["favourite", "repetition"],
    "Rahasia, sayang, selamanya": ["favourite"],
    "iloveyou forever": ["favourite"],
    "qwertyuiopasdfghjkl": ["keyboard"],
    "zxcvbnm,./asdfghjkl": ["keyboard"],
    "abcdefghijklmnopqrst": ["series"],
    "satu dua tiga empat lima enam": ["series"],
    "senin selasa rabu kamis": ["series"],
    "17-08-1945 31/12/1999": ["date"],
    "international government": ["few"],
    "1qaz2wsx3edc4rfv": ["common"],
    "1234567890 QWERTYUIOP": ["common"],
}
GOOD = [
    PASSWORD,
    "kopi-duwe-pita-laso-nabu",
    "hujan pagi sepatu merah jendela",
    "gajah terbang minum teh",
    "saya suka makan nasi goreng",
    "kopi puskesmas hujan sepatu",
    "correct horse battery staple",
    "x9Kp!vQ2m#ZtR7w",
]
# What cost zxcvbn seconds, what it refuses to read, what no keyboard of ours types.
HEAVY = [
    "4@8({[<3691!|170$5+%2" * 6,
    "".join(chr(ord("0") + number * number % 10) for number in range(128)),
    "20102011" * 16,
    "a" * 128,
    "ab" * 64,
    "the cat and the dog are in love with a house of the man on a moon " * 2,
    "\U0001f600\U0001f408\U0001f6b2" * 43,
    "".join(map(chr, range(0x1F400, 0x1F480))),
    "x\u0302\u0331" * 43,
    "\u0390" * 128,  # one character of it becomes three when its case is folded
]


def causes(judgement: Judgement) -> list[str]:
    """Return which of the reasons a judgement gives; one that is none of them is a KeyError."""
    keys = {id(sentence): cause for cause, sentence in REASONS.items()}
    return [keys[id(reason)] for reason in judgement.reasons]


def codes(password: str, account: Account | None) -> list[str | None]:
    """Return the codes of the errors with which the site refuses a password."""
    try:
        validate_password(password, account)
    except ValidationError as error:
        return [each.code for each in error.error_list]
    return []


# What is refused, and why


@pytest.mark.parametrize(("password", "expected"), GUESSABLE.items())
def test_guessable_is_refused_with_the_reason(password: str, expected: list[str], siti: Account) -> None:
    judgement = judge(password, siti)
    assert not judgement.good
    assert judgement.score < 4
    assert causes(judgement) == expected


@pytest.mark.parametrize("password", GOOD)
def test_words_that_do_not_belong_together_are_accepted(password: str, siti: Account) -> None:
    for account in (siti, None):
        assert judge(password, account) == Judgement(4, [])
    assert judge(password, siti).good


def test_ten_thousand_million_guesses_are_needed() -> None:
    """A letter that belongs to nothing is worth ten."""
    assert judge("bqxzjvkwpf", None) == Judgement(3, [REASONS["few"]])
    assert judge("bqxzjvkwpfh", None) == Judgement(4, [])


@pytest.mark.parametrize(
    "password",
    [
        "PUSKESMAS Kedawung",
        "puskesmas_kedawung",
        "Pu5ke5m45 K3d4wung!",
        "gnuwadek samseksup",
        "puskesmas!kedawung?2026",
    ],
)
def test_capitals_signs_replaced_letters_and_turning_round_are_no_help(password: str, siti: Account) -> None:
    assert judge(password, siti).score == 0
    assert "place" in causes(judge(password, siti))


def test_no_common_password_is_accepted() -> None:
    common = [password for password in CommonPasswordValidator().passwords if len(password) >= 15]
    assert len(common) > 40
    for password in common:
        for typed in (password, password.upper(), f" {password} "):
            assert judge(typed, None) == Judgement(0, [REASONS["common"]]), password


def test_what_follows_the_72nd_character_saves_nothing() -> None:
    assert not judge("puskesmas" * 8 + PASSWORD, None).good
    assert judge("puskesmas" * 4 + PASSWORD, None).good


def test_nothing_typed_is_weak() -> None:
    assert judge("", None) == Judgement(0, [REASONS["few"]])


# Whose words they are


def test_words_count_against_the_account_they_belong_to(siti: Account, rina: Account) -> None:
    hers = ["melati makassar 0114B026", "Rina Daeng di Makassar"]
    for password in hers:
        assert not judge(password, rina).good
        assert judge(password, siti).good
        assert judge(password, None).good
    for password in ("kedawung kab cirebon", "Siti Aminah, Cirebon"):
        assert not judge(password, siti).good
        assert judge(password, rina).good


def test_words_of_an_account_stay_its_own_while_others_are_judged(siti: Account, rina: Account) -> None:
    for account in (siti, rina):
        assert account.facility  # loaded here: the threads have no connection
    with ThreadPoolExecutor(4) as threads:
        judged = list(threads.map(judge, ["melati makassar 0114B026"] * 60, [siti, rina] * 30))
    assert [judgement.good for judgement in judged] == [True, False] * 30


def test_words_of_the_branch_office_count_against_its_staff(petugas: Account, kepala: Account) -> None:
    assert causes(judge("kantor cabang cirebon", petugas)) == ["place"]
    assert judge("kantor cabang cirebon", kepala).good


def test_two_keyboards_type_the_same_password(siti: Account) -> None:
    siti.full_name = "Zoë Ångström"
    for form in ("NFC", "NFD"):
        judgement = judge(unicodedata.normalize(form, "zoë ångström zoë"), siti)
        assert (judgement.score, causes(judgement)) == (0, ["person"])


# What it costs


@pytest.mark.parametrize("password", HEAVY)
def test_long_and_odd_passwords_are_judged_at_once(password: str, siti: Account) -> None:
    judge("warm", siti)
    assert len(password) >= 126
    assert min(processor_time(password, siti) for _ in range(3)) < 0.2


def processor_time(password: str, account: Account) -> float:
    """Return the seconds that this thread worked for it; a busy machine only adds to them."""
    began = time.thread_time()
    judge(password, account)
    return time.thread_time() - began


def test_emoji_are_characters_like_others() -> None:
    assert judge("\U0001f600\U0001f408\U0001f6b2\U0001f35c\U0001f388\U0001f327\U0001f9f6\U0001f98b" * 2, None).score < 4
    assert judge(
        "\U0001f600\U0001f408\U0001f6b2\U0001f35c\U0001f388\U0001f327\U0001f9f6\U0001f98b kopi susu", None
    ).good


# What people read


@pytest.mark.parametrize(("language", "beginning"), [("en", "Easy to guess: "), ("id", "Mudah ditebak: ")])
def test_each_reason_names_the_cause_and_says_what_to_do(language: str, beginning: str) -> None:
    with translation.override(language):
        said = [str(reason) for reason in REASONS.values()]
    assert len(set(said)) == len(said)
    for sentence in said:
        assert sentence.startswith(beginning)
        assert sentence.count(".") == 2, "the cause, then what to do"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "your name, user name, or e-mail address"), ("id", "nama, nama pengguna, atau alamat email Anda")],
)
def test_the_refusal_is_in_the_readers_language(language: str, expected: str, siti: Account) -> None:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        StrengthValidator().validate("Siti Aminah Siti", siti)
    with translation.override(language):
        assert expected in refused.value.messages[0]


# Where it is asked


def test_too_short_is_reason_enough(siti: Account) -> None:
    assert codes("kedawungkedawu", siti) == ["password_too_short"]
    assert set(codes("kedawungkedawun", siti)) == {"password_guessable"}
    assert codes("kopi susu " + "e\u0301" * 4, siti) == ["password_too_short"], "14 characters on another keyboard"


def test_each_reason_is_an_error_of_its_own(siti: Account) -> None:
    assert codes("puskesmas kedawung jaya", siti) == ["password_guessable"] * 2
    assert codes("gajah terbang minum teh", siti) == []
    assert codes("gajah terbang minum teh", None) == []


def test_strength_is_asked_before_the_history(settings: Any) -> None:
    names = [each["NAME"].rpartition(".")[2] for each in settings.AUTH_PASSWORD_VALIDATORS]
    assert names == ["LengthValidator", "StrengthValidator", "HistoryValidator"]
    assert StrengthValidator().get_help_text().strip()
