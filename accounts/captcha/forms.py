"""The form of somebody unknown: the captcha is checked first, then the user name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.captcha.fields import OneUseCaptchaField


class CaptchaForm(forms.Form):
    """What somebody unknown says about an account: the captcha is checked first, then the user name."""

    username = forms.CharField(
        label=_("Username"),
        max_length=254,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "autocorrect": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={
            "required": _("Type your user name."),
            "max_length": _("This user name is too long. Often it is your facility code, for example 0114B026."),
            "null_characters_not_allowed": _(
                "This user name holds a character that no keyboard types. Type it again by hand."
            ),
            "username_shape": _(
                "A user name has at least 3 characters: letters a to z, digits, dot, hyphen, underscore. "
                "Often it is your facility code, for example 0114B026."
            ),
        },
    )
    captcha = OneUseCaptchaField(label=_("Letters in the picture"))

    def __init__(self, request: HttpRequest, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.request = request
        self.fields["captcha"].widget.request = request
        self.order_fields(["captcha"])

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        return 422 if self.errors else 200

    def clean_username(self) -> str:
        username = policy.normalise_username(self.cleaned_data["username"])
        if not policy.USERNAME_SHAPE.fullmatch(username):
            raise ValidationError(self.fields["username"].error_messages["username_shape"], code="username_shape")
        return username
