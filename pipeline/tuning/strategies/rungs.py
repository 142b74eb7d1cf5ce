"""The ladder of successive halving: fewer candidates on more rows, rung by rung."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.search import DEFAULT_ETA, Search
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing, ranked

_LEAST_ROWS = 1000


@dataclass(frozen=True)
class Rung:
    """So many candidates on this share of the training rows."""

    candidates: int
    share: float


@dataclass(frozen=True)
class Bracket:
    """Candidates that compete with each other, from the first rung to all rows."""

    candidates: tuple[Candidate, ...]
    rungs: tuple[Rung, ...]

    def next_rung(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """The attempts of the rung that has no standing yet; empty behind the last.

        The best of the rung before climb, whichever learner they are of. One that failed does not.
        """
        numbers = {candidate.number for candidate in self.candidates}
        mine = [standing for standing in standings if standing.candidate.number in numbers]
        done = len({standing.share for standing in mine})
        if done == 0:
            return tuple(Attempt(candidate, self.rungs[0].share) for candidate in self.candidates)
        if done == len(self.rungs):
            return ()
        before, rung = self.rungs[done - 1], self.rungs[done]
        rivals = ranked([standing for standing in mine if standing.share == before.share])
        able = [standing.candidate for standing in rivals if standing.failed is None]
        climbing = sorted(able[: rung.candidates], key=lambda candidate: candidate.number)
        return tuple(Attempt(candidate, rung.share) for candidate in climbing)


def eta_of(search: Search) -> int:
    """One candidate in so many climbs, to so many times the rows."""
    return search.eta or DEFAULT_ETA


def steps_of(search: Search, rows: int) -> int:
    """How many rungs there are below all rows. `rows` train one fold."""
    eta = eta_of(search)
    least = search.min_share or min(1 / eta, max(eta**-2, _LEAST_ROWS / max(rows, 1)))
    return math.floor(math.log(1 / least, eta) + 1e-9)


def rungs(candidates: int, steps: int, eta: int) -> tuple[Rung, ...]:
    """Rungs from `candidates` on eta^-steps of the rows; no more than there are candidates for.

    >>> [(rung.candidates, rung.share) for rung in rungs(64, 2, 4)]
    [(64, 0.0625), (16, 0.25), (4, 1.0)]
    """
    steps = min(steps, math.floor(math.log(max(candidates, 1), eta) + 1e-9))
    return tuple(
        Rung(max(1, candidates // eta**step), float(eta) ** (step - steps)) for step in range(steps + 1)
    )


def work(rungs: Sequence[Rung]) -> float:
    """What a ladder costs, in fits of one candidate on all rows."""
    return sum(rung.candidates * rung.share for rung in rungs)
