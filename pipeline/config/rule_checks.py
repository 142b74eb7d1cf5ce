"""What a rule's types cannot tell: one condition each, bounds that can be met, references that lead on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.model import Config
from pipeline.config.rules import ALLOWED_ACTIONS, KINDS, OWN_RULES, Bound, Rule
from pipeline.config.spark_types import schema_columns
from pipeline.config.tree import Problem

if TYPE_CHECKING:
    from sqlglot import exp

LANDED = ("_ingested_at", "_source_file", "_batch_id")


def check_rules(config: Config) -> Iterator[Problem]:
    """Each rule has one condition that makes sense, and an on_failure that does."""
    for source, declared in config.sources.items():
        for name, rule in declared.rules.items():
            path = f"sources.{source}.rules.{name}"
            kinds = [kind for kind in KINDS if getattr(rule, kind) is not None]
            if name in OWN_RULES:
                yield Problem(
                    path, f"'{path}': '{name}' is a rule of the pipeline's own. Give yours another name."
                )
            if len(kinds) != 1:
                found = f"has {' and '.join(kinds)}" if kinds else "says no condition"
                yield Problem(path, f"'{path}' {found}. Write exactly one of {', '.join(KINDS)}.")
                continue
            yield from _action(path, rule)
            yield from _sql(path, rule, config.features.label)
            yield from _bounds(path, rule)
            yield from _known_columns(path, rule, declared.schema_)
            yield from _references(path, source, rule, config)
    yield from _circles(config)


def referenced(rule: Rule) -> list[tuple[str, str, str]]:
    """What a rule refers to, as (column, source, column there)."""
    return [(column, *target.partition(".")[::2]) for column, target in (rule.references or {}).items()]


def cleaning_order(config: Config) -> list[str]:
    """The sources, each behind those that it refers to; otherwise as they were written."""
    order: list[str] = []
    for source in config.sources:
        order += [name for name in [*_referred(config, source), source] if name not in order]
    return order


def _action(path: str, rule: Rule) -> Iterator[Problem]:
    allowed = ALLOWED_ACTIONS.get(rule.kind)
    if allowed and rule.on_failure is not None and rule.on_failure not in allowed:
        why = {
            "check_batch": "a batch rule is about no single row",
            "unique": "of several rows with one key, 'key' already keeps one",
        }[rule.kind]
        yield Problem(
            f"{path}.on_failure",
            f"'{path}.on_failure' is {rule.on_failure}, but {why}. Allowed with {rule.kind}: "
            f"{', '.join(allowed)}.",
        )


def _sql(path: str, rule: Rule, label: str) -> Iterator[Problem]:
    from pipeline.config.sql import read_batch_condition, read_condition

    text = rule.check or rule.check_batch
    if text is None:
        return
    path = f"{path}.{rule.kind}"
    sql = read_condition(text) if rule.check else read_batch_condition(text)
    if sql.mistake:
        yield Problem(path, f"'{path}' {sql.mistake.sentence}", sql.mistake.line)
    elif rule.check and sql.tree is not None and _asks_for(sql.tree, label):
        yield Problem(
            path,
            f"'{path}' asks for the label '{label}', but a check looks at labelled rows only. "
            f"Write a rule of its own: {{not_null: {label}}}.",
        )


def _asks_for(tree: exp.Expr, label: str) -> bool:
    """Whether a condition says, alone or joined by AND, that a column is not NULL."""
    from sqlglot import exp

    whole = tree.unnest()
    for part in whole.flatten() if isinstance(whole, exp.And) else [whole]:
        said = part.unnest()
        inner = said.this.unnest() if isinstance(said, exp.Not) else None
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            column = inner.this.unnest()
            if isinstance(column, exp.Column) and column.name.lower() == label.lower():
                return True
    return False


def _bounds(path: str, rule: Rule) -> Iterator[Problem]:
    least, most = ("lowest", "highest") if rule.between else ("shortest", "longest")
    for column, (low, high) in {**(rule.between or {}), **(rule.length or {})}.items():
        key = f"{path}.{rule.kind}.{column}"
        if low is None and high is None:
            yield Problem(key, f"'{key}' has no bound. Write the {least}, the {most}, or both.")
        elif low is not None and high is not None:
            if isinstance(low, str) != isinstance(high, str):
                yield Problem(key, f"'{key}' is from a text to a number. Write two of one kind.")
            elif _is_above(low, high):
                yield Problem(key, f"'{key}' is from {low} to {high}. Write the {least} first.")
        if rule.length and any(isinstance(bound, int) and bound < 0 for bound in (low, high)):
            yield Problem(key, f"'{key}' has a length below 0. Write at least 0.")


def _is_above(low: Bound, high: Bound) -> bool:
    return low > high  # type: ignore[operator]  # both are texts or both are numbers


def _known_columns(path: str, rule: Rule, schema: str | None) -> Iterator[Problem]:
    """Named columns exist where a schema is declared, and are named once."""
    path = f"{path}.{rule.kind}"
    names = [column.lower() for column in rule.columns]
    for column in rule.columns:
        if names.count(column.lower()) > 1:
            yield Problem(path, f"'{path}' names '{column}' twice. Keep one.")
            break
    columns = () if schema is None else (*schema_columns(schema)[0], *LANDED)
    for column in rule.columns:
        if columns and column.lower() not in {known.lower() for known in columns}:
            near = did_you_mean(column, columns)
            yield Problem(
                path, f"'{path}' names '{column}', which the schema lacks.{near} {listing(columns)}"
            )


def _references(path: str, source: str, rule: Rule, config: Config) -> Iterator[Problem]:
    for column, other, there in referenced(rule):
        key = f"{path}.references.{column}"
        if not there:
            yield Problem(key, f"'{key}' is '{other}'. Write source.column, such as towns.name.")
        elif other not in config.sources:
            near, known = did_you_mean(other, config.sources), ", ".join(config.sources)
            yield Problem(key, f"'{key}' names '{other}', which is no source.{near} Sources here: {known}.")
        elif other == source:
            yield Problem(key, f"'{key}' refers to {source} itself. Name another source.")
        else:
            schema = config.sources[other].schema_
            columns = () if schema is None else tuple(schema_columns(schema)[0])
            if columns and there.lower() not in {name.lower() for name in columns}:
                near = did_you_mean(there, columns)
                yield Problem(
                    key,
                    f"'{key}' names '{there}', which the schema of {other} lacks.{near} {listing(columns)}",
                )


def _circles(config: Config) -> Iterator[Problem]:
    """No source refers to one that refers back to it: each is cleaned behind those it refers to."""
    for source in config.sources:
        others = [name for name in _referred(config, source) if name != source]
        back = next((other for other in others if source in _referred(config, other)), None)
        if back is not None:
            path = f"sources.{source}.rules"
            yield Problem(
                path,
                f"'{path}' refers to {back}, whose rules lead back to {source}. Take one reference out: "
                f"a source is cleaned behind those it refers to.",
            )
            return


def _referred(config: Config, source: str) -> list[str]:
    """The sources that a source refers to, directly or through others, the deepest first."""
    found: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        for rule in config.sources[name].rules.values():
            for _, other, _ in referenced(rule):
                if other in config.sources and other not in path:
                    visit(other, (*path, other))
                if other in config.sources and other not in found:
                    found.append(other)

    visit(source, ())
    return found
