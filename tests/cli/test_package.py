from __future__ import annotations

import json

WHEEL = "spark_training_pipeline-0.1.0-py3-none-any.whl"


def test_thin_shows_what_was_made_which_folders_must_be_shared_and_the_steps(command, folder):
    said = command("package", "--thin", "-q", "--set", "lake.root=hdfs://node/lake", "--result", "said.json")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Made dist"
    assert [line.split()[0] for line in lines[2:6]] == ["conf", "jobs", "requirements.txt", WHEEL]
    assert lines[7:] == [
        "Every node must find these folders under the same path; if one is this machine's own,",
        "lay a file over it that says another (conf/cluster.yaml is an example):",
        f"  sources.houses.path: {folder}/houses.csv",
        "",
        "# Managed Spark (not run anywhere yet; by Spark's documentation)",
        "- The platform needs Spark 4.2 with Delta 4.4, and Python 3.10 to 3.13.",
        "- Install on driver and workers: pip install -r dist/requirements.txt",
        f"- and then: pip install --no-deps dist/{WHEEL}",
        (
            "- Spark settings, where the platform has not set them: spark.sql.extensions"
            " io.delta.sql.DeltaSparkSessionExtension spark.sql.catalog.spark_catalog"
            " org.apache.spark.sql.delta.catalog.DeltaCatalog"
        ),
        "- Job: dist/jobs/run.py with the arguments -c dist/conf/pipeline.yaml -c dist/conf/packaged.yaml",
    ]
    told = json.loads((folder / "said.json").read_text())
    assert (told["step"], told["verdict"], told["folder"]) == ("package", "done", "dist")
    again = command("package", "--thin", "--json", "-q")
    (answer,) = again.objects
    assert (answer["unpack"], answer["lines"], answer["steps"][1]) == (
        None,
        [],
        "Install on driver and workers: pip install -r dist/requirements.txt",
    )


def test_a_folder_of_someone_else_is_exit_2(command, folder):
    (folder / "dist").mkdir()
    (folder / "dist" / "mine.txt").touch()
    said = command("package", "--thin")
    assert said.code == 2
    assert said.err.startswith("dist is not a folder that `pipeline package` made, and what is in it ")
