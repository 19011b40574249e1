"""Who may sign in, what was tried, what happened."""

from typing import Any, NoReturn, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from user_sessions.models import Session

from accounts import policy
from accounts.reasons import EndReason, Refusal
from facilities.models import BranchOffice, Facility, TimeZone


class Role(models.TextChoices):
    """What an account is for; each role belongs to one kind of place."""

    FACILITY_ADMIN = "facility_admin", _("Facility admin")
    BRANCH_STAFF = "branch_staff", _("Branch staff")
    HEAD_OFFICE = "head_office", _("Head office staff")


class State(models.TextChoices):
    """Where an account stands."""

    WAITING = "waiting", _("Waiting for activation")
    ACTIVE = "active", _("Active")
    DEACTIVATED = "deactivated", _("Deactivated")


# Written out: each sign-in asks it, and the ORM would cost ten times what the answer costs.
FIND_FOR_SIGN_IN = """
    SELECT accounts_account.*, facilities_facility.contract_active AS contract
    FROM accounts_account LEFT JOIN facilities_facility ON facilities_facility.id = facility_id
    WHERE username = %s"""


class AccountManager(BaseUserManager["Account"]):
    """Accounts, found by the one spelling of their user name."""

    def get_by_natural_key(self, username: str) -> "Account":
        return self.get(username=policy.normalise_username(username))

    def with_place(self) -> models.QuerySet["Account"]:
        """Return accounts together with the facility or branch office they belong to: one query."""
        return self.select_related("facility__branch_office", "branch_office")

    def find_for_sign_in(self, username: str) -> "Account | None":
        """Return the account with this normalised name, None if nobody has it; of its facility only the contract."""
        for account in self.raw(FIND_FOR_SIGN_IN, [username]):
            if account.facility_id:
                known = {"id": account.facility_id, "contract_active": bool(account.contract)}
                account.facility = Facility.from_db(self.db, known.keys(), known.values())
            return account
        return None

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        """Create the account of a head office employee: the first one is made from the command line."""
        account = self.model(username=username, role=Role.HEAD_OFFICE, state=State.ACTIVE, **fields)
        account.set_password(password)
        account.full_clean()
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """What one person, or the people of one facility, sign in with."""

    username = models.CharField(
        _("user name"),
        max_length=64,
        unique=True,
        help_text=_("Usually the facility code, or pkm_name. Upper and lower case are the same."),
        error_messages={"unique": _("An account with this user name exists already.")},
        validators=[
            RegexValidator(
                rf"^{policy.USERNAME_SHAPE.pattern}$",
                _("A user name has 3 to 64 characters: letters a to z, digits, dot, hyphen, underscore."),
                code="username_shape",
            )
        ],
    )
    full_name = models.CharField(_("full name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.FACILITY_ADMIN)
    email = models.EmailField(_("e-mail"))
    facility = models.ForeignKey(
        Facility, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("facility")
    )
    branch_office = models.ForeignKey(
        BranchOffice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("branch office"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    password_changed_at = models.DateTimeField(_("password changed"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name", "email"]

    objects = AccountManager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(username__regex=rf"^{policy.USERNAME_SHAPE.pattern}$"),
                name="account_username_shape",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.FACILITY_ADMIN, facility__isnull=False, branch_office__isnull=True)
                | Q(role=Role.BRANCH_STAFF, facility__isnull=True, branch_office__isnull=False)
                | Q(role=Role.HEAD_OFFICE, facility__isnull=True, branch_office__isnull=True),
                name="account_role_fits_place",
                violation_error_message=_(
                    "A facility admin belongs to a facility, branch staff to a branch office, "
                    "head office staff to neither."
                ),
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="account_state_known"),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        self.username = policy.normalise_username(self.username)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    @property
    def is_active(self) -> bool:
        return self.state == State.ACTIVE

    @property
    def is_staff(self) -> bool:
        return self.role in (Role.BRANCH_STAFF, Role.HEAD_OFFICE)

    @property
    def is_head_office(self) -> bool:
        return self.role == Role.HEAD_OFFICE

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this account reads times: that of its facility or branch office."""
        place = self.facility or self.branch_office
        return ZoneInfo(place.time_zone if place else TimeZone.WIB)

    @property
    def refusal(self) -> Refusal | None:
        """Why this account may not be signed in now, None if it may."""
        if self.state != State.ACTIVE:
            return Refusal(self.state)
        if self.facility and not self.facility.contract_active:
            return Refusal.CONTRACT_ENDED
        return None

    @property
    def sessions(self) -> models.QuerySet[Session]:
        """The live sessions, the one used last first."""
        live = Session.objects.filter(user=self, expire_date__gt=timezone.now())
        return live.order_by("-last_activity", "session_key")

    def set_password(self, raw_password: str | None) -> None:
        """Set the password, hashed in its NFC form; sessions and known browsers from before are void."""
        if raw_password is not None:
            raw_password = policy.normalise_password(raw_password)
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    def rehash_password(self, raw_password: str) -> None:
        """Store the same password under the hasher's present settings, unless it was changed meanwhile."""
        old, self.password = self.password, make_password(policy.normalise_password(raw_password))
        Account.objects.filter(pk=self.pk, password=old).update(password=self.password)

    def has_perm(self, permission: str, obj: models.Model | None = None) -> bool:
        """Tell whether the admin lets this account in; what it sees there is each admin's queryset."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff


class Attempts(models.Model):
    """One counter of sign-in attempts: of a name's strangers, of a known browser, of an address.

    The key is a SHA-256; nothing typed is stored. `counters` reads and writes the rows.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.TextField(help_text="Moments in microseconds since 1970, oldest first.")
    reserved = models.TextField(help_text="Moments of the attempts that have no verdict yet.")
    version = models.PositiveBigIntegerField(help_text="Counts the changes: a row is only changed by compare-and-swap.")
    expires_at = models.DateTimeField(db_index=True, help_text="From then on nothing in the row counts.")

    class Meta:
        verbose_name = _("attempts")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return self.key


class EventQuerySet(models.QuerySet["SecurityEvent"]):
    """Events can be added and read."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError("security events are append-only")

    def delete(self) -> NoReturn:
        raise TypeError("security events are append-only")

    def about_signing_in(self) -> Self:
        """Return the sign-ins, and the tries that did not get in."""
        kinds = SecurityEvent.Kind
        return self.filter(kind__in=[kinds.SIGNED_IN, kinds.SIGN_IN_FAILED, kinds.LOCKED_OUT, kinds.SIGN_IN_REFUSED])


class SecurityEvent(models.Model):
    """One thing that happened: who, what, when, from where, with what outcome. Append-only."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed: wrong user name or password")
        LOCKED_OUT = "locked_out", _("Locked after too many failures")
        SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused although the password was right")
        SESSION_ENDED = "session_ended", _("Session ended")
        LOCK_LIFTED = "lock_lifted", _("Lock lifted by staff")
        ACCOUNT_CREATED = "account_created", _("Account created by staff")
        ACCOUNT_CHANGED = "account_changed", _("Account changed by staff")

    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("event"), max_length=20, choices=Kind)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="events",
        db_index=False,  # the index below begins with it
        verbose_name=_("account"),
        help_text=_("Empty when nobody has the user name that was typed."),
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
            models.Index(fields=["kind", "-id"], name="event_kind_newest"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{date_format(timezone.localtime(self.at), 'j M Y H:i:s')} {self.get_kind_display()}"

    @property
    def detail_label(self) -> str:
        """The detail as people read it: a code as its label, other text unchanged."""
        if self.kind in (self.Kind.ACCOUNT_CREATED, self.Kind.ACCOUNT_CHANGED):
            return ", ".join(str(Account._meta.get_field(name).verbose_name) for name in self.detail.split(","))
        codes = {self.Kind.SIGN_IN_REFUSED: Refusal, self.Kind.SESSION_ENDED: EndReason}.get(self.kind)
        return str(codes(self.detail).label) if codes and self.detail in codes.values else self.detail

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("security events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("security events are append-only")
