"""What is shown and stored: every value with its origin, and no secret."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.config import Setting, load_config, public_values, show_config

Write = Callable[..., str]

SECRETS = """\
lake:
  root: ${env:LAKE}
tracking: {uri: 'https://ann:hunter2@mlflow.example/api?token=hunter2'}
features:
  exclude: [id, '${env:HIDDEN}']
  derive: {token_count: size(tokens)}
sources:
  houses:
    key: [secret_key]
    options: {password: hunter2, url: 'jdbc:x://db;user=ann;password=hunter2;ssl=true', sep: ;}
spark:
  conf: {spark.hadoop.fs.s3a.secret.key: hunter2, spark.ui.enabled: false}
split:
  salt: ${env:SALT:-open}
"""


def test_every_value_with_its_origin(write: Write, minimal: str) -> None:
    above = write("train:\n  every: 30d\n  learners: {gbt: {space: {maxDepth: [3, 5]}}}\n", "above.yaml")
    shown = {
        setting.path: setting
        for setting in show_config(load_config([minimal, above], ["seed=7"], environ={}))
    }
    assert shown["name"] == Setting("name", "demo", "conf.yaml:1")
    assert shown["seed"] == Setting("seed", 7, "--set seed")
    assert shown["train.every"] == Setting("train.every", "30d", "above.yaml:2")
    assert shown["train.local_memory"] == Setting("train.local_memory", "2g", "default")
    assert shown["train.learners.gbt.params"] == Setting("train.learners.gbt.params", {}, "default")
    assert shown["train.learners.gbt.space.maxDepth"].value == [3, 5]
    assert shown["sources.houses.schema"] == Setting("sources.houses.schema", None, "default")
    assert list(shown)[:4] == ["name", "task", "seed", "lake.root"]


def test_secrets_are_masked(write: Write, minimal: str) -> None:
    above = write(SECRETS, "above.yaml")
    config = load_config([minimal, above], environ={"LAKE": "/hunter2", "HIDDEN": "hunter2"})
    shown = {setting.path: setting[1:] for setting in show_config(config)}
    assert "hunter2" not in str(shown)
    assert shown["lake.root"] == ("***", "above.yaml:2 env LAKE")
    assert shown["tracking.uri"][0] == "https://***@mlflow.example/api?token=***"
    assert shown["features.exclude"] == (["id", "***"], "above.yaml:5 env HIDDEN")
    assert shown["sources.houses.options.password"][0] == "***"
    assert shown["sources.houses.options.url"][0] == "jdbc:x://db;user=ann;password=***;ssl=true"
    assert shown["spark.conf.spark.hadoop.fs.s3a.secret.key"][0] == "***"


def test_what_only_sounds_secret_is_shown(write: Write, minimal: str) -> None:
    config = load_config([minimal, write(SECRETS, "above.yaml")], environ={"LAKE": "a", "HIDDEN": "b"})
    shown = {setting.path: setting[1:] for setting in show_config(config)}
    assert shown["sources.houses.key"] == (["secret_key"], "above.yaml:9")
    assert shown["features.derive.token_count"] == ("size(tokens)", "above.yaml:6")
    assert shown["spark.conf.spark.ui.enabled"] == ("false", "above.yaml:12")
    assert shown["split.salt"] == ("open", "above.yaml:14")


def test_a_default_that_stands_in_for_an_empty_variable_is_shown(write: Write, minimal: str) -> None:
    environ = {"LAKE": "a", "HIDDEN": "b", "SALT": ""}
    config = load_config([minimal, write(SECRETS, "above.yaml")], environ=environ)
    assert Setting("split.salt", "open", "above.yaml:14") in show_config(config)


def test_a_section_hides_what_the_whole_hides(write: Write, minimal: str) -> None:
    config = load_config([minimal, write(SECRETS, "above.yaml")], environ={"LAKE": "hunter2", "HIDDEN": "b"})
    assert (
        public_values(config.lake)
        == public_values(config)["lake"]
        == {
            "root": "***",
            "catalog": None,
            "schema": None,
        }
    )


def test_what_is_shown_can_be_read_again(write: Write, minimal: str) -> None:
    above = write(
        "train: {every: 36h, local_memory: 1536m}\nfeatures: {numeric: auto, exclude: a}\n", "above.yaml"
    )
    config = load_config([minimal, above], environ={})
    assert type(config).model_validate(public_values(config)) == config
