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
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening, validate_names
from pipeline.steps.ingest.transforms import CORRUPT, SOURCE_FILE

_PLACE = re.compile(r"(?P<table>.*?)(?:@v(?P<whole>\d+)|/_delta_log/(?P<commit>\d{20})\.json)")


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
        name, source = self.source_name, self.source
        there = _commits(files, name, source)
        if not known:
            return Listing([_whole(there[-1])])
        last = max(_version(entry.path) for entry in known)
        new = [file for file in there if _version(file.path) > last]
        gap = _gap([_version(file.path) for file in there], last)
        done = {} if gap else commits.changes(files.spark, [file.path for file in new]) if new else {}
        takers = [file for file in new if done and done[_version(file.path)].removes]
        mistake = gap or (f"{takers[0].path} takes rows away or changes them" if takers else None)
        if mistake and source.on_changed_file == "reload":
            return Listing([_whole(there[-1])], told=[f"ingest: {mistake}; the whole table lands again"])
        if mistake and (gap or source.on_changed_file == "fail"):
            raise DataRefused(f"ingest refused sources.{name}: {mistake}. {_advice(name, bool(gap))}")
        sized = [replace(file, size=done[_version(file.path)].added) for file in new]
        told = [f"ingest: {file.path} takes rows away or changes them; it is left out" for file in takers]
        gone = {file.path for file in takers}
        adding = [file for file in sized if file.size and file.path not in gone]
        return Listing(adding, ignored=takers, told=told)

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


def _advice(name: str, is_gap: bool) -> str:
    choices = "to reload: the whole table lands again, once"
    if not is_gap:
        choices = "to reload (the whole table lands again, once) or ignore (such commits are left out)"
    return f"What has landed stays as it is. Set sources.{name}.on_changed_file {choices}."


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
