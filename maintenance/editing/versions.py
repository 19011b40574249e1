"""Forms that know what they showed: what somebody else has changed since is not written over, but shown."""

import json
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

VERSION = "version"  # the field in which a page sends back what it showed
Values = dict[str, Any]


class Difference(NamedTuple):
    """What somebody else has changed meanwhile, as people read it; nothing was typed where a field was left alone."""

    label: str
    shown: str
    now: str
    typed: str


class VersionedForm(forms.ModelForm):
    """A form of a row that is refused when the row is another one than it showed; the row is locked meanwhile.

    The page that says so has what was typed and, where nothing was typed, what stands now: sent again, it is stored.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    differences: tuple[Difference, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial[VERSION] = self._signer().sign_object(self.present())
        else:
            del self.fields[VERSION]

    def present(self) -> Values:
        """Return what the row holds now in the fields of this form, as it is signed and compared."""
        values = {name: self.initial.get(name) for name in self.fields if name in self._columns()}
        return json.loads(json.dumps(values, cls=DjangoJSONEncoder))

    def changes(self) -> dict[str, list[Any]]:
        """Return what was changed: the old and the new value of each field; a row by its name."""
        names = [name for name in self.changed_data if name != VERSION]
        return {name: [self._stored(name, self.initial.get(name)), self._cleaned(name)] for name in names}

    def clean(self) -> Values:
        super().clean()
        if self.instance.pk:
            self.check_version()
        return self.cleaned_data

    def compare(self, shown: Values, present: Values) -> list[Difference]:
        """Return what is different; where nothing was typed the form shows what stands now."""
        moved = [name for name in present if name not in shown or shown[name] != present[name]]
        differences = [self._difference(name, shown, present) for name in moved]
        self.take_over([name for name in moved if name in shown and not self._is_typed(name, shown)], present)
        return differences

    def check_version(self) -> None:
        """Refuse what was typed over another version. One that cannot be read is another one."""
        present, shown = self.present(), self._shown()
        if shown == present:
            return
        self.differences = tuple(self.compare(shown, present))
        message = _(
            "Nothing has been stored: somebody else has changed this meanwhile. What you typed is still here. "
            "Compare both, then save again."
        )
        self.add_error(None, ValidationError(message, code="conflict"))

    def _shown(self) -> Values:
        """Return what the page showed, nothing when it does not say so in our own hand."""
        try:
            values = self._signer().unsign_object(self.data.get(self.add_prefix(VERSION), ""))
        except (signing.BadSignature, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

    def take_over(self, names: list[str], present: Values) -> None:
        """Show what stands now where nothing was typed, and send this version back the next time."""
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        for name in names:
            data.pop(self.add_prefix(name), None)
            if present[name] not in (None, False):
                data[self.add_prefix(name)] = self.fields[name].prepare_value(present[name])
        data[self.add_prefix(VERSION)] = self.initial[VERSION]
        self.data = data

    def _is_typed(self, name: str, shown: Values) -> bool:
        return self.fields[name].has_changed(shown[name], self[name].data)

    def _difference(self, name: str, shown: Values, present: Values) -> Difference:
        before = self._worded(name, shown[name]) if name in shown else _("not known")
        typed = self._worded(name, self[name].data) if name not in shown or self._is_typed(name, shown) else ""
        label = capfirst(str(self.fields[name].label or name))
        return Difference(label, before, self._worded(name, present[name]), typed)

    def _worded(self, name: str, value: Any) -> str:
        """Return a value as people read it."""
        field = self.fields[name]
        if isinstance(field, forms.BooleanField):
            return _("yes") if field.to_python(value) else _("no")
        if isinstance(field, forms.ModelChoiceField):
            row = field.queryset.filter(pk=value).first() if str(value).isdecimal() else None  # type: ignore[union-attr]
            return str(row or value or "–")  # a row that the reader may not see has no name here
        choices = dict(getattr(field, "choices", []))
        return str(choices.get(value, value or "–"))

    def _stored(self, name: str, value: Any) -> Any:
        """Return a value as it is written down: the name of the row that a foreign key leads to."""
        field = self.fields[name]
        if not isinstance(field, forms.ModelChoiceField) or value in (None, ""):
            return value
        model = field.queryset.model  # type: ignore[union-attr]  # every such field here has one
        row = model._default_manager.filter(pk=value).first() if str(value).isdecimal() else None
        return str(row or value)

    def _cleaned(self, name: str) -> Any:
        value = self.cleaned_data.get(name)
        return str(value) if isinstance(value, Model) else value

    def _columns(self) -> set[str]:
        return {field.name for field in self.instance._meta.concrete_fields}

    def _signer(self) -> signing.Signer:
        """Return what signs the values of this row, and of no other."""
        return signing.Signer(salt=f"maintenance.editing.versions:{self.instance._meta.label}:{self.instance.pk}")
