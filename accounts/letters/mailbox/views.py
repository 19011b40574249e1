"""The embedded mode's mailbox: the kept letters as pages."""

from email.message import EmailMessage

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.letters.mailbox import backend as mailbox

# A letter is shown as it is: with its styles, but nothing in it runs or is loaded.
LETTER_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


@login_not_required
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """List the letters, the newest first."""
    kept = {name: mailbox.read(name) for name in mailbox.names()}
    return render(request, "accounts/mailbox/letters.html", {"letters": kept})


@login_not_required
@require_safe
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """Show the text part of a letter."""
    found = _letter(name)
    context = {"name": name, "letter": found, "text": _part(found, "plain")}
    return render(request, "accounts/mailbox/letter.html", context)


@login_not_required
@require_safe
@csp(LETTER_POLICY)  # type: ignore[arg-type]  # it knows only views without arguments
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show the HTML part of a letter as an e-mail program would."""
    return HttpResponse(_part(_letter(name), "html"), headers={"Referrer-Policy": "no-referrer"})


def _letter(name: str) -> EmailMessage:
    found = mailbox.read(name)
    if found is None:
        raise Http404
    return found


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body([kind])
    if part is None:
        raise Http404
    return part.get_content()
