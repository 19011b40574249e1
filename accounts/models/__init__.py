"""What the app of accounts stores."""

from accounts.models.account import Account, State
from accounts.models.attempts import AttemptCounter, RequestCount
from accounts.models.event import SecurityEvent
from accounts.models.letter import Letter
from accounts.models.password_record import PasswordRecord
from accounts.models.role import Role

__all__ = ["Account", "AttemptCounter", "Letter", "PasswordRecord", "RequestCount", "Role", "SecurityEvent", "State"]
