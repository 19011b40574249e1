"""The pictures of the captcha, and new ones without a new page."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.captcha import challenges
from maintenance.gate.decorators import open_while_closed


@open_while_closed()
@login_not_required
@require_safe
def captcha_image(request: HttpRequest, key: str) -> HttpResponse:
    if not challenges.belongs_to(request, key):
        raise Http404
    challenge = challenges.unanswered(key)
    if challenge is None:
        raise Http404
    return HttpResponse(challenges.drawn_once(challenge, challenges.picture_seed(key)), content_type="image/png")


@open_while_closed()
@login_not_required
@require_safe
def captcha_refresh(request: HttpRequest) -> HttpResponse:
    """Issue another picture: the script of the page puts it in place, nothing typed is lost."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        raise Http404
    key = challenges.issue(request).hashkey
    return JsonResponse({"key": key, "image_url": reverse("captcha-image", args=[key])})
