"""The captcha: a picture with a secret seed, its answer good for one POST from one browser."""

import hashlib
import hmac
import secrets
import unicodedata
from functools import lru_cache

from captcha.models import CaptchaStore
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import policy
from accounts.captcha import picture
from accounts.clients import rate_limits
from maintenance.database import batches

ALPHABET = "ABCDEFGHKMNPRSTWXYZ"  # no letter that looks like another, or like a digit
HALF_KEY = 20  # hexadecimal digits
SALT = "accounts.captcha"
PICTURES_KEPT = 256  # in each process; a picture has about 4 kB
CONSUME = "DELETE FROM captcha_captchastore WHERE hashkey = %s RETURNING response, expiration > %s"


drawn_once = lru_cache(maxsize=PICTURES_KEPT)(picture.draw)  # asking for one picture again and again costs no processor


def issue(request: HttpRequest) -> CaptchaStore:
    """Store a new challenge for this browser. Raises TooManyRequests when its address has had too many."""
    rate_limits.take(request, rate_limits.Kind.CAPTCHAS)
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


def _plain(answer: str) -> str:
    """Return the letters typed, whatever their case or width and however they are spaced."""
    return "".join(unicodedata.normalize("NFKC", answer).casefold().split())


def _mark(request: HttpRequest, nonce: str) -> str:
    """Return what ties a nonce to the browser, which is known by the secret of its CSRF cookie."""
    if "CSRF_COOKIE" not in request.META:
        get_token(request)  # sets it, for a browser that has none yet
    text = f"{SALT}:{nonce}:{request.META['CSRF_COOKIE']}"
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hex()[:HALF_KEY]
