"""Problems of `cluster_by` that the configuration alone shows."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.model import Config
from pipeline.config.spark_types import schema_columns
from pipeline.config.tree import Problem


def check_cluster_by(config: Config) -> Iterator[Problem]:
    """Columns of the key where there is one: a merge looks for a row only in the ranges of its batch."""
    for name, source in config.sources.items():
        path = f"sources.{name}.cluster_by"
        known, mistake = schema_columns(source.schema_) if source.schema_ else ((), None)
        if source.cluster_by and source.transform and not source.key:
            yield Problem(
                path,
                f"'{path}' and 'sources.{name}.transform' are both set, without a key. Your function may "
                f"give the same row another value, and it would be there twice. Give the source a key.",
            )
        for column in source.cluster_by or ():
            if source.key and column.lower() not in {part.lower() for part in source.key}:
                yield Problem(
                    path,
                    f"'{path}' names '{column}', which is no part of the key: a row whose {column} changed "
                    f"would stay twice. Name columns of the key: {', '.join(source.key)}.",
                )
            elif known and not mistake and column.lower() not in {there.lower() for there in known}:
                near = did_you_mean(column, tuple(known))
                yield Problem(
                    path, f"'{path}' names '{column}', which the schema lacks.{near} {listing(known)}"
                )
