"""What the portal says about itself: when it is closed, what is disturbed."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from maintenance.database.append_only import AppendOnlyModel, AppendOnlyQuerySet

MESSAGE_LENGTH = 300
TITLE_LENGTH = 120
TEXT_LENGTH = 1000
BY_LENGTH = 200
ENTER_WHILE_CLOSED = "maintenance.enter_while_closed"


class Revision(models.Model):
    """The number of the newest change, in one row: who changes anything holds it, web processes look at it."""

    number = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now, help_text="Of what came before, the portal knows nothing.")

    @classmethod
    def hold(cls) -> Self:
        """Return the row, locked until the transaction ends: changes come one after the other."""
        cls.objects.get_or_create(pk=1)
        return cls.objects.select_for_update().get(pk=1)

    def advance(self) -> None:
        """Tell the web processes that something has changed, as soon as the transaction is committed."""
        # By the clock: no number comes twice, not even in a database that was emptied or brought back.
        self.number = max(self.number + 1, time.time_ns() // 1000)
        self.save(update_fields=["number"])


class WebProcess(models.Model):
    """A web process, and the newest revision that it has taken over."""

    name = models.CharField(max_length=300, unique=True, help_text="Machine and process id.")
    revision = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField()


class Closure(models.Model):
    """A time in which the portal is closed for maintenance: planned, present or past."""

    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, help_text=_("Empty while nobody knows."))
    message = models.CharField(_("why"), max_length=MESSAGE_LENGTH, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    changed_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("closing")
        verbose_name_plural = _("closings")
        ordering = ["-starts_at"]
        permissions = [("enter_while_closed", "Can sign in while the portal is closed")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="closure_end")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def is_on(self, now: datetime) -> bool:
        """Tell whether the portal is closed by this; its first moment belongs to it, its last does not."""
        return not self.cancelled_at and self.starts_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def is_ahead(self, now: datetime) -> bool:
        return not self.cancelled_at and now < self.starts_at

    def overlaps(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Tell whether it shares a moment with the time between these two; None is for ever."""
        begins_before = ends_at is None or self.starts_at < ends_at
        return not self.cancelled_at and begins_before and (self.ends_at is None or starts_at < self.ends_at)


class ClosureEvent(AppendOnlyModel):
    """What was done about a closing: who, when, what. Append-only."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("Closed")
        SCHEDULED = "scheduled", _("Scheduled")
        EXTENDED = "extended", _("End moved")
        REWORDED = "reworded", _("Message changed")
        CANCELLED = "cancelled", _("Cancelled")
        OPENED = "opened", _("Opened")

    at = models.DateTimeField(_("time"), default=timezone.now)
    closure = models.ForeignKey(Closure, models.PROTECT, related_name="events", verbose_name=_("closing"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    by = models.CharField(
        _("by"), max_length=BY_LENGTH, help_text=_("The user of the operating system, at which machine.")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True)
    message = models.CharField(_("why"), max_length=MESSAGE_LENGTH, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("event of a closing")
        verbose_name_plural = _("events of closings")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.closure} {self.get_kind_display()}"


class Part(models.TextChoices):
    """What can be disturbed."""

    EVERYTHING = "everything", _("The whole portal")
    SIGN_IN = "sign_in", _("Signing in")
    LETTERS = "letters", _("Letters by e-mail")
    ADMINISTRATION = "administration", _("Administration")


class Impact(models.TextChoices):
    """How bad an outage is, in the words of Statuspage."""

    MINOR = "minor", _("Some are hindered")
    MAJOR = "major", _("Many are hindered")
    CRITICAL = "critical", _("Nobody can work")


class Outage(models.Model):
    """A disturbance (gangguan) that staff have published."""

    part = models.CharField(_("what is disturbed"), max_length=20, choices=Part, default=Part.EVERYTHING)
    impact = models.CharField(_("how bad"), max_length=10, choices=Impact, default=Impact.MAJOR)
    title = models.CharField(
        _("title"), max_length=TITLE_LENGTH, help_text=_("In the words of the users, for example: Signing in is slow.")
    )
    started_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("until"), null=True, editable=False)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="outage_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(part__in=Part.values), name="outage_part_known"),
            models.CheckConstraint(condition=Q(impact__in=Impact.values), name="outage_impact_known"),
        ]
        indexes = [models.Index(fields=["ended_at"], name="outage_end")]

    def __str__(self) -> str:
        return self.title

    def is_open(self, now: datetime) -> bool:
        return self.started_at <= now and (self.ended_at is None or now < self.ended_at)

    @cached_property
    def history(self) -> Sequence["OutageUpdate"]:
        """The updates, the newest first; a board brings its own, so that pages read them without a query."""
        return tuple(self.updates.all())

    @property
    def newest(self) -> "OutageUpdate | None":
        return self.history[0] if self.history else None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the next update was promised for a time that has passed."""
        promised = self.newest.next_update_at if self.newest else None
        return self.is_open(now) and promised is not None and promised <= now


class OutageUpdate(AppendOnlyModel):
    """What was known about an outage at one moment. Append-only."""

    class State(models.TextChoices):
        INVESTIGATING = "investigating", _("Being looked into")
        IDENTIFIED = "identified", _("Cause known")
        MONITORING = "monitoring", _("Mended, being watched")
        RESOLVED = "resolved", _("Over")

    at = models.DateTimeField(_("time"), default=timezone.now)
    outage = models.ForeignKey(Outage, models.PROTECT, related_name="updates", verbose_name=_("outage"))
    state = models.CharField(_("state"), max_length=15, choices=State, default=State.INVESTIGATING)
    text = models.CharField(_("what is known"), max_length=TEXT_LENGTH)
    next_update_at = models.DateTimeField(_("next update"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=BY_LENGTH, editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="outage_update_says_something"),
        ]

    def __str__(self) -> str:
        return self.text
