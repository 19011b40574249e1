"""What people type to set a password."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.authentication.credentials import Credentials
from accounts.captcha.forms import CaptchaForm
from accounts.models import Account
from accounts.requests import SignedInRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

TYPED_PASSWORD_LENGTH = 4096  # more than any password has, little enough to hash


def password_field(label: "StrPromise", autocomplete: str, *, required: "StrPromise") -> forms.CharField:
    """Return a field for a password as it was typed: nothing is trimmed or cut."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=TYPED_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        error_messages={
            "required": required,
            "max_length": _(
                "What you typed has %(show_value)d characters; no password is that long. Type it again by hand."
            ),
            "null_characters_not_allowed": _(
                "This password holds a character that no keyboard types. Type it again by hand."
            ),
        },
    )


class NewPasswordForm(forms.Form):
    """A new password, typed twice; whether it is good enough is decided under the account's lock."""

    new_password1 = password_field(_("New password"), "new-password", required=_("Type a new password."))
    new_password2 = password_field(
        _("New password, once more"), "new-password", required=_("Type the new password once more.")
    )

    def clean_new_password2(self) -> str:
        first, second = self.cleaned_data.get("new_password1"), self.cleaned_data["new_password2"]
        if first is not None and first != second:
            raise ValidationError(_("The two new passwords are not the same. Type both again."), code="mismatch")
        return second


class LinkPasswordForm(NewPasswordForm):
    """The same on the page of a link, where `other` may be signed in: who sends it has read that they are signed out.

    The page was made when somebody else, or nobody, was signed in: then it is shown again.
    """

    sign_out = forms.CharField(required=False, strip=False)

    def __init__(self, other: Account | None, data: Any = None) -> None:
        super().__init__(data)
        self.other = other

    def clean(self) -> dict[str, Any]:
        if self.other and self.cleaned_data.get("sign_out") != self.other.username:
            raise ValidationError(
                _("%(name)s has signed in in this browser meanwhile. Read who is signed out, then type both again."),
                code="signed_in_meanwhile",
                params={"name": self.other.username},
            )
        return self.cleaned_data


class ChangePasswordForm(NewPasswordForm):
    """The same with the present password, which is checked last: a wrong one counts as a try to sign in."""

    old_password = password_field(_("Present password"), "current-password", required=_("Type your present password."))
    field_order = ["old_password", "new_password1", "new_password2"]
    credentials: Credentials | None = None

    def __init__(self, request: SignedInRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.credentials = Credentials(self.request, self.request.user.username, self.cleaned_data["old_password"])
            if self.credentials.account is None:
                self.add_error("old_password", self.credentials.error)
        return self.cleaned_data


class ResetForm(CaptchaForm):
    """Whose password is forgotten, and the e-mail address that is registered for it."""

    email = forms.EmailField(
        label=_("Registered e-mail"),
        help_text=_("The address that BPJS Kesehatan has for this account, usually that of your facility."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": _("Type the e-mail address that is registered for this account."),
            "invalid": _("This is not a complete e-mail address. An example: puskesmas@contoh.id."),
            "null_characters_not_allowed": _(
                "This address holds a character that no keyboard types. Type it again by hand."
            ),
        },
    )
