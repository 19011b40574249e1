"""What a facility's code says: its shape, the kind of the facility."""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

CODE_PATTERN = r"^[0-9]{4}([0-9]{4}|[ABGRSU][0-9]{3})$"
MILITARY_DIGITS = "00"  # in positions 5 and 6 of a code of eight digits


class Kind(models.TextChoices):
    """The kinds of first-level facilities, as BPJS Kesehatan names them."""

    PUSKESMAS = "puskesmas", _("Puskesmas")
    MILITARY_CLINIC = "military_clinic", _("TNI or Polri clinic")
    PRIMARY_CLINIC = "primary_clinic", _("Klinik Pratama")
    DOCTOR = "doctor", _("Solo doctor")
    DENTIST = "dentist", _("Dentist")
    HOSPITAL = "hospital", _("Hospital")
    MAIN_CLINIC = "main_clinic", _("Klinik Utama")
    PHARMACY = "pharmacy", _("Pharmacy")


KIND_OF_LETTER = {
    "A": Kind.PHARMACY,
    "B": Kind.PRIMARY_CLINIC,
    "G": Kind.DENTIST,
    "R": Kind.HOSPITAL,
    "S": Kind.MAIN_CLINIC,
    "U": Kind.DOCTOR,
}


def kind_of(code: str) -> Kind:
    """Return the kind of the facility with this code.

    Raises ValueError for a code that is not eight characters NNNNNNNN or NNNNLNNN.
    """
    if not re.fullmatch(CODE_PATTERN, code):
        raise ValueError(f"not a facility code: {code!r}")
    if not code.isdigit():
        return KIND_OF_LETTER[code[4]]
    return Kind.MILITARY_CLINIC if code[4:6] == MILITARY_DIGITS else Kind.PUSKESMAS


def pattern_of(kind: Kind) -> str:
    """Return the regular expression of the codes of one kind, for a query."""
    if kind == Kind.MILITARY_CLINIC:
        return rf"^[0-9]{{4}}{MILITARY_DIGITS}[0-9]{{2}}$"
    if kind == Kind.PUSKESMAS:
        return r"^[0-9]{4}([1-9][0-9]|0[1-9])[0-9]{2}$"
    letter = next(letter for letter, of in KIND_OF_LETTER.items() if of == kind)
    return rf"^[0-9]{{4}}{letter}[0-9]{{3}}$"
