"""Write the archive of Spark's classes that later JVMs start from: python scripts/archive_classes.py

Does a little of what a project does, so that the classes it needs are among them. Nothing depends on the
archive, so a Java that cannot write it is no failure.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark.ml import Pipeline
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline import session
from pipeline.class_archive import archive_file, write_archive
from pipeline.lake import Lake, Txn
from pipeline.local import JAVA_OPTIONS

PATIENCE = 300.0  # seconds that Java may take to write the archive


def main() -> None:
    """Use Spark for a moment, and let its JVM write down which classes that took."""
    final = archive_file()
    final.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=final.parent) as scratch:
        written = Path(scratch, final.name)
        conf = {"spark.master": "local[2]", "spark.driver.memory": "1g", JAVA_OPTIONS: write_archive(written)}
        use(session.get_session("archive", conf), Path(scratch))
        session.stop(PATIENCE)
        if not written.is_file():
            sys.exit("This Java keeps no archive of classes; commands start a little slower.")
        written.replace(final)


def use(spark: SparkSession, folder: Path) -> None:
    """Write, merge and read a table, parse text, fit and store a model."""
    lake = Lake(spark, (folder / "lake").as_uri())
    lines = spark.range(100).select(
        F.format_string("%d,%s,%d", "id", F.lit("a"), F.col("id") * 2).alias("line")
    )
    rows = lines.select(F.from_csv("line", "id BIGINT, town STRING, price DOUBLE").alias("row")).select(
        "row.*"
    )
    lake.append("sales", rows, Txn("archive", 1))
    lake.merge("sales", rows.limit(5), Txn("archive", 2), key=["id"])
    read = lake.read("sales").groupBy("id", "town").agg(F.max("price").alias("price"))
    stages: list[Any] = [
        StringIndexer(inputCol="town", outputCol="code"),
        VectorAssembler(inputCols=["id", "code"], outputCol="features"),
        LinearRegression(labelCol="price"),
    ]
    model = Pipeline(stages=stages).fit(read)
    model.write().save(str(folder / "model"))
    model.transform(read).agg(F.avg("prediction")).collect()


if __name__ == "__main__":
    main()
