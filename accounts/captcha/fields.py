"""The field of a form that asks for the letters of a picture."""

from typing import Any

from captcha.fields import CaptchaField, CaptchaTextInput
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.captcha import challenges
from accounts.clients.navigation import opens_page
from accounts.clients.rate_limits import TooManyRequests


class OneUseCaptchaInput(CaptchaTextInput):
    """The package's widget, with keys that are bound to a browser."""

    template_name = "accounts/captcha/field.html"
    use_fieldset = False  # one visible input: it has a label
    request: HttpRequest
    refused: TooManyRequests | None = None

    def fetch_captcha_store(self, name: str, value: Any, attrs: Any = None, generator: Any = None) -> None:
        """Issue a captcha to somebody who opens the page.

        The answer to a POST goes without a picture if it must: it says why the POST was refused.
        """
        if self.request.method != "POST" and not opens_page(self.request):
            self._key, self._value = "", ["", ""]
            return
        try:
            self._key = challenges.issue(self.request).hashkey
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
        right = challenges.consume(self.widget.request, key or "", answer or "")
        if not answer:
            raise ValidationError(self.error_messages["captcha_empty"], code="captcha_empty")
        if not right:
            raise ValidationError(self.error_messages["captcha_wrong"], code="captcha_wrong")
        return value
