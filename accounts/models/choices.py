"""The reasons that people read: why they are not let in, why their session is over."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Refusal(models.TextChoices):
    """Why an account whose password is right may not sign in all the same."""

    WAITING = "waiting", _("not activated yet")
    DEACTIVATED = "deactivated", _("deactivated")
    CONTRACT_ENDED = "contract_ended", _("the facility's contract has ended")
    CLOSED = "closed", _("the portal is closed for maintenance")
    SESSIONS_IN_USE = "sessions_in_use", _("all sessions are in use; one has to be ended first")


class SessionEndReason(models.TextChoices):
    """Why a session is over, as its browser reads it."""

    SIGNED_OUT = "signed_out", _("It was ended with the sign-out button.")
    ENDED_ELSEWHERE = "ended_elsewhere", _("It was ended from another device of this account.")
    IDLE = "idle", _("Nothing was done for too long.")
    LIFETIME = "lifetime", _("The longest time for one session has passed.")
    PASSWORD_CHANGED = "password_changed", _("The password of this account was changed.")
    PASSWORD_SET_HERE = "password_set_here", _("A new password was set in this browser, with the link in an e-mail.")
    BY_STAFF = "by_staff", _("BPJS Kesehatan staff ended it.")
    DEACTIVATED = "deactivated", _("This account was deactivated.")
    CONTRACT_ENDED = "contract_ended", _("The contract of this facility has ended.")
    UNKNOWN = "unknown", _("It is over.")  # the row names a reason of another release

    @classmethod
    def read(cls, code: str) -> "SessionEndReason":
        """Return the reason with this code, UNKNOWN for one that this release does not have."""
        return cls(code) if code in cls.values else cls.UNKNOWN


class Occasion(models.TextChoices):
    """Where a password was typed wrongly, unless it was on the sign-in page."""

    PASSWORD_CHANGE = "password_change", _("while the password was to be changed")


class UnsentReason(models.TextChoices):
    """Why a letter has not left, as staff read it."""

    NO_MATCH = "no_match", _("the e-mail address typed is not the registered one")
    LIMIT = "limit", _("the most reset letters that an account gets in an hour have been sent")
    NOT_ACTIVE = "not_active", _("the account is not active")
    EMAIL_CHANGED = "email_changed", _("the e-mail address was changed meanwhile")
    NOT_WAITING = "not_waiting", _("the account does not wait for its activation any more")
    LINK_ENDED = "link_ended", _("its link was void before it could be sent")
    REFUSED = "refused", _("the mail server refused it for good")
    GAVE_UP = "gave_up", _("it could not be sent within 24 hours")


class LinkEnd(models.TextChoices):
    """Why a link in a letter does not work, as the one who opens it reads it."""

    USED = "used", _("This link has been used already: a password was set with it.")
    EXPIRED = "expired", _("This link is too old.")
    SUPERSEDED = "superseded", _("A newer letter was asked for. Only the link in the newest one works.")
    NOT_ME = "not_me", _("This link was voided with the button “It was not me”.")
    REFUSALS = "refusals", _("Too many passwords were refused on this link.")
    PASSWORD_CHANGED = "password_changed", _("The password was changed after this link had been sent.")
    EMAIL_CHANGED = "email_changed", _("The e-mail address of this account was changed after this link had been sent.")
    WRONG_ACCOUNT = "wrong_account", _("This link belongs to another account.")
    DEACTIVATED = "deactivated", _("This account is deactivated or waits for its activation.")
    BROKEN = "broken", _("This page needs the whole link of a letter; perhaps the e-mail program has cut it.")
