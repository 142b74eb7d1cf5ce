"""One's own data: a look at it, an unedited configuration, a run, and a run with nothing new."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import pipeline
from pipeline.cli import main
from tests.short_lives import JAVA

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
STEPS = ["ingest", "clean", "features", "train", "promote", "score"]
# The configuration stays as it was written; one candidate on two folds is enough to see it work.
LINEAR = ("--set", "train.folds=2", "--set", "train.search.max_trials=1")
BOOSTED = (*LINEAR, "--set", "train.learners.xgboost.params.n_estimators=10")
Rows = list[list[Any]]
Steps = dict[str, dict[str, Any]]
Command = Callable[..., Steps]


def yes_or_no(folder: Path) -> None:
    """(a) A label of Yes and No, no key, semicolons, in two files."""
    source, rows = random.Random(1), []
    for _ in range(300):
        age, visits, plan = source.randint(18, 80), source.randint(0, 30), source.choice("ABC")
        churned = visits + source.gauss(0, 4) < 9 + 4 * (plan == "A")
        rows.append([age, visits, plan, f"{source.uniform(5, 90):.2f}", "Yes" if churned else "No"])
    header = ["Age", "Visits", "Plan", "Spent", "Churned"]
    write(folder / "first.csv", header, rows[:200], delimiter=";")
    write(folder / "second.csv", header, rows[200:], delimiter=";")


def quoted(folder: Path) -> None:
    """(b) Commas, quotes and line breaks inside of quoted fields; a number is predicted."""
    source, rows = random.Random(2), []
    for number in range(1, 301):
        stars, words = source.randint(1, 5), source.randint(1, 40)
        town = source.choice(["Paris, France", 'Bath "Spa"', "Ulm"])
        note = source.choice(['said "good"', "two\nlines", "one, two", "plain"]) + f" {number}"
        price = 20 + 9 * stars + 0.5 * words + 11 * (town == "Ulm") + source.gauss(0, 2)
        rows.append([number, note, town, stars, words, f"{price:.2f}"])
    write(folder / "reviews.csv", ["review_id", "note", "town", "stars", "words", "price"], rows)


def ids_dates_constants(folder: Path) -> None:
    """(c) Ids of several kinds, dates, times, constants, an empty column, free text; true and false."""
    source, rows = random.Random(3), []
    for number in range(300):
        amount, items = source.uniform(5, 500), source.randint(1, 9)
        uuid = f"{source.getrandbits(32):08x}-1111-4222-8333-{source.getrandbits(48):012x}"
        day = f"2024-{source.randint(1, 12):02}-{source.randint(1, 28):02}"
        returned = amount + 40 * items + source.gauss(0, 60) > 450
        rows.append(
            [
                *(7 * number + 1000, uuid, number, day, f"{day} 10:{source.randint(10, 59)}:00", "EUR", ""),
                *(f"a sentence about order {number}, as people write it", f"{amount:.2f}", items),
                str(returned).lower(),
            ]
        )
    header = ["order_id", "token", "line", "day", "moment", "currency", "never", "remark", "amount", "items"]
    write(folder / "orders.csv", [*header, "returned"], rows)


def missing(folder: Path) -> None:
    """(d) Three cells in ten are missing, written as NA, ? and nothing; some labels too."""
    source, rows = random.Random(4), []
    for number in range(400):
        area, rooms, town = source.uniform(30, 200), source.randint(1, 6), source.choice(["N", "S", "E"])
        rent = 8 * area + 60 * rooms + 150 * (town == "N") + source.gauss(0, 40)
        cells = [f"{area:.1f}", rooms, town, source.randint(1900, 2020), source.choice(["gas", "oil"])]
        cells = [source.choice(["NA", "?", ""]) if source.random() < 0.3 else cell for cell in cells]
        rows.append([f"F{number:04}", *cells, "" if source.random() < 0.1 else f"{rent:.2f}"])
    write(folder / "flats.csv", ["flat id", "area", "rooms", "town", "built", "heating", "rent"], rows)


def three_classes(folder: Path) -> None:
    """(e) Three classes as text, accents and blanks in names and values, one file of bytes and marks."""
    source, rows = random.Random(5), []
    kinds = ["élevé", "très bas", "moyen"]
    for number in range(300):
        kind = source.choice(kinds)
        height = 10 * kinds.index(kind) + source.gauss(20, 3)
        weight = 5 * (kind == "moyen") + source.gauss(10, 2)
        rows.append([number, f"{height:.2f}", f"{weight:.2f}", source.choice(["Été", "Hiver"]), kind])
    write(folder / "é t é.csv", ["N° id", "Größe (cm)", "Poids; net", "Saison d'été", "Niveau de prix"], rows)


def houses(folder: Path) -> None:
    """Sales for the configuration in the README."""
    source = random.Random(6)
    rows = [
        [area := source.randint(40, 200), rooms := source.randint(1, 6), 900 * area + rooms]
        for _ in range(200)
    ]
    write(folder / "houses.csv", ["area", "rooms", "Sale_Price"], rows)


def write(file: Path, header: list[str], rows: Rows, delimiter: str = ",") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerows([header, *rows])


@dataclass(frozen=True)
class Table:
    """One table with its project, after a look and two runs."""

    folder: Path
    look: Mapping[str, Any]
    first: Steps
    second: Steps
    moved: Mapping[str, int]
    """Versions that the second run moved."""

    @property
    def project(self) -> pipeline.Project:
        return pipeline.load(self.folder / "own" / "pipeline.yaml", environ={})

    def kinds(self, kind: str) -> list[str]:
        """The columns that the look gave a role."""
        return [column for column, role in self.look["roles"].items() if role["kind"] == kind]


def versions(lake: Path) -> dict[str, int]:
    """How many commits each table has."""
    return {log.parent.name: len(list(log.glob("*.json"))) for log in lake.glob("*/_delta_log")}


def make_lake(lake: Path, tracking_file: Path) -> None:
    """An empty lake whose tracking store is ready: MLflow takes seconds to make its tables."""
    lake.mkdir()
    shutil.copyfile(tracking_file, lake / "mlflow.db")


@pytest.fixture
def command(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command in this process, on its session; what it says, by step."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Steps:
        code = main([*words, "--json", "-q"])
        said = capsys.readouterr()
        assert code == 0, said.err
        return {step["step"]: step for step in map(json.loads, said.out.splitlines())}

    return call


@pytest.fixture
def go(command: Command, tmp_path: Path, empty_tracking_file: Path) -> Callable[..., Table]:
    """Look at a table and run its project twice."""

    def run(make: Callable[[Path], None], files: str, label: str, quick: tuple[str, ...]) -> Table:
        make(tmp_path / "my data")
        look = command("init", "own", "--data", f"my data/{files}", "--label", label)["init"]
        assert len(Path("own/pipeline.yaml").read_text(encoding="utf-8").splitlines()) <= 25
        lake = tmp_path / "own" / "lake"
        make_lake(lake, empty_tracking_file)
        first = command("run", "-c", "own/pipeline.yaml", *quick)
        before = versions(lake)
        second = command("run", "-c", "own/pipeline.yaml", *quick)
        moved = {table: version for table, version in versions(lake).items() if version != before.get(table)}
        return Table(tmp_path, look, first, second, moved)

    return run


def assert_ran_twice(done: Table, spark: SparkSession) -> list[dict[str, Any]]:
    """A champion and predictions after the first run, nothing new after the second; the predictions."""
    assert list(done.first) == STEPS
    assert done.first["promote"]["verdict"] == "promoted"
    champion = done.project.status(spark).champion
    assert champion is not None
    assert champion.version == 1
    predicted = done.project.show("predictions", 1000, spark)
    assert predicted.total == done.first["score"]["rows"]["inserted"] > 0
    assert all(row["prediction"] is not None for row in predicted.rows)
    assert {step["verdict"] for step in done.second.values()} == {"nothing new", "not due"}
    assert done.moved == {}
    return list(predicted.rows)


def test_quoted_commas_quotes_and_line_breaks(go: Any, spark: SparkSession) -> None:
    done = go(quoted, "reviews.csv", "price", LINEAR)
    assert (done.look["task"], done.look["key"]) == ("regression", ["review_id"])
    assert done.kinds("excluded") == ["note"]
    assert_ran_twice(done, spark)
    assert done.first["ingest"]["rows"] == {"files": 1, "read": 300, "malformed": 0}
    silver = done.project.table("silver_reviews", spark)
    patterns = ["note LIKE 'two\n%'", "note LIKE 'said \"good\"%'", "town = 'Paris, France'"]
    assert all(
        count > 20 for count in silver.selectExpr(*[f"count_if({it})" for it in patterns]).collect()[0]
    )


def test_a_third_is_missing(go: Any, spark: SparkSession) -> None:
    done = go(missing, "*.csv", "rent", BOOSTED)
    assert (done.look["task"], done.look["key"]) == ("regression", ["flat id"])
    assert done.look["nulls"] == ["?", "NA"]
    assert done.kinds("numeric") == ["area", "rooms", "built"]
    assert_ran_twice(done, spark)
    assert done.first["clean"]["rows"]["quarantined"] == 0
    assert done.first["train"]["rows"]["unlabelled"] > 20


def test_three_classes_with_accents_and_blanks_in_names(go: Any, spark: SparkSession) -> None:
    done = go(three_classes, "*.csv", "Niveau de prix", LINEAR)
    assert (done.look["task"], done.look["key"]) == ("multiclass", ["N° id"])
    assert done.kinds("numeric") == ["Größe (cm)", "Poids; net"]
    predicted = assert_ran_twice(done, spark)
    assert {row["prediction"] for row in predicted} == {"élevé", "très bas", "moyen"}
    assert set(predicted[0]["probability"]) == {"élevé", "très bas", "moyen"}


def test_ids_dates_constants_and_later_rows_read_in_the_roles_of_the_training(
    go: Any, spark: SparkSession, command: Command
) -> None:
    done = go(ids_dates_constants, "", "returned", BOOSTED)
    assert (done.look["task"], done.look["positive"], done.look["key"]) == ("binary", "true", ["order_id"])
    left_out = ["token", "line", "day", "moment", "currency", "never", "remark"]
    assert done.kinds("excluded") == left_out
    assert done.kinds("numeric") == ["amount", "items"]
    roles = {row["column"]: row["kind"] for row in done.first["train"]["roles"]}
    assert roles == {name: role["kind"] for name, role in done.look["roles"].items()}
    assert_ran_twice(done, spark)

    # These rows by themselves would be judged otherwise: what was constant varies, items is constant.
    header = ["order_id", *left_out, "amount", "items", "returned"]
    rows = [[9000 + n, "t", n % 3, "", "", "EU"[n % 2], n % 2, "r", "", 3, ""] for n in range(40)]
    write(done.folder / "my data" / "later.csv", header, rows)
    third = command("run", "-c", "own/pipeline.yaml", *BOOSTED)
    assert third["train"]["verdict"] == "not due"
    assert third["score"]["rows"]["inserted"] == 40


def test_four_keys_by_hand_are_enough(command: Command, tmp_path: Path, empty_tracking_file: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in readme.split("```yaml\n")[1:]]
    (four_keys,) = [block for block in blocks if block.startswith("name: ")]
    (tmp_path / "pipeline.yaml").write_text(four_keys, encoding="utf-8")
    make_lake(tmp_path / "lake", empty_tracking_file)
    houses(tmp_path / "data")
    assert command("run", *LINEAR)["score"]["rows"]["inserted"] > 0


def test_yes_and_no_without_a_key_by_the_installed_command(site: Any, empty_tracking_file: Path) -> None:
    shutil.rmtree(site.folder / "landing")
    (site.folder / "pipeline.yaml").unlink()
    yes_or_no(site.folder / "my data")
    looked = site.call("init", "own", "--data", "my data/*.csv", "--label", "Churned")
    assert looked.code == 0, looked.err
    assert "Task: binary, as 'Churned' is No (207), Yes (93)." in looked.out.splitlines()
    lake = site.folder / "own" / "lake"
    make_lake(lake, empty_tracking_file)
    short_life = {"spark.master": "local[2]", "spark.driver.extraJavaOptions": JAVA}
    sets = [word for name, value in short_life.items() for word in ("--set", f"spark.conf.{name}={value}")]
    options = ["-c", "own/pipeline.yaml", "--json", *LINEAR, *sets]
    first = site.call("run", *options)
    assert first.code == 0, first.err
    assert first.steps["promote"]["verdict"] == "promoted"
    assert first.steps["score"]["rows"]["inserted"] > 0
    before = versions(lake)
    second = site.call("run", *options)
    assert second.code == 0, second.err
    assert {step["verdict"] for step in second.steps.values()} == {"nothing new", "not due"}
    assert versions(lake) == before
