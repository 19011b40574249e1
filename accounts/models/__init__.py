"""What the app of accounts stores."""

from accounts.models.account import Account, Role, State
from accounts.models.attempts import Attempts, RequestCount
from accounts.models.event import SecurityEvent
from accounts.models.letter import Letter
from accounts.models.password_record import PasswordRecord

__all__ = ["Account", "Attempts", "Letter", "PasswordRecord", "RequestCount", "Role", "SecurityEvent", "State"]
