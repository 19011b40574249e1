"""The words that are tried first: those of passwords, of the service, of a series, of the account and its place."""

import re
from collections.abc import Iterable

from accounts.models import Account
from accounts.policy import normalise_password

SHORTEST = 3  # letters; shorter ones stand inside too many other words
WORDS = re.compile(r"[^\W_]+")

SERVICE = (
    *("bpjs", "kesehatan", "sehat", "jkn", "askes", "pcare", "faskes", "fktp", "puskesmas", "pkm", "posyandu"),
    *("klinik", "pratama", "apotek", "dokter", "bidan", "perawat", "pasien", "peserta"),
)
# zxcvbn's own lists are English.
FAVOURITES = (
    *("password", "rahasia", "sandi", "kata", "kunci", "admin", "bismillah", "bismillahirrahmanirrahim", "sayang"),
    *("bismillahirahmanirahim", "alhamdulillah", "assalamualaikum", "subhanallah", "allahuakbar", "insyaallah"),
    *("allah", "muhammad", "cinta", "aku", "kamu", "saya", "selamanya", "selalu", "terimakasih", "selamat", "sukses"),
    *("semangat", "bahagia", "keluarga", "mama", "papa", "merdeka", "garuda", "pancasila", "indonesia", "raya", "jaya"),
)
SERIES = (
    *("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh"),
    *("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"),
    *("januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november"),
    "desember",
)
YEARS = tuple(str(year) for year in range(1940, 2050))


def of_account(account: Account | None) -> dict[str, set[str]]:
    """Return the words that somebody would try who knows the account: those of the person, those of the place."""
    if account is None:
        return {"person": set(), "place": set()}
    place: list[str] = []
    if account.facility:
        facility = account.facility
        place = [facility.code, facility.name, facility.regency, facility.email]
    elif account.branch_office:
        place = [account.branch_office.name]
    return {"person": _words([account.username, account.full_name, account.email]), "place": _words(place)}


def _words(texts: Iterable[str]) -> set[str]:
    """Return the words of the texts as they are compared."""
    found = WORDS.findall(normalise_password(" ".join(texts)).casefold())
    return {word for word in found if len(word) >= SHORTEST}
