"""The split of one training: as configured, and where it is by time, with the moments that cut the rows.

By hash there is nothing to find. By time the moments are found once and kept in the training record, so
that promote and score place every row, also one that arrives later, as training did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.base import Section, Texts
from pipeline.config.features import Split
from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused

TimeType = Literal["date", "timestamp", "timestamp_ntz"]

# Of each block of training rows, the last tenth stops boosting early when the next block judges.
_STOPPING = 0.1
_ACCURACY = 10_000  # of Spark's approximate percentile: ranks are off by at most one in so many
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TYPES: Mapping[type[T.DataType], TimeType] = {
    T.DateType: "date",
    T.TimestampType: "timestamp",
    T.TimestampNTZType: "timestamp_ntz",
}


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

    @property
    def train_end(self) -> str:
        """The first moment after the training rows."""
        return self.validation or self.test


class ResolvedSplit(Split):
    """A split whose parts a row's key and time alone decide."""

    cuts: TimeCuts | None = None


def stored_split(values: Mapping[str, Any]) -> ResolvedSplit:
    """The split of a training record."""
    return ResolvedSplit.model_validate(dict(values))


def resolve(rows: DataFrame, config: Config) -> Config:
    """The configuration with its split found in `rows`, labelled or not.

    By hash it is returned as it is. By time one aggregation over the label and the time of all rows is run.

    Raises ConfigError when `features.event_time` is no column of times, or when the rows cannot be cut so;
    DataRefused when a labelled row has no time, or none has a label.
    """
    split, column = config.split, config.features.event_time
    if split.by == "hash" or column is None:
        return config
    kind = _time_type(rows, column, config)
    found = _aggregate(rows, column, kind, config)
    _validate(found, column, config)
    cuts = _cuts(found, column, kind, config)
    _validate_order(cuts, found, config)
    resolved = ResolvedSplit.model_validate({**split.model_dump(), "cuts": cuts.model_dump()})
    return config.model_copy(update={"split": resolved})


def moment(text: str, kind: TimeType) -> Column:
    """A moment as a literal."""
    return F.lit(text).cast(kind)


def _time_type(rows: DataFrame, column: str, config: Config) -> TimeType:
    where = f"{config.where('features.event_time')}: features.event_time"
    if column not in rows.columns:
        raise ConfigError(
            f"{where}: there is no column '{column}' in the features. "
            f"Columns there: {', '.join(rows.columns)}."
        )
    found = rows.schema[column].dataType
    kind = _TYPES.get(type(found))
    if kind is None:
        raise ConfigError(
            f"{where}: '{column}' is {found.simpleString().upper()}, not a time. "
            "Make it a DATE or a TIMESTAMP: in sources.<name>.types, or by CAST in features.query."
        )
    return kind


def _aggregate(rows: DataFrame, column: str, kind: TimeType, config: Config) -> Row:
    """Counts, the first and last time, and the cuts as texts, of the labelled rows: one row."""
    time = F.col(f"`{column}`")
    declared = config.split.boundaries
    text = _as_text(kind)
    parts = [F.count(F.lit(1)).alias("labelled"), F.count_if(time.isNull()).alias("undated")]
    parts += [text(F.min(time)).alias("first"), text(F.max(time)).alias("last")]
    if declared is None:
        shares = [share * config.split.train for share in _shares(config)]
        shares += [config.split.train, config.split.train + config.split.validation]
        cut = time
    else:
        shares = _shares(config)
        test = moment(declared.test, kind)
        validation = moment(declared.validation, kind) if declared.validation else F.lit(None).cast(kind)
        parts += [text(validation).alias("validation"), text(test).alias("test")]
        cut = F.when(time < F.coalesce(validation, test), time)
    found = F.percentile_approx(cut, [min(share, 1.0) for share in shares], _ACCURACY)
    parts.append(F.transform(found, text).alias("cuts"))
    labelled = rows.where(F.col(f"`{config.features.label}`").isNotNull())
    row = labelled.agg(*parts).first()
    assert row is not None  # an aggregation without groups has one row
    return row


def _shares(config: Config) -> list[float]:
    """Of the training rows: where blocks begin, the second first, then where each one's last tenth begins."""
    blocks = config.train.folds + 1
    starts = [block / blocks for block in range(1, blocks)]
    return [*starts, *[(block + 1 - _STOPPING) / blocks for block in range(blocks)]]


def _as_text(kind: TimeType) -> Any:
    """A time as a number of microseconds where it is an instant, else as a text without a zone."""
    if kind == "timestamp":
        return lambda time: F.unix_micros(time).cast("string")
    return lambda time: time.cast("string")


def _validate(found: Row, column: str, config: Config) -> None:
    """Raise when the rows cannot be placed in time."""
    if found["labelled"] == 0:
        raise DataRefused(
            f"features.label: '{config.features.label}' has no value in any row; nothing can be learned."
        )
    if found["undated"]:
        raise DataRefused(
            f"features.event_time: {found['undated']:,} of {found['labelled']:,} labelled rows have no "
            f"'{column}', so split.by: time cannot place them. "
            f'Quarantine them with a rule such as "{column} IS NOT NULL", '
            "or leave them out in features.query."
        )


def _cuts(found: Row, column: str, kind: TimeType, config: Config) -> TimeCuts:
    folds = config.train.folds
    cuts = [_readable(text, kind) for text in found["cuts"] or []]
    if config.split.boundaries is None:
        validation, test = cuts[-2], cuts[-1]
        has_validation = config.split.validation > 0
    else:
        validation, test = _readable(found["validation"], kind), _readable(found["test"], kind)
        has_validation = validation is not None
    return TimeCuts.model_validate(
        {
            "column": column,
            "type": kind,
            "validation": validation if has_validation else None,
            "test": test,
            "blocks": cuts[:folds],
            "stopping": cuts[folds : 2 * folds + 1],
        }
    )


def _readable(text: str | None, kind: TimeType) -> str | None:
    if text is None or kind != "timestamp":
        return text
    return (_EPOCH + timedelta(microseconds=int(text))).isoformat().replace("+00:00", "Z")


def _validate_order(cuts: TimeCuts, found: Row, config: Config) -> None:
    """Raise ConfigError when a part, a block or its last tenth would be empty."""
    first, last = _readable(found["first"], cuts.type), _readable(found["last"], cuts.type)
    span = f"the labelled rows are from {first} to {last}"
    named = [("the first row", first), *_blocks(cuts)]
    named += [("validation", cuts.validation)] if cuts.validation else []
    named += [("test", cuts.test)]
    if not cuts.stopping:
        raise ConfigError(
            f"{config.where('split.boundaries')}: split.boundaries: no labelled row is before "
            f"{cuts.train_end}; {span}. Let validation and test begin later."
        )
    if _is_later(cuts.test, last):
        raise ConfigError(
            f"{config.where('split.boundaries.test')}: split.boundaries.test is {cuts.test}, and {span}. "
            "Let the test rows begin earlier."
        )
    for (before, start), (after, end) in pairwise(named):
        if not _is_later(end, start):
            raise ConfigError(
                f"split.by: '{cuts.column}' has too few different times: {before} and {after} would both "
                f"begin at {start}; {span}. Use fewer train.folds, split.boundaries, or split.by: hash."
            )


def _blocks(cuts: TimeCuts) -> Sequence[tuple[str, str]]:
    named = []
    for number, stopping in enumerate(cuts.stopping):
        if number:
            named.append((f"block {number + 1}", cuts.blocks[number - 1]))
        named.append((f"the last tenth of block {number + 1}", stopping))
    return named


def _is_later(one: str | None, other: str | None) -> bool:
    """Texts of one type compare as their moments do, once all have their microseconds."""
    return one is not None and other is not None and _whole(one) > _whole(other)


def _whole(text: str) -> str:
    plain = text.removesuffix("Z").replace(" ", "T")
    return plain if "." in plain or len(plain) <= 10 else f"{plain}.000000"
