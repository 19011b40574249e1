"""The password check alone, in the process and the thread in which a sign-in does it."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import get_hasher
from django.http import HttpRequest, HttpResponse

from benchmarks.rows import PASSWORD

HASHED = get_hasher().encode(PASSWORD, "saltsaltsaltsalt")


@login_not_required
def check_passwords(request: HttpRequest, count: int) -> HttpResponse:
    hasher = get_hasher()
    for _ in range(count):
        hasher.verify(PASSWORD, HASHED)
    return HttpResponse()
