from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.tuning.positive import positive_class, says_yes


def config(positive: Any = None, label: str = "outcome") -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "binary",
            "sources": {"rows": {"path": "/nowhere"}},
            "features": {"label": label, "positive": positive},
        }
    )


@pytest.mark.parametrize(
    ("names", "label", "expected"),
    [
        (("No", "Yes"), "outcome", "Yes"),
        (("false", "true"), "outcome", "true"),
        (("0", "1"), "outcome", "1"),
        (("0.0", "1.0"), "outcome", "1.0"),
        (("-1", "1"), "outcome", "1"),
        (("Churned", "Stayed"), "churned", "Churned"),
        (("no", "perhaps"), "outcome", "perhaps"),
        (("blue", "red"), "outcome", None),
        (("1", "2"), "outcome", "1"),
        (("yes", "y"), "outcome", None),
    ],
)
def test_which_of_two_says_yes(names: tuple[str, str], label: str, expected: str | None) -> None:
    assert says_yes(names, label) == expected
    assert says_yes(names[::-1], label) == expected


@pytest.mark.parametrize(
    ("declared", "names", "expected"),
    [
        ("blue", ("blue", "red"), "blue"),
        ("no", ("no", "yes"), "no"),
        (True, ("false", "true"), "true"),
        (False, ("false", "true"), "false"),
        (1, ("1.0", "2.0"), "1.0"),
        ("2", ("1", "2"), "2"),
    ],
)
def test_the_declared_one_wins(declared: object, names: tuple[str, str], expected: str) -> None:
    assert positive_class(names, config(declared)) == expected


def test_where_nothing_tells_the_classes_are_listed() -> None:
    with pytest.raises(ConfigError) as asked:
        positive_class(("blue", "red"), config())
    assert str(asked.value) == (
        "features.positive is missing: 'outcome' is blue or red, and neither says yes. "
        "Write features.positive: red (or blue), the class that counts."
    )
    with pytest.raises(ConfigError) as refused:
        positive_class(("no", "yes"), config("Yes"))
    assert str(refused.value) == (
        "configuration: features.positive is Yes, and 'outcome' is no or yes. Write one of them."
    )
