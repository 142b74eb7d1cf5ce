"""The moments that cut rows by time."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipeline.config.base import Section, Texts

TimeType = Literal["date", "timestamp", "timestamp_ntz"]


class TimeCuts(Section):
    """Moments that cut rows by time; a row at a moment belongs to what begins there.

    They are texts that cast to `type`; a timestamp's ends in Z, so that it is the same in every session.
    """

    column: str
    type: TimeType
    validation: str | None = None
    """Where the validation rows begin; None where there are none."""
    test: str
    blocks: Texts = ()
    """Where each block of training rows begins, from the second on: one moment a fold."""
    stopping: Texts = ()
    """Where the last tenth of each block begins: one moment more than `blocks`."""
    train_until: str | None = None
    """With a gap: the first moment that is too near to what follows the training rows."""
    validation_until: str | None = None
    """With a gap: the first moment that is too near to the test rows."""
    fits_until: Texts = ()
    """With a gap: for each fold the first moment that is too near to the rows that judge."""

    @property
    def train_end(self) -> str:
        """Where the part after the training rows begins."""
        return self.validation or self.test


def moment(text: str, kind: TimeType) -> Column:
    """A moment as a literal."""
    return F.lit(text).cast(kind)
