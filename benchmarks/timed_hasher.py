"""The password hasher, telling how much processor time each check takes: what a sign-in cannot do without."""

import os
import time
from typing import Any

from accounts.passwords.hashers import Argon2idHasher

TIMES = os.open(os.environ["HASH_TIMES_FILE"], os.O_WRONLY | os.O_APPEND)


class TimedHasher(Argon2idHasher):
    def verify(self, password: str, encoded: str) -> Any:
        started = time.thread_time()
        try:
            return super().verify(password, encoded)
        finally:
            os.write(TIMES, f"{time.thread_time() - started}\n".encode())
