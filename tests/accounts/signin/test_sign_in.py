"""Signing in at /masuk/."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher

from accounts import policy
from accounts.authentication import counters
from accounts.authentication.tally import Tally
from accounts.clients.keys import strangers_key
from accounts.models import Account, AttemptCounter, Role, SecurityEvent, State
from accounts.passwords.hashers import Argon2idHasher
from facilities.models import Facility
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD, MakeAccount
from tests.support.outcomes import error_codes, kinds, visible
from tests.support.visitor import HOST, Visitor, text

Kind = SecurityEvent.Kind
EVIL_ADDRESSES = [
    "//evil.example",
    "https:evil.example",
    "https://evil.example/",
    "\\evil",
    "\\\\evil",
    "/\t/evil.example",
]


def test_right_password_leads_home(visitor: Visitor, siti: Account) -> None:
    response = visitor.sign_in("siti", PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    home = visitor.get("/")
    assert home.status_code == 200
    assert "puskesmas kedawung (10182001), kab. cirebon" in visible(home).casefold()
    assert kinds() == [Kind.SIGNED_IN]


@pytest.mark.parametrize("typed", ["SITI", " siti ", "ｓｉｔｉ", "\u3000Siti\t"])
def test_every_spelling_of_a_user_name_signs_in(visitor: Visitor, siti: Account, typed: str) -> None:
    visitor.sign_in(typed, PASSWORD)
    assert visitor.is_signed_in()


def test_signed_in_visitor_does_not_see_the_sign_in_page(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("siti", PASSWORD)
    assert visitor.open_sign_in().headers["Location"] == "/"


def test_next_is_kept_through_a_mistake(visitor: Visitor, siti: Account) -> None:
    visitor.open_sign_in("/akun/aktivitas/")
    assert visitor.fields["next"] == "/akun/aktivitas/"
    visitor.sign_in("siti", "salah salah salah", next=visitor.fields["next"])
    response = visitor.sign_in("siti", PASSWORD, next=visitor.fields["next"])
    assert response.headers["Location"] == "/akun/aktivitas/"


@pytest.mark.parametrize("evil", EVIL_ADDRESSES)
def test_next_never_leads_away(visitor: Visitor, siti: Account, evil: str) -> None:
    assert visitor.sign_in("siti", PASSWORD, next=evil).headers["Location"] == "/"


def test_encoded_tab_in_next_stays_here(visitor: Visitor, siti: Account) -> None:
    visitor.get("/masuk/?next=/%09/evil.example")
    assert visitor.fields.get("next", "/") == "/"


@pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example"])
def test_foreign_host_is_refused(visitor: Visitor, db: None, host: str) -> None:
    response = visitor.get("/masuk/", headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in text(response)


@pytest.mark.parametrize(
    ("state", "contract", "code"),
    [
        (State.WAITING, True, "waiting"),
        (State.DEACTIVATED, True, "deactivated"),
        (State.ACTIVE, False, "contract_ended"),
    ],
)
def test_the_truth_comes_after_the_proof(
    visitor: Visitor, siti: Account, state: str, contract: bool, code: str
) -> None:
    Account.objects.filter(pk=siti.pk).update(state=state)
    Facility.objects.update(contract_active=contract)
    wrong = visitor.sign_in("siti", "salah salah salah")
    assert (wrong.status_code, error_codes(wrong)) == (422, {"wrong"})
    right = visitor.sign_in("siti", PASSWORD)
    assert (right.status_code, error_codes(right)) == (403, {code})
    assert not visitor.is_signed_in()
    assert kinds() == [Kind.SIGN_IN_FAILED, Kind.SIGN_IN_REFUSED]
    [counter] = counters.load(strangers_key("siti"))
    assert counter.tally == Tally()


def test_refusals_before_the_proof_read_the_same(
    clock: Clock, siti: Account, budi: Account, make_account: MakeAccount
) -> None:
    """Unknown, wrong, never activated, deactivated: nothing on the page tells them apart."""
    Account.objects.filter(pk=budi.pk).update(state=State.DEACTIVATED)
    waiting = make_account("belumaktif", "Ani", facility=siti.facility)
    waiting.set_unusable_password()
    Account.objects.filter(pk=waiting.pk).update(state=State.WAITING, password=waiting.password)
    for round_number in range(4):
        pages = set()
        for name in ("siti", "budi", "belumaktif", "tidakada"):
            visitor = Visitor()
            response = visitor.sign_in(name, f"salah salah {round_number}")
            pages.add((response.status_code, normalised(response, name)))
        assert len(pages) == 1


def normalised(response: Any, name: str) -> str:
    """Return a page without what is different each time."""
    page = text(response).replace(name, "NAME")
    nonce = response.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
    page = page.replace(nonce, "NONCE") if nonce else page
    page = re.sub(r"/captcha/gambar/\w+/", "PICTURE", page)
    page = re.sub(r"<time .*?</time>", "TIME", page)
    return re.sub(r'(name="(?:csrfmiddlewaretoken|captcha_0)"[^>]*) value="\w+"', r"\1", page)


BAD_NAMES = {
    "empty": ("", "required"),
    "blank": ("   ", "required"),
    "300 characters": ("a" * 300, "max_length"),
    "NUL": ("si\x00ti", "null_characters_not_allowed"),
    "surrogate": ("si\udcffti", "username_shape"),
    "right to left": ("\u202eitis", "username_shape"),
    "Hebrew": ("שלום", "username_shape"),
    "too short": ("a", "username_shape"),
}


@pytest.mark.parametrize(("typed", "code"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_impossible_user_name_is_refused_and_nothing_written(visitor: Visitor, db: None, typed: str, code: str) -> None:
    visitor.open_sign_in()
    typed = typed.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    response = visitor.sign_in(typed, PASSWORD)
    assert (response.status_code, error_codes(response)) == (422, {code})
    assert AttemptCounter.objects.count() == SecurityEvent.objects.count() == 0
    assert "captcha_0" in visitor.fields, "a new picture is there"


@pytest.mark.parametrize(
    ("typed", "code"), [("", "required"), ("x" * 4097, "max_length"), ("a\x00b", "null_characters_not_allowed")]
)
def test_impossible_password_is_refused_without_a_try(visitor: Visitor, siti: Account, typed: str, code: str) -> None:
    response = visitor.sign_in("siti", typed)
    assert (response.status_code, error_codes(response)) == (422, {code})
    assert AttemptCounter.objects.count() == 0
    assert typed not in text(response) or not typed


def test_typed_user_name_stays_and_password_goes(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("Siti", "salah salah salah")
    assert visitor.fields["username"] == "Siti"
    assert visitor.fields["password"] == ""
    assert visitor.fields["captcha_1"] == ""


@pytest.mark.parametrize(
    "password",
    [
        "lima belas huru",
        "á" * 128,
        "  spasi di depan dan belakang  ",
        "密码密码密码密码密码密码密码密码",
        "🔑" * 20,
        "e\u0301" * 20,
        "x" * 128,
    ],
    ids=str,
)
def test_any_unicode_password_round_trips(visitor: Visitor, siti: Account, password: str) -> None:
    siti.set_password(password)
    siti.save()
    visitor.sign_in("siti", password)
    assert visitor.is_signed_in()
    for other in (password.strip(), password[:-1], password + " "):
        if policy.normalise_password(other) != policy.normalise_password(password):
            stranger = Visitor()
            stranger.sign_in("siti", other)
            assert not stranger.is_signed_in()
            AttemptCounter.objects.all().delete()


def test_composed_and_decomposed_letters_are_one_password(visitor: Visitor, siti: Account) -> None:
    siti.set_password("cafe\u0301 cafe\u0301 cafe\u0301")
    siti.save()
    visitor.sign_in("siti", "café café café")
    assert visitor.is_signed_in()


def test_stored_hash_is_argon2id_with_the_chosen_cost(siti: Account) -> None:
    details = identify_hasher(siti.password).decode(siti.password)
    assert details["variety"] == "argon2id"
    assert (details["memory_cost"], details["time_cost"], details["parallelism"]) == (19456, 2, 1)


def test_raised_cost_rehashes_at_the_next_sign_in(
    visitor: Visitor, siti: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Visitor()
    other.sign_in("siti", PASSWORD)
    monkeypatch.setattr(Argon2idHasher, "time_cost", 3)
    visitor.sign_in("siti", PASSWORD)
    siti.refresh_from_db()
    assert identify_hasher(siti.password).decode(siti.password)["time_cost"] == 3
    assert visitor.is_signed_in()
    assert other.is_signed_in(), "the password is the same: nobody is signed out"


def test_password_changed_while_the_old_one_is_rehashed_stays_changed(siti: Account) -> None:
    stale = Account.objects.get(pk=siti.pk)
    siti.set_password("kata sandi yang baru sekali")
    siti.save()
    stale.rehash_password(PASSWORD)
    visitor = Visitor()
    visitor.sign_in("siti", "kata sandi yang baru sekali")
    assert visitor.is_signed_in()


CHARSETS = ["rot13", "base64", "undefined", "idna", "utf-7", '"utf-7"', "x; boundary=y", "x; x*=nosuch''%41"]


@pytest.mark.parametrize("charset", CHARSETS)
def test_claimed_charset_breaks_nothing(site: str, charset: str) -> None:
    visitor = Visitor(site)
    page = visitor.get("/masuk/?next=/x", headers={"Content-Type": f"text/plain; charset={charset}"})
    assert page.status_code == 200
    headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    token = visitor.fields["csrfmiddlewaretoken"]
    body = f"csrfmiddlewaretoken={token}&username=%2B2AA-&password=x&captcha_0=x&captcha_1=x"
    assert visitor.client.post("/masuk/", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize("path", ["/masuk/", "/masuk/perangkat/", "/keluar/", "/akun/perangkat/", "/bahasa/"])
def test_unsafe_request_without_a_good_token_is_forbidden(siti: Account, budi: Account, path: str) -> None:
    visitor, other = Visitor(), Visitor()
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/")
    other.sign_in("budi", PASSWORD)
    other.get("/")
    own, foreign = visitor.fields["csrfmiddlewaretoken"], other.fields["csrfmiddlewaretoken"]
    assert visitor.post(path).status_code == 403
    assert visitor.post(path, {"csrfmiddlewaretoken": foreign}).status_code == 403
    evil = {"Origin": "https://evil.example"}
    assert visitor.post(path, {"csrfmiddlewaretoken": own}, headers=evil).status_code == 403
    assert visitor.is_signed_in()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_wrong_method_says_so(visitor: Visitor, db: None, method: str) -> None:
    visitor.open_sign_in()
    visitor.client.handler.enforce_csrf_checks = False
    response = getattr(visitor.client, method)("/masuk/", secure=True)
    assert response.status_code == 405
    assert "<h1" in text(response)
    assert "POST" in response.headers["Allow"]


def test_huge_body_is_refused_with_a_page(visitor: Visitor, db: None) -> None:
    visitor.open_sign_in()
    response = visitor.post("/masuk/", {"username": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert response.status_code == 413
    assert "<h1" in text(response)


def test_too_many_fields_are_refused_with_a_page(visitor: Visitor, db: None) -> None:
    visitor.open_sign_in()
    response = visitor.post("/masuk/", {f"field{number}": "x" for number in range(600)})
    assert response.status_code == 400
    assert "<h1" in text(response)


def test_admin_signs_in_here(visitor: Visitor, kepala: Account) -> None:
    first = visitor.get("/admin/", follow=True)
    assert first.redirect_chain[-1][0] == "/masuk/?next=/admin/"
    response = visitor.sign_in("kepala", PASSWORD, next=visitor.fields["next"])
    assert response.headers["Location"] == "/admin/"
    assert visitor.get("/admin/").status_code == 200


def test_facility_account_may_not_enter_the_admin(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("siti", PASSWORD)
    response = visitor.get("/admin/", follow=True)
    assert response.status_code == 403


def test_no_account_exists_after_installing(db: None) -> None:
    assert Account.objects.count() == 0


def test_sign_out_ends_the_session_and_clears_the_browser(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("siti", PASSWORD)
    stolen = visitor.cookie("session")
    visitor.get("/")
    response = visitor.press("/keluar/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert response.headers["Location"] == "/masuk/"
    assert not visitor.cookie("session")
    assert siti.sessions.count() == 0
    assert kinds() == [Kind.SIGNED_IN, Kind.SESSION_ENDED]
    thief = Visitor()
    thief.client.cookies["__Host-session"] = stolen
    assert not thief.is_signed_in()


def test_sign_out_by_get_does_nothing(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("siti", PASSWORD)
    assert visitor.get("/keluar/").status_code == 405
    assert visitor.is_signed_in()


def test_staff_and_facility_are_named_on_top(visitor: Visitor, petugas: Account) -> None:
    assert petugas.role == Role.BRANCH_STAFF
    visitor.sign_in("petugas", PASSWORD)
    page = text(visitor.get("/"))
    assert "Dewi Lestari" in page
    assert "Kantor Cabang Cirebon" in page
