"""Looking for the moments that cut the rows of a training by time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.time_cuts import TimeCuts, TimeType, moment

# Of each block of training rows, the last tenth stops boosting early when the next block judges.
_STOPPING = 0.1
# Cuts are at whole units of time, so many of them at most: counting rows by unit gives the same cuts whatever
# the partitioning and order of the rows, which an approximate percentile would not.
_MOST_UNITS = 100_000
_DAY = 86_400_000_000
_UNITS = (1, 1_000, 1_000_000, 60_000_000, 3_600_000_000, _DAY)  # in microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TYPES: Mapping[type[T.DataType], TimeType] = {
    T.DateType: "date",
    T.TimestampType: "timestamp",
    T.TimestampNTZType: "timestamp_ntz",
}


@dataclass(frozen=True)
class _Moments:
    """`TimeCuts` in microseconds."""

    validation: int | None
    test: int
    blocks: tuple[int, ...]
    stopping: tuple[int, ...]
    gap: int = 0

    @property
    def train_end(self) -> int:
        return self.test if self.validation is None else self.validation

    @property
    def block_ends(self) -> tuple[int, ...]:
        """Where each block ends, the gap before what follows it left out."""
        return tuple(end - self.gap for end in (*self.blocks, self.train_end))

    def named(self) -> Iterator[tuple[str, int]]:
        """What begins at each moment, in the order of time."""
        for number, (stopping, end) in enumerate(zip(self.stopping, self.block_ends, strict=True)):
            if number:
                yield f"block {number + 1}", self.blocks[number - 1]
            yield f"the last tenth of block {number + 1}", stopping
            if self.gap:
                yield f"the gap after block {number + 1}", end
        if self.validation is not None:
            yield "validation", self.validation
            if self.gap:
                yield "the gap before the test rows", self.test - self.gap
        yield "test", self.test


def find_cuts(rows: DataFrame, config: Config) -> TimeCuts:
    """The moments that cut these rows, labelled or not: by two aggregations over the labelled ones' time.

    Each gives one row: their span, then how many there are in each of at most 100,000 units of it. A gap
    takes a third one, as what it leaves of a block is known only then.

    Raises ConfigError when `features.event_time` is no column of times, or when the rows cannot be cut so;
    DataRefused when a labelled row has no time, or none has a label.
    """
    column = config.features.event_time
    assert column is not None  # the configuration was checked
    kind = _time_type(rows, column, config)
    time = F.col(f"`{column}`")
    labelled = rows.where(F.col(f"`{config.features.label}`").isNotNull())
    found = _look(labelled, time, kind, config)
    _validate(found, column, config)
    cuts = _cuts(labelled, time, kind, found, config)
    _validate_order(cuts, column, kind, found, config)

    def text(micros: int | None) -> str | None:
        return None if micros is None else _text(micros, kind)

    return TimeCuts.model_validate(
        {
            "column": column,
            "type": kind,
            "validation": text(cuts.validation),
            "test": text(cuts.test),
            "blocks": tuple(map(text, cuts.blocks)),
            "stopping": tuple(map(text, cuts.stopping)),
            **(_gaps(cuts, text) if cuts.gap else {}),
        }
    )


def _gaps(cuts: _Moments, text: Callable[[int | None], str | None]) -> dict[str, object]:
    return {
        "train_until": text(cuts.train_end - cuts.gap),
        "validation_until": None if cuts.validation is None else text(cuts.test - cuts.gap),
        "fits_until": tuple(map(text, cuts.block_ends[:-1])),
    }


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


def _look(labelled: DataFrame, time: Column, kind: TimeType, config: Config) -> Row:
    """Counts, the first and last time, and declared boundaries, in microseconds: one row."""
    micros = _micros(kind)
    boundaries = config.split.boundaries
    parts = [F.count(F.lit(1)).alias("labelled"), F.count_if(time.isNull()).alias("undated")]
    parts += [micros(F.min(time)).alias("first"), micros(F.max(time)).alias("last")]
    for name in ("validation", "test"):
        text = getattr(boundaries, name) if boundaries else None
        parts.append((micros(moment(text, kind)) if text else F.lit(None)).alias(name))
    row = labelled.agg(*parts).first()
    assert row is not None  # an aggregation without groups has one row
    return row


def _quantiles(micros: DataFrame, shares: Sequence[float], unit: int) -> list[int]:
    """Where shares of the rows are over, to a whole unit below; nothing where there is no row."""
    counted = micros.select(F.expr(f"micros div {unit}").alias("unit")).groupBy("unit").count()
    wanted = ", ".join(str(share) for share in shares)
    row = counted.agg(F.expr(f"percentile(unit, array({wanted}), count)").alias("units")).first()
    assert row is not None  # an aggregation without groups has one row
    return [math.floor(found) * unit for found in row["units"] or []]


def _unit(found: Row, kind: TimeType) -> int:
    """The smallest unit of which at most `_MOST_UNITS` lie between the first and the last time."""
    least = (found["last"] - found["first"]) / _MOST_UNITS
    units = (_DAY,) if kind == "date" else _UNITS
    return next((unit for unit in units if unit >= least), _DAY * math.ceil(least / _DAY))


def _shares(config: Config) -> list[float]:
    """Of the training rows: where blocks begin, the second first, then where each one's last tenth begins."""
    blocks = config.train.folds + 1
    starts = [block / blocks for block in range(1, blocks)]
    return [*starts, *[(block + 1 - _STOPPING) / blocks for block in range(blocks)]]


def _micros(kind: TimeType) -> Callable[[Column], Column]:
    """A time as microseconds since 1970; one without a zone as if it were in UTC, whatever the session's."""
    if kind == "timestamp":
        return F.unix_micros
    if kind == "date":
        return lambda time: F.unix_date(time).cast("bigint") * _DAY

    def unzoned(time: Column) -> Column:
        minutes = F.hour(time) * 60 + F.minute(time)
        seconds = F.extract(F.lit("SECOND"), time) + minutes * 60
        return F.unix_date(time.cast("date")).cast("bigint") * _DAY + (seconds * 1_000_000).cast("bigint")

    return unzoned


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


def _cuts(labelled: DataFrame, time: Column, kind: TimeType, found: Row, config: Config) -> _Moments:
    """Where parts and blocks begin, in microseconds."""
    split, folds = config.split, config.train.folds
    micros, unit = labelled.select(_micros(kind)(time).alias("micros")), _unit(found, kind)
    if split.boundaries is None:
        shares = [share * split.train for share in _shares(config)]
        cuts = _quantiles(micros, [*shares, split.train, split.train + split.validation], unit)
        validation, test = cuts[-2] if split.validation > 0 else None, cuts[-1]
    else:
        validation, test = found["validation"], found["test"]
        end = test if validation is None else validation
        cuts = _quantiles(micros.where(F.col("micros") < end), _shares(config), unit)
    moments = _Moments(validation, test, tuple(cuts[:folds]), tuple(cuts[folds : 2 * folds + 1]))
    if split.gap is None or not moments.stopping:
        return moments
    gapped = replace(moments, gap=round(split.gap.total_seconds() * 1_000_000))
    return replace(gapped, stopping=_last_tenths(micros, gapped, unit) or gapped.stopping)


def _last_tenths(micros: DataFrame, moments: _Moments, unit: int) -> tuple[int, ...]:
    """Where the last tenth of what a gap leaves of each block begins; nothing where it leaves nothing."""
    counted = micros.select(F.expr(f"micros div {unit}").alias("unit")).groupBy("unit").count()
    starts = (None, *moments.blocks)
    tenths = []
    for number, (start, end) in enumerate(zip(starts, moments.block_ends, strict=True)):
        inside = f"unit * {unit}L < {end}L" + ("" if start is None else f" AND unit * {unit}L >= {start}L")
        tenth = F.expr(f"percentile(unit, {1 - _STOPPING}D, count) FILTER (WHERE {inside})")
        tenths.append(tenth.alias(str(number)))
    row = counted.agg(*tenths).first()
    found = [] if row is None else list(row)
    return () if None in found else tuple(math.floor(each) * unit for each in found)


def _text(micros: int, kind: TimeType) -> str:
    at = _EPOCH + timedelta(microseconds=micros)
    if kind == "date":
        return at.date().isoformat()
    if kind == "timestamp":
        return at.isoformat().replace("+00:00", "Z")
    return at.replace(tzinfo=None).isoformat(" ")


def _validate_order(cuts: _Moments, column: str, kind: TimeType, found: Row, config: Config) -> None:
    """Raise ConfigError when a part, a block or its last tenth would be empty."""
    first, last = _text(found["first"], kind), _text(found["last"], kind)
    span = f"the labelled rows are from {first} to {last}"
    if not cuts.stopping:
        raise ConfigError(
            f"{config.where('split.boundaries')}: split.boundaries: no labelled row is before "
            f"{_text(cuts.train_end, kind)}; {span}. Let validation and test begin later."
        )
    if cuts.test > found["last"]:
        raise ConfigError(
            f"{config.where('split.boundaries.test')}: split.boundaries.test is {_text(cuts.test, kind)}, "
            f"and {span}. Let the test rows begin earlier."
        )
    for (before, start), (after, end) in pairwise([("the first row", found["first"]), *cuts.named()]):
        if end <= start:
            raise ConfigError(
                f"split.by: '{column}' has too few different times: {before} is at {_text(start, kind)}, and "
                f"{after} would begin at {_text(end, kind)}; {span}. "
                f"Use {'a shorter split.gap, ' if cuts.gap else ''}fewer train.folds, split.boundaries, "
                "or split.by: hash."
            )
