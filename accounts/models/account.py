"""Who may sign in."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from user_sessions.models import Session

from accounts import policy
from accounts.models.choices import Refusal
from accounts.models.role import PERMISSIONS, Role
from accounts.models.session import live
from facilities.models import BranchOffice, Facility
from maintenance.text.zones import TimeZone


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

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=policy.normalise_username(username or ""))

    def with_place(self) -> models.QuerySet["Account"]:
        """Return accounts together with the facility or branch office they belong to: one query."""
        return self.select_related("facility__branch_office", "branch_office")

    def lock(self, pk: Any) -> "Account":
        """Return the account with this number, its row locked until the transaction ends; others can still point at it.

        Raises Account.DoesNotExist.
        """
        return self.select_for_update(no_key=True).get(pk=pk)

    def find_for_sign_in(self, username: str) -> "Account | None":
        """Return the account with this normalised name, None if nobody has it; of its facility only the contract."""
        for account in self.raw(FIND_FOR_SIGN_IN, [username]):
            if account.facility_id:
                known = {"id": account.facility_id, "contract_active": bool(vars(account)["contract"])}
                account.facility = Facility.from_db(self.db, known.keys(), known.values())
            return account
        return None

    def addressee(self, username: str) -> "Account":
        """Return number and e-mail address of the account with this normalised name, and nothing else of it.

        Both are empty if nobody has the name, at the same cost.
        """
        pk, email = self.filter(username=username).values_list("pk", "email").first() or (None, "")
        return self.model(pk=pk, email=email)

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        """Create the account of a head office employee: the first one is made from the command line.

        Without a password it gets one by "forgot password". Raises ValidationError.
        """
        account = self.model(username=username, role=Role.HEAD_OFFICE, state=State.ACTIVE, **fields)
        if password is not None:
            validate_password(password, account)
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
    email = models.EmailField(_("e-mail"), help_text=_("Letters go there; usually it is the facility's own address."))
    language = models.CharField(
        _("language of letters"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
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
    link_serial = models.PositiveIntegerField(
        default=0, editable=False, help_text="Raised by every letter with a link: only the newest link works."
    )
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
            models.CheckConstraint(
                condition=Q(language__in=sorted(dict(settings.LANGUAGES))), name="account_language_known"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new password together with its place in the history and the ends of sessions."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    def clean(self) -> None:
        self.username = policy.normalise_username(self.username)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # derived from the state, where Django has a column
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
        return live(timezone.now()).filter(user=self).order_by("-last_activity", "session_key")

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
        self.password_records.filter(password=old).update(password=self.password)

    def has_perm(self, permission: str, obj: models.Model | None = None) -> bool:
        """Tell whether the account's role has the permission; which rows it sees is each admin's queryset."""
        return self.is_active and permission in PERMISSIONS.get(self.role, frozenset())

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff
