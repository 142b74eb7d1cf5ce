"""The page of a search, from made-up trials: what it says, and that it holds whatever comes."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.steps.train.page import SearchFacts, search_page
from pipeline.steps.train.page.effects import effects_of
from pipeline.steps.train.page.spending import Part, Place, parts_of, places_of
from pipeline.steps.train.page.strips import MOST_STRIPS, strips_of
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing, Trial

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
EVIL = "<script>alert('x')</script> & \"more\""


class Reader(HTMLParser):
    """The texts of a page in order, and its tags; fails where a tag is closed that is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"] and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def standing(number: int, values: list[float | None], metric: str = "rmse", **more: Any) -> Standing:
    """A candidate with one value for each fold, None where the trial failed."""
    learner = more.pop("learner", "xgboost")
    candidate = Candidate(
        number, learner, more.pop("params", {"max_depth": number}), more.pop("features", {})
    )
    failed = more.pop("failed", "no memory")
    trials = tuple(
        Trial(candidate, fold, failed=failed)
        if value is None
        else Trial(candidate, fold, {metric: value}, seconds=2.0, **more)
        for fold, value in enumerate(values)
    )
    return Standing(candidate, metric, trials)


def facts(*standings: Standing, **more: Any) -> SearchFacts:
    trials = tuple(trial for found in standings for trial in found.trials)
    given: dict[str, Any] = {"project": "houses", "label": "price", "metric": "rmse", "strategy": "grid"}
    given |= {"standings": standings, "trials": trials, "preparing_seconds": 3.0, "begun": NOW}
    return SearchFacts(**{**given, **more})


def small() -> SearchFacts:
    told = {"placement": "local", "parts": {"fit": 1.0, "evaluation": 0.5}, "used_bytes": 3 * 2**20}
    best = standing(2, [1.0, 3.0], rounds=40, training_metrics={"rmse": 0.5}, estimated_bytes=2**20, **told)
    linear = standing(
        3, [4.0, 5.0], learner="linear_regression", params={"regParam": 0.1}, features={"scale": "robust"}
    )
    bad = standing(1, [3.0, None])
    return facts(
        best,
        standing(4, [2.5, 2.7], rounds=1200, **told),
        linear,
        bad,
        test_metrics={"rmse": 2.25},
        baseline_metrics={"rmse": 80_000.0},
        test_rows=438,
    )


def test_a_small_search_is_told_whole() -> None:
    found = Reader(search_page(small()))
    assert found.text == (
        "houses: how the model was chosen houses: how the model for “price” was chosen "
        "4 candidates of 2 learners (xgboost, linear_regression) were tried by grid search and judged on "
        "2 folds by rmse : lower is better. 1 of them failed. Begun 2026-01-02 03:04 UTC. "
        "winner #2 xgboost max_depth=2 with 40 boosting rounds rmse over folds 2 ± 1.414 mean and spread "
        "rmse on 438 test rows 2.25 rows that no candidate saw "
        "rmse without a model 80,000 always the same answer "
        "gap to the training rows -1.5 on fitted rows 0.5 "
        + found.text[found.text.index("How to read this page") : found.text.index("Leaderboard")]
        + "Leaderboard candidate rmse spread gap rounds time where searched settings "
        "1 #2 xgboost 2 ± 1.414 -1.5 40 4.0 s local max_depth=2 "
        "2 #4 xgboost 2.6 ± 0.1414 1,200 4.0 s local max_depth=4 "
        "3 #3 linear_regression 4.5 ± 0.7071 4.0 s distributed "
        "Candidates and their folds Pale dots: the folds. Upright line: their mean, with one spread to each "
        "side. Ring: on the rows that were fitted. A hollow dot on the edge is further away. "
        "#2 xgboost max_depth=2 fold 1: 1 fold 2: 3 on the rows that were fitted: 0.5 mean 2 ± 1.414 "
        "#4 xgboost max_depth=4 fold 1: 2.5 fold 2: 2.7 mean 2.6 ± 0.1414 "
        "#3 linear_regression fold 1: 4 fold 2: 5 mean 4.5 ± 0.7071 "
        "rmse, lower is better 1 2 3 4 5 "
        "What each setting did Each dot is a candidate at its mean rmse (lower is better); the circled one "
        "won. A line joins the means of candidates with the same value. "
        "xgboost max_depth 2.0 2.2 2.4 2.6 2 4 #2 max_depth=2: 2 #4 max_depth=4: 2.6 "
        "Where the time went Seconds of all threads together, so that more of them than passed on a clock "
        "can be counted. 3.0 s (17.6 %): fitting the features of each fold, once 4.0 s (23.5 %): fitting "
        "candidates 2.0 s (11.8 %): measuring them on the rows that judge 8.0 s (47.1 %): the rest of the "
        "trials Where trials ran learner where trials failed time memory expected memory used "
        "xgboost local 4 8.0 s 1 MiB 3 MiB linear_regression distributed 2 4.0 s "
        "xgboost distributed 2 1 2.0 s "
        "What failed #1 xgboost max_depth=1 fold 2: no memory"
    )


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = search_page(small())
    assert not {"script", "link", "img", "iframe", "object"} & set(Reader(page).tags)
    assert re.findall(r"\bsrc=|href|url\(|@import|https?:", page) == []
    assert "prefers-color-scheme: dark" in page


def test_names_values_and_reasons_are_texts_never_tags() -> None:
    good = standing(1, [1.0, 2.0], params={EVIL: EVIL, "n": 1}, placement=EVIL)
    other = standing(2, [2.0, 2.0], params={EVIL: "b", "n": 2})
    bad = standing(3, [None, None], failed=EVIL)
    found = facts(good, other, bad, project=EVIL, label=EVIL, strategy=EVIL, ended_early=EVIL)
    page = search_page(found)
    assert "<script" not in page
    assert "alert('x')" not in page
    assert Reader(page).text.count("<script>alert('x')</script>") >= 8


def test_one_candidate_is_a_page_without_comparisons() -> None:
    found = Reader(search_page(facts(standing(1, [2.0, 2.0], params={}))))
    assert "1 candidate of 1 learner (xgboost) was tried" in found.text
    assert "as the learner is by default" in found.text
    assert "What each setting did" not in found.text
    assert "What failed" not in found.text


def test_all_but_one_failed() -> None:
    found = Reader(search_page(facts(standing(1, [2.0]), *(standing(n, [None]) for n in range(2, 90)))))
    assert "88 of them failed." in found.text
    assert found.text.count("fold 1: no memory") == 50
    assert "and 38 more" in found.text
    assert "What each setting did" not in found.text


@pytest.mark.parametrize("metric", ["rmse", "auc_roc"])
def test_two_hundred_candidates_are_cut_where_they_would_fill_pages(metric: str) -> None:
    sign = 1 if metric == "rmse" else -1
    many = [
        standing(n, [sign * n, sign * (n + 1.0)], metric, params={"a": n / 7, "b": n % 5, "c": n % 2 == 0})
        for n in range(1, 201)
    ]
    page = search_page(facts(*many, metric=metric))
    found = Reader(page)
    assert "and 150 more" in found.text
    assert "160 more are not drawn" in found.text
    assert len(page) < 250_000
    assert [effect.name for effect in effects_of(facts(*many, metric=metric))[0].effects] == ["a", "b", "c"]


def test_a_candidate_that_is_far_worse_does_not_press_the_others_together() -> None:
    found = strips_of(facts(*(standing(n, [10.0 + n, 11.0 + n]) for n in range(5)), standing(9, [1e9, 1e9])))
    assert [strip.mean.outside for strip in found.strips] == [False] * 5 + [True]
    assert found.strips[4].mean.x - found.strips[0].mean.x > 10
    assert found.more == 0
    assert len(found.strips) < MOST_STRIPS


def test_the_line_joins_the_means_of_equal_values_and_the_winner_is_circled() -> None:
    values = [("a", 1.0), ("b", 2.0), ("a", 3.0), ("b", 4.0)]
    found = facts(*(standing(n, [value], params={"p": name}) for n, (name, value) in enumerate(values)))
    (learner,) = effects_of(found)
    (effect,) = learner.effects
    assert [tick.text for tick in effect.across] == ["a", "b"]
    assert [point.is_winner for point in effect.points] == [True, False, False, False]
    (left, first), (right, second) = effect.means
    assert left < right
    assert first > second  # pixels count from the top: a lower mean is further down
    assert first == pytest.approx((effect.points[0].y + effect.points[2].y) / 2, abs=0.1)


def test_candidates_of_smaller_shares_are_not_compared_by_their_settings() -> None:
    found = facts(standing(1, [1.0]), standing(2, [2.0]), standing(3, [0.1], share=0.25))
    (learner,) = effects_of(found)
    assert [point.text for point in learner.effects[0].points] == ["#1 max_depth=1: 1", "#2 max_depth=2: 2"]
    text = Reader(search_page(found)).text
    assert "rows" in text
    assert "25 %" in text


def test_the_parts_are_all_of_the_time() -> None:
    good = standing(1, [1.0], parts={"fit": 1.5, "evaluation": 0.25})
    assert parts_of(facts(good, preparing_seconds=6.0)) == (
        Part("prefix", "fitting the features of each fold, once", "6.0 s", 75.0),
        Part("fit", "fitting candidates", "1.5 s", 18.8),
        Part("evaluation", "measuring them on the rows that judge", "0.2 s", 3.1),
        Part("other", "the rest of the trials", "0.2 s", 3.1),
    )
    assert parts_of(facts(standing(1, [1.0]), trials=(), preparing_seconds=0.0)) == ()


def test_what_happened_beside_is_told_with_how_often() -> None:
    found = facts(standing(1, [1.0, 1.0], note="its task was lost; done by all workers"), standing(2, [1.0]))
    assert "2 trials: its task was lost; done by all workers" in Reader(search_page(found)).text


def test_places_tell_the_most_memory() -> None:
    found = (
        standing(1, [1.0, 1.0], placement="local", estimated_bytes=2**30, used_bytes=17),
        standing(2, [1.0, None], placement="local", estimated_bytes=2**31),
    )
    assert places_of(found) == (
        Place("xgboost", "local", 3, 0, "6.0 s", "2 GiB", "17 B"),
        Place("xgboost", "distributed", 1, 1, "0.0 s", "", ""),
    )
