from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console, RenderableType

from pipeline.cli.page import Page
from pipeline.cli.tables import leaderboard, ledger, outcome_parts, roles, step_line, train_parts
from pipeline.preprocessing.roles import Role
from pipeline.run import Outcome
from pipeline.steps.ingest.result import IngestResult
from pipeline.steps.promote.result import PromoteResult
from pipeline.steps.result import StepResult
from pipeline.steps.train.result import LeaderboardRow, TrainResult

ROWS = (
    LeaderboardRow(
        3, "xgboost", {"n": 400, "max_depth": 3, "eta": 0.1}, 23456.78, 512.3, (23000.0, 23900.0), 12.0, None
    ),
    LeaderboardRow(
        4, "xgboost", {"n": 400, "max_depth": 5, "eta": 0.1}, 24001.0, 99.5, (23900.0, 24100.0), 14.0, None
    ),
    LeaderboardRow(1, "linear_regression", {"regParam": 0.1}, 30000.0, 1000.0, (29000.0, 31000.0), 1.0, None),
    LeaderboardRow(
        2, "linear_regression", {"regParam": 9.0}, None, None, (None, 3.0), 0.5, "fold 1: it broke"
    ),
)
ROLES = (
    Role("id", "key", "names the row"),
    Role("area", "numeric", "INT"),
    Role("town", "categorical", "STRING with about 3 values"),
    Role("rooms", "numeric", "INT"),
    Role("kind", "categorical", "STRING with about 1,200 values"),
    Role("price", "label", "what is predicted"),
    Role("note", "excluded", "text that differs in almost every row (about 150 values)"),
)


def printed(*parts: RenderableType) -> list[str]:
    stream = io.StringIO()
    Page(stream).print(*parts)
    return stream.getvalue().splitlines()


def test_columns_of_one_role_and_reason_share_a_line_with_their_counts_beside_them():
    assert printed(roles(ROLES)) == [
        "  role            why                                                       columns",
        "  label        1  what is predicted                                         price",
        "  key          1  names the row                                             id",
        "  numeric      2  INT                                                       area, rooms",
        "  categorical  2  STRING with about (n) values                              town (3), kind (1,200)",
        "  excluded     1  text that differs in almost every row (about 150 values)  note",
    ]


def test_the_leaderboard_shows_what_differs_marks_the_direction_and_tells_what_failed():
    assert printed(*leaderboard(ROWS, "rmse", 20)) == [
        "Leaderboard: rmse ↓ lower is better, mean and spread over 2 folds",
        "     learner            rmse ↓   spread   time  parameters",
        "  1  xgboost            23,457    ± 512   12 s  max_depth=3",
        "  2  xgboost            24,001    ± 100   14 s  max_depth=5",
        "  3  linear_regression  30,000  ± 1,000  1.0 s  regParam=0.1",
        "  4  linear_regression       -           0.5 s  regParam=9.0 failed: fold 1: it broke",
    ]


def test_the_leaderboard_shows_the_gap_to_the_training_rows_and_the_share_of_rows_where_they_tell():
    first = replace(ROWS[0], training_mean=20000.0, gap=-3456.78)
    second = replace(ROWS[1], training_mean=24100.5, gap=99.5, share=0.25)
    bad = replace(ROWS[3], failed="fold 1: no")
    lines = printed(*leaderboard((first, second, ROWS[2], bad), "rmse", 20))
    assert lines == [
        "Leaderboard: rmse ↓ lower is better, mean and spread over 2 folds",
        "     learner            rmse ↓   spread     gap   rows   time  parameters",
        "  1  xgboost            23,457    ± 512  -3,457  100 %   12 s  max_depth=3",
        "  2  xgboost            24,001    ± 100    +100   25 %   14 s  max_depth=5",
        "  3  linear_regression  30,000  ± 1,000          100 %  1.0 s  regParam=0.1",
        "  4  linear_regression       -                   100 %  0.5 s  regParam=9.0 failed: fold 1: no",
        "  gap: on the rows that were fitted, minus on those that judge",
    ]
    assert max(map(len, lines)) <= 100


def test_a_long_leaderboard_stays_within_a_hundred_columns():
    params = {f"parameter_{number}": number / 7 for number in range(9)}
    rows = [
        replace(
            row, params={**params, "max_depth": place}, gap=-1.0, share=0.5, learner="logistic_regression"
        )
        for place, row in enumerate(ROWS)
    ]
    rows[1] = replace(rows[1], params={name: -value for name, value in rows[1].params.items()})
    stream = io.StringIO()
    Console(file=stream, width=100).print(*leaderboard(rows, "rmse", 20))
    assert max(map(len, stream.getvalue().splitlines())) <= 100


def test_a_higher_metric_is_marked_so_and_a_long_leaderboard_is_cut():
    lines = printed(*leaderboard(ROWS, "r2", 1))
    assert lines[0] == "Leaderboard: r2 ↑ higher is better, mean and spread over 2 folds"
    assert lines[-1] == "  and 3 more"
    assert len(lines) == 4


def test_one_line_per_source_in_the_ledger_a_missing_term_is_zero_and_single_rules_are_left_out():
    assert printed(
        ledger({"houses": {"read": 2930, "dropped_rows": 1, "warned.rule": 9}, "towns": {"read": 5}})
    ) == [
        "           read  dropped rows",
        "  houses  2,930             1",
        "  towns       5             0",
    ]


def test_a_step_line_says_how_it_ended():
    lines = [
        step_line(Outcome("clean", "done", 0, 61.0)),
        step_line(Outcome("ingest", "nothing new", 0, 0.44)),
        step_line(Outcome("train", "not due", message="version 1 is champion")),
        step_line(Outcome("promote", "refused", 4, 200.0, "It is worse.")),
    ]
    assert printed(*lines) == [
        "✓ clean    done               61 s",
        "· ingest   nothing new       0.4 s",
        "· train    not due      version 1 is champion",
        "✗ promote  refused      3 min 20 s",
    ]


def test_a_step_with_nothing_new_is_one_line():
    nothing = IngestResult("ingest", "nothing new", changed=False, sources={"houses": {}})
    assert len(printed(*outcome_parts(Outcome("ingest", "nothing new", result=nothing)))) == 1


def test_training_shows_roles_leaderboard_and_test_metrics_beside_the_median():
    result = TrainResult(
        "train",
        "done",
        rows={"test": 2930},
        tables={"features_tiny": 4},
        run_id="abc",
        model="tiny",
        model_version=2,
        metric="rmse",
        winner=ROWS[0],
        leaderboard=ROWS,
        cv_metrics={"rmse": 23456.78, "r2": 0.9},
        test_metrics={"rmse": 22000.4, "r2": 0.91234},
        baseline_metrics={"rmse": 80000.0, "r2": -0.05},
        roles=ROLES,
    )
    lines = printed(*train_parts(result))
    assert lines[0] == "Columns and their roles"
    assert lines[-5:] == [
        "2,930 held-out test rows",
        "           model  predict the median  model over folds",
        "  rmse ↓  22,000              80,000            23,457",
        "  r2 ↑    0.9123             -0.0500            0.9000",
        "  registered as tiny version 2, alias challenger  run abc",
    ]


def test_an_early_end_of_the_search_stands_below_the_leaderboard():
    result = TrainResult(
        "train",
        "done",
        rows={"test": 1},
        metric="rmse",
        leaderboard=ROWS[:1],
        ended_early="the target is reached",
    )
    lines = printed(*train_parts(result))
    assert lines[lines.index("  the target is reached") - 1].lstrip().startswith("1  xgboost")


def test_promotion_shows_both_models_on_the_same_rows():
    result = PromoteResult(
        "promote",
        "promoted",
        reasons=("tiny version 2 becomes champion.", "It is better."),
        model_version=2,
        previous_version=1,
        tables={"features_tiny": 4},
        test_metrics={"rmse": 10.0},
        champion_metrics={"rmse": 12.5},
    )
    assert printed(*outcome_parts(Outcome("promote", "promoted", result=result)))[1:] == [
        "  tiny version 2 becomes champion.",
        "  It is better.",
        "          version 2  champion 1",
        "  rmse ↓      10.00       12.50",
        "  features_tiny v4",
    ]


def test_a_step_without_sources_counts_its_rows_in_one_line():
    result = StepResult("features", "done", rows={"inserted": 7}, tables={"features_tiny": 0})
    assert printed(*outcome_parts(Outcome("features", "done", result=result)))[1:] == [
        "        inserted",
        "  rows         7",
        "  features_tiny v0",
    ]
