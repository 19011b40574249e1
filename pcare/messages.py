"""Where one-time messages wait for the next page."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class PrefixedCookieStorage(CookieStorage):
    """Django's cookie storage under the name that fits the mode."""

    cookie_name = settings.MESSAGES_COOKIE_NAME
