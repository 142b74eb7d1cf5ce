"""The main job as a user runs it: twice, with news, killed, interrupted, and by spark-submit."""

from __future__ import annotations

import json

import pytest

import pipeline
from tests.e2e.conftest import PROGRAM, finished

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]


def moved(before, after):
    """The tables with another version than before."""
    return sorted(name for name in after if after[name] != before.get(name))


def winner_of(ended):
    return {key: ended.steps["train"]["winner"][key] for key in ("number", "learner", "params")}


def test_status_and_show_tell_what_the_run_left(done, spark):
    project = pipeline.load(done.site.folder / "pipeline.yaml", environ={})
    status = project.status(spark)
    assert (status.champion.version, status.champion.learner) == (1, winner_of(done.first)["learner"])
    assert status.champion.value == done.first.steps["train"]["test_metrics"]["rmse"]
    assert {table.name: table.rows for table in status.tables}["silver_houses"] == len(done.tables["silver"])
    assert {row.step for row in status.runs} == set(done.first.steps)
    assert [entry.step for entry in status.due if not entry.is_due] == ["train", "promote"]
    board = project.leaderboard()
    assert (board.metric, [row.number for row in board.rows]) == (
        "rmse",
        [row["number"] for row in done.first.steps["train"]["leaderboard"]],
    )
    bad = project.show("quarantine", 2, spark)
    assert (len(bad.rows), bad.total) == (2, len(done.tables["quarantine"]))
    assert bad.rows[0]["_errors"][0]["rule"] == "price_positive"


def test_a_second_run_moves_nothing_and_one_more_file_moves_only_its_rows(done, tables):
    site, versions, registry = done.site, done.site.versions(), done.site.registry()
    assert registry["versions"] == [("tiny", 1)]
    assert registry["aliases"] == [("challenger", 1), ("champion", 1)]
    assert [len(done.tables[name]) for name in ("bronze", "silver", "quarantine")] == [300, 294, 6]

    again = site.call("run", "--json")
    assert again.code == 0, again.err
    assert {step["verdict"] for step in again.steps.values()} == {"nothing new", "not due"}
    assert (site.versions(), site.registry()) == (versions, registry)

    site.land("second.csv", 1000, 50)
    more = site.call("run", "--json", "--result", "verdict.json")
    assert more.code == 0, more.err
    assert more.steps["ingest"]["rows"] == {"files": 1, "read": 50, "malformed": 0}
    assert more.steps["clean"]["rows"]["inserted"] == 49
    assert more.steps["features"]["rows"] == {"inserted": 49, "updated": 0, "deleted": 0}
    assert more.steps["score"]["rows"] == {"inserted": 49, "updated": 0}
    assert site.registry() == registry
    found = tables(site)
    assert [row for row in found["silver"] if row[0] < 1000] == done.tables["silver"]
    assert [row for row in found["predictions"] if row[0] < 1000] == done.tables["predictions"]
    assert moved(versions, site.versions()) == [
        "bronze_houses",
        "features_tiny",
        "intents",
        "ledger",
        "manifest",
        "predictions_tiny",
        "quarantine_houses",
        "runs",
        "silver_houses",
    ]
    verdict = json.loads((site.folder / "verdict.json").read_text())
    assert (verdict["step"], verdict["verdict"], verdict["exit_code"]) == ("run", "done", 0)
    assert verdict["steps"] == list(more.steps.values())


def test_killed_while_cleaning_and_while_training_the_same_job_goes_on_to_the_same_end(done, site, tables):
    """By spark-submit, by the command, and by spark-submit again: it is one job."""
    site.kill_when(lambda: site.has_version("silver_houses", 0), site.submission("run.py"))
    assert "features_tiny" not in site.versions()

    trials = "SELECT key, value FROM tags WHERE key LIKE 'trial.%'"
    site.kill_when(lambda: site.query(trials), site.start(str(PROGRAM), "run"))
    before = set(site.query(trials))
    assert "RUNNING" in {status for _, status in site.registry()["runs"]}
    versions = site.versions()
    assert versions["silver_houses"] == 0

    again = finished(site.submission("run.py", "--json", "--result", "verdict.json"))
    assert again.code == 0, again.err
    assert list(again.steps) == ["ingest", "clean", "features", "train", "promote", "score"]
    assert json.loads((site.folder / "verdict.json").read_text())["exit_code"] == 0
    assert tables(site) == done.tables
    assert winner_of(again) == winner_of(done.first)
    assert moved(versions, site.versions()) == ["ledger", "predictions_tiny", "runs"]
    after = site.query(trials)
    assert before <= set(after)  # done again, a trial would tell of other seconds
    assert len(after) == len(done.site.query(trials)) == 4 * 2  # candidates × folds
    measured = "SELECT count(DISTINCT run_uuid || key) FROM metrics WHERE key LIKE 'seconds_fold_%'"
    assert site.query(measured) == [(4 * 2,)]
    registry = site.registry()
    assert [status for _, status in registry["runs"]] == ["FINISHED"] * 5
    assert registry["versions"] == [("tiny", 1)]
    assert registry["aliases"] == [("challenger", 1), ("champion", 1)]


def test_ctrl_c_gives_the_lease_back_and_says_what_is_kept(site):
    ended = site.interrupt_when(
        lambda: site.has_version("bronze_houses", 0), "run", "--result", "verdict.json"
    )
    assert ended.code == 130
    last = ended.err.splitlines()[-1]
    assert last.startswith("Interrupted during ")
    assert last.endswith(" has committed. The same command goes on from there.")
    assert "Traceback" not in ended.err
    assert not (site.lake / "_lease").exists()
    assert json.loads((site.folder / "verdict.json").read_text())["verdict"] == "interrupted"


def test_spark_submit_ends_with_the_code_of_the_refusal(site):
    (site.folder / "landing" / "first.csv").unlink()
    ended = finished(site.submission("ingest.py", "--json"))
    (answer,) = ended.steps.values()
    assert (ended.code, answer["step"], answer["exit_code"]) == (2, "ingest", 2)
    assert "landing" in answer["message"]
    assert site.versions() == {}
