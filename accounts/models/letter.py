"""Which e-mails the portal has to send, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.choices import LinkEnd, UnsentReason


class Letter(models.Model):
    """One e-mail: who asked for it, whether it has left, what became of its link. It holds no secret.

    The row is written in the transaction that causes the letter; a worker makes the link when it sends.
    """

    class Kind(models.TextChoices):
        RESET = "reset", _("Link for a new password")
        ACTIVATION = "activation", _("Link for the first password")
        PASSWORD_CHANGED = "password_changed", _("Notice of a new password")
        EMAIL_CHANGED = "email_changed", _("Notice of another e-mail address")
        BARRED = "closed", _("Notice that unknown browsers are kept out")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")
        WITHHELD = "withheld", _("Not sent")

    LINKED = [Kind.RESET, Kind.ACTIVATION]

    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="letters",
        db_index=False,  # the index below begins with it
        db_constraint=False,  # its check would tell by its time that an account exists; accounts are never deleted
        verbose_name=_("account"),
        help_text=_("Empty when nobody has the user name that was typed."),
    )
    kind = models.CharField(_("letter"), max_length=20, choices=Kind)
    to = models.EmailField(_("to"), blank=True)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    actor = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    from_known_browser = models.BooleanField(
        default=False,
        db_default=False,  # for processes of the release before, which do not know the column
        editable=False,
        help_text="Whether it was asked for in a browser that has signed in before.",
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=200, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=20, choices=UnsentReason, blank=True)
    answer = models.CharField(_("answer of the mail server"), max_length=200, blank=True)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    not_before = models.DateTimeField(_("next try"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    prepared_at = models.DateTimeField(null=True, help_text="When it was first made ready for sending.")
    serial = models.PositiveIntegerField(null=True, help_text="The account's serial that its link is bound to.")
    link_end = models.CharField(_("link"), max_length=20, choices=LinkEnd, blank=True)
    refusals = models.PositiveIntegerField(default=0, help_text="How many passwords were refused on its link.")

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="letter_account_newest"),
            models.Index(fields=["not_before"], name="letter_due", condition=Q(state="waiting")),
            models.Index(fields=["asked_at"], name="letter_asked"),
            models.Index(fields=["asked_at"], name="letter_withheld", condition=Q(reason__in=["no_match", "limit"])),
        ]

    def __str__(self) -> str:
        return f"{date_format(timezone.localtime(self.asked_at), 'j M Y H:i:s')} {self.get_kind_display()}"
