"""Why a change to what is published is refused."""

from typing import Any


class Refused(Exception):
    """A change that is not made; nothing has been stored.

    `code` says why, `params` say with what; who shows it finds the words.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params
