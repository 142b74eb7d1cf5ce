"""A project whose tables are in a Hive metastore, in the form of the embedded Derby that PySpark brings.

Derby takes one process at a time, as the lease does: each run is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import PROGRAM, Site

pytestmark = [pytest.mark.spark, pytest.mark.e2e, pytest.mark.slow]

OVERLAY = """\
lake: {{root: null, catalog: spark_catalog, schema: tiny}}
tracking: {{uri: 'sqlite:///mlflow.db'}}
train: {{learners: {{xgboost: null}}}}
spark:
  conf:
    spark.sql.catalogImplementation: hive
    spark.sql.warehouse.dir: '{folder}/warehouse'
    spark.hadoop.javax.jdo.option.ConnectionURL: 'jdbc:derby:;databaseName={folder}/metastore;create=true'
"""

# The rest of the first run, and the second one, in one process; then what a person would look at.
RUNS = """
import json, pipeline
with pipeline.load("pipeline.yaml", "catalog.yaml") as project:
    first, second = project.run(), project.run()
    spark = project.spark()
    print(json.dumps({
        "verdicts": [first.verdict, second.verdict],
        "changed": [outcome.step for outcome in second.outcomes if outcome.result and outcome.result.changed],
        "lake": project.status().lake,
        "bad": project.quarantine_faults().total,
        "tables": [table.name for table in project.tables()],
        "rows": {name: spark.sql(f"SELECT count(*), count(DISTINCT id) FROM tiny.{name}").first()
                 for name in ("silver_houses", "predictions_tiny")},
        "managed": spark.sql("DESCRIBE TABLE EXTENDED tiny.ledger").where("col_name = 'Type'").first()[1],
    }))
"""


@pytest.fixture
def in_a_catalog(site: Site) -> Site:
    folder = site.folder.with_name("hive")
    folder.mkdir()
    (site.folder / "catalog.yaml").write_text(OVERLAY.format(folder=folder))
    return site


def test_a_killed_run_goes_on_and_the_next_has_nothing_to_do(in_a_catalog: Site, tmp_path: Path) -> None:
    site = in_a_catalog
    first = tmp_path / "hive" / "warehouse" / "tiny.db" / "silver_houses" / "_delta_log"
    words = [str(PROGRAM), "run", "-c", "pipeline.yaml", "-c", "catalog.yaml"]
    site.kill_when((first / f"{0:020}.json").exists, site.start(*words))

    ended = subprocess.run(
        [sys.executable, "-c", RUNS], cwd=site.folder, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1]) == {
        "verdicts": ["done", "nothing new"],
        "changed": [],
        "lake": "spark_catalog.tiny",
        "bad": 6,
        "tables": [
            "bronze_houses",
            "contracts",
            "features_tiny",
            "intents",
            "ledger",
            "manifest",
            "predictions_tiny",
            "quarantine_houses",
            "runs",
            "silver_houses",
        ],
        "rows": {"silver_houses": [294, 294], "predictions_tiny": [38, 38]},
        "managed": "MANAGED",
    }
