"""Where a request comes from, as it is stored and shown."""

import ipaddress
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from user_sessions.templatetags.user_sessions import device

from maintenance.text.sanitizing import visible

USER_AGENT_LENGTH = 200

# What `device` says: its package has no Indonesian, so makemessages finds it here. Names of products stay as they are.
DEVICE_PHRASES = [gettext_noop("%(browser)s on %(device)s")]


class Origin(NamedTuple):
    """The client's address, None if it has none, and the name that its browser gives itself."""

    address: str | None
    user_agent: str


NOWHERE = Origin(None, "")  # no browser: the command line


def origin(request: HttpRequest) -> Origin:
    """Return where the request comes from."""
    return Origin(client_address(request), visible(request.headers.get("User-Agent", ""))[:USER_AGENT_LENGTH])


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address in its one spelling, None for a socket without one.

    An IPv4 address that a listener for both families writes as IPv6 is IPv4; a scope is left out.
    """
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def browser_name(user_agent: str | None) -> str:
    """Return browser and system as people call them, for example "Chrome on Windows 10"."""
    return str(device(user_agent or "") or _("Unknown browser"))
