"""What staff see and do about letters: asked for, sent, not sent and why; never a link."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.letters import delivery
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import LinkEnd, UnsentReason
from tests.support import mailbox
from tests.support.fixtures import PASSWORD
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind


def page_of(account: Account) -> str:
    return f"/admin/accounts/account/{account.pk}/"


def as_typed(account: Account, **changes: Any) -> dict[str, Any]:
    """Return the fields of the account's page, some of them changed."""
    names = ("username", "full_name", "email", "role", "state")
    fields = {name: getattr(account, name) for name in names} | {"facility": account.facility_id or ""}
    return {**fields, "branch_office": "", **changes}


def test_staff_see_what_became_of_each_letter(siti: Account, head: Visitor, mailoutbox: list[Any]) -> None:
    Visitor().ask_for_reset("siti", "siti@example.id")
    Visitor().ask_for_reset("siti", "salah@example.id")
    assert "Menunggu dikirim" in text(head.get(f"{page_of(siti)}change/"))
    delivery.deliver_due()
    refused = {"state": Letter.State.FAILED, "reason": UnsentReason.REFUSED, "answer": "550 5.1.1 No such mailbox"}
    Letter.objects.create(account=siti, kind=Letter.Kind.PASSWORD_CHANGED, to="siti@example.id", **refused)
    again = {"attempts": 2, "not_before": timezone.now() + timedelta(minutes=2), "answer": "451 4.7.1 Greylisted"}
    Letter.objects.create(account=siti, kind=Letter.Kind.EMAIL_CHANGED, to="lama@example.id", **again)
    page = text(head.get(f"{page_of(siti)}change/"))
    for words in (
        "Terkirim",
        "bukan yang terdaftar",
        "550 5.1.1 No such mailbox",
        "451 4.7.1 Greylisted",
        "2 kali dicoba",
        "lama@example.id",
    ):
        assert words in page


def test_staff_never_see_a_link(siti: Account, head: Visitor, mailoutbox: list[Any]) -> None:
    token = mailbox.reset_link(siti, mailoutbox).rstrip("/").rpartition("/")[2]
    letter = Letter.objects.get()
    paths = [f"{page_of(siti)}change/", "/admin/accounts/letter/", f"/admin/accounts/letter/{letter.pk}/change/"]
    for path in paths:
        page = text(head.get(path))
        assert "siti@example.id" in page
        assert token not in page
        assert token.rpartition(".")[2] not in page
        assert "/password-baru/" not in page


def test_letters_can_only_be_read(siti: Account, head: Visitor, mailoutbox: list[Any]) -> None:
    mailbox.reset_link(siti, mailoutbox)
    letter = Letter.objects.get()
    for path in (f"/admin/accounts/letter/{letter.pk}/delete/", "/admin/accounts/letter/add/"):
        assert head.send(path, post="yes").status_code == 403
    assert head.send(f"/admin/accounts/letter/{letter.pk}/change/", to="evil@example.id").status_code == 403
    assert Letter.objects.get().to == "siti@example.id"


def test_branch_sees_letters_of_its_facilities_only(siti: Account, rina: Account, branch: Visitor) -> None:
    for account in (siti, rina):
        Visitor().ask_for_reset(account.username, account.email)
    page = text(branch.get("/admin/accounts/letter/"))
    assert "siti@example.id" in page
    assert "rina@example.id" not in page
    other = Letter.objects.get(account=rina)
    assert branch.get(f"/admin/accounts/letter/{other.pk}/change/").status_code in (302, 404)


def test_staff_order_a_reset_letter(siti: Account, branch: Visitor, petugas: Account, mailoutbox: list[Any]) -> None:
    answer = branch.send(f"{page_of(siti)}send-reset-letter/")
    assert answer.status_code == 302
    letter = mailbox.newest(mailoutbox)
    assert letter.to == ["siti@example.id"]
    assert "Petugas BPJS Kesehatan mengirim surat ini" in letter.body, "it says who asked for it"
    assert "Alamat IP" not in letter.body, "it is not the owner's"
    assert Visitor().open_link(mailbox.link(letter)).status_code == 200
    event = SecurityEvent.objects.get(kind=Kind.LETTER_ORDERED)
    assert (event.account, event.actor, event.detail) == (siti, petugas, Letter.Kind.RESET)


def test_staff_order_no_letter_for_another_branch(rina: Account, branch: Visitor) -> None:
    assert branch.send(f"{page_of(rina)}send-reset-letter/").status_code == 404
    assert not Letter.objects.exists()


def test_staff_send_a_letter_whatever_strangers_have_asked_for(
    siti: Account, head: Visitor, mailoutbox: list[Any]
) -> None:
    for _ in range(4):
        Visitor().ask_for_reset("siti", "siti@example.id")
    delivery.deliver_due()
    head.send(f"{page_of(siti)}send-reset-letter/")
    assert Visitor().open_link(mailbox.link(mailbox.newest(mailoutbox))).status_code == 200
    assert len(mailoutbox) == 4, "three of the strangers', and that of the employee"


def test_another_spelling_of_the_address_is_told_nobody(siti: Account, head: Visitor, mailoutbox: list[Any]) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    head.save(f"{page_of(siti)}change/", **as_typed(siti, email="Siti@Example.id"))
    assert Letter.objects.count() == 1
    assert Visitor().open_link(path).status_code == 200


def test_lifting_no_lock_says_so(siti: Account, head: Visitor) -> None:
    head.send(f"{page_of(siti)}lift-lock/")
    assert "Tidak ada kunci" in text(head.get(f"{page_of(siti)}change/"))


def test_letter_that_the_state_has_no_use_for_is_not_ordered(siti: Account, head: Visitor) -> None:
    head.send(f"{page_of(siti)}send-activation-letter/")
    assert "tidak sedang menunggu aktivasi" in text(head.get(f"{page_of(siti)}change/"))
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING)
    head.send(f"{page_of(siti)}send-reset-letter/")
    assert "akunnya tidak aktif" in text(head.get(f"{page_of(siti)}change/"))
    assert not Letter.objects.exists()


def test_buttons_fit_the_state(siti: Account, head: Visitor) -> None:
    page = text(head.get(f"{page_of(siti)}change/"))
    assert "send-reset-letter" in page
    assert "send-activation-letter" not in page
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING)
    page = text(head.get(f"{page_of(siti)}change/"))
    assert "send-activation-letter" in page
    assert "send-reset-letter" not in page


def test_activation_letter_can_be_sent_again(siti: Account, head: Visitor, mailoutbox: list[Any]) -> None:
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING, password="!")
    for _ in range(2):
        head.send(f"{page_of(siti)}send-activation-letter/")
    delivery.deliver_due()
    first, second = (mailbox.link(message, "aktivasi") for message in mailoutbox)
    assert "lebih baru" in text(Visitor().open_link(first))
    assert Visitor().open_link(second).status_code == 200


def test_changed_email_is_told_to_both_addresses_and_voids_links(
    siti: Account, head: Visitor, kepala: Account, mailoutbox: list[Any]
) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    assert head.save(f"{page_of(siti)}change/", **as_typed(siti, email="baru@example.id")).status_code == 302
    mailoutbox.clear()
    delivery.deliver_due()
    assert sorted(message.to for message in mailoutbox) == [["baru@example.id"], ["siti@example.id"]]
    old = next(message for message in mailoutbox if message.to == ["siti@example.id"])
    assert "baru@example.id" not in old.body
    assert "email akun ini sudah diubah" in text(Visitor().open_link(path))
    assert mailbox.letter_of(path).link_end == LinkEnd.EMAIL_CHANGED
    event = SecurityEvent.objects.get(kind=Kind.ACCOUNT_CHANGED)
    assert (event.detail, event.actor) == ("email", kepala)


def test_letter_that_waited_does_not_go_to_the_former_address(
    siti: Account, head: Visitor, mailoutbox: list[Any]
) -> None:
    Visitor().ask_for_reset("siti", "siti@example.id")
    head.save(f"{page_of(siti)}change/", **as_typed(siti, email="baru@example.id"))
    delivery.deliver_due()
    assert not [message for message in mailoutbox if "/password-baru/" in message.body]


def test_corrected_address_of_a_waiting_account_gets_the_activation_letter(
    siti: Account, head: Visitor, mailoutbox: list[Any]
) -> None:
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING, password="!")
    siti.refresh_from_db()
    head.save(f"{page_of(siti)}change/", **as_typed(siti, email="betul@example.id"))
    delivery.deliver_due()
    links = [message for message in mailoutbox if "/aktivasi/" in message.body]
    assert [message.to for message in links] == [["betul@example.id"]]


def test_other_changes_send_no_letter(siti: Account, head: Visitor) -> None:
    head.save(f"{page_of(siti)}change/", **as_typed(siti, full_name="Siti A."))
    assert not Letter.objects.exists()


def test_account_learns_the_language_of_its_letters(siti: Account, visitor: Visitor, mailoutbox: list[Any]) -> None:
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/")
    visitor.press("/bahasa/", language="en", next="/")
    siti.refresh_from_db()
    assert siti.language == "en"
    Visitor().ask_for_reset("siti", "siti@example.id")
    assert "new password" in mailbox.newest(mailoutbox).subject
