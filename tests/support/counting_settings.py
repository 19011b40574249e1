"""The portal's settings with a hasher that counts: what the tests' web servers run with."""

import os
from typing import Any

from accounts.passwords.hashers import Argon2idHasher
from pcare.settings import *  # noqa: F403

COUNT_FILE = os.environ["HASH_COUNT_FILE"]
PASSWORD_HASHERS = ["tests.support.counting_settings.CountingHasher"]


class CountingHasher(Argon2idHasher):
    """Appends a byte to a file for each password that is checked against a hash, in whatever process."""

    def verify(self, password: str, encoded: str) -> Any:
        with open(COUNT_FILE, "ab", buffering=0) as file:
            file.write(b".")
        return super().verify(password, encoded)
