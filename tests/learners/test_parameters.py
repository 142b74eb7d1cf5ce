"""Parameter specifications: what is allowed, and how a refusal reads."""

from __future__ import annotations

import re

import pytest

from pipeline.errors import ConfigError
from pipeline.learners.parameters import ParamSpec, specs, validate_parameters

DEPTH = ParamSpec("depth", int, 6, "Levels.", minimum=1, maximum=30)
RATE = ParamSpec("rate", float, 0.1, "Step.", above=0, maximum=1)
PATIENCE = ParamSpec("patience", int, None, "Rounds.", minimum=1)
LOSS = ParamSpec("loss", str, "squared", "Loss.", choices=("squared", "absolute"))
INTERCEPT = ParamSpec("intercept", bool, True, "Intercept.")
KNOWN = specs(DEPTH, RATE, PATIENCE, LOSS, INTERCEPT)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (DEPTH, 1),
        (DEPTH, 30),
        (RATE, 1),
        (RATE, 0.001),
        (PATIENCE, None),
        (PATIENCE, 7),
        (LOSS, "absolute"),
        (INTERCEPT, False),
    ],
)
def test_allowed_values(spec: ParamSpec, value: object) -> None:
    assert spec.is_allowed(value)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (DEPTH, 0),
        (DEPTH, 31),
        (DEPTH, 3.0),
        (DEPTH, True),
        (DEPTH, "3"),
        (DEPTH, None),
        (RATE, 0),
        (RATE, 1.01),
        (RATE, float("nan")),
        (RATE, float("inf")),
        (PATIENCE, 0),
        (LOSS, "huber"),
        (LOSS, 1),
        (INTERCEPT, 1),
        (INTERCEPT, "true"),
    ],
)
def test_refused_values(spec: ParamSpec, value: object) -> None:
    assert not spec.is_allowed(value)


def test_a_whole_number_becomes_a_number_and_null_stays() -> None:
    assert repr(RATE.coerce(1)) == "1.0"
    assert repr(DEPTH.coerce(1)) == "1"
    assert PATIENCE.coerce(None) is None


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"dept": 3},
            (
                "Learner 'trees' has no parameter 'dept'. Did you mean 'depth'?"
                " Known here: depth, intercept, loss, patience, rate."
            ),
        ),
        ({"DEPTH": 3}, "no parameter 'DEPTH'. Did you mean 'depth'?"),
        ({"zzz": 3}, "no parameter 'zzz'. Known here:"),
        ({"depth": 0}, "Learner 'trees': parameter 'depth' is 0; allowed: a whole number from 1 to 30."),
        ({"depth": True}, "parameter 'depth' is true; allowed: a whole number from 1 to 30."),
        ({"depth": None}, "parameter 'depth' is null; allowed: a whole number from 1 to 30."),
        ({"rate": 2}, "parameter 'rate' is 2; allowed: a number above 0 to 1."),
        ({"patience": "x"}, "parameter 'patience' is 'x'; allowed: a whole number from 1, or null."),
        ({"loss": "huber"}, "parameter 'loss' is 'huber'; allowed: one of squared, absolute."),
    ],
)
def test_refusals_name_what_was_found_and_allowed(params: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        validate_parameters("trees", KNOWN, params)
