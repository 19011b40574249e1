"""What strangers type: to sign in, to ask for a new password."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.captcha import OneUseCaptchaField
from accounts.models import Account
from accounts.password_forms import password_field
from accounts.proof import Proof
from accounts.reasons import Refusal


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


class SignInForm(CaptchaForm):
    """User name and password; the password is checked last."""

    password = password_field(_("Password"), "current-password", required=_("Type your password."))

    error_messages = {
        Refusal.WAITING: _(
            "Your password is right, but this account has not been activated yet. Ask your BPJS Kesehatan branch "
            "office to activate it, or call 165."
        ),
        Refusal.DEACTIVATED: _(
            "Your password is right, but this account has been deactivated. Ask your BPJS Kesehatan branch office, "
            "or call 165."
        ),
        Refusal.CONTRACT_ENDED: _(
            "Your password is right, but your facility has no active contract with BPJS Kesehatan. Ask your branch "
            "office about the contract, or call 165."
        ),
    }
    proof: Proof | None = None

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.proof = Proof(self.request, self.cleaned_data["username"], self.cleaned_data["password"])
            if self.account is None:
                raise self.proof.error
            if self.account.refusal:
                raise ValidationError(self.error_messages[self.account.refusal], code=self.account.refusal)
        return self.cleaned_data

    @property
    def account(self) -> Account | None:
        """Whose password was proved."""
        return self.proof and self.proof.account

    @property
    def wait_until(self) -> datetime | None:
        return self.proof and self.proof.wait_until

    @property
    def seconds_left(self) -> int:
        """Seconds until another try is possible, 0 if one is possible now."""
        return self.proof.seconds_left if self.proof else 0

    @property
    def status(self) -> int:
        if self.account and self.errors:
            return 403
        return 429 if self.seconds_left or (self.proof and self.proof.code == "closed") else super().status


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
