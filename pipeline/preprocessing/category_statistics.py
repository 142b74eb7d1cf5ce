"""Which categories text columns have, the most frequent first."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

# More categories than this in one column are not told apart: the most frequent ones keep their own code.
CATEGORY_BOUND = 10_000


def most_frequent(
    rows: DataFrame, columns: Sequence[str], group: str, conditions: int
) -> tuple[dict[str, tuple[str, ...]], ...]:
    """For each condition the categories of each column, in one job.

    `group` is a column that tells by a text of 0 and 1 which conditions a row meets. At most `CATEGORY_BOUND`
    texts for each column and condition reach the driver.
    """
    if not columns:
        return tuple({} for _ in range(conditions))
    cells = F.array(
        *[
            F.struct(F.lit(place).alias("place"), F.col(f"`{name}`").cast("string").alias("value"))
            for place, name in enumerate(columns)
        ]
    )
    counts = (
        rows.where(F.col(group).contains("1"))
        .select(group, F.explode(cells).alias("cell"))
        .select(group, "cell.place", "cell.value")
        .where(F.col("value").isNotNull())
        .groupBy(group, "place", "value")
        .count()
    )
    met = F.filter(
        F.array(*map(F.lit, range(conditions))),
        lambda condition: F.substring(F.col(group), condition + 1, F.lit(1)) == "1",
    )
    merged = (
        counts.withColumn("condition", F.explode(met))
        .groupBy("condition", "place", "value")
        .agg(F.sum("count").alias("count"))
    )
    frequent_first = Window.partitionBy("condition", "place").orderBy(F.desc("count"), F.asc("value"))
    found = (
        merged.withColumn("rank", F.row_number().over(frequent_first))
        .where(F.col("rank") <= CATEGORY_BOUND)
        .groupBy("condition", "place")
        .agg(F.sort_array(F.collect_list(F.struct("rank", "value"))).alias("categories"))
        .collect()
    )
    by_place = {
        (row["condition"], row["place"]): tuple(item["value"] for item in row["categories"]) for row in found
    }
    return tuple(
        {name: by_place.get((condition, place), ()) for place, name in enumerate(columns)}
        for condition in range(conditions)
    )
