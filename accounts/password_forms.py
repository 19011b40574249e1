"""What people type to set a password."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.proof import Proof

TYPED_PASSWORD_LENGTH = 4096  # more than any password has, little enough to hash


def password_field(label: str, autocomplete: str, *, required: str) -> forms.CharField:
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


class ChangePasswordForm(NewPasswordForm):
    """The same with the present password, which is checked last: a wrong one counts as a try to sign in."""

    old_password = password_field(_("Present password"), "current-password", required=_("Type your present password."))
    field_order = ["old_password", "new_password1", "new_password2"]
    proof: Proof | None = None

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self.proof = Proof(self.request, self.request.user.username, self.cleaned_data["old_password"])
            if self.proof.account is None:
                self.add_error("old_password", self.proof.error)
        return self.cleaned_data
