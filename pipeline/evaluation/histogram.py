"""How well a score ranks the rows of one class above the others, from counts per score. No Spark here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoreHistogram:
    """Counts of one class against the rest, one entry per distinct score or bin of scores, ascending."""

    score: Numbers
    """The score, or the mean score of the bin."""
    positives: Numbers
    """Rows of the class."""
    negatives: Numbers
    """All other rows."""

    @property
    def ranks(self) -> bool:
        """Whether there is anything to rank: a row of the class and one of another."""
        return bool(self.positives.sum() > 0 and self.negatives.sum() > 0)

    @property
    def auc_roc(self) -> float:
        """The share of (positive, negative) pairs in the right order, ties counting half; NaN without pairs.

        The Mann-Whitney form of the area under the ROC curve: what scikit-learn's `roc_auc_score` gives.
        """
        if not self.ranks:
            return float("nan")
        below = np.cumsum(self.negatives) - self.negatives
        won = np.sum(self.positives * (below + self.negatives / 2))
        return float(won / self.positives.sum() / self.negatives.sum())

    @property
    def auc_roc_bound(self) -> float:
        """How far `auc_roc` can be off when the entries are bins: half the share of pairs inside one bin."""
        if not self.ranks:
            return 0.0
        tied = np.sum(self.positives * self.negatives)
        return float(tied / 2 / self.positives.sum() / self.negatives.sum())

    @property
    def auc_pr(self) -> float:
        """Average precision, the sum of precision × gain in recall; NaN without pairs.

        What scikit-learn's `average_precision_score` gives, where that does not warn.
        """
        if not self.ranks:
            return float("nan")
        hits, misses = self._above()
        positives = self.positives[::-1]
        return float(np.sum(positives * hits / (hits + misses)) / positives.sum())

    @property
    def auc_pr_bound(self) -> float:
        """How far `auc_pr` can be off when the entries are bins.

        Within a bin the precision at any of its positives is at most what it were with all negatives of the
        bin below them, and at least what the first positive had with all of them above.
        """
        if not self.ranks:
            return 0.0
        hits, misses = self._above()
        positives, negatives = self.positives[::-1], self.negatives[::-1]
        mixed = (positives > 0) & (negatives > 0)
        hits, misses, positives, negatives = (part[mixed] for part in (hits, misses, positives, negatives))
        taken = hits / (hits + misses)
        most = hits / (hits + misses - negatives)
        first = hits - positives + 1
        least = first / (first + misses)
        off = np.maximum(most - taken, taken - least)
        return float(np.sum(positives * off) / self.positives.sum())

    def _above(self) -> tuple[Numbers, Numbers]:
        """Positives and negatives with a score at least this high, from the highest score down."""
        return np.cumsum(self.positives[::-1]), np.cumsum(self.negatives[::-1])
