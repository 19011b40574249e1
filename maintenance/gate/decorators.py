"""What a view says about itself for the times when the portal is closed or its database is gone."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest

View = TypeVar("View", bound=Callable)


def answers_always(view: View) -> View:
    """Answer also while the portal is closed or the database is gone: the view asks neither it nor the session."""
    view.__dict__["answers_always"] = True
    return login_not_required(view)


def open_while_closed(when: Callable[[HttpRequest], bool] = bool) -> Callable[[View], View]:
    """Answer while the portal is closed, if `when` is true of the request: staff need it on their way in."""

    def mark(view: View) -> View:
        view.__dict__["open_while_closed"] = when
        return view

    return mark
