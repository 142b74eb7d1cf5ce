"""Ingest, clean and features: what is new, and what of the tables it makes Spark read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.config.model import Config
from pipeline.lake import names
from pipeline.lake.sizes import TableSize
from pipeline.plan.cluster import Cluster
from pipeline.plan.figures import Memory, Read, StepPlan
from pipeline.plan.query import mentions
from pipeline.plan.sources import Part, SourceSize

_CACHE = "one machine's disk takes what is beyond: slower, and correct"
# Bytes of a row in Spark's cache while it is cleaned: for its verdict and its key, and for a byte of bronze.
_VERDICT, _CLASSIFIED = 22, 0.75
# Shuffled for a byte of bronze, to count and to find one row for each key; for a byte of silver, each time
# the query runs; for a byte of features that are merged into. And features for a byte of the largest silver.
_CLEANED, _JOINED, _COMPARED, _DERIVED = 4.8, 0.25, 9.0, 1.5


@dataclass(frozen=True)
class Ground:
    """What a plan stands on: the configuration, the cluster, the sources, the features that are published."""

    config: Config
    cluster: Cluster
    sources: Mapping[str, SourceSize]
    features: TableSize | None
    features_stand: bool
    """Whether they were made from the silver of now by the settings of now."""

    def features_after(self) -> Part:
        """The features once this run has made them."""
        if self.features is not None:
            there = Part(self.features.bytes, self.features.rows or 0, self.features.files)
            return there.times(self._growth(there.rows))
        largest = max((source.silver_after for source in self.sources.values()), key=lambda part: part.rows)
        return Part(round(largest.bytes * _DERIVED), largest.rows, is_guess=True)

    def _growth(self, rows: int) -> float:
        """How many times the rows there will be: as of the source that has about as many as the features."""
        known = [source for source in self.sources.values() if source.silver.rows]
        if not known:
            return 1.0
        like = min(known, key=lambda source: abs(source.silver.rows - rows))
        return like.silver_after.rows / like.silver.rows


def plan_ingest(ground: Ground) -> StepPlan:
    """Each new file is read once."""
    new = {name: source.new for name, source in ground.sources.items() if source.new.files}
    files, size = sum(part.files for part in new.values()), sum(part.bytes for part in new.values())
    listed = ", ".join(f"{part.files:,} of {name}" for name, part in new.items())
    return StepPlan(
        "ingest",
        bool(new),
        f"{files:,} new files: {listed}" if new else "no new file",
        reads=tuple(_new_files(name, part) for name, part in new.items()),
        partitions=ground.cluster.partitions(size, files) if new else 0,
    )


def plan_clean(ground: Ground) -> StepPlan:
    """A batch is read once, and once more where its types are found; then it is cached."""
    fresh = {name: source for name, source in ground.sources.items() if source.batches}
    reads, notes = [], []
    for name, source in fresh.items():
        scans = source.batches + (0 if source.has_contract or source.is_typed else 1)
        size = round(source.fresh.bytes / source.batches)
        reads.append(
            Read(names.bronze(name), size, scans, rows=source.fresh.rows, is_guess=source.fresh.is_guess)
        )
        if source.silver.files and source.key:
            notes.append(f"{names.silver(name)} is read too, up to twice, if new keys lie among those there")
        elif source.silver.files:
            reads.append(_table(names.silver(name), source.silver, 2 * source.batches))
    largest = max((source.fresh.bytes // source.batches for source in fresh.values()), default=0)
    cached = max((_cached_bytes(source) for source in fresh.values()), default=0)
    return StepPlan(
        "clean",
        bool(fresh),
        _batches(fresh) if fresh else "no batch waits",
        reads=tuple(reads),
        cached_bytes=cached,
        shuffled_bytes=round(sum(source.fresh.bytes for source in fresh.values()) * _CLEANED),
        partitions=ground.cluster.partitions(largest) if fresh else 0,
        memory=(Memory("Spark's cache, a batch", cached, ground.cluster.cache_bytes, _CACHE),)
        if fresh
        else (),
        notes=tuple(notes),
    )


def plan_features(ground: Ground) -> StepPlan:
    """The query runs once to look for repeated keys, where there is a query, and once to write.

    What a MERGE is given, Delta works out once and keeps; the features themselves it reads twice.
    """
    config, news = ground.config, any(source.batches for source in ground.sources.values())
    is_due = news or not ground.features_stand
    if not is_due:
        return StepPlan("features", False, "made from the silver of now by the settings of now")
    query = config.features.query
    read = mentions(query, config.sources) if query else Counter(list(config.sources))
    if query:
        read += mentions(query, config.sources, grouped=False)  # to look for repeated keys
    silver = {name: source.silver_after for name, source in ground.sources.items()}
    reads = [_table(names.silver(name), silver[name], times) for name, times in read.items()]
    shuffled = sum(one.total_bytes for one in reads) * _JOINED
    if ground.features is not None:
        there = Part(ground.features.bytes, ground.features.rows or 0, ground.features.files)
        reads.append(_table(names.features(config.name), there, 2))
        shuffled += there.bytes * _COMPARED
    why = "silver is about to change" if news else "there are none yet, or silver or settings changed"
    return StepPlan(
        "features",
        True,
        why,
        reads=tuple(reads),
        shuffled_bytes=round(shuffled),
        partitions=ground.cluster.partitions(max(read.bytes for read in reads)),
    )


def _cached_bytes(source: SourceSize) -> int:
    """One batch in Spark's cache."""
    fresh = source.fresh
    return round(fresh.rows / source.batches * (_VERDICT + _CLASSIFIED * fresh.row_bytes))


def _new_files(name: str, part: Part) -> Read:
    return Read(f"files of {name}", part.bytes, 1, part.files, part.rows)


def _table(name: str, part: Part, scans: int) -> Read:
    return Read(name, part.bytes, scans, part.files or None, part.rows or None, part.is_guess)


def _batches(fresh: Mapping[str, SourceSize]) -> str:
    said = [f"{source.batches:,} of {name}" for name, source in fresh.items()]
    return f"batches to clean: {', '.join(said)}"
