"""Promote: judge the challenger, move the alias `champion` or leave it, and put the decision on record."""

from __future__ import annotations

import time
from datetime import datetime

from pyspark.sql import SparkSession

from pipeline.config import fingerprint
from pipeline.config.model import Config
from pipeline.errors import PromotionRefused
from pipeline.lake import Lake, Ledger, LedgerEntry
from pipeline.progress import SILENT, Progress
from pipeline.steps.promote.decision import DONE, MADE, PROMOTED, REFUSED, Decision
from pipeline.steps.promote.judge import Bench, judge
from pipeline.steps.promote.result import PromoteResult
from pipeline.tracking import ModelVersion, Registry, Tracking

STEP = "promote"


def run(spark: SparkSession, config: Config, *, now: datetime, progress: Progress = SILENT) -> PromoteResult:
    """Let the challenger become champion if it meets the thresholds, loads back unchanged and is better.

    A decision is made once; a refusal is made anew when the `promote` section or the champion has changed. A
    refusal is a result with exit code 4 and its reasons as sentences. What a killed promotion left is carried
    out as it was decided.

    Raises ConfigError (a version that was not trained here), TransientError (the tracking store is away).
    """
    begun = time.monotonic()
    lake = Lake.of(spark, config.lake)
    ledger = Ledger(lake)
    registry = Registry(Tracking.of(config, config.lake.place))
    challenger, champion = registry.challenger(), registry.champion()
    if challenger is None:
        return _nothing(config, begun, None, "There is no challenger; `pipeline train` brings one.")
    basis = fingerprint(config.promote, config.metric, champion.version if champion else None)
    made = Decision.from_tags(challenger.tags)
    if made is not None and (made.verdict == PROMOTED or made.basis == basis):
        if _is_carried_out(made, challenger, ledger, config):
            return _nothing(config, begun, challenger, f"{challenger.label} was {made.verdict} before.")
    elif champion is not None and champion.version == challenger.version:
        return _nothing(config, begun, challenger, f"{challenger.label} is champion already.")
    else:
        progress.say(f"promote: judging {challenger.label}")
        bench = Bench(spark, config, lake, registry, challenger, champion)
        made = _decide(bench, basis, ledger.next_batch(STEP, config.name))
        registry.set_tags(challenger.version, {MADE: made.to_tag()})
    # Telling is also where a lost lease is noticed: another run may have decided meanwhile.
    progress.say(f"promote: {challenger.label} is {made.verdict}")
    _carry_out(made, challenger, registry, ledger, config, now)
    # A driver that was killed right after the alias `challenger` had moved has left its run open.
    registry.tracking.see_finished(challenger.run_id)
    return _result(made, challenger, time.monotonic() - begun)


def _decide(bench: Bench, basis: str, batch: int) -> Decision:
    """The verdict and its reasons: what speaks for a promotion, or against it and the next move."""
    judged = judge(bench)
    champion = bench.champion
    if judged.passed:
        reasons = [
            f"{bench.challenger.label} becomes champion.",
            *(check.sentence for check in judged.checks),
        ]
    else:
        stays = f"{champion.label} stays champion." if champion else "There is still no champion."
        against = (check.sentence for check in judged.checks if not check.passed)
        reasons = [f"{bench.challenger.label} is refused.", *against, stays]
        reasons.append(
            "Next: change features or learners and run `pipeline train`, or change the `promote` section and "
            "run `pipeline promote`."
        )
    return Decision(
        verdict=PROMOTED if judged.passed else REFUSED,
        reasons=tuple(reasons),
        basis=basis,
        batch=batch,
        previous_version=champion.version if champion else None,
        tables=judged.tables,
        test_metrics=judged.test_metrics,
        champion_metrics=judged.champion_metrics,
    )


def _is_carried_out(made: Decision, challenger: ModelVersion, ledger: Ledger, config: Config) -> bool:
    last = ledger.last(STEP, config.name)
    return challenger.tags.get(DONE) == made.verdict and last is not None and last.batch_id >= made.batch


def _carry_out(
    made: Decision,
    challenger: ModelVersion,
    registry: Registry,
    ledger: Ledger,
    config: Config,
    now: datetime,
) -> None:
    """Alias, ledger row, tag. Each does nothing the second time: a killed promotion starts over here."""
    if made.verdict == PROMOTED:
        registry.point("champion", challenger.version)
    details = {
        "decision": made.verdict,
        "model": challenger.name,
        "model_version": str(challenger.version),
        "previous_version": "" if made.previous_version is None else str(made.previous_version),
        "reasons": " ".join(made.reasons),
    }
    ledger.append(LedgerEntry(STEP, config.name, made.batch, {}, made.tables, made.basis, now, now, details))
    registry.set_tags(challenger.version, {DONE: made.verdict})


def _result(made: Decision, challenger: ModelVersion, seconds: float) -> PromoteResult:
    return PromoteResult(
        STEP,
        made.verdict,
        exit_code=0 if made.verdict == PROMOTED else PromotionRefused.exit_code,
        seconds=seconds,
        tables=dict(made.tables),
        model=challenger.name,
        model_version=challenger.version,
        previous_version=made.previous_version,
        decision=made.verdict,
        reasons=made.reasons,
        test_metrics=made.test_metrics,
        champion_metrics=made.champion_metrics,
    )


def _nothing(config: Config, begun: float, challenger: ModelVersion | None, reason: str) -> PromoteResult:
    return PromoteResult(
        STEP,
        "nothing new",
        changed=False,
        seconds=time.monotonic() - begun,
        model=config.model_name,
        model_version=challenger.version if challenger else None,
        decision=challenger.tags.get(DONE, "") if challenger else "",
        reasons=(reason,),
    )
