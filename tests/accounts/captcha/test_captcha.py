"""The captcha: one answer, one POST, one browser, five minutes."""

import re
from datetime import timedelta

from captcha.models import CaptchaStore

from accounts import policy
from accounts.captcha import challenges
from accounts.models import Account, AttemptCounter, SecurityEvent
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.outcomes import error_codes
from tests.support.present import present
from tests.support.visitor import Visitor, text


def picture_url(page: str) -> str:
    return present(re.search(r'<img[^>]*src="(/captcha/gambar/[^"]+)"', page)).group(1)


def test_wrong_letters_count_no_failure_and_cost_no_hash(visitor: Visitor, siti: Account) -> None:
    for _ in range(5):
        response = visitor.sign_in("siti", PASSWORD, answer="xxxxxx")
        assert (response.status_code, error_codes(response)) == (422, {"captcha_wrong"})
    assert AttemptCounter.objects.count() == SecurityEvent.objects.count() == 0
    assert visitor.fields["username"] == "siti"
    assert visitor.fields["password"] == ""
    visitor.sign_in("siti", PASSWORD)
    assert visitor.is_signed_in()


def test_wrong_letters_use_the_picture_up(visitor: Visitor, siti: Account) -> None:
    visitor.open_sign_in()
    key, answer = visitor.fields["captcha_0"], visitor.solve()
    visitor.sign_in("siti", PASSWORD, answer="xxxxxx")
    visitor.fields["captcha_0"] = key
    assert error_codes(visitor.send_sign_in("siti", PASSWORD, answer)) == {"captcha_wrong"}


def test_used_answer_is_refused_later(visitor: Visitor, siti: Account) -> None:
    visitor.open_sign_in()
    key, answer = visitor.fields["captcha_0"], visitor.solve()
    assert error_codes(visitor.send_sign_in("siti", "salah salah salah", answer)) == {"wrong"}
    visitor.fields["captcha_0"] = key
    assert error_codes(visitor.send_sign_in("siti", PASSWORD, answer)) == {"captcha_wrong"}


def test_answer_of_another_browser_is_refused(siti: Account) -> None:
    solver, sender = Visitor(), Visitor()
    solver.open_sign_in()
    sender.open_sign_in()
    answer = solver.solve()
    sender.fields["captcha_0"] = solver.fields["captcha_0"]
    assert error_codes(sender.send_sign_in("siti", PASSWORD, answer)) == {"captcha_wrong"}
    assert sender.get(f"/captcha/gambar/{solver.fields['captcha_0']}/").status_code == 404


def test_forged_key_is_refused(visitor: Visitor, siti: Account) -> None:
    for forged in ("0" * 40, "", "x" * 5000, "a\x00b", "ü" * 40):
        visitor.open_sign_in()
        before = CaptchaStore.objects.count()
        visitor.fields["captcha_0"] = forged
        response = visitor.send_sign_in("siti", PASSWORD, "abcdef")
        assert response.status_code == 422
        assert error_codes(response) == {"captcha_wrong"}
        assert CaptchaStore.objects.count() == before + 1, "only the new picture of the page"


def test_both_sides_of_five_minutes(clock: Clock, visitor: Visitor, siti: Account) -> None:
    visitor.open_sign_in()
    clock.shift(policy.CAPTCHA_LIFE - timedelta(seconds=1))
    assert visitor.get(f"/captcha/gambar/{visitor.fields['captcha_0']}/").status_code == 200
    assert error_codes(visitor.sign_in("siti", "salah salah salah")) == {"wrong"}
    answer, fields = visitor.solve(), visitor.fields
    clock.shift(policy.CAPTCHA_LIFE)
    assert visitor.get(f"/captcha/gambar/{fields['captcha_0']}/").status_code == 404
    visitor.fields = fields
    assert error_codes(visitor.send_sign_in("siti", PASSWORD, answer)) == {"captcha_wrong"}


def test_letters_may_be_typed_small_wide_or_spaced(siti: Account) -> None:
    for change in (
        str.upper,
        " ".join,
        lambda answer: f"  {answer} ",
        lambda answer: chr(ord(answer[0]) + 0xFEE0) + answer[1:],
    ):
        visitor = Visitor()
        visitor.open_sign_in()
        assert error_codes(visitor.send_sign_in("siti", "salah salah", change(visitor.solve()))) <= {
            "wrong",
            "locked_out",
        }


def test_page_does_not_hold_the_answer(visitor: Visitor, db: None) -> None:
    page = text(visitor.open_sign_in())
    answer = visitor.solve()
    assert re.fullmatch(f"[{challenges.ALPHABET.lower()}]{{6}}", answer)
    assert answer not in page.lower()
    image = visitor.get(picture_url(page))
    assert answer.encode() not in image.content.lower()
    assert image.headers["Content-Type"] == "image/png"
    assert image.headers["Cache-Control"] == "no-store"


def test_picture_is_gone_after_use(visitor: Visitor, siti: Account) -> None:
    url = picture_url(text(visitor.open_sign_in()))
    assert visitor.get(url).status_code == 200
    visitor.sign_in("siti", PASSWORD)
    assert visitor.get(url).status_code == 404


def test_picture_stays_the_same_until_it_is_used(visitor: Visitor, db: None) -> None:
    url = picture_url(text(visitor.open_sign_in()))
    assert visitor.get(url).content == visitor.get(url).content


def test_refresh_gives_this_browser_another_picture(visitor: Visitor, siti: Account) -> None:
    visitor.open_sign_in()
    fresh = visitor.get("/captcha/baru/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert fresh["key"] != visitor.fields["captcha_0"]
    assert visitor.get(fresh["image_url"]).status_code == 200
    visitor.fields["captcha_0"] = fresh["key"]
    visitor.sign_in("siti", PASSWORD)
    assert visitor.is_signed_in()


def test_refresh_answers_scripts_of_this_site_only(visitor: Visitor, db: None) -> None:
    assert visitor.get("/captcha/baru/").status_code == 404


def test_pictures_of_one_answer_cannot_be_drawn_from_the_key() -> None:
    assert challenges.picture_seed("a" * 40) != challenges.picture_seed("b" * 40)
    assert b"a" * 8 not in challenges.picture_seed("a" * 40)


def test_empty_answer_says_so(visitor: Visitor, siti: Account) -> None:
    assert error_codes(visitor.sign_in("siti", PASSWORD, answer="")) == {"captcha_empty"}


def test_unanswered_captchas_are_swept(clock: Clock, visitor: Visitor, db: None) -> None:
    for _ in range(3):
        visitor.open_sign_in()
    clock.shift(policy.CAPTCHA_LIFE + timedelta(seconds=1))
    assert challenges.sweep() == 3
    assert CaptchaStore.objects.count() == 0
