from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake import Ledger
from pipeline.steps.promote.result import PromoteResult
from pipeline.steps.promote.rows import with_predictions
from pipeline.steps.promote.step import run
from pipeline.tracking import Registry
from tests.doubles import lose_executors

pytestmark = pytest.mark.spark

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
HOUSES = [(number, float(number), 2.0 * number) for number in range(1, 41)]

SplitIds = Callable[[Config, str], set[int]]


def promote(world: Any, **sections: Any) -> PromoteResult:
    return run(world.spark, world.config(**sections), now=NOW)


def champion_of(world: Any) -> int | None:
    champion = world.registry.champion()
    return None if champion is None else champion.version


def rmse_of(factor: float, ids: set[int]) -> float:
    """Of the formula `factor * area`, where the price is twice the area."""
    return math.sqrt(sum(((factor - 2) * number) ** 2 for number in ids) / len(ids))


@pytest.fixture
def houses(world: Any) -> Any:
    world.publish(1, HOUSES)
    return world


def test_without_a_challenger_there_is_nothing_to_do(houses: Any) -> None:
    before = houses.versions()

    result = promote(houses)

    assert (result.verdict, result.changed, result.exit_code, result.model_version) == (
        "nothing new",
        False,
        0,
        None,
    )
    assert result.reasons == ("There is no challenger; `pipeline train` brings one.",)
    assert houses.versions() == before


def test_the_first_champion_has_to_beat_the_baseline(houses: Any) -> None:
    version = houses.train("2 * coalesce(area, 0)")

    result = promote(houses)

    assert replace(result, seconds=0.0) == PromoteResult(
        "promote",
        "promoted",
        model="houses",
        model_version=1,
        decision="promoted",
        reasons=(
            "houses version 1 becomes champion.",
            "Its test rmse is 1, better than the baseline's 50.",
            "Loaded back it predicts the 2 rows of its example as it did when trained.",
        ),
        test_metrics={"rmse": 1.0, "r2": 0.9},
    )
    assert champion_of(houses) == version.version
    assert houses.registry.get(1).tags["decision"] == "promoted"
    entry = Ledger(houses.lake).last("promote", "houses")
    assert entry is not None
    assert entry.details["decision"] == "promoted"
    assert (entry.details["model_version"], entry.details["previous_version"]) == ("1", "")


def test_a_decision_is_made_once(houses: Any) -> None:
    houses.train("2 * coalesce(area, 0)")
    promote(houses)
    before, tags = houses.versions(), houses.registry.get(1).tags

    again = promote(houses)

    assert (again.verdict, again.changed, again.exit_code) == ("nothing new", False, 0)
    assert again.reasons == ("houses version 1 was promoted before.",)
    assert (houses.versions(), houses.registry.get(1).tags) == (before, tags)


def test_a_refusal_says_what_was_found_and_asked(houses: Any) -> None:
    houses.train("2 * coalesce(area, 0)", test={"rmse": 60.0})

    result = promote(houses)
    again = promote(houses)

    assert (result.verdict, result.exit_code, result.changed) == ("refused", 4, True)
    assert result.reasons[:3] == (
        "houses version 1 is refused.",
        "Its test rmse is 60, not better than the baseline's 50.",
        "There is still no champion.",
    )
    assert result.reasons[3].startswith("Next: ")
    assert result.to_json()["decision"] == "refused"
    assert champion_of(houses) is None
    assert (again.verdict, again.exit_code, again.decision) == ("nothing new", 0, "refused")


def test_a_refusal_is_made_anew_when_less_is_asked(houses: Any) -> None:
    houses.train("2 * coalesce(area, 0)")
    strict = promote(houses, promote={"thresholds": {"r2": {"min": 0.95}}})
    same = promote(houses, promote={"thresholds": {"r2": {"min": 0.95}}})
    loose = promote(houses, promote={"thresholds": {"r2": {"min": 0.85}}})

    assert [result.verdict for result in (strict, same, loose)] == ["refused", "nothing new", "promoted"]
    assert "Its test r2 is 0.9; promote.thresholds.r2.min is 0.95." in strict.reasons
    assert champion_of(houses) == 1
    assert [entry.details["decision"] for entry in Ledger(houses.lake).entries("promote")] == [
        "promoted",
        "refused",
    ]


def test_a_better_challenger_follows_the_champion(houses: Any, split_ids: SplitIds) -> None:
    houses.train("1.5 * coalesce(area, 0)")
    promote(houses)
    houses.train("1.9 * coalesce(area, 0)")

    result = promote(houses)

    test = split_ids(houses.config(), "test")
    assert (result.verdict, result.model_version, result.previous_version) == ("promoted", 2, 1)
    assert result.test_metrics["rmse"] == pytest.approx(rmse_of(1.9, test))
    assert result.champion_metrics["rmse"] == pytest.approx(rmse_of(1.5, test))
    assert result.tables == {"features_houses": 0}
    assert champion_of(houses) == 2


@pytest.mark.parametrize(("factor", "asked"), [("1.4", 0.0), ("1.5", 0.0), ("1.51", 1.0)])
def test_a_worse_an_equal_and_a_hardly_better_challenger_are_refused(
    houses: Any, factor: str, asked: float
) -> None:
    houses.train("1.5 * coalesce(area, 0)")
    promote(houses)
    houses.train(f"{factor} * coalesce(area, 0)")

    result = promote(houses, promote={"min_improvement": asked})

    assert (result.verdict, result.exit_code, result.previous_version) == ("refused", 4, 1)
    assert "houses version 1 stays champion." in result.reasons
    assert champion_of(houses) == 1


def test_both_are_judged_on_rows_that_neither_was_fitted_on(houses: Any, split_ids: SplitIds) -> None:
    other = houses.config(split={"train": 0.4, "validation": 0.1, "test": 0.5, "salt": "other"})
    houses.train("1.5 * coalesce(area, 0)", split=other.split.model_dump(mode="json"))
    promote(houses)
    houses.train("1.9 * coalesce(area, 0)")

    result = promote(houses)

    test, held_out_before = split_ids(houses.config(), "test"), split_ids(other, "test")
    assert result.champion_metrics["rmse"] == pytest.approx(rmse_of(1.5, test & held_out_before))
    assert result.champion_metrics["rmse"] != pytest.approx(rmse_of(1.5, test))


def test_without_a_common_row_the_champion_stays(houses: Any, split_ids: SplitIds) -> None:
    houses.train("1.5 * coalesce(area, 0)")
    promote(houses)
    fitted = sorted(split_ids(houses.config(), "train"))
    houses.publish(2, [(number, float(number), None) for number in range(1, 41) if number not in fitted])
    houses.train("1.9 * coalesce(area, 0)")

    result = promote(houses)

    assert result.verdict == "refused"
    assert (
        "No labelled row of features_houses is a test row for both it and houses version 1." in result.reasons
    )


def test_a_champion_whose_columns_are_gone_is_no_obstacle(houses: Any) -> None:
    houses.train("1.9 * coalesce(area, 0)", input_columns={"area": "double", "rooms": "int"})
    promote(houses)
    houses.train("1.5 * coalesce(area, 0)")

    result = promote(houses)

    assert result.verdict == "promoted"
    assert result.reasons[-1] == (
        "houses version 1 reads column 'rooms', which features_houses no longer has. They are not compared."
    )


def test_a_model_that_predicts_otherwise_after_loading_is_refused(houses: Any) -> None:
    houses.train("2 * coalesce(area, 0)", expected=({"prediction": 20.0}, {"prediction": 1.0}))

    result = promote(houses)

    assert (result.verdict, champion_of(houses)) == ("refused", None)
    assert "its prediction for row 2 of its example is 0.0, where it was 1.0" in result.reasons[1]


def test_a_model_that_cannot_be_loaded_is_refused(houses: Any) -> None:
    version = houses.train("2 * coalesce(area, 0)")
    stored = Path(houses.root) / "mlartifacts" / "houses" / version.run_id / "artifacts" / "model" / "sparkml"
    for file in (stored / "metadata").iterdir():
        file.unlink()

    result = promote(houses)

    assert (result.verdict, champion_of(houses)) == ("refused", None)
    assert result.reasons[1].startswith("houses version 1 cannot be loaded from")


def test_executors_that_are_lost_while_it_is_loaded_say_nothing_about_a_model(
    houses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses.train("2 * coalesce(area, 0)")
    with monkeypatch.context() as patched:
        patched.setattr(PipelineModel, "read", lose_executors)
        with pytest.raises(PySparkException, match="ExecutorLostFailure"):
            promote(houses)

    assert (promote(houses).verdict, champion_of(houses)) == ("promoted", 1)


def test_a_version_from_elsewhere_is_told(houses: Any) -> None:
    run_elsewhere = houses.registry.tracking.open_run("notebook", tags={}, params={})
    run_elsewhere.log_text("", "model/MLmodel")
    number = houses.registry.register(run_elsewhere, f"runs:/{run_elsewhere.run_id}/model", {})
    houses.registry.point("challenger", number)
    run_elsewhere.finish()

    with pytest.raises(ConfigError, match=r"^houses version 1 has no training\.json"):
        promote(houses)


def test_a_challenger_that_somebody_made_champion_is_left_alone(houses: Any) -> None:
    houses.train("2 * coalesce(area, 0)", test={"rmse": 60.0})
    houses.registry.point("champion", 1)

    result = promote(houses)

    assert (result.verdict, result.changed) == ("nothing new", False)
    assert result.reasons == ("houses version 1 is champion already.",)


@pytest.mark.parametrize("killed_before", ["alias", "ledger", "tag"])
def test_a_killed_promotion_is_carried_out_once(
    houses: Any, monkeypatch: pytest.MonkeyPatch, killed_before: str
) -> None:
    houses.train("1.5 * coalesce(area, 0)")
    promote(houses)
    houses.train("1.9 * coalesce(area, 0)")
    set_tags = Registry.set_tags

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    def kill_at_last_tag(registry: Registry, version: int, tags: dict[str, str]) -> None:
        if "decision" in tags:
            raise KeyboardInterrupt
        set_tags(registry, version, tags)

    with monkeypatch.context() as patch:
        if killed_before == "alias":
            patch.setattr(Registry, "point", kill)
        elif killed_before == "ledger":
            patch.setattr(Ledger, "append", kill)
        else:
            patch.setattr(Registry, "set_tags", kill_at_last_tag)
        with pytest.raises(KeyboardInterrupt):
            promote(houses)
    undecided = "decision" not in houses.registry.get(2).tags

    result = promote(houses)
    again = promote(houses)

    assert undecided
    assert (result.verdict, result.previous_version, result.changed) == ("promoted", 1, True)
    assert again.verdict == "nothing new"
    assert champion_of(houses) == 2
    entries = Ledger(houses.lake).entries("promote")
    assert [entry.details["model_version"] for entry in entries] == ["2", "1"]


def test_both_models_predict_in_one_scan(houses: Any) -> None:
    record = houses.registry.record(houses.train("2 * coalesce(area, 0)"))
    model = PipelineModel([SQLTransformer(statement="SELECT *, 1 AS made, area AS prediction FROM __THIS__")])
    rows = houses.lake.read("features_houses")

    judged = with_predictions(rows, {"one": (model, record), "two": (model, record)}, "price")

    assert judged.columns == ["__actual", "one", "two"]
    assert [tuple(row) for row in judged.limit(1).collect()] == [(2.0, (1.0,), (1.0,))]
    plan = judged._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    assert plan.count("FileScan") == 1
