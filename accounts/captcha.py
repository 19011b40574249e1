"""The captcha: a picture with a secret seed, its answer good for one POST from one browser."""

import hashlib
import hmac
import secrets
import unicodedata
from functools import lru_cache
from typing import Any

from captcha.fields import CaptchaField, CaptchaTextInput
from captcha.models import CaptchaStore
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import batches, policy, request_limits
from accounts.captcha_picture import draw
from accounts.request_limits import TooManyRequests

ALPHABET = "ABCDEFGHKMNPRSTWXYZ"  # no letter that looks like another, or like a digit
HALF_KEY = 20  # hexadecimal digits
SALT = "accounts.captcha"
PICTURES_KEPT = 256  # in each process; a picture has about 4 kB
CONSUME = "DELETE FROM captcha_captchastore WHERE hashkey = %s RETURNING response, expiration > %s"


drawn_once = lru_cache(maxsize=PICTURES_KEPT)(draw)  # asking for one picture again and again costs no processor


def issue(request: HttpRequest) -> CaptchaStore:
    """Store a new challenge for this browser. Raises TooManyRequests when its address has had too many."""
    request_limits.take(request, request_limits.Kind.CAPTCHAS)
    letters = "".join(secrets.choice(ALPHABET) for _ in range(policy.CAPTCHA_LENGTH))
    nonce = secrets.token_hex(HALF_KEY // 2)
    return CaptchaStore.objects.create(
        challenge=letters, response=letters.lower(), hashkey=nonce + _mark(request, nonce)
    )


def belongs_to(request: HttpRequest, key: str) -> bool:
    """Tell whether the key was issued to this browser; costs no query."""
    return constant_time_compare(key[HALF_KEY:], _mark(request, key[:HALF_KEY]))


def consume(request: HttpRequest, key: str, answer: str) -> bool:
    """Use the captcha up, right or wrong, and tell whether the answer was right: one atomic statement."""
    if not belongs_to(request, key):
        return False
    with connection.cursor() as cursor:
        cursor.execute(CONSUME, [key, connection.ops.adapt_datetimefield_value(timezone.now())])
        row = cursor.fetchone()
    return bool(row and row[1] and constant_time_compare(row[0], _plain(answer)))


def unanswered(key: str) -> str | None:
    """Return the letters of a captcha that can still be answered, None if there is no such one."""
    store = CaptchaStore.objects.filter(hashkey=key, expiration__gt=timezone.now()).first()
    return store.challenge if store else None


def picture_seed(key: str) -> bytes:
    """Return the seed of a picture: without the site's secret nobody can draw it again."""
    return salted_hmac(SALT, key, algorithm="sha256").digest()


def sweep() -> int:
    """Delete the captchas that were never answered; return how many."""
    return batches.delete(CaptchaStore.objects.filter(expiration__lte=timezone.now()))


class OneUseCaptchaInput(CaptchaTextInput):
    """The package's widget, with keys that are bound to a browser."""

    template_name = "accounts/captcha.html"
    use_fieldset = False  # one visible input: it has a label
    request: HttpRequest
    refused: TooManyRequests | None = None

    def fetch_captcha_store(self, name: str, value: Any, attrs: Any = None, generator: Any = None) -> None:
        """Issue a captcha. The answer to a POST goes without a picture if it must: it says why the POST was refused."""
        try:
            self._key = issue(self.request).hashkey
        except TooManyRequests as refused:
            if self.request.method != "POST":
                raise
            self._key, self.refused = "", refused
        self._value = [self._key, ""]

    def image_url(self) -> str:
        return super().image_url() if self._key else ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"refused": self.refused}


class OneUseCaptchaField(CaptchaField):
    """The package's field, whose answer counts once."""

    default_error_messages = {
        "captcha_wrong": _(
            "The letters did not match the picture, or the picture was too old. Copy the letters of the new picture."
        ),
        "captcha_empty": _("Copy the letters of the picture."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=OneUseCaptchaInput(), **kwargs)

    def clean(self, value: list[str] | None) -> list[str] | None:
        key, answer = (value or ["", ""])[:2]
        right = consume(self.widget.request, key or "", answer or "")
        if not answer:
            raise ValidationError(self.error_messages["captcha_empty"], code="captcha_empty")
        if not right:
            raise ValidationError(self.error_messages["captcha_wrong"], code="captcha_wrong")
        return value


def _plain(answer: str) -> str:
    """Return the letters typed, whatever their case or width and however they are spaced."""
    return "".join(unicodedata.normalize("NFKC", answer).casefold().split())


def _mark(request: HttpRequest, nonce: str) -> str:
    """Return what ties a nonce to the browser, which is known by the secret of its CSRF cookie."""
    if "CSRF_COOKIE" not in request.META:
        get_token(request)  # sets it, for a browser that has none yet
    text = f"{SALT}:{nonce}:{request.META['CSRF_COOKIE']}"
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hex()[:HALF_KEY]
