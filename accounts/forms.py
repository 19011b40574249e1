"""What people type to sign in."""

import math
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import policy
from accounts.captcha import OneUseCaptchaField
from accounts.models import Account
from accounts.reasons import Refusal

TYPED_PASSWORD_LENGTH = 4096  # more than any password has, little enough to hash
BUSY_RETRY = 2  # seconds
LOCKOUT_MINUTES = policy.LOCKOUT_DURATION // timedelta(minutes=1)


class SignInForm(forms.Form):
    """User name, password, captcha: the captcha is checked first, the password last."""

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
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=TYPED_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={
            "required": _("Type your password."),
            "max_length": _(
                "What you typed has %(show_value)d characters; no password is that long. Type it again by hand."
            ),
            "null_characters_not_allowed": _(
                "This password holds a character that no keyboard types. Type it again by hand."
            ),
        },
    )
    captcha = OneUseCaptchaField(label=_("Letters in the picture"))

    error_messages = {
        "wrong": ngettext_lazy(
            "The user name or the password is wrong. %(tries)d try is left before a wait of %(minutes)d minutes.",
            "The user name or the password is wrong. %(tries)d tries are left before a wait of %(minutes)d minutes.",
            "tries",
        ),
        "locked_out": _("%(threshold)d wrong tries: signing in with this user name is locked for %(minutes)d minutes."),
        "address_waits": _(
            "Too many wrong tries came from your network. Wait until the time is up, or use a browser that has "
            "signed in to this account before."
        ),
        "closed": _(
            "After %(closing)d wrong tries in a row, this user name can only be used in browsers that have signed in "
            "with it before. Set a new password to open it again: choose “Forgot password…?”."
        ),
        "busy": _("%(threshold)d sign-ins with this user name are being checked right now. Try again in a moment."),
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

    def __init__(self, request: HttpRequest, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.request = request
        self.account: Account | None = None
        self.wait_until: datetime | None = None
        self.fields["captcha"].widget.request = request
        self.order_fields(["captcha", "username", "password"])

    def clean_username(self) -> str:
        username = policy.normalise_username(self.cleaned_data["username"])
        if not policy.USERNAME_SHAPE.fullmatch(username):
            raise ValidationError(self.fields["username"].error_messages["username_shape"], code="username_shape")
        return username

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.account = authenticate(self.request, **self._credentials())
            if self.account is None:
                raise self._not_proved()
            if self.account.refusal:
                raise ValidationError(self.error_messages[self.account.refusal], code=self.account.refusal)
        return self.cleaned_data

    @property
    def seconds_left(self) -> int:
        """Seconds until another try is possible, 0 if one is possible now."""
        if self.wait_until is None:
            return BUSY_RETRY if self.has_error(forms.forms.NON_FIELD_ERRORS, "busy") else 0
        return max(1, math.ceil((self.wait_until - timezone.now()).total_seconds()))

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        if self.seconds_left or self.has_error(forms.forms.NON_FIELD_ERRORS, "closed"):
            return 429
        if self.account:
            return 403
        return 422 if self.errors else 200

    def _credentials(self) -> dict[str, str]:
        return {"username": self.cleaned_data["username"], "password": self.cleaned_data["password"]}

    def _not_proved(self) -> ValidationError:
        """Return what can be said before the password is proved: the same for every name."""
        attempt = self.request.attempt
        self.wait_until = None if attempt.is_closed else attempt.locked_until or attempt.address_waits_until
        if attempt.is_closed:
            code = "closed"
        elif attempt.locked_until:
            code = "locked_out"
        elif attempt.address_waits_until:
            code = "address_waits"
        else:
            code = "wrong" if attempt.reserved_at else "busy"
        params = {
            "tries": attempt.tries_left,
            "threshold": policy.LOCKOUT_THRESHOLD,
            "minutes": LOCKOUT_MINUTES,
            "closing": policy.FAILURES_BEFORE_RESET,
        }
        return ValidationError(self.error_messages[code], code=code, params=params)
