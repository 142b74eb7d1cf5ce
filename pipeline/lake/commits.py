"""What single commits of a Delta table did, and the rows they added. The table may be anyone's.

Delta has no batch reader for the rows of one commit where the table keeps no change feed: the reader that its
own stream uses is called here, so that deletion vectors and renamed columns mean what Delta says they mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.lake.hadoop import escaped

_COMMIT = re.compile(r"(\d{20})\.json")
_ACTIONS = """
add STRUCT<size: BIGINT, dataChange: BOOLEAN>,
remove STRUCT<dataChange: BOOLEAN>
"""


@dataclass(frozen=True)
class Change:
    """What a commit did to the data: bytes that it added, and whether it took any away."""

    added: int
    removes: bool


def version_of(path: str) -> int | None:
    """The version that a commit's file stands for, None for another file.

    >>> version_of("s3a://lake/houses/_delta_log/00000000000000000012.json")
    12
    """
    found = _COMMIT.fullmatch(path.rpartition("/")[2])
    return int(found[1]) if found else None


def changes(spark: SparkSession, paths: Sequence[str]) -> dict[int, Change]:
    """What each of these commits did, by version: one row for each comes to the driver."""
    changes_data = "COALESCE({0}.dataChange, false)"
    rows = (
        spark.read.schema(_ACTIONS)
        .json([escaped(path) for path in paths])
        .groupBy(F.col("_metadata.file_name").alias("name"))
        .agg(
            F.expr(f"SUM(CASE WHEN {changes_data.format('add')} THEN add.size ELSE 0 END)").alias("added"),
            F.expr(f"BOOL_OR({changes_data.format('remove')})").alias("removes"),
        )
    )
    found = {row["name"]: Change(row["added"], row["removes"]) for row in rows.collect()}
    versions = [version for version in map(version_of, paths) if version is not None]
    return {version: found.get(f"{version:020}.json", Change(0, False)) for version in versions}


def added_rows(spark: SparkSession, table: str, versions: Sequence[int]) -> list[DataFrame]:
    """The rows of the files that each commit added, without those that it only moved.

    All have the columns that the table had at the last of the versions, which go upwards.
    """
    jvm: Any = spark._jvm
    nothing = jvm.scala.Option.empty()
    log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, table)
    snapshot = log.getSnapshotAt(versions[-1], nothing, nothing, False)
    commits = log.getChanges(versions[0], nothing, True)
    frames: list[DataFrame] = []
    while len(frames) < len(versions):
        commit = commits.next()
        if commit._1() == versions[len(frames)]:
            files = jvm.scala.jdk.javaapi.CollectionConverters.asScala(_added(jvm, commit._2())).toSeq()
            frames.append(DataFrame(log.createDataFrame(snapshot, files, False, nothing), spark))
    return frames


def _added(jvm: Any, actions: Any) -> Any:
    added = jvm.java.util.ArrayList()
    for index in range(actions.size()):
        action = actions.apply(index)
        if action.getClass().getSimpleName() == "AddFile" and action.dataChange():
            added.add(action)
    return added
