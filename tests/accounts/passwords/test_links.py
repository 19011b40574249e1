"""The links in letters: each that does not work says why, changes nothing, and offers what leads further."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone

from accounts import policy
from accounts.letters import delivery, links, outbox
from accounts.models import Account, Letter, PasswordRecord, SecurityEvent, State
from accounts.models.choices import LinkEnd
from accounts.passwords import setting
from tests.support import mailbox
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.parallel import at_once
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind


def stored(account: Account) -> list[Any]:
    """Return everything that a link could change."""
    rows = Account.objects.filter(pk=account.pk), Letter.objects.all(), PasswordRecord.objects.all()
    return [list(row.values()) for row in rows] + [SecurityEvent.objects.count()]


def refused(path: str, account: Account, words: str) -> None:
    """Check that the link says these words, whether it is opened or used, and changes nothing."""
    before = stored(account)
    visitor = Visitor()
    page = visitor.open_link(path)
    answer = visitor.set_password(NEW_PASSWORD)
    for response in (page, answer):
        assert response.status_code == 410
        assert words in text(response)
        assert "Galat:" in text(response)
    assert stored(account) == before


@pytest.fixture
def path(siti: Account, mailoutbox: list[Any]) -> str:
    """The link of a reset letter to siti."""
    return mailbox.reset_link(siti, mailoutbox)


def test_opening_a_link_changes_nothing_and_hides_the_token(siti: Account, path: str) -> None:
    before = stored(siti)
    visitor = Visitor()
    answer = visitor.get(path)
    token = path.rstrip("/").rpartition("/")[2]
    assert answer.status_code == 302
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert token not in answer.headers["Location"]
    page = visitor.get(answer.headers["Location"])
    assert page.status_code == 200
    assert token not in text(page)
    assert "siti" in text(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert visitor.client.head(path).status_code == 302
    assert stored(siti) == before
    cookie = answer.cookies["__Host-link"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")


def test_link_that_nobody_looks_at_is_not_opened(siti: Account, path: str) -> None:
    """Whatever waits in the browser stays as it was, and a page that was fetched beforehand is not used."""
    visitor = Visitor()
    assert visitor.client.head(path).status_code == 302
    assert visitor.get(path, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert visitor.get(path, headers={"Sec-Fetch-Dest": "image"}).status_code == 302
    assert visitor.cookie("link") is None


def test_used_link_says_so(siti: Account, path: str) -> None:
    visitor = Visitor()
    visitor.open_link(path)
    visitor.set_password(NEW_PASSWORD)
    refused(path, siti, "sudah dipakai")


def test_link_lives_sixty_minutes(clock: Clock, siti: Account, path: str) -> None:
    clock.shift(policy.RESET_LINK_LIFE.total_seconds() - 5)
    assert Visitor().open_link(path).status_code == 200
    clock.shift(7)
    refused(path, siti, "sudah terlalu lama")


def test_dead_link_says_when_it_was_sent_and_until_when_it_lived(clock: Clock, siti: Account, path: str) -> None:
    clock.shift(policy.RESET_LINK_LIFE + timedelta(days=1))
    refused(path, siti, "dikirim 23 Nov 2026 10:00 WIB. Tautannya berlaku paling lama sampai 23 Nov 2026 11:00 WIB.")


def test_newer_letter_voids_the_older_link(clock: Clock, siti: Account, path: str, mailoutbox: list[Any]) -> None:
    clock.shift(timedelta(minutes=2))
    newer = mailbox.reset_link(siti, mailoutbox)
    refused(path, siti, "lebih baru")
    refused(path, siti, "Buka email terbaru, yang dikirim 23 Nov 2026 10:02 WIB.")
    assert Visitor().open_link(newer).status_code == 200


def test_link_under_another_account_says_so(siti: Account, rina: Account, path: str) -> None:
    swapped = path.replace(links.uid(siti), links.uid(rina), 1)
    for account in (siti, rina):
        refused(swapped, account, "akun lain")


def test_link_is_void_after_another_email(siti: Account, path: str, kepala: Account) -> None:
    Account.objects.filter(pk=siti.pk).update(email="baru@example.id")
    refused(path, siti, "Alamat email akun ini sudah diubah")


def test_link_of_a_deactivated_account_says_so(siti: Account, path: str) -> None:
    Account.objects.filter(pk=siti.pk).update(state=State.DEACTIVATED)
    refused(path, siti, "dinonaktifkan")


def test_link_stays_void_after_reactivation(siti: Account, path: str, kepala: Account) -> None:
    office = Visitor()
    office.sign_in("kepala", PASSWORD)
    names = ("username", "full_name", "email", "role")
    typed = {name: getattr(siti, name) for name in names} | {"facility": siti.facility_id, "branch_office": ""}
    for state in (State.DEACTIVATED, State.ACTIVE):
        assert office.save(f"/admin/accounts/account/{siti.pk}/change/", **typed, state=state).status_code == 302
    refused(path, siti, "dinonaktifkan")


def test_link_is_void_after_the_password_was_changed_elsewhere(siti: Account, path: str) -> None:
    setting.set_by_operator(siti, NEW_PASSWORD)
    refused(path, siti, "Password sudah diubah")


def test_link_is_bound_to_the_password_hash_itself(siti: Account, path: str) -> None:
    """Whoever changes the hash by hand voids the links without knowing of them."""
    Account.objects.filter(pk=siti.pk).update(password="!")
    refused(path, siti, "Password sudah diubah")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-10] + "/",
        lambda path: path.replace(".", "", 1),
        lambda path: path.rpartition("/")[0][:-1] + "A/",
        lambda path: "/password-baru/MQ/abc/",
        lambda path: "/password-baru/MQ/" + "x" * 3000 + "/",
        lambda path: "/password-baru/MQ/%00%F0%9F%98%80/",
    ],
)
def test_broken_link_says_so(siti: Account, path: str, spoil: Callable[[str], str]) -> None:
    refused(spoil(path), siti, "tidak lengkap")


def test_reset_link_activates_nobody(siti: Account, path: str) -> None:
    """Each kind of link works on its own page only."""
    activation = path.replace("password-baru", "aktivasi")
    refused(activation, siti, "tidak lengkap")


def test_a_token_signed_for_something_else_is_no_link(siti: Account, path: str) -> None:
    letter = mailbox.letter_of(path)
    forged = signing.TimestampSigner(salt="other", sep=".").sign(f"{letter.pk}-x")
    refused(f"/password-baru/{links.uid(siti)}/{forged}/", siti, "tidak lengkap")


def test_sixteen_parallel_uses_succeed_once(site: str, siti: Account, mailoutbox: list[Any]) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    visitors = [Visitor(site) for _ in range(16)]
    for visitor in visitors:
        visitor.open_link(path)
    answers = at_once([partial(v.set_password, f"{NEW_PASSWORD} {n}") for n, v in enumerate(visitors)])
    assert sorted(answer.status_code for answer in answers) == [302] + [410] * 15
    assert all("sudah dipakai" in text(answer) for answer in answers if answer.status_code == 410)
    won = next(number for number, answer in enumerate(answers) if answer.status_code == 302)
    assert Visitor().sign_in("siti", f"{NEW_PASSWORD} {won}").status_code == 302
    assert SecurityEvent.objects.filter(kind=Kind.PASSWORD_RESET).count() == 1
    assert Letter.objects.filter(kind=Letter.Kind.PASSWORD_CHANGED).count() == 1
    assert PasswordRecord.objects.filter(account=siti).count() == 2


def test_fifth_refused_password_voids_the_link(siti: Account, path: str) -> None:
    visitor = Visitor()
    visitor.open_link(path)
    for left in (4, 3, 2, 1):
        answer = visitor.set_password(PASSWORD)
        assert answer.status_code == 422
        assert f"{left} password lagi" in text(answer)
    answer = visitor.set_password(PASSWORD)
    assert answer.status_code == 410
    assert "Terlalu banyak password" in text(answer)
    assert "salah satu dari 3 password terakhir" in text(answer)
    assert SecurityEvent.objects.filter(kind=Kind.LINK_VOIDED, detail=LinkEnd.REFUSALS).count() == 1
    refused(path, siti, "Terlalu banyak password")


def test_refusals_are_counted_under_parallel_requests(site: str, siti: Account, mailoutbox: list[Any]) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    visitors = [Visitor(site) for _ in range(12)]
    for visitor in visitors:
        visitor.open_link(path)
    answers = at_once([partial(visitor.set_password, PASSWORD) for visitor in visitors])
    assert sorted(answer.status_code for answer in answers) == [410] * 8 + [422] * 4
    assert mailbox.letter_of(path).refusals == policy.REFUSALS_PER_LINK


def test_two_different_entries_are_no_refused_password(siti: Account, path: str) -> None:
    visitor = Visitor()
    visitor.open_link(path)
    answer = visitor.set_password(NEW_PASSWORD, again="lain sama sekali")
    assert answer.status_code == 422
    assert "tidak sama" in text(answer)
    assert mailbox.letter_of(path).refusals == 0
    assert visitor.set_password(NEW_PASSWORD).status_code == 302


def test_not_me_voids_the_link_on_a_button_only(siti: Account, path: str, mailoutbox: list[Any]) -> None:
    not_me = mailbox.link(mailoutbox[-1], "bukan-saya")
    before = stored(siti)
    visitor = Visitor()
    page = visitor.open_link(not_me)
    assert page.status_code == 200
    assert stored(siti) == before
    answer = visitor.press(visitor.opened)
    assert answer.headers["Location"] == "/masuk/"
    assert "tidak berlaku lagi" in text(visitor.open_sign_in())
    assert SecurityEvent.objects.filter(kind=Kind.LINK_VOIDED, detail=LinkEnd.NOT_ME, account=siti).count() == 1
    refused(path, siti, "Bukan saya")
    assert Visitor().open_link(not_me).status_code == 410
    assert visitor.sign_in("siti", PASSWORD).status_code == 302


def test_not_me_pressed_twice_at_once_counts_once(site: str, siti: Account, mailoutbox: list[Any]) -> None:
    mailbox.reset_link(siti, mailoutbox)
    visitors = [Visitor(site) for _ in range(6)]
    for visitor in visitors:
        visitor.open_link(mailbox.link(mailoutbox[-1], "bukan-saya"))
    answers = at_once([partial(visitor.press, visitor.opened) for visitor in visitors])
    assert sorted(answer.status_code for answer in answers) == [302] + [410] * 5
    assert SecurityEvent.objects.filter(kind=Kind.LINK_VOIDED).count() == 1


def test_link_of_a_letter_sent_twice_works_in_either_copy(siti: Account, mailoutbox: list[Any]) -> None:
    """The first copy may have arrived although its worker died before it could write that down."""
    Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    Letter.objects.update(state=Letter.State.WAITING, not_before=timezone.now())
    delivery.deliver_due()
    first, second = mailoutbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    for message in (first, second):
        assert Visitor().open_link(mailbox.link(message)).status_code == 200


def test_activation_link_lives_three_days(clock: Clock, siti: Account, mailoutbox: list[Any]) -> None:
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING, password="!x")
    siti.refresh_from_db()
    outbox.put(Letter.Kind.ACTIVATION, siti)
    path = mailbox.link(mailbox.newest(mailoutbox), "aktivasi")
    clock.shift(policy.ACTIVATION_LINK_LIFE.total_seconds() - 5)
    assert Visitor().open_link(path).status_code == 200
    clock.shift(7)
    visitor = Visitor()
    page = text(visitor.open_link(path))
    for words in ("sudah terlalu lama", "Kantor Cabang Cirebon", "165"):
        assert words in page
