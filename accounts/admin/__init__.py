"""What BPJS staff see and do with accounts in the admin; importing it registers each page."""

from accounts.admin import account, trail

__all__ = ["account", "trail"]
