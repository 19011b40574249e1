"""The form in which somebody signs in."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.authentication.credentials import Credentials
from accounts.captcha.forms import CaptchaForm
from accounts.models import Account
from accounts.models.choices import Refusal
from accounts.passwords.forms import password_field


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
    credentials: Credentials | None = None

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.credentials = Credentials(self.request, self.cleaned_data["username"], self.cleaned_data["password"])
            if self.account is None:
                raise self.credentials.error
            if self.account.refusal:
                raise ValidationError(self.error_messages[self.account.refusal], code=self.account.refusal)
        return self.cleaned_data

    @property
    def account(self) -> Account | None:
        """Whose password was proved."""
        return self.credentials.account if self.credentials else None

    @property
    def wait_until(self) -> datetime | None:
        return self.credentials.wait_until if self.credentials else None

    @property
    def seconds_left(self) -> int:
        """Seconds until another try is possible, 0 if one is possible now."""
        return self.credentials.seconds_left if self.credentials else 0

    @property
    def status(self) -> int:
        if self.account and self.errors:
            return 403
        return 429 if self.seconds_left or (self.credentials and self.credentials.code == "barred") else super().status
