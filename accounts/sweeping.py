"""The clean-up of what time has made superfluous."""

from accounts import captcha, counters, delivery, endings, request_limits
from accounts.sessions import SessionStore


def sweep() -> dict[str, int]:
    """Write down the sessions that time has ended, delete dead rows; return how many of each kind."""
    swept = {
        "sessions timed out": endings.sweep_timeouts(),
        "sessions deleted": SessionStore.clear_expired(),
        "attempts deleted": counters.sweep(),
        "captchas deleted": captcha.sweep(),
        "request counts deleted": request_limits.sweep(),
        "letters deleted": delivery.sweep(),
    }
    return swept
