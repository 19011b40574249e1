"""What a new password must be."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import policy
from accounts.models import Account
from accounts.passwords import history, strength


class LengthValidator:
    """Refuse a password shorter or longer than the policy says, counted in characters of its NFC form."""

    def validate(self, password: str, user: Account | None = None) -> None:
        length = len(policy.normalise_password(password))
        if length < policy.PASSWORD_MIN_LENGTH:
            raise ValidationError(
                _("This password has %(length)d characters; it needs at least %(least)d."),
                code="password_too_short",
                params={"length": length, "least": policy.PASSWORD_MIN_LENGTH},
            )
        if length > policy.PASSWORD_MAX_LENGTH:
            raise ValidationError(
                _("This password has %(length)d characters; at most %(most)d are possible."),
                code="password_too_long",
                params={"length": length, "most": policy.PASSWORD_MAX_LENGTH},
            )

    def get_help_text(self) -> str:
        return _("%(least)d to %(most)d characters; several words in a row are easy to remember.") % {
            "least": policy.PASSWORD_MIN_LENGTH,
            "most": policy.PASSWORD_MAX_LENGTH,
        }


class StrengthValidator:
    """Refuse a password that is easy to guess, unless its length is reason enough."""

    def validate(self, password: str, user: Account | None = None) -> None:
        if len(policy.normalise_password(password)) < policy.PASSWORD_MIN_LENGTH:
            return
        judgement = strength.judge(password, user)
        if not judgement.good:
            raise ValidationError([ValidationError(said, code="password_guessable") for said in judgement.reasons])

    def get_help_text(self) -> str:
        return _("Hard to guess: several words that have nothing to do with you, your facility, or each other.")


class HistoryValidator:
    """Refuse the account's newest passwords; remember each one that is set."""

    def validate(self, password: str, user: Account | None = None) -> None:
        if user is not None and user.pk and history.holds(user, password):
            raise ValidationError(
                _("This is one of the last %(number)d passwords of this account. Choose one that is new."),
                code="password_used_before",
                params={"number": policy.PASSWORD_HISTORY},
            )

    def password_changed(self, password: str, user: Account) -> None:
        history.remember(user)

    def get_help_text(self) -> str:
        return _("It is none of the last %(number)d passwords.") % {"number": policy.PASSWORD_HISTORY}
