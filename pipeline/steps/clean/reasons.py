"""Why a row is in quarantine. Worked out for the bad rows alone: most batches have few."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import ORIGIN, Contract, type_name
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.rules import BROKEN, UNKNOWN, RowRule, state
from pipeline.steps.clean.texts import RECEIVED, texts, with_texts
from pipeline.steps.clean.transforms import (
    CORRUPT,
    MALFORMED,
    QUARANTINED,
    VERDICT,
)

ERRORS = "_errors"
_LONGEST_VALUE = 100
_MOST_VALUES = 3


def quarantined_rows(
    classified: DataFrame, contract: Contract, rules: Sequence[RowRule], cleaning: Cleaning
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
            *[_rule_error(rule, state(index)) for index, rule in enumerate(rules)],
        )
    )
    malformed = F.array(_error("malformed", CORRUPT, F.lit(_malformed(cleaning.is_json))))
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


def _error_where(condition: str, rule: str, column: str, message: str) -> str:
    error = f"named_struct('rule', {literal(rule)}, 'column', {literal(column)}, 'message', {message})"
    return f"IF({condition}, {error}, NULL)"


def _rule_error(rule: RowRule, found: Column) -> Column:
    values = F.concat_ws(
        ", ",
        *[
            F.concat(F.lit(f"{name} = "), F.coalesce(_short(F.col(quoted(name))), F.lit("NULL")))
            for name in rule.columns[:_MOST_VALUES]
        ],
    )
    seen = F.concat(F.lit(": "), values) if rule.columns else F.lit("")
    names = ", ".join(rule.columns)
    broken = _error(rule.name, names, F.concat(F.lit(f"{rule.check} is false"), seen))
    unknown = _error(rule.name, names, F.concat(F.lit(f"{rule.check} cannot be evaluated"), seen))
    error = F.when(found == UNKNOWN, unknown)
    return error.when(found == BROKEN, broken) if rule.on_failure == "quarantine" else error


def _error(rule: str, column: str, message: Column) -> Column:
    return F.struct(F.lit(rule).alias("rule"), F.lit(column).alias("column"), message.alias("message"))


def _short(value: Column) -> Column:
    return F.left(value.cast("string"), F.lit(_LONGEST_VALUE))


def _malformed(is_json: bool) -> str:
    if is_json:
        return "the line is not a JSON object"
    return (
        "the record has more or fewer fields than its header, a quote that does not close, or broken letters"
    )
