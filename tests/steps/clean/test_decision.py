from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.steps.clean.decision import NO_DECISION, Decision


@pytest.mark.parametrize(
    ("given", "option", "batch_id"),
    [
        ({"accept": 7, "reason": "checked"}, "--accept 7", 7),
        ({"reject": 7, "reason": "a test", "source": "houses"}, "--reject 7", 7),
        ({"full_refresh": True}, "--full-refresh", None),
        ({"full_refresh": True, "reason": "few prices are left", "source": "boats"}, "--full-refresh", None),
        ({"from_now": True}, "--from-now", None),
        ({}, "", None),
    ],
)
def test_one_decision_is_fine(given: dict[str, Any], option: str, batch_id: int | None) -> None:
    decision = Decision(**given)

    decision.validate(("houses", "boats"))

    assert (decision.option, decision.batch_id) == (option, batch_id)


def test_no_decision_is_the_default() -> None:
    assert Decision() == NO_DECISION


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"accept": 7, "full_refresh": True, "reason": "x"},
            "--accept 7 and --full-refresh exclude each other. Give one of them.",
        ),
        (
            {"accept": 7},
            "--accept 7 needs --reason TEXT: it is kept in the ledger, for whoever asks later.",
        ),
        (
            {"from_now": True, "reason": "x"},
            "--reason belongs to --accept, --reject or --full-refresh. Give one of them.",
        ),
        (
            {"source": "houses"},
            (
                "--source says whose batch or settings are meant. Give it with --accept, --reject, "
                "--full-refresh or --from-now."
            ),
        ),
        (
            {"from_now": True, "source": "huoses"},
            "--source is 'huoses'. Did you mean 'houses'? Sources: houses, boats.",
        ),
    ],
)
def test_what_makes_no_sense_is_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Decision(**given).validate(("houses", "boats"))

    assert str(refused.value) == sentence
