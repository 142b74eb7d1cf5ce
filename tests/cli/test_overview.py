from __future__ import annotations

import io
from datetime import datetime, timezone

from rich.console import RenderableType

from pipeline.cli.overview import quarantine_parts, shown_parts, status_parts
from pipeline.cli.page import Page
from pipeline.due import Due, Models
from pipeline.lake.runs import RunRow
from pipeline.shown import SOURCE, Shown, Table
from pipeline.status import Champion, Status, Waiting

THEN = datetime(2011, 1, 31, 4, 5, 6, tzinfo=timezone.utc)


def printed(*parts: RenderableType) -> list[str]:
    stream = io.StringIO()
    Page(stream).print(*parts)
    return stream.getvalue().splitlines()


def test_status_shows_champion_tables_runs_and_what_is_due():
    status = Status(
        project="tiny",
        lake="/lake",
        tracking="/lake/mlflow.db",
        models=Models(champion=2, challenger=2),
        champion=Champion("tiny", 2, "xgboost", "rmse", 22000.4, 80000.0, THEN, THEN),
        tables=(Table("silver_houses", 3, 2930, "houses typed"), Table("runs", 11, 12)),
        runs=(RunRow("clean", "refused", 3, THEN, 61.0, "clean refused batch 7."),),
        due=(Due("train", False, "train.every is not set"), Due("score", True, "every run looks for rows")),
    )
    assert printed(*status_parts(status)) == [
        "Project   tiny  /lake",
        "Champion  tiny version 2  xgboost since 2011-01-31 04:05:06Z",
        "          test rmse ↓ 22,000; to predict the median: 80,000",
        "MLflow    /lake/mlflow.db",
        "Tables",
        "                 version   rows  holds",
        "  silver_houses       v3  2,930  houses typed",
        "  runs               v11     12",
        "Last runs",
        "  started               step   verdict  exit  time",
        "  2011-01-31 04:05:06Z  clean  refused     3  61 s  clean refused batch 7.",
        "Due in the next run",
        "  step   due  why",
        "  train  no   train.every is not set",
        "  score  yes  every run looks for rows",
    ]


def test_batches_that_wait_are_shown_with_the_refusal():
    waiting = (Waiting("boats", (3,)), Waiting("houses", (7, 8, 9), "all 9 rows are bad."))
    status = Status("tiny", "/lake", "/mlflow.db", Models(), None, (), (), (), waiting)
    assert printed(*status_parts(status))[3:-2] == [
        "Landed and not cleaned yet",
        "          batches  why",
        "  boats         3  the next run cleans them",
        "  houses   7 to 9  7 is refused: all 9 rows are bad.",
    ]


def test_without_a_champion_status_says_so():
    status = Status("tiny", "/lake", "/lake/mlflow.db", Models(), None, (), (), ())
    assert printed(*status_parts(status))[1] == "Champion  none yet"


ROW = {"id": 1, "town": "A", "note": None, "list": [1, 2]}
SHOWN = Shown("silver_houses", 3, 2930, tuple(ROW), (ROW, {**ROW, "id": 20, "note": "x" * 60}))


def test_elsewhere_all_columns_are_shown_whole():
    assert printed(*shown_parts(SHOWN, None)) == [
        "silver_houses  version 3  2 of 2,930 rows",
        "  id  town  note" + " " * 58 + "list",
        "   1  A     " + " " * 62 + "[1, 2]",
        "  20  A     " + "x" * 60 + "  [1, 2]",
    ]


def test_on_a_terminal_the_columns_that_fit_are_shown_and_the_others_named():
    assert printed(*shown_parts(SHOWN, 56)) == [
        "silver_houses  version 3  2 of 2,930 rows",
        "  id  town  note",
        "   1  A",
        "  20  A     " + "x" * 39 + "…",
        "  and columns list; --csv or --json has them all",
    ]


def test_a_table_without_rows_is_one_line():
    assert printed(*shown_parts(Shown("runs", 0, 0, ("step",), ()), None)) == ["runs  version 0  0 of 0 rows"]


def test_a_quarantined_row_shows_where_it_came_from_why_and_what_was_received():
    errors = [
        {"rule": "price_positive", "column": None, "message": "Sale_Price > 0 is false"},
        {"rule": "type", "column": "year", "message": "'2O10' is no INT"},
    ]
    whole = {
        SOURCE: "houses",
        "id": "7",
        "price": "-5",
        "note": None,
        "_corrupt_record": None,
        "_errors": errors,
    }
    whole |= {"_source_file": "file:/data/late%202010.csv", "_batch_id": 2}
    cut = {
        SOURCE: "houses",
        "id": None,
        "_corrupt_record": "8,cut",
        "_errors": [{"rule": "malformed"}],
        "_batch_id": 2,
    }
    shown = Shown("quarantine_houses", 1, 40, tuple(whole), (whole, cut))
    assert printed(*quarantine_parts(shown, SOURCE, None)) == [
        "quarantine_houses  2 of 40 rows",
        "  houses batch 2  late%202010.csv",
        "    price_positive: Sale_Price > 0 is false",
        "    type: '2O10' is no INT",
        "    id=7 price=-5",
        "  houses batch 2",
        "    malformed",
        "    8,cut",
    ]
