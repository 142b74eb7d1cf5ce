"""Search strategies: what is tried next, by configuration and results alone."""

from __future__ import annotations

from pipeline.config.model import Config
from pipeline.tuning.attempts import Strategy
from pipeline.tuning.strategies.grid import Grid
from pipeline.tuning.strategies.halving import Halving
from pipeline.tuning.strategies.hyperband import Hyperband
from pipeline.tuning.strategies.random import Random
from pipeline.tuning.strategies.tpe import Tpe

__all__ = ["strategy_of"]


def strategy_of(config: Config, rows: int) -> Strategy:
    """The strategy of `train.search`. `rows` train one fold, or nearly so: it bounds how few are a sample."""
    match config.train.search.strategy:
        case "grid":
            return Grid(config)
        case "random":
            return Random(config)
        case "halving":
            return Halving(config, rows)
        case "hyperband":
            return Hyperband(config, rows)
        case "tpe":
            return Tpe(config)
