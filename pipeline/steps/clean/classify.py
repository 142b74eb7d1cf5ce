"""Every row of a batch with its verdict, and the batch counted by it. DataFrame in, DataFrame out."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.rules import BROKEN, RowRule, Rules
from pipeline.steps.clean.states import is_key, repeated, with_references, with_repeats, with_states
from pipeline.steps.clean.texts import RECEIVED
from pipeline.steps.clean.typed import CORRUPT, KEY_MISSING, ROW_HASH, TYPE_FAILED

VERDICT = "__verdict"
RANK = "__rank"
MALFORMED, QUARANTINED, DROPPED, GOOD = "malformed", "quarantined", "dropped", "good"


def classified_rows(
    typed: DataFrame,
    contract: Contract,
    rules: Rules,
    order_by: str,
    silvers: Mapping[str, DataFrame] | None = None,
) -> DataFrame:
    """Every row with its verdict, and among the good ones of a key its rank: 1 is the one that stays.

    The order is total: the declared column, then batch, file's name and a hash of the row, all descending.
    Only bad rows keep what was received. `silvers` are the tables that `references` look in.
    """
    rows = with_states(with_references(typed, rules.checks, silvers or {}), rules.checks)
    rows = rows.withColumn(VERDICT, _verdict(rules))
    ties = [F.col(name).desc() for name in ("_batch_id", "_source_file", ROW_HASH)]
    order = [F.col(quoted(order_by)).desc_nulls_last(), *ties]
    is_good = F.col(VERDICT) == GOOD
    for rule in rules.unique:
        if not is_key(rule.checks[0], contract):
            rows = _judged(with_repeats(rows, rule, contract, is_good, order), rule)
    is_kept_aside = F.col(VERDICT).isin(MALFORMED, QUARANTINED)
    if all(rule.on_failure != "quarantine" for rule in rules.unique):
        # The verdict stands: what was received, as wide as the row itself, is shuffled for bad rows alone.
        rows = rows.withColumn(RECEIVED, F.when(is_kept_aside, F.col(RECEIVED)))
    # A bad row is alone in its window: rows without a key would all meet in one otherwise.
    key = [F.col(quoted(name)) for name in contract.row_key]
    window = Window.partitionBy(*key, F.when(~is_good, F.col(ROW_HASH))).orderBy(*order)
    rows = rows.withColumn(RANK, F.row_number().over(window))
    for rule in rules.unique:
        if is_key(rule.checks[0], contract):
            state = repeated(is_good & (F.col(RANK) > 1))
            rows = _judged(rows.withColumn(rule.checks[0].state_name, state), rule)
    found = [check.found_name for check in rules.checks if check.reference is not None]
    kept = [name for name in rows.columns if name not in (RECEIVED, ROW_HASH, RANK, *found)]
    return rows.select(
        *[F.col(quoted(name)) for name in kept], RANK, F.when(is_kept_aside, F.col(RECEIVED)).alias(RECEIVED)
    )


def is_staying() -> Column:
    """Whether a classified row goes to silver: it is good, and the one of its key."""
    return (F.col(VERDICT) == GOOD) & (F.col(RANK) == 1)


def terms(rules: Rules) -> dict[str, Column]:
    """The ledger's terms that classifying decides, each as what makes a row one of them."""
    verdict = F.col(VERDICT)
    found = {"read": F.lit(True)} | {name: verdict == name for name in (MALFORMED, QUARANTINED, DROPPED)}
    found["superseded"] = (verdict == GOOD) & (F.col(RANK) > 1)
    found[f"{QUARANTINED}.type"] = (verdict == QUARANTINED) & F.col(TYPE_FAILED)
    found[f"{QUARANTINED}.key"] = (verdict == QUARANTINED) & F.col(KEY_MISSING)
    for rule in rules.rows:
        is_unknown = F.lit(False) if rule.kind == "unique" else rule.is_unknown
        keeps_aside = is_unknown | rule.is_broken if rule.on_failure == "quarantine" else is_unknown
        found[f"{QUARANTINED}.{rule.name}"] = (verdict == QUARANTINED) & keeps_aside
        if rule.on_failure == "drop":
            found[f"{DROPPED}.{rule.name}"] = (verdict == DROPPED) & rule.is_broken
        if rule.on_failure == "warn":
            found[f"warned.{rule.name}"] = (verdict == GOOD) & rule.is_broken
        if rule.on_failure == "fail":
            found[f"failed.{rule.name}"] = (verdict != MALFORMED) & rule.is_broken
    return found


def _judged(rows: DataFrame, rule: RowRule) -> DataFrame:
    """The verdict after a unique rule: what repeats an earlier row is kept aside, where the rule says so."""
    if rule.on_failure != "quarantine":
        return rows
    is_repeat = rule.checks[0].is_in(BROKEN)
    return rows.withColumn(VERDICT, F.when(is_repeat, QUARANTINED).otherwise(F.col(VERDICT)))


def _verdict(rules: Rules) -> Column:
    aside = F.col(TYPE_FAILED) | F.col(KEY_MISSING)
    dropped = F.lit(False)
    for rule in rules.rows:
        if rule.kind == "unique":
            continue
        aside = aside | rule.is_unknown
        if rule.on_failure == "quarantine":
            aside = aside | rule.is_broken
        if rule.on_failure == "drop":
            dropped = dropped | rule.is_broken
    return (
        F.when(F.col(CORRUPT).isNotNull(), MALFORMED)
        .when(aside, QUARANTINED)
        .when(dropped, DROPPED)
        .otherwise(GOOD)
    )
