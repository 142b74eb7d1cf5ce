"""Reading: layers, folders, places, and files that cannot be read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.config.model import Config
from pipeline.errors import ConfigError

Write = Callable[..., str]
FOUR_KEYS = "A first file needs four keys: name, task, sources.<name>.path and features.label."


def test_four_keys_are_enough(minimal: str, tmp_path: Path) -> None:
    config = load_config([minimal], environ={})
    assert (config.name, config.experiment, config.model_name, config.key) == (
        "demo",
        "demo",
        "demo",
        ("_key",),
    )
    assert config.lake.root == str(tmp_path / "lake")
    assert config.sources["houses"].path == str(tmp_path / "data/*.csv")
    assert list(config.learners) == ["linear_regression", "xgboost"]


def test_a_later_file_merges_maps_and_replaces_other_values(write: Write, minimal: str) -> None:
    below = write("train: {folds: 5, metric: mae}\nfeatures: {exclude: [a, b]}\n", "below.yaml")
    above = write("train: {folds: 2}\nfeatures: {exclude: [c]}\n", "above.yaml")
    config = load_config([minimal, below, above], environ={})
    assert (config.train.folds, config.train.metric, config.features.exclude) == (2, "mae", ("c",))
    assert config.features.label == "price"


def test_null_in_a_later_file_takes_away(write: Write, minimal: str) -> None:
    below = write("train: {folds: 5, learners: {gbt: {params: {maxIter: 3}}, xgboost: {}}}\n", "below.yaml")
    above = write("train: {folds: null, learners: {gbt: null}}\n", "above.yaml")
    config = load_config([minimal, below, above], environ={})
    assert (config.train.folds, list(config.train.learners)) == (3, ["xgboost"])


def test_a_key_with_nothing_behind_it_has_its_defaults(write: Write, minimal: str) -> None:
    bare = write("train:\n  folds:\n  learners:\n    gbt:\nspark:\n", "bare.yaml")
    config = load_config([minimal, bare], environ={})
    assert (config.train.folds, config.train.learners["gbt"].params, config.spark.conf) == (3, {}, {})


def test_a_required_key_can_come_from_a_later_file(write: Write) -> None:
    first = write("name: demo\ntask: regression\nsources: {houses: {path: a.csv}}\n", "first.yaml")
    second = write("features: {label: price}\n", "second.yaml")
    assert load_config([first, second], environ={}).features.label == "price"


def test_set_comes_last(write: Write, minimal: str) -> None:
    above = write("train: {folds: 2}\n", "above.yaml")
    config = load_config([minimal, above], ["train.folds=7", "train.folds=9"], environ={})
    assert config.train.folds == 9


def test_relative_paths_start_at_the_folder_of_the_file_that_says_them(write: Write, tmp_path: Path) -> None:
    base = write(
        "name: demo\ntask: regression\nfeatures: {label: price}\nlake: {root: ../lake}\n"
        "sources:\n  a: {path: ../data/my houses/*.csv}\n  b: {path: 's3a://bucket/b/*.csv'}\n",
        "team/conf/base.yaml",
    )
    above = write(
        "sources: {b: {path: hdfs:///b.csv}, c: {path: c.csv}}\n"
        "tracking: {uri: 'sqlite:///runs.db'}\nfeatures: {query: SELECT * FROM a, key: k}\n",
        "other/above.yaml",
    )
    config = load_config([base, above], ["sources.d.path=d.csv"], environ={})
    assert {name: source.path for name, source in config.sources.items()} == {
        "a": str(tmp_path / "team/data/my houses/*.csv"),
        "b": "hdfs:///b.csv",
        "c": str(tmp_path / "other/c.csv"),
        "d": str(tmp_path / "d.csv"),
    }
    assert config.lake.root == str(tmp_path / "team/lake")
    assert config.tracking.uri == f"sqlite:///{tmp_path}/other/runs.db"


def test_the_default_lake_lies_beside_the_first_file(write: Write, minimal: str, tmp_path: Path) -> None:
    above = write("lake: {root: null}\n", "other/above.yaml")
    assert load_config([minimal, above], environ={}).lake.root == str(tmp_path / "lake")
    assert load_config([minimal], ["lake.root=elsewhere"], environ={}).lake.root == str(
        tmp_path / "elsewhere"
    )


def test_an_overlay_moves_the_tables_into_a_catalog(write: Write, minimal: str) -> None:
    base = write("lake: {root: ../lake}\n", "base.yaml")
    tables = "lake: {root: null, catalog: spark_catalog, schema: ml}\n"
    above = write(f"{tables}tracking: {{uri: 'http://mlflow:5000'}}\n", "cluster.yaml")

    lake = load_config([minimal, base, above], environ={}).lake

    assert (lake.root, lake.catalog, lake.schema_, lake.place) == (
        None,
        "spark_catalog",
        "ml",
        "spark_catalog.ml",
    )


def test_numbers_are_texts_where_a_text_is_wanted(write: Write, minimal: str) -> None:
    above = write(
        "sources: {houses: {nulls: [NA, -999, 007], options: {header: true, maxColumns: 1e3}, key: 2010}}\n"
        "split: {salt: 1.0}\n",
        "above.yaml",
    )
    config = load_config([minimal, above], environ={})
    source = config.sources["houses"]
    assert source.nulls == ("NA", "-999", "007")
    assert source.options == {"header": "true", "maxColumns": "1e3"}
    assert (source.key, config.split.salt) == (("2010",), "1.0")


def test_scalars_are_yaml_1_2(write: Write, minimal: str) -> None:
    above = write(
        "train: {learners: {x: {params: {a: 1e-3, b: NO, c: true, d: '3', e: 0o17}}}}\n", "above.yaml"
    )
    params = load_config([minimal, above], environ={}).train.learners["x"].params
    assert params == {"a": 0.001, "b": "NO", "c": True, "d": "3", "e": 15}
    assert [type(value) for value in params.values()] == [float, str, bool, str, int]


def test_durations_sizes_and_lone_names(write: Write, minimal: str) -> None:
    above = write(
        "train: {every: 2w, local_memory: 512 MB, learners: {x: {space: {a: 3, b: [1, 2]}}}}\n"
        "features: {exclude: id, numeric: auto, categorical: zone}\n",
        "above.yaml",
    )
    config = load_config([minimal, above], environ={})
    assert (config.train.every, config.train.local_memory) == (timedelta(days=14), 512 * 2**20)
    assert config.train.learners["x"].space == {"a": (3,), "b": (1, 2)}
    features = config.features
    assert (features.exclude, features.numeric, features.categorical) == (("id",), "auto", ("zone",))


def test_where_answers_the_line_of_a_key_or_of_the_closest_one(write: Write, minimal: str) -> None:
    above = write(
        "train:\n  learners:\n    gbt:\n      space:\n        maxDepth: [3]\n  metric: mae\n"
        "features:\n  exclude:\n    - a\n    - b\n",
        "above.yaml",
    )
    config = load_config([minimal, above], ["spark.conf.spark.ui.enabled=false"], environ={})
    assert config.where("train.learners.gbt.space.maxDepth") == "above.yaml:5"
    assert config.where("train.learners.gbt.params.maxIter") == "above.yaml:3"
    assert config.where("features.exclude.1") == "above.yaml:10"
    assert config.where("features.label") == "conf.yaml:4"
    assert config.where("spark.conf.spark.ui.enabled") == "--set spark.conf.spark.ui.enabled"
    assert config.where("score.rows") == config.where() == "conf.yaml:1"
    assert config.train.learners["gbt"].where("space.maxDepth") == "above.yaml:5"
    assert config.sources["houses"].where("rules") == "conf.yaml:3"


def test_a_configuration_made_in_python_has_no_place() -> None:
    values = {
        "name": "a",
        "task": "regression",
        "sources": {"a": {"path": "a.csv"}},
        "features": {"label": "b"},
    }
    assert Config.model_validate(values).where("features.label") == "configuration"


def test_where_it_was_written_makes_no_difference(write: Write, minimal: str) -> None:
    text = "\n\n" + Path(minimal).read_text()
    assert load_config([minimal], environ={}) == load_config([write(text, "again.yaml")], environ={})
    assert load_config([minimal], environ={}) != load_config([minimal], ["seed=1"], environ={})


def test_two_configurations_do_not_share_places(write: Write, minimal: str) -> None:
    first = load_config([minimal], environ={})
    second = load_config([write("#\n#\n" + Path(minimal).read_text(), "again.yaml")], environ={})
    assert (first.split.where(), second.split.where()) == ("conf.yaml:1", "again.yaml:3")


def test_several_mistakes_come_in_the_order_of_the_lines(write: Write, minimal: str) -> None:
    above = write("train:\n  folds: x\n  metrc: mae\nseed: no\n", "above.yaml")
    with pytest.raises(ConfigError) as refused:
        load_config([minimal, above], ["split.train=2"], environ={})
    assert str(refused.value).splitlines() == [
        "above.yaml:2: 'train.folds' is 'x'. Allowed: a whole number from 0 to 100.",
        (
            "above.yaml:3: unknown key 'train.metrc'. Did you mean 'metric'? Known here: choose, every,"
            " folds, imbalance, label_transform, learners, local_memory, metric, placement, search."
        ),
        "above.yaml:4: 'seed' is 'no'. Allowed: a whole number from 0 to 2147483647.",
        "--set split.train: 'split.train' is 2. Allowed: a number above 0 and below 1.",
    ]


def test_at_most_ten_lines_are_told(write: Write, minimal: str) -> None:
    above = write("".join(f"extra_{number}: 1\n" for number in range(12)), "above.yaml")
    with pytest.raises(ConfigError) as refused:
        load_config([minimal, above], environ={})
    lines = str(refused.value).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("above.yaml:1: unknown key 'extra_0'.")
    assert lines[-1] == "… and 3 more mistakes."


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ([], f"pipeline.yaml does not exist. {FOUR_KEYS}"),
        (
            ["b.yml", "a.yaml", "conf/c.yaml", "d.txt"],
            "pipeline.yaml does not exist. Name a file with -c; there are a.yaml, b.yml, conf/c.yaml.",
        ),
    ],
)
def test_a_missing_file(write: Write, others: list[str], sentence: str) -> None:
    for other in others:
        write("a: 1", other)
    with pytest.raises(ConfigError) as refused:
        load_config(["pipeline.yaml"], environ={})
    assert str(refused.value) == sentence


def test_a_folder(write: Write) -> None:
    write("a: 1", "conf/mine.yaml")
    with pytest.raises(ConfigError) as refused:
        load_config(["conf"], environ={})
    assert str(refused.value) == "conf is a folder. Name a file with -c; there are conf/mine.yaml."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", f"conf.yaml:1: nothing is in this file. {FOUR_KEYS}"),
        (b"# later\n", f"conf.yaml:1: nothing is in this file. {FOUR_KEYS}"),
        (b"name: a\n# caf\xe9\n", "conf.yaml:2: a byte here is not UTF-8. Save the file as UTF-8 text."),
        (b"name: a\ntask: \x01\n", "conf.yaml:2: a control character that YAML does not allow. Take it out."),
    ],
)
def test_a_file_that_is_no_text(write: Write, content: bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config([write(content)], environ={})
    assert str(refused.value) == sentence


def test_no_file_at_all() -> None:
    with pytest.raises(ConfigError, match=r"^no configuration file is named\. A first file needs"):
        load_config([])


def test_a_byte_order_mark_is_no_part_of_the_first_key(write: Write, minimal: str) -> None:
    marked = write(b"\xef\xbb\xbf" + Path(minimal).read_bytes(), "marked.yaml")
    assert load_config([marked], environ={}).name == "demo"


def test_reading_imports_nothing_heavy(minimal: str) -> None:
    program = (
        "import sys; from pipeline.config import load_config; load_config(['conf.yaml'], environ={}); "
        "print(sorted({'pyspark', 'sqlglot', 'mlflow', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    path = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(path)},
    )
    assert done.stdout == "[]\n"
