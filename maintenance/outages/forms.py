"""The forms in which staff publish an outage and what is known of it."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from maintenance.editing.versions import Difference, Values, VersionedForm
from maintenance.exceptions import Refused
from maintenance.models import TEXT_LENGTH, Outage, OutageUpdate
from maintenance.outages.messages import MESSAGES

State = OutageUpdate.State
# The field at which a refusal is shown, by the beginning of its code; the others are about the whole.
FIELDS = {"no_title": "title", "title": "title", "no_text": "text", "text": "text", "start": "started_at"}
FIELDS |= {"next_update": "next_update_at", "begins_over": "state", "already_open": "title"}


class UpdateForm(VersionedForm):
    """What is known now of an outage."""

    refused: Refused | None = None  # why the same input could not be published just now

    text = forms.CharField(
        label=_("what is known"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
        help_text=_("In the words of the users; everybody can read it. It cannot be changed afterwards."),
    )
    state = forms.ChoiceField(label=_("state"), choices=State.choices, help_text=_("“Over” ends the outage."))
    next_update_at = forms.SplitDateTimeField(label=_("next update"), required=False, widget=AdminSplitDateTime)

    class Meta:
        model = Outage
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if newest := self.newest:
            self.initial.setdefault("state", newest.state)
        zone = {"zone": timezone.localtime().tzname()}
        promise = _("When users may expect to hear more, in %(zone)s. Empty: nothing is promised.")
        self.fields["next_update_at"].help_text = promise % zone
        if "started_at" in self.fields:
            self.fields["started_at"].help_text = _("In %(zone)s.") % zone
        for field in self.fields.values():
            field.label = capfirst(field.label)
            # Neither input of a moment has a label of its own.
            for widget, part in zip(getattr(field.widget, "widgets", []), (_("date"), _("time")), strict=False):
                widget.attrs["aria-label"] = f"{field.label}: {part}"

    @property
    def newest(self) -> OutageUpdate | None:
        """The update that was published last."""
        return self.instance.updates.first() if self.instance.pk else None

    def present(self) -> Values:
        return {"newest": self.newest.pk if self.newest else None}

    def check_version(self) -> None:
        """Refuse what was typed before others published more; that an outage is over is said by its own refusal."""
        if self.instance.ended_at is None:
            super().check_version()

    def compare(self, shown: Values, present: Values) -> list[Difference]:
        """Return what others have published meanwhile; what is typed stays as it is."""
        self.take_over([], present)
        later = self.instance.updates.filter(pk__gt=shown.get("newest") or 0).reverse()
        return [
            Difference(update.get_state_display(), "", update.text, str(self["text"].data or "")) for update in later
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.refused:
            code = self.refused.code
            field = next((field for prefix, field in FIELDS.items() if code.startswith(prefix)), None)
            self.add_error(field, forms.ValidationError(MESSAGES[code], code=code, params=self.refused.params))
        return self.cleaned_data


class OutageForm(UpdateForm):
    """A new outage, with what is known first."""

    state = forms.ChoiceField(
        label=_("state"), choices=[choice for choice in State.choices if choice[0] != State.RESOLVED]
    )

    class Meta:
        model = Outage
        fields = ["title", "part", "impact", "started_at"]
