"""Why a row is in quarantine. Worked out for the bad rows alone: most batches have few."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipeline.lake.layout import quoted
from pipeline.lake.names import UNREADABLE
from pipeline.steps.clean.classify import MALFORMED, QUARANTINED, VERDICT
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import ORIGIN, Contract, type_name
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.named_rules import values as seen_values
from pipeline.steps.clean.rules import BROKEN, UNKNOWN, Check, RowRule, Rules
from pipeline.steps.clean.texts import RECEIVED, texts, with_texts
from pipeline.steps.clean.typed import CORRUPT

ERRORS = "_errors"
_LONGEST_VALUE = 100


def quarantined_rows(
    classified: DataFrame, contract: Contract, rules: Rules, cleaning: Cleaning
) -> DataFrame:
    """The bad rows as received, with their reasons and where they came from."""
    received: StructType = classified.schema[RECEIVED].dataType  # type: ignore[assignment]
    bad = classified.where(F.col(VERDICT).isin(MALFORMED, QUARANTINED))
    bad = with_texts(bad, contract, received, cleaning)
    values = texts(contract, received, cleaning)
    broken = F.array_compact(
        F.array(
            *map(F.expr, _type_errors(contract, values)),
            *map(F.expr, _key_errors(contract, values)),
            *[F.expr(_rule_error(rule, check)) for rule in rules.rows for check in rule.checks],
        )
    )
    malformed = F.expr(f"array({_malformed_error(cleaning.is_json)})")
    errors = F.when(F.col(VERDICT) == MALFORMED, malformed).otherwise(broken)
    return bad.select(
        *[F.col(f"{RECEIVED}.{quoted(name)}").alias(name) for name in received.names],
        errors.alias(ERRORS),
        *ORIGIN,
        CORRUPT,
    )


def most_common(quarantined: DataFrame) -> list[tuple[str, str, str, int]]:
    """The three most common reasons as (rule, column, an example, rows): only on the way to a refusal."""
    reasons = quarantined.select(F.explode(ERRORS).alias("error")).select("error.*")
    common = reasons.groupBy("rule", "column").agg(
        F.min("message").alias("example"), F.count(F.lit(1)).alias("rows")
    )
    return [tuple(row) for row in common.orderBy(F.desc("rows"), "rule", "column").limit(3).collect()]


def _type_errors(contract: Contract, values: dict[str, str]) -> list[str]:
    errors = []
    for field in contract.columns:
        if field.name in contract.converted:
            value = values[field.name]
            failed = f"{value} IS NOT NULL AND {quoted(field.name)} IS NULL"
            quote, end = literal("'"), literal(f"' is no {type_name(field.dataType)}")
            message = f"concat({quote}, left(CAST({value} AS STRING), {_LONGEST_VALUE}), {end})"
            errors.append(_error_where(failed, "type", field.name, message))
    return errors


def _key_errors(contract: Contract, values: dict[str, str]) -> list[str]:
    return [
        _error_where(
            f"{values[name]} IS NULL", "key", name, literal(f"{name} is missing, and part of the key")
        )
        for name in contract.key
    ]


def _rule_error(rule: RowRule, check: Check) -> str:
    """The error of one check: what is wrong, or that it could not be told."""
    column, colon = ", ".join(check.columns), ": " if check.columns else ""
    unknown = f"concat({literal(f'{check.said} cannot be evaluated{colon}')}, {seen_values(check.columns)})"
    broken = _error(rule.name, column, check.message) if rule.on_failure == "quarantine" else "NULL"
    return (
        f"CASE {check.state_name} WHEN {UNKNOWN} THEN {_error(rule.name, column, unknown)} "
        f"WHEN {BROKEN} THEN {broken} END"
    )


def _malformed_error(is_json: bool) -> str:
    """The one error of a record that could not be read, or of a file of which none could."""
    malformed = _error("malformed", CORRUPT, literal(_malformed(is_json)))
    unreadable = _error("unreadable", "_source_file", CORRUPT)
    return f"IF(startswith({CORRUPT}, {literal(UNREADABLE)}), {unreadable}, {malformed})"


def _error_where(condition: str, rule: str, column: str, message: str) -> str:
    return f"IF({condition}, {_error(rule, column, message)}, NULL)"


def _error(rule: str, column: str, message: str) -> str:
    return f"named_struct('rule', {literal(rule)}, 'column', {literal(column)}, 'message', {message})"


def _malformed(is_json: bool) -> str:
    if is_json:
        return "the line is not a JSON object"
    return (
        "the record has more or fewer fields than its header, a quote that does not close, or broken letters"
    )
