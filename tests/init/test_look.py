from __future__ import annotations

import re
from typing import Any

import pytest

from pipeline.errors import ConfigError, DataRefused

CYCLE = range(40)


def told(found: Any) -> tuple[Any, ...]:
    return found.task.value, found.positive and found.positive.value, [key.value for key in found.key]


@pytest.mark.parametrize(
    ("labels", "task", "positive", "unsure"),
    [
        (["Yes", "No"], "binary", "Yes", ""),
        (["TRUE", "false"], "binary", "TRUE", ""),
        (["0", "1"], "binary", "1", ""),
        (["0.0", "1.0"], "binary", "1", ""),
        (["label", "kept"], "binary", "label", ""),
        (["good", "no"], "binary", "good", ""),
        (["b", "a", "a"], "binary", "b", "positive is b, the rarer class: should a be the one that counts?"),
        (["a", "b", "c"], "multiclass", None, ""),
        (["1", "2", "3"], "multiclass", None, "has 3 whole numbers: are they classes, or amounts?"),
        ([str(n) for n in range(11)], "regression", None, ""),
        (["1.5", "2.5", "3.5"], "regression", None, ""),
    ],
)
def test_the_label_tells_the_task(look_at: Any, labels: Any, task: str, positive: Any, unsure: str) -> None:
    found = look_at(
        "row id,label", *(f"{place},{labels[place % len(labels)]}" for place in CYCLE), label="label"
    )
    assert told(found) == (task, positive, ["row id"])
    assert (unsure in " ".join(found.unsure)) if unsure else not found.unsure


@pytest.mark.parametrize(
    ("labels", "error", "sentence"),
    [
        (["a"], DataRefused, "--label 'label' is always a in the rows looked at; nothing can be learned"),
        ([""], DataRefused, "--label 'label' is never filled in the rows looked at"),
        (["2024-01-01", "2024-01-02"], ConfigError, "--label 'label' is DATE, which cannot be predicted"),
        (
            [f"n{n}" for n in range(300)],
            ConfigError,
            "is a text with 300 different values; a class has at most",
        ),
        (
            [f'"{n},500"' for n in range(300)],
            ConfigError,
            "in `columns` of its source: its values have a comma",
        ),
    ],
)
def test_a_label_that_nothing_can_be_learned_from(
    look_at: Any, labels: Any, error: Any, sentence: str
) -> None:
    lines = (f"{place},{labels[place % len(labels)]}" for place in range(300))
    with pytest.raises(error, match=re.escape(sentence)):
        look_at("size,label", *lines, label="label")


@pytest.mark.parametrize(
    ("name", "values", "key", "hint"),
    [
        ("id", [str(7 * n) for n in CYCLE], ["id"], False),
        ("customerId", [f"C{n}" for n in CYCLE], ["customerId"], False),
        ("row", [str(n) for n in CYCLE], ["row"], False),
        ("size", [str(7 * n) for n in CYCLE], [], True),
        ("id", [str(n % 39) for n in CYCLE], [], False),
        ("id", ["", *(str(n) for n in CYCLE[1:])], [], False),
        ("id", [f"{n}.5" for n in CYCLE], [], False),
        ("Order No", [f"O-{n}" for n in CYCLE], [], True),
    ],
)
def test_what_names_a_row(look_at: Any, name: str, values: Any, key: list[str], hint: bool) -> None:
    found = look_at(f"{name},label", *(f"{value},{n % 2}" for n, value in enumerate(values)), label="label")
    assert [guess.value for guess in found.key] == key
    no_key = [doubt for doubt in found.unsure if doubt.startswith("no column names a row")]
    assert len(no_key) == (0 if key else 1)
    assert any(doubt.endswith(f"--key '{name}'") for doubt in no_key) is hint


def test_a_declared_key_is_looked_at(look_at: Any) -> None:
    lines = [f"{'' if n == 3 else n // 2},{n % 2}" for n in CYCLE]
    found = look_at("no,label", *lines, label="label", key=("no",))
    assert [guess.value for guess in found.key] == ["no"]
    assert found.unsure == (
        "1 rows have no no: they will go to quarantine; 19 rows repeat a no: the newest row of each stays",
    )


def test_roles_and_what_is_unsure(look_at: Any) -> None:
    lines = [
        f"{n},2024-01-{n % 28 + 1:02},{'NA' if n % 4 else 'north'},"
        f"{'NA' if n % 5 else n},{n % 10 or 'x'},{n % 2}"
        for n in CYCLE
    ]
    found = look_at("id,day,town,size,often,label", *lines, label="label")
    assert {role.column: role.kind for role in found.roles} == {
        "id": "key",
        "day": "excluded",
        "town": "categorical",
        "size": "numeric",
        "often": "categorical",
        "label": "label",
    }
    assert found.nulls == ("NA",)
    assert found.derive == ('{day_year: "year(day)"}',)
    assert found.unsure == (
        "NA means missing in town too (30 rows)",
        (
            "often is a number in 90% of its values, and text in others (x): if those mean missing, "
            "add them to nulls"
        ),
    )


@pytest.mark.parametrize(
    ("label", "key", "sentence"),
    [
        ("churn", (), "--label 'churn': there is no such column in the data. Did you mean 'churned'?"),
        ("churned", ("ids",), "--key 'ids': there is no such column in the data. Did you mean 'id'?"),
    ],
)
def test_a_column_that_does_not_exist(look_at: Any, label: str, key: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{sentence} Columns: id, churned.")):
        look_at("id,churned", "1,yes", label=label, key=key)


def test_a_file_that_is_not_utf_8_is_told(look_at: Any) -> None:
    lines = [f"{n},{'été' if n % 2 else 'hiver'}" for n in CYCLE]
    found = look_at("id,saison", *lines, label="saison", encoding="latin-1")
    assert found.unsure[-1] == "the files are not UTF-8; they are read as ISO-8859-1: look at the accents"


def test_no_file(look_at: Any, tmp_path: Any) -> None:
    from pipeline.init.files import LocalFiles
    from pipeline.init.look import look

    with pytest.raises(
        ConfigError, match=r"matches no file with rows\. Put files there, or correct the path"
    ):
        look(LocalFiles(), f"{tmp_path}/*.csv", "label")


def test_json_lines_are_read_as_clean_reads_them(tmp_path: Any) -> None:
    from pipeline.init.files import LocalFiles
    from pipeline.init.look import look

    lines = [f'{{"id": {n}, "size": {n}.50, "ok": true, "tags": ["a"], "label": "{n % 3}x"}}' for n in CYCLE]
    (tmp_path / "data.jsonl").write_text("\n".join([*lines, "broken"]))
    found = look(LocalFiles(), str(tmp_path), "label")
    assert found.sample.format == "json"
    assert {role.column: role.why for role in found.roles} == {
        "id": "names the row",
        "size": "DOUBLE",
        "ok": "the same value in every row",
        "tags": "the same value in every row",
        "label": "what is predicted",
    }
