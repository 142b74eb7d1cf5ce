from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pipeline.due import STEPS, Models, between, days, due
from pipeline.errors import ConfigError

NOW = datetime(2011, 1, 31, tzinfo=timezone.utc)
YOUNG = NOW - timedelta(days=3)
OLD = NOW - timedelta(days=45)
MONTH = timedelta(days=30)

NOTHING = Models()
CHAMPION = Models(champion=1, challenger=1, trained_at=YOUNG)
OLD_CHAMPION = Models(champion=1, challenger=1, trained_at=OLD)
REFUSED_AFTER_OLD = Models(champion=1, challenger=2, trained_at=YOUNG)
WAITING = Models(champion=1, challenger=2, undecided=True, trained_at=YOUNG)
FIRST_WAITING = Models(challenger=1, undecided=True, trained_at=YOUNG)
FIRST_REFUSED = Models(challenger=1, trained_at=YOUNG)


@pytest.mark.parametrize(
    ("models", "every", "retrain", "train", "promote", "score"),
    [
        (
            NOTHING,
            None,
            False,
            (True, "there is no champion yet"),
            (True, "follows training"),
            (True, "follows the first promotion"),
        ),
        (
            CHAMPION,
            None,
            False,
            (False, "version 1 is champion and train.every is not set"),
            (False, "no challenger waits for a decision"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
        (
            CHAMPION,
            MONTH,
            False,
            (False, "the last training is 3 d old, train.every is 30 d"),
            (False, "no challenger waits for a decision"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
        (
            OLD_CHAMPION,
            MONTH,
            False,
            (True, "the last training is 45 d old, train.every is 30 d"),
            (True, "follows training"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
        (
            REFUSED_AFTER_OLD,
            MONTH,
            False,
            (False, "the last training is 3 d old, train.every is 30 d"),
            (False, "no challenger waits for a decision"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
        (
            WAITING,
            None,
            False,
            (False, "version 1 is champion and train.every is not set"),
            (True, "version 2 was trained and waits for a decision"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
        (
            CHAMPION,
            None,
            True,
            (True, "--retrain"),
            (True, "follows training"),
            (True, "every run looks for rows that the champion has not scored"),
        ),
    ],
)
def test_training_and_promotion_wait_for_a_reason_and_scoring_for_a_champion(
    models, every, retrain, train, promote, score
):
    plan = {entry.step: (entry.is_due, entry.reason) for entry in due(models, every, NOW, retrain=retrain)}
    assert (plan["train"], plan["promote"], plan["score"]) == (train, promote, score)
    assert all(plan[step][0] for step in ("ingest", "clean", "features"))
    assert tuple(plan) == STEPS


@pytest.mark.parametrize(
    ("models", "promote"),
    [
        (NOTHING, (False, "no challenger waits for a decision")),
        (CHAMPION, (False, "no challenger waits for a decision")),
        (WAITING, (True, "version 2 was trained and waits for a decision")),
        (FIRST_WAITING, (True, "version 1 was trained and waits for a decision")),
        (FIRST_REFUSED, (True, "there is no champion yet and version 1 may become it")),
        (REFUSED_AFTER_OLD, (False, "no challenger waits for a decision")),
    ],
)
def test_once_training_is_behind_promotion_asks_what_the_registry_says(models, promote):
    plan = {entry.step: (entry.is_due, entry.reason) for entry in due(models, MONTH, NOW, trains=False)}
    assert plan["promote"] == promote
    assert not plan["train"][0]


def test_training_is_due_the_moment_its_age_is_reached():
    exactly = Models(champion=1, challenger=1, trained_at=NOW - MONTH)
    just_before = Models(champion=1, challenger=1, trained_at=NOW - MONTH + timedelta(seconds=1))
    assert due(exactly, MONTH, NOW)[3].is_due
    assert not due(just_before, MONTH, NOW)[3].is_due


def test_steps_between_two_names_include_both():
    assert between(None, None) == STEPS
    assert between("clean", "train") == ("clean", "features", "train")
    assert between("score", None) == ("score",)
    assert between(None, "ingest") == ("ingest",)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (
            "sc0re",
            None,
            "--from is 'sc0re'. Steps, in order: ingest, clean, features, train, promote, score.",
        ),
        (None, "monitor", "--to is 'monitor'. Steps, in order: ingest"),
        ("train", "clean", "--from train comes after --to clean. Steps, in order: ingest"),
    ],
)
def test_an_unknown_step_or_order_is_refused(first, last, sentence):
    with pytest.raises(ConfigError, match=sentence):
        between(first, last)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=45), "45 d"),
        (timedelta(days=1.5), "1.5 d"),
        (timedelta(hours=3), "3 h"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(seconds=20), "20 s"),
    ],
)
def test_a_duration_is_said_in_its_largest_unit(duration, text):
    assert days(duration) == text
