"""One batch into bronze: read, appended with a transaction id, its bad files found and put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipeline.errors import DataRefused
from pipeline.explain import is_of_the_machines
from pipeline.lake import Commit, Lake, names
from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.manifest import Entry, Manifest
from pipeline.steps.ingest.opening import REPLACE_IT
from pipeline.steps.ingest.partitions import common_partitions, with_partitions
from pipeline.steps.ingest.plan import Plan, bronze_txn
from pipeline.steps.ingest.transforms import CORRUPT, bronze_rows, unreadable_rows
from pipeline.steps.ingest.unreadable import (
    Failure,
    is_out_of_reach,
    last_cause,
    marked,
    named_by,
    probed,
)

BATCH = "_batch_id"
_LOOKS = 3


@dataclass(frozen=True)
class Landed:
    """What a batch brought: the version of bronze with it, None before the first record, and its records.

    `columns` are the received columns that every file has, None where there are none to tell.
    """

    version: int | None
    read: int
    malformed: int
    columns: Sequence[str] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)


def land(lake: Lake, manifest: Manifest, work: Plan, files: Sequence[Entry]) -> Landed:
    """Bring the files of a batch into bronze; each record is touched once where all files can be read.

    Where Spark fails, the file that it names is read alone, and all of them at last; those that fail are
    frozen in the manifest as unreadable and land as one malformed record each.

    Raises:
        DataRefused: no file of a source's first batch can be read, or files contradict each other.
    """
    found = _landed_before(lake, work, files) if work.begun else None
    if found is not None:
        return found
    return _land(lake, manifest, work, files, looks=1)


def records(lake: Lake, work: Plan, files: Sequence[Entry]) -> DataFrame:
    """The records of files that have some, with the columns that their folders name."""
    found = work.format.records(lake.spark, files)
    return with_partitions(found, files)


def validate_types(rows: DataFrame, table: StructType, what: str, files: Sequence[Entry]) -> None:
    """Raise DataRefused when a typed column cannot be added to the table: Delta widens no column here."""
    known = {column.name.lower(): column.dataType for column in table}
    for column in rows.schema:
        expected = known.get(column.name.lower())
        if expected is not None and expected != column.dataType:
            raise DataRefused(
                f"{what}: column '{column.name}' is {column.dataType.simpleString().upper()} in "
                f"{reading.some(files)}, and {expected.simpleString().upper()} in what was landed before. "
                f"Write the files with one type."
            )


def _land(lake: Lake, manifest: Manifest, work: Plan, files: Sequence[Entry], looks: int) -> Landed:
    try:
        return _append(lake, work, files)
    except Failure as error:
        if looks > _LOOKS or is_of_the_machines(error):
            raise
        why = _unreadable(lake, work, files, error, look_at_all=looks == _LOOKS)
        if not why:
            raise
    files = marked(files, why, manifest.next_attempt(work.name, files[0].batch_id))
    _validate_some_left(lake, work, files)
    manifest.freeze(files)
    return _land(lake, manifest, work, files, looks + 1)


def _append(lake: Lake, work: Plan, files: Sequence[Entry]) -> Landed:
    table, batch_id = names.bronze(work.name), files[0].batch_id
    filled, why = _filled(work, files), _reasons(files)
    if not filled and not why:
        return Landed(lake.version(table), 0, 0)
    columns = None
    frames = []
    if filled:
        found = records(lake, work, filled)
        if lake.exists(table):
            what = f"ingest refused batch {batch_id} of {work.name}"
            validate_types(found, lake.read(table).schema, what, filled)
        columns = _columns(work, filled, found)
        frames.append(found)
    else:
        _validate_some_left(lake, work, files)
    if why:
        frames.append(unreadable_rows(lake.spark, why))
    rows, malformed = _observed(bronze_rows(_together(frames), batch_id, files[0].ingested_at))
    commit = lake.append(table, rows, bronze_txn(work.name, batch_id), stats=[BATCH])
    return Landed(commit.version, commit.inserted, malformed.get["malformed"], columns, why)


def _landed_before(lake: Lake, work: Plan, files: Sequence[Entry]) -> Landed | None:
    """What a killed try had landed already."""
    table, batch_id = names.bronze(work.name), files[0].batch_id
    there: Commit | None = lake.find_commit(table, bronze_txn(work.name, batch_id))
    if there is None:
        return None
    rows = lake.read(table, there.version).where(F.col(BATCH) == batch_id)
    malformed = rows.where(f"{CORRUPT} IS NOT NULL").count()
    columns = None
    filled = _filled(work, files)
    if filled:
        try:
            columns = _columns(work, filled, records(lake, work, filled))
        except Failure:
            columns = None  # the files may be gone: they have landed
    return Landed(there.version, there.inserted, malformed, columns, _reasons(files))


def _unreadable(
    lake: Lake, work: Plan, files: Sequence[Entry], error: BaseException, look_at_all: bool
) -> Mapping[str, str]:
    """Why which files cannot be read: first those that Spark names, in the end each of the batch."""
    filled = _filled(work, files)

    def read(some: Sequence[Entry]) -> DataFrame:
        return records(lake, work, some)

    try:
        named = [] if look_at_all else named_by(error, filled)
        return (probed(lake.files, read, named) if named else {}) or probed(lake.files, read, filled)
    except Failure as failure:
        if not is_out_of_reach(failure):
            raise
        first = reading.some(named or filled)
        raise DataRefused(
            f"ingest refused batch {files[0].batch_id} of {work.name}: {first} cannot be read: "
            f"{last_cause(failure)}. Nothing of the batch was landed. {REPLACE_IT}"
        ) from failure


def _validate_some_left(lake: Lake, work: Plan, files: Sequence[Entry]) -> None:
    """Raise DataRefused when a source's first batch has no file that can be read: it has no columns."""
    if _filled(work, files) or lake.exists(names.bronze(work.name)):
        return
    first = next(file for file in files if file.unreadable)
    raise DataRefused(
        f"ingest refused batch {first.batch_id} of {work.name}: {first.path} cannot be read: "
        f"{first.unreadable}. Nothing of the batch was landed. {REPLACE_IT}"
    )


def _filled(work: Plan, files: Sequence[Entry]) -> list[Entry]:
    return [file for file in files if not file.unreadable and work.format.is_filled(file)]


def _reasons(files: Sequence[Entry]) -> dict[str, str]:
    return {file.path: file.unreadable for file in files if file.unreadable}


def _columns(work: Plan, files: Sequence[Entry], found: DataFrame) -> Sequence[str] | None:
    columns = work.format.common_columns(files, found)
    if columns is None:
        return None
    named = {name for file in files for name in file.partitions}
    return [*(name for name in columns if name not in named), *common_partitions(files)]


def _together(frames: Sequence[DataFrame]) -> DataFrame:
    first, *rest = frames
    for rows in rest:
        first = first.unionByName(rows, allowMissingColumns=True)
    return first


def _observed(rows: DataFrame) -> tuple[DataFrame, Observation]:
    """The rows, and a count of the malformed ones that is known once they are written."""
    observation = Observation()
    return rows.observe(observation, F.count(CORRUPT).alias("malformed")), observation
