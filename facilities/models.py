"""Regional offices, branch offices, and the facilities that belong to them."""

from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from facilities.codes import CODE_PATTERN, Kind, kind_of
from maintenance.text.zones import TimeZone


class RegionalOffice(models.Model):
    """A Kedeputian Wilayah: the region above branch offices."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("regional office")
        verbose_name_plural = _("regional offices")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BranchOffice(models.Model):
    """A Kantor Cabang: the office that signs a facility's contract."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    regional_office = models.ForeignKey(
        RegionalOffice,
        models.PROTECT,
        related_name="branch_offices",
        verbose_name=_("regional office"),
    )
    time_zone = models.CharField(_("time zone"), max_length=20, choices=TimeZone, default=TimeZone.WIB)

    class Meta:
        verbose_name = _("branch office")
        verbose_name_plural = _("branch offices")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(time_zone__in=TimeZone.values), name="branch_office_time_zone_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Facility(models.Model):
    """A first-level health facility (faskes)."""

    code = models.CharField(
        _("facility code"),
        max_length=8,
        unique=True,
        help_text=_("8 characters: NNNNNNNN or NNNNLNNN, for example 0114B026."),
        validators=[
            RegexValidator(
                CODE_PATTERN,
                _(
                    "A facility code has 8 characters: four digits, then a digit or one of A, B, G, R, S, U, "
                    "then three digits. Example: 0114B026."
                ),
                code="facility_code",
            )
        ],
    )
    name = models.CharField(_("name"), max_length=150)
    regency = models.CharField(_("regency or city"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=20, choices=TimeZone, default=TimeZone.WIB)
    branch_office = models.ForeignKey(
        BranchOffice, models.PROTECT, related_name="facilities", verbose_name=_("branch office")
    )
    email = models.EmailField(_("e-mail"))
    contract_active = models.BooleanField(
        _("contract active"),
        default=True,
        help_text=_("Without an active contract nobody of this facility can sign in; live sessions end."),
    )

    class Meta:
        verbose_name = _("facility")
        verbose_name_plural = _("facilities")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE_PATTERN), name="facility_code_shape"),
            models.CheckConstraint(condition=Q(time_zone__in=TimeZone.values), name="facility_time_zone_known"),
            models.CheckConstraint(condition=~Q(name=""), name="facility_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def kind(self) -> Kind:
        """The kind, which the code says."""
        return kind_of(self.code)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this facility reads times."""
        return ZoneInfo(self.time_zone)
