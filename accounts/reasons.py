"""The reasons that people read: why they are not let in, why their session is over."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Refusal(models.TextChoices):
    """Why an account whose password is right may not sign in all the same."""

    WAITING = "waiting", _("not activated yet")
    DEACTIVATED = "deactivated", _("deactivated")
    CONTRACT_ENDED = "contract_ended", _("the facility's contract has ended")
    SESSIONS_IN_USE = "sessions_in_use", _("all sessions are in use; one has to be ended first")


class EndReason(models.TextChoices):
    """Why a session is over, as its browser reads it."""

    SIGNED_OUT = "signed_out", _("It was ended with the sign-out button.")
    ENDED_ELSEWHERE = "ended_elsewhere", _("It was ended from another device of this account.")
    IDLE = "idle", _("Nothing was done for too long.")
    LIFETIME = "lifetime", _("The longest time for one session has passed.")
    PASSWORD_CHANGED = "password_changed", _("The password of this account was changed.")
    BY_STAFF = "by_staff", _("BPJS Kesehatan staff ended it.")
    DEACTIVATED = "deactivated", _("This account was deactivated.")
    CONTRACT_ENDED = "contract_ended", _("The contract of this facility has ended.")
