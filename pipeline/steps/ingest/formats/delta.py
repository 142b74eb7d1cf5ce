"""delta: a table as a source. Its commits are its files: first the whole table, then what each one adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.sources import Source
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import commits
from pipeline.lake.hadoop import FileInfo, Files
from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.formats.base import FileFormat, Listing
from pipeline.steps.ingest.manifest import IGNORED, Entry
from pipeline.steps.ingest.opening import Head, Opening, validate_names
from pipeline.steps.ingest.transforms import CORRUPT, SOURCE_FILE

_PLACE = re.compile(r"(?P<table>.*?)(?:@v(?P<whole>\d+)|/_delta_log/(?P<commit>\d{20})\.json)")

_TAKES = "takes rows away or changes them"


class Delta(FileFormat):
    """A file is `<table>@v7`, the whole table at a version, or the file of a commit.

    Commits that only add rows land, those that only move rows land nothing, those that take rows away are
    refused, for what has landed stays.
    """

    name = "delta"
    most_files = 100

    def listed(self, files: Files, known: Sequence[Entry]) -> Listing:
        """The whole table when nothing has landed, then the commits behind the last one that did.

        Raises:
            ConfigError: there is no table.
            DataRefused: a commit took rows away, or is gone, and it is not said what to do then.
        """
        there = _commits(files, self.source_name, self.source)
        if not known:
            return Listing([_whole(there[-1])])
        last = _last(known)
        gap = _gap([_version(file.path) for file in there], last)
        if gap:
            return self._whole_again(there[-1], gap, "to reload: the whole table lands again, once")
        new = [file for file in there if _version(file.path) > last]
        done = commits.changes(files.spark, [file.path for file in new]) if new else {}
        takers = [file for file in new if done[_version(file.path)].removes]
        if takers and self.source.on_changed_file != "ignore":
            choices = "to reload (the whole table lands again, once) or ignore (such commits are left out)"
            return self._whole_again(there[-1], f"{takers[0].path} {_TAKES}", choices)
        adding = [replace(file, size=done[_version(file.path)].added) for file in new if file not in takers]
        told = [f"ingest: {file.path} {_TAKES}; it is left out" for file in takers]
        return Listing([file for file in adding if file.size], ignored=takers, told=told)

    def _whole_again(self, newest: FileInfo, mistake: str, choices: str) -> Listing:
        if self.source.on_changed_file == "reload":
            return Listing([_whole(newest)], told=[f"ingest: {mistake}; the whole table lands again"])
        raise DataRefused(
            f"ingest refused sources.{self.source_name}: {mistake}. What has landed stays as it is. Set "
            f"sources.{self.source_name}.on_changed_file {choices}."
        )

    def opening(self, path: str, head: Head) -> Opening:
        return Opening()

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        frames: list[tuple[list[Entry], DataFrame]] = []
        for file in files:
            table, whole = _parts(file.path)["table"], _parts(file.path)["whole"]
            if whole:
                rows = spark.read.format("delta").option("versionAsOf", whole).load(table)
                frames.append(([file], rows))
        single = sorted((file for file in files if _parts(file.path)["commit"]), key=lambda file: file.path)
        if single:
            versions = [_version(file.path) for file in single]
            added = commits.added_rows(spark, _parts(single[0].path)["table"], versions)
            frames += [([file], rows) for file, rows in zip(single, added, strict=True)]
        return reading.united([(group, _as_records(group[0], rows)) for group, rows in frames])


def _as_records(file: Entry, rows: DataFrame) -> DataFrame:
    validate_names(file.path, tuple(rows.columns))
    nothing = F.lit(None).cast("string").alias(CORRUPT)
    return rows.select("*", F.lit(file.path).alias(SOURCE_FILE), nothing)


def _commits(files: Files, name: str, source: Source) -> list[FileInfo]:
    found = [
        file
        for file in files.find(f"{source.path.rstrip('/')}/_delta_log")
        if commits.version_of(file.path) is not None
    ]
    if not found:
        raise ConfigError(
            f"{source.where('path')}: 'sources.{name}.path' is no Delta table: {source.path}. "
            f"Write the folder that holds its _delta_log."
        )
    return found


def _gap(there: Sequence[int], last: int) -> str | None:
    if there[-1] < last:
        return f"the table's newest version is {there[-1]}, and version {last} has landed: it was made anew"
    if there[-1] > last and last + 1 not in there:
        return f"version {last} has landed, and the commit of version {last + 1} is not there any more"
    return None


def _last(known: Sequence[Entry]) -> int:
    """The version up to which all is landed or left out, since the whole table landed for the last time."""
    whole = max((entry for entry in known if _parts(entry.path)["whole"]), key=lambda entry: entry.batch_id)
    since = [
        entry
        for entry in known
        if entry.batch_id >= whole.batch_id
        or (entry.batch_id == IGNORED and entry.ingested_at >= whole.ingested_at)
    ]
    return max(_version(entry.path) for entry in since)


def _whole(commit: FileInfo) -> FileInfo:
    parts = _parts(commit.path)
    return replace(commit, path=f"{parts['table']}@v{int(parts['commit'])}")


def _version(path: str) -> int:
    parts = _parts(path)
    return int(parts["whole"] or parts["commit"])


def _parts(path: str) -> dict[str, str]:
    found = _PLACE.fullmatch(path)
    assert found is not None  # the manifest has no other paths of a table
    return found.groupdict()
