"""Logs: rows that can be added and read; triggers in the database hold the same rule."""

from typing import Any, NoReturn, TypeVar

from django.db import models

MESSAGE = "this log is append-only"


Row = TypeVar("Row", bound=models.Model)


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Rows that can be added and read. Raises TypeError on anything else."""

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(MESSAGE)

    def delete(self) -> NoReturn:
        raise TypeError(MESSAGE)


class AppendOnlyModel(models.Model):
    """A row that is written once. Raises TypeError when it is saved again, or deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(MESSAGE)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(MESSAGE)
