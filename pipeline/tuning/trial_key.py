"""Keys that name trials: whatever could change a trial's result changes its key."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipeline.config import public_values
from pipeline.config.model import Config
from pipeline.tuning.candidates import Candidate


def ground_key(config: Config, table: str, version: int, code_version: str) -> str:
    """What all trials of one search stand on: the rows at their version, how they are split and prepared.

    `config` is the one whose split is resolved, `table` and `version` those of the features.
    """
    train = config.train
    return _hash(
        table,
        version,
        code_version,
        config.task,
        config.metric,
        config.seed,
        public_values(config.features),
        public_values(config.split),
        [train.folds, train.label_transform, train.imbalance, train.placement, train.local_memory],
    )


def candidate_key(ground: str, candidate: Candidate) -> str:
    """One candidate on its ground: the learner, all its parameters, the feature settings that are tried.

    Its number is no part of it: the same candidate asked for twice is one.
    """
    return _hash(ground, candidate.learner, dict(candidate.params), dict(candidate.features))


def trial_key(candidate: str, fold: int, share: float) -> str:
    """One candidate, by its key, on one fold, fitted on a share of the training rows."""
    return _hash(candidate, fold, float(share))


def _hash(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
