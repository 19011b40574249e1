"""Why a change to the board is refused."""


class Refused(Exception):
    """A change that is not made; nothing has been stored."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence
