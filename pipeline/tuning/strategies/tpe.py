"""Tree-structured Parzen estimators: the next candidates are drawn near those that did well.

J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, as Optuna has it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.config.model import Config
from pipeline.config.search import Range
from pipeline.evaluation.metrics import BETTER
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import numbered
from pipeline.tuning.spaces import Choice, Space, Values, drawn, rounded, spaces_of
from pipeline.tuning.strategies.listed import WAVE
from pipeline.tuning.strategies.random import most_trials
from pipeline.tuning.trials import Standing

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

_LEARNER = "learner"
_ASKED_AGAIN = 50
"""How often one candidate is asked for until it is a new one; then one is drawn at random."""


class Tpe:
    """Waves of a fixed size. The study is made anew from the standings, so that a search that goes on after
    it was killed asks for the same candidates.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._spaces = {space.learner: space for space in spaces_of(config)}
        self._most = most_trials(config)
        sizes = [space.size for space in self._spaces.values()]
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes) and (self._most is None or sum(known) < self._most):
            self._most = sum(known)

    @property
    def planned(self) -> int | None:
        """`max_trials`, or all there are; None where time alone ends the search."""
        return self._most

    @property
    def needs_folds_again(self) -> bool:
        """Always: what is tried next is not known yet."""
        return True

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """First candidates at random, the learners in turns; then those that the results speak for."""
        wanted = WAVE if self._most is None else min(WAVE, self._most - len(standings))
        if wanted <= 0:
            return ()
        if not standings:
            found = list(itertools.islice(drawn(self._config), wanted))
        else:
            with _quiet():
                found = self._asked(standings, wanted)
        return tuple(map(Attempt, numbered(found, first=len(standings) + 1)))

    def _asked(self, standings: Sequence[Standing], wanted: int) -> list[Choice]:
        tried = {self._identity(_choice(standing)) for standing in standings}
        fresh = (choice for choice in drawn(self._config) if self._identity(choice) not in tried)
        study = self._study(standings)
        found: list[Choice] = []
        while len(found) < wanted:
            choice = self._new(study, tried) or next(fresh, None)
            if choice is None:  # nothing is left
                break
            tried.add(self._identity(choice))
            found.append(choice)
        return found

    def _new(self, study: Study, tried: Set[tuple[Any, ...]]) -> Choice | None:
        """What the study asks for, unless it insists on what was tried: those count as bad once asked for."""
        for _ in range(_ASKED_AGAIN):
            trial = study.ask()
            space = self._spaces[trial.suggest_categorical(_LEARNER, list(self._spaces))]
            choice = space.choice([_suggested(trial, space, name) for name in _searched(space)])
            if self._identity(choice) not in tried:
                return choice
        return None

    def _study(self, standings: Sequence[Standing]) -> Study:
        """A study in memory that knows every standing. One that failed counts as worse than all others."""
        import optuna

        sampler = optuna.samplers.TPESampler(
            # Each wave has random numbers of its own, and the same ones in every run.
            seed=(self._config.seed + len(standings)) % 2**32,
            n_startup_trials=0,
            multivariate=True,
            group=True,
            constant_liar=True,
        )
        direction = "maximize" if BETTER[self._config.metric] == "higher" else "minimize"
        study = optuna.create_study(direction=direction, sampler=sampler)
        study.add_trials([self._trial(standing) for standing in standings])
        return study

    def _trial(self, standing: Standing) -> FrozenTrial:
        import optuna
        from optuna.distributions import CategoricalDistribution

        space, tried = self._spaces[standing.candidate.learner], standing.candidate
        searched = _searched(space)
        failed = standing.failed is not None
        return optuna.trial.create_trial(
            state=optuna.trial.TrialState.PRUNED if failed else optuna.trial.TrialState.COMPLETE,
            value=None if failed else standing.mean,
            params={
                _LEARNER: space.learner,
                **{_path(space, name): {**tried.params, **tried.features}[name] for name in searched},
            },
            distributions={
                _LEARNER: CategoricalDistribution(list(self._spaces)),
                **{_path(space, name): _distribution(space, name) for name in searched},
            },
        )

    def _identity(self, choice: Choice) -> tuple[Any, ...]:
        return self._spaces[choice.learner].identity(choice)


def _choice(standing: Standing) -> Choice:
    candidate = standing.candidate
    return Choice(candidate.learner, candidate.params, candidate.features)


def _searched(space: Space) -> dict[str, Values]:
    return {**space.params, **space.features}


def _path(space: Space, name: str) -> str:
    """The name in the study: a learner's parameters exist only where that learner was drawn."""
    return f"{space.learner}.{name}"


def _distribution(space: Space, name: str) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    allowed = _searched(space)[name]
    if not isinstance(allowed, Range):
        return CategoricalDistribution(list(allowed))
    if space.is_whole(name):
        return IntDistribution(int(allowed.low), int(allowed.high), log=allowed.log)
    return FloatDistribution(allowed.low, allowed.high, log=allowed.log)


def _suggested(trial: Trial, space: Space, name: str) -> Any:
    allowed, path = _searched(space)[name], _path(space, name)
    if not isinstance(allowed, Range):
        return trial.suggest_categorical(path, list(allowed))
    if space.is_whole(name):
        return trial.suggest_int(path, int(allowed.low), int(allowed.high), log=allowed.log)
    return rounded(
        allowed, trial.suggest_float(path, allowed.low, allowed.high, log=allowed.log), whole=False
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's log and its warnings of what may change in it; afterwards both are as before."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
