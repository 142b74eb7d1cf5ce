"""Spark SQL read for its form only, without a JVM. Spark itself has the last word when a run starts.

sqlglot takes a third of a second to import, so it is imported where there is SQL to read.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.config.hints import did_you_mean, excerpt
from pipeline.config.sql_functions import Call, calls, changing_call, refused_call
from pipeline.config.sql_strictness import leniency

if TYPE_CHECKING:
    from sqlglot import exp

_NEAR = 25
_ONE_ROW = "Only an expression over one row's columns can stand here."
_ONE_BATCH = "Write a condition over aggregates, as in count(*) > 100."


class SqlMistake(NamedTuple):
    """What is wrong with a piece of SQL, as the rest of a sentence, and its line (from 1)."""

    sentence: str
    line: int = 1


class Sql(NamedTuple):
    """A piece of SQL that was read: its tree, or its first mistake."""

    tree: exp.Expr | None
    mistake: SqlMistake | None = None


def read_expression(text: str) -> Sql:
    """Read one value or condition over the columns of one row."""
    from sqlglot import exp

    sql = _read_value(text, _ONE_ROW, "Write an expression over one row's columns.")
    if sql.tree is not None and sql.tree.find(exp.AggFunc, exp.Window, exp.UDTF):
        return _refused(f"reads or makes many rows. {_ONE_ROW}")
    return sql


def read_condition(text: str) -> Sql:
    """Read a condition over one row that is answered alike whenever it is asked."""
    sql = read_expression(text)
    return sql if sql.tree is None else _unchanging(text, sql)


def read_batch_condition(text: str) -> Sql:
    """Read a condition over aggregates. Whether every function is one that exists is told by Spark."""
    from sqlglot import exp

    sql = _read_value(text, "A batch's own rows are all it can look at.", _ONE_BATCH)
    if sql.tree is None:
        return sql
    if sql.tree.find(exp.Window, exp.UDTF):
        return _refused(f"uses a window or makes rows. {_ONE_BATCH}")
    if not sql.tree.find(exp.AggFunc, exp.Anonymous):
        return _refused(f"has no aggregate: {excerpt(text)}. {_ONE_BATCH}")
    return _unchanging(text, sql)


def read_query(text: str, tables: Collection[str]) -> Sql:
    """Read one SELECT (or WITH … SELECT) over the given tables."""
    from sqlglot import exp

    sql = _read(text)
    tree = sql.tree
    if tree is None:
        return sql
    if not isinstance(tree, exp.Query):
        return _refused(f"is {excerpt(text)}. Write one SELECT; it may begin with WITH.")
    if tree.find(exp.QueryTransform):
        return _refused("uses SELECT TRANSFORM, which starts a program. Use Spark's own functions.")
    own = {named.alias.lower() for named in tree.find_all(exp.CTE)} | {name.lower() for name in tables}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and (table.db or table.name.lower() not in own):
            name = ".".join(part.name for part in table.parts)
            known = ", ".join(sorted(tables))
            near = did_you_mean(name, tables)
            return _refused(f"reads '{name}', which is no source.{near} Sources here: {known}.")
    return sql


def calls_in(text: str) -> list[Call]:
    """The function calls of a text that was read before, outer ones first."""
    import sqlglot

    return list(calls(sqlglot.tokenize(text, read="spark")))


def columns_in(tree: exp.Expr) -> set[str]:
    """The names of the columns that an expression uses, in small letters as Spark compares them."""
    from sqlglot import exp

    return {part.name.lower() for column in tree.find_all(exp.Column) for part in column.parts}


def _read_value(text: str, alone: str, instead: str) -> Sql:
    """One value, condition or aggregate: no statement, no query, no name for the result."""
    from sqlglot import exp

    sql = _read(text)
    if not isinstance(sql.tree, (exp.Condition, exp.Query, exp.Alias)):
        # A first word such as Comment or Load would begin a statement; between brackets it is a column.
        bracketed = _read(f"({text}\n)")
        sql = bracketed if isinstance(bracketed.tree, exp.Paren) else sql
    tree = sql.tree
    if tree is None:
        return sql
    if text.rstrip().endswith(";"):
        return _refused("ends with ';'. Take it out.")
    if isinstance(tree, exp.Alias):
        return _refused(f"names its result '{tree.alias}'. Write the expression alone, without AS.")
    if tree.find(exp.Query):
        return _refused(f"holds a query. {alone}")
    if not isinstance(tree.unnest(), (exp.Condition, exp.Interval)):
        return _refused(f"is {excerpt(text)}. {instead}")
    return sql


def _unchanging(text: str, sql: Sql) -> Sql:
    import sqlglot

    changing = changing_call(sqlglot.tokenize(text, read="spark"))
    return sql if changing is None else _refused(changing)


def _refused(sentence: str) -> Sql:
    return Sql(None, SqlMistake(sentence))


def _read(text: str) -> Sql:
    """One statement in Spark's dialect, without the functions that reach outside SQL."""
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    # sqlglot warns on stderr about statements it keeps as plain text; those are refused here anyway.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tokens = sqlglot.tokenize(text, read="spark")
        trees = [tree for tree in sqlglot.parse(text, dialect="spark") if tree is not None]
    except ParseError as error:
        return Sql(None, _syntax_mistake(error.errors[0], text))
    except SqlglotError:
        return _refused(f"is not valid Spark SQL: a quote or a comment is not closed in {excerpt(text)}.")
    except RecursionError:
        return _refused(f"is nested too deeply: {excerpt(text)}.")
    if len(trees) != 1:
        return _refused(
            f"holds {len(trees)} statements. Write one, without ';' between." if trees else "holds no SQL."
        )
    refused = refused_call(tokens)
    if refused is not None:
        return _refused(refused)
    lenient = leniency(trees[0], tokens, text)
    return Sql(trees[0]) if lenient is None else Sql(None, SqlMistake(*lenient))


def _syntax_mistake(error: dict[str, Any], text: str) -> SqlMistake:
    """What sqlglot says, in words: it gives the last character of the word it stopped at."""
    line, column = int(error["line"] or 1), int(error["col"] or 1)
    lines = text.splitlines() or [""]
    row = lines[min(line, len(lines)) - 1]
    near = excerpt(row[max(0, column - _NEAR) : column + _NEAR])
    place = f"line {line}, character {column}" if len(lines) > 1 else f"character {column}"
    wanted = str(error["description"])
    expected = (
        f" '{wanted.removeprefix('Expecting ')}' is expected." if wanted.startswith("Expecting ") else ""
    )
    return SqlMistake(f"is not valid Spark SQL at {place}, near {near}.{expected}", line)
