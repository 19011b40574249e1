"""What happened."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.choices import LinkEnd, Occasion, Refusal, SessionEndReason, UnsentReason
from accounts.models.letter import Letter
from facilities.models import BranchOffice, Facility, RegionalOffice
from maintenance.database.append_only import AppendOnlyModel, AppendOnlyQuerySet


class EventQuerySet(AppendOnlyQuerySet["SecurityEvent"]):
    """Events, which can be added and read."""

    def about_signing_in(self) -> Self:
        """Return the sign-ins, and the tries that did not get in."""
        kinds = SecurityEvent.Kind
        return self.filter(kind__in=[kinds.SIGNED_IN, kinds.SIGN_IN_FAILED, kinds.LOCKED_OUT, kinds.SIGN_IN_REFUSED])


class SecurityEvent(AppendOnlyModel):
    """One thing that happened: who, what, when, from where, with what outcome. Append-only."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed: wrong user name or password")
        LOCKED_OUT = "locked_out", _("Locked after too many failures")
        SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused although the password was right")
        SESSION_ENDED = "session_ended", _("Session ended")
        LOCK_LIFTED = "lock_lifted", _("Lock lifted by staff")
        BARRED = "closed", _("Barred to unknown browsers after too many failures in a row")
        RESET_REQUESTED = "reset_requested", _("Link for a new password asked for")
        PASSWORD_RESET = "password_reset", _("New password set with a link from a letter")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        ACTIVATED = "activated", _("Account activated, first password set")
        LINK_VOIDED = "link_voided", _("Link in a letter voided")
        LETTER_ORDERED = "letter_ordered", _("Letter with a link ordered by staff")
        ACCOUNT_CREATED = "account_created", _("Account created by staff")
        ACCOUNT_CHANGED = "account_changed", _("Account changed by staff")
        FACILITY_CREATED = "facility_created", _("Facility created by staff")
        FACILITY_CHANGED = "facility_changed", _("Facility changed by staff")
        FACILITY_DELETED = "facility_deleted", _("Facility deleted by staff")
        CONTRACT_ENDED = "contract_ended", _("Contract of a facility ended by staff")
        CONTRACT_RENEWED = "contract_renewed", _("Contract of a facility renewed by staff")
        OFFICE_CREATED = "office_created", _("Office created by staff")
        OFFICE_CHANGED = "office_changed", _("Office changed by staff")
        OFFICE_DELETED = "office_deleted", _("Office deleted by staff")

    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("event"), max_length=20, choices=Kind)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    changes = models.JSONField(
        _("changes"), null=True, help_text=_("The old and the new value of each field that was changed.")
    )
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="events",
        db_index=False,  # the index below begins with it
        verbose_name=_("account"),
        help_text=_("Empty when nobody has the user name that was typed."),
    )
    facility = models.ForeignKey(
        Facility,
        models.DO_NOTHING,
        null=True,
        related_name="events",
        db_index=False,  # the index below begins with it
        db_constraint=False,  # a facility that was deleted is still named here
        verbose_name=_("facility"),
    )
    actor = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("The employee who did it, if it was not the account itself."),
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=200, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="event_account_newest"),
            models.Index(fields=["facility", "-id"], name="event_facility_newest", condition=Q(facility__isnull=False)),
            models.Index(fields=["kind", "-id"], name="event_kind_newest"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{date_format(timezone.localtime(self.at), 'j M Y H:i:s')} {self.get_kind_display()}"

    @property
    def detail_label(self) -> str:
        """The detail as people read it: what was changed from what to what, a code as its label, else the text."""
        if self.changes:
            changed = [self._change(name, *values) for name, values in self.changes.items()]
            return "; ".join(filter(None, [self._subject, *changed]))
        if self.kind in (self.Kind.ACCOUNT_CREATED, self.Kind.ACCOUNT_CHANGED):
            return ", ".join(_label(name) for name in self.detail.split(","))
        codes = CODES.get(self.kind)
        return str(codes(self.detail).label) if codes and self.detail in codes.values else self.detail

    @property
    def _subject(self) -> str:
        """What was changed; of an account the list of events says it."""
        return "" if self.account_id else self.detail

    def _change(self, name: str, old: Any, new: Any) -> str:
        return f"{_label(name)}: {_worded(name, old)} → {_worded(name, new)}"


def _label(name: str) -> str:
    """Return what people call a column of an account, a facility or an office."""
    field = _column(name)
    return str(getattr(field, "verbose_name", name))


def _worded(name: str, value: Any) -> str:
    """Return a value of a column as people read it."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    choices = dict(getattr(_column(name), "flatchoices", ()))
    return str(choices.get(value, value if value not in (None, "") else "–"))


def _column(name: str) -> Any:
    for model in (Account, Facility, BranchOffice, RegionalOffice):
        for field in model._meta.concrete_fields:
            if field.name == name:
                return field
    return None


# What the detail of an event is, where it is a code.
CODES: dict[str, type[models.TextChoices]] = {
    SecurityEvent.Kind.SIGN_IN_FAILED: Occasion,
    SecurityEvent.Kind.SIGN_IN_REFUSED: Refusal,
    SecurityEvent.Kind.SESSION_ENDED: SessionEndReason,
    SecurityEvent.Kind.RESET_REQUESTED: UnsentReason,
    SecurityEvent.Kind.LINK_VOIDED: LinkEnd,
    SecurityEvent.Kind.LETTER_ORDERED: Letter.Kind,
}
