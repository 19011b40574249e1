"""The admin of accounts, with the verbs of the help desk."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import Group  # type: ignore[attr-defined]  # imported with its admin, see below
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_POST
from user_sessions.admin import Session

from accounts import events, policy
from accounts.admin import help_desk
from accounts.authentication import lockout
from accounts.letters import links, outbox
from accounts.models import Account, Letter, Role, SecurityEvent, State
from accounts.models.choices import LinkEnd, SessionEndReason, UnsentReason
from accounts.requests import account_of
from accounts.sessions import ending
from facilities.scoped_admin import ScopedAdmin
from maintenance.editing.versions import VersionedForm

# Why a letter is not ordered.
UNNEEDED = {
    UnsentReason.NOT_ACTIVE: ngettext_lazy(
        "No letter for %d account: it is not active. Who waits for activation gets the activation letter.",
        "No letter for %d accounts: they are not active. Who waits for activation gets the activation letter.",
    ),
    UnsentReason.NOT_WAITING: ngettext_lazy(
        "No letter for %d account: it does not wait for its activation.",
        "No letter for %d accounts: they do not wait for their activation.",
    ),
}
# Who can manage the accounts of staff.
ABLE = {"role": Role.HEAD_OFFICE, "state": State.ACTIVE}
Verb = Callable[[HttpRequest, QuerySet[Account]], None]

# Both register themselves. Groups are not used here; a session's page would show what its row holds.
admin.site.unregister([Group, Session])


class AccountForm(VersionedForm):
    """An account as staff type it; a password is no part of it."""

    LAST_ONE = _(
        "This is the last active account of the head office: nobody could manage accounts any more. "
        "Activate another one first."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.data, QueryDict) and "language" not in self.data:
            sent = self.data.copy()
            sent["language"] = self.instance.language  # not sent: it stays as it is
            self.data = sent

    def clean_username(self) -> str:
        return policy.normalise_username(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self._was_the_last_one() and not self._stays_head_office():
            raise ValidationError(self.LAST_ONE, code="last_head_office")
        return self.cleaned_data

    def _was_the_last_one(self) -> bool:
        """Tell whether this is the only account that can still manage the others; all of those rows are locked."""
        return list(Account.objects.filter(**ABLE).values_list("pk", flat=True)[:2]) == [self.instance.pk]

    def _stays_head_office(self) -> bool:
        typed = {name: self.cleaned_data.get(name, getattr(self.instance, name)) for name in ABLE}
        return typed == ABLE


@admin.register(Account)
class AccountAdmin(ScopedAdmin):
    """Accounts; a branch has those of its facilities, staff accounts are head office's."""

    form = AccountForm
    branch_path = "facility__branch_office"
    branch_may_change = True
    list_display = ["username", "full_name", "role", "state", "place", "last_login"]
    list_select_related = ["facility", "branch_office"]
    list_filter = ["state", "role", ("facility__branch_office", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["username", "full_name", "email", "facility__code", "facility__name"]
    autocomplete_fields = ["facility", "branch_office"]
    readonly_fields = ["last_login", "password_changed_at", "created_at"]
    actions = ["lift_locks", "end_sessions", "send_reset_letters", "send_activation_letters"]

    @admin.display(description=_("facility or office"))
    def place(self, account: Account) -> str:
        return str(account.facility or account.branch_office or "")

    def get_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        """A new account waits for its activation; a branch makes accounts of facilities only."""
        place = ["role", "facility", "branch_office"] if account_of(request).is_head_office else ["facility"]
        changing = ["state", *self.readonly_fields] if obj else []
        return ("username", "full_name", "email", "language", *place, *changing)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Return the account; with one of the head office all others of it are locked too, in everybody's order."""
        if (
            request.method == "POST"
            and Account.objects.filter(pk=_number(object_id) or 0, role=Role.HEAD_OFFICE).exists()
        ):
            head_office = Account.objects.filter(role=Role.HEAD_OFFICE).order_by("pk")
            list(head_office.select_for_update(no_key=True).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if not account_of(request).is_head_office:
            kwargs["required"] = True
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Account, form: AccountForm, change: bool) -> None:
        if change and not obj.is_active:
            ending.end(obj.sessions, SessionEndReason.DEACTIVATED, actor=account_of(request))
            if "state" in form.changed_data:
                links.end_all(obj, LinkEnd.DEACTIVATED)
        if change:
            # Only what was typed: the row may have got a new password since this form was read.
            obj.save(update_fields=form.changed_data)
        else:
            obj.set_unusable_password()
            obj.save()
            outbox.put(Letter.Kind.ACTIVATION, obj, request, actor=account_of(request))
        if change and "email" in form.changed_data:
            outbox.tell_email_changed(request, obj, form.initial["email"])

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Account | None = None,
    ) -> HttpResponse:
        if obj:
            # Loaded anew: a form with errors has left its values in this one.
            context["help_desk"] = help_desk.report(self.get_queryset(request).get(pk=obj.pk))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the verbs' buttons."""
        return [
            self._verb_url("lift-lock", self.lift_locks),
            self._verb_url("end-sessions", self.end_sessions),
            self._verb_url("send-reset-letter", self.send_reset_letters),
            self._verb_url("send-activation-letter", self.send_activation_letters),
            *super().get_urls(),
        ]

    @admin.action(description=_("Lift the lock"), permissions=["change"])
    def lift_locks(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        """Give strangers' browsers their tries back."""
        lifted = 0
        for account in accounts:
            with transaction.atomic():
                if lockout.lift_lock(account):
                    events.record(SecurityEvent.Kind.LOCK_LIFTED, request, account, actor=account_of(request))
                    lifted += 1
        if not lifted:
            self.message_user(request, _("There was no lock to lift. Only a new password opens a barred name."))
            return
        done = ngettext("The lock was lifted for %d account.", "The lock was lifted for %d accounts.", lifted)
        self.message_user(request, done % lifted, messages.SUCCESS)

    @admin.action(description=_("End all sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        """Sign the accounts out everywhere."""
        sessions = Session.objects.filter(user__in=accounts)
        ended = ending.end(sessions, SessionEndReason.BY_STAFF, actor=account_of(request))
        done = ngettext("%d session was ended.", "%d sessions were ended.", ended)
        self.message_user(request, done % ended, messages.SUCCESS)

    @admin.action(description=_("Send a letter with a link for a new password"), permissions=["change"])
    def send_reset_letters(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        """Send the owners a link, as if they had asked for it."""
        self._order(request, accounts, Letter.Kind.RESET)

    @admin.action(description=_("Send the activation letter again"), permissions=["change"])
    def send_activation_letters(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        """Send the owners of new accounts another link for their first password."""
        self._order(request, accounts, Letter.Kind.ACTIVATION)

    def verb_view(self, request: HttpRequest, object_id: int, verb: Verb) -> HttpResponse:
        """Do a verb to the account whose page it was asked for on."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        accounts = self.get_queryset(request).filter(pk=object_id)
        if not accounts:
            raise Http404
        verb(request, accounts)
        return redirect("admin:accounts_account_change", object_id)

    def _order(self, request: HttpRequest, accounts: QuerySet[Account], kind: Letter.Kind) -> None:
        outcomes = Counter(outbox.order(request, account, kind) for account in accounts)
        if sent := outcomes.pop(None, 0):
            done = ngettext("%d letter is on its way.", "%d letters are on their way.", sent)
            self.message_user(request, done % sent, messages.SUCCESS)
        for reason, number in outcomes.items():
            if reason:
                self.message_user(request, UNNEEDED[reason] % number, messages.WARNING)

    def _verb_url(self, verb_name: str, verb: Verb) -> URLPattern:
        view = require_POST(partial(self.verb_view, verb=verb))
        name = f"accounts_account_{verb_name}"
        return path(f"<int:object_id>/{verb_name}/", self.admin_site.admin_view(view), name=name)


def _number(object_id: str) -> int | None:
    """Return the number that an address names, None for what is none."""
    return int(object_id) if object_id.isascii() and object_id.isdigit() and len(object_id) < 19 else None
