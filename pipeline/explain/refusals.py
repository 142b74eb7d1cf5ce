"""What Spark says of a query or a value, by its error condition: what is wrong, where, what next.

The conditions and their parameters are those of Spark's error-conditions.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipeline.errors import ConfigError, DataRefused, PipelineError

_DEEPEST = 20  # causes of causes
_LONGEST = 80  # characters of a fragment of SQL

_REFUSED = {
    "UNRESOLVED_COLUMN": "there is no column '{objectName}'{place}.{near}",
    "UNRESOLVED_FIELD": "there is no field '{fieldName}' in {columnPath}{place}.{near}",
    "UNRESOLVED_ROUTINE": "there is no function {routineName}(){place}. "
    "Look it up among Spark's SQL functions.",
    "TABLE_OR_VIEW_NOT_FOUND": "there is no table '{relationName}'. A source is queried by its name.",
    "AMBIGUOUS_REFERENCE": "the column '{name}' could be {referenceNames}{place}. "
    "Write which, as in table.column.",
    "DATATYPE_MISMATCH": "the types do not fit{place}: {said}. Convert one with CAST.",
    "WRONG_NUM_ARGS": "{functionName}() does not take {actualNum} values{place}. Allowed: {expectedNum}.",
    "MISSING_AGGREGATION": "{expression} is neither in GROUP BY nor inside of an aggregate{place}. "
    "Add it to GROUP BY, or write {expressionAnyValue}.",
    "MISSING_GROUP_BY": "an aggregate stands beside plain columns without GROUP BY{place}.",
    "INVALID_WHERE_CONDITION": "WHERE holds an aggregate or a window: {expressionList}. "
    "Move it to HAVING, or into a subquery.",
    "PARSE_SYNTAX_ERROR": "not valid Spark SQL near {error}{line}.",
}
"""Conditions that the SQL in the configuration is to blame for."""

_NOT_THERE = {
    "PATH_NOT_FOUND": "{path} does not exist: its path is wrong, or something else removed or moved it. "
    "Put it back or correct the path.",
    "DELTA_PATH_DOES_NOT_EXIST": "{path} does not exist: something else removed or moved the table. "
    "Put it back, or start another lake (lake.root).",
    "DELTA_VERSION_NOT_FOUND": "version {userVersion} of a table is gone; it has {earliest} to {latest}. "
    "VACUUM ended it. Run the same command again, which reads the newest.",
    "DELTA_METADATA_MISMATCH": "the rows to write have other columns than the table. "
    "Was the table changed by hand? Put it back, or start another lake (lake.root).",
    "DELTA_FAILED_TO_MERGE_FIELDS": "the column '{currentField}' to write has another type than the table's. "
    "Was the table changed by hand? Put it back, or start another lake (lake.root).",
}
"""Conditions that what lies in the lake, or no longer lies there, is to blame for."""

_BROKEN_BY_A_VALUE = {
    "DIVIDE_BY_ZERO": "a row divides by zero{place}. Write try_divide(a, b), which gives null there.",
    "REMAINDER_BY_ZERO": "a row divides by zero{place}. Write try_mod(a, b), which gives null there.",
    "CAST_INVALID_INPUT": "{expression} cannot become {targetType}{place}. "
    "Write try_cast(… AS {targetType}), which gives null there.",
    "CAST_OVERFLOW": "{value} does not fit into {targetType}{place}. "
    "Write try_cast(… AS {targetType}), or take a larger type.",
    "CANNOT_PARSE_TIMESTAMP": "a row holds no such date{place}: {said}. "
    "Write {func}, which gives null there.",
    "ARITHMETIC_OVERFLOW": "a result is too large for its type{place}. Convert to DOUBLE or DECIMAL first.",
    "BINARY_ARITHMETIC_OVERFLOW": "{value1} {symbol} {value2} is too large for its type{place}. "
    "Convert to DOUBLE or DECIMAL first.",
    "NUMERIC_VALUE_OUT_OF_RANGE": "{value} does not fit into DECIMAL({precision}, {scale}){place}. "
    "Take a larger one.",
    "INVALID_ARRAY_INDEX": "a row asks for item {indexValue} of a list of {arraySize}{place}. "
    "Write get(list, index), which gives null there.",
    "USER_RAISED_EXCEPTION": "the SQL itself stopped the job, by raise_error or assert_true: {errorMessage}.",
}
"""Conditions that a row brought about, while the SQL is right for others."""


_KINDS: tuple[tuple[type[PipelineError], Mapping[str, str], str], ...] = (
    (ConfigError, _REFUSED, "Spark refuses the SQL: "),
    (PipelineError, _NOT_THERE, "Spark cannot go on: "),
    (DataRefused, _BROKEN_BY_A_VALUE, "Spark stopped at a value: "),
)


def spark_sentence(error: BaseException) -> tuple[type[PipelineError], str] | None:
    """The sentence for an error of Spark's, and whose fault it is; None where its condition is not known."""
    for layer in _layers(error):
        found = _known(layer)
        if found is not None:
            kind, opening, words = found
            return kind, opening + words
    if type(error).__name__ in ("AnalysisException", "ParseException"):
        return ConfigError, f"Spark refuses: {_with_place(error)}"
    return None


def spark_words(error: BaseException) -> str:
    """What Spark refuses or stopped at, as the rest of a sentence that says what it was at."""
    found = next(filter(None, map(_known, _layers(error))), None)
    return _with_place(error) if found is None else found[2]


def capital(sentence: str) -> str:
    """The words as a sentence of their own."""
    return sentence[:1].upper() + sentence[1:]


def _layers(error: BaseException) -> Iterator[Any]:
    """The error, then what Java says was behind it, the first cause first: it may have the condition."""
    yield error
    java = getattr(error, "java_exception", None)
    causes: list[Any] = []
    while java is not None and len(causes) < _DEEPEST:
        causes.append(java)
        java = _asked(java, "getCause")
    yield from reversed(causes)


def _known(layer: Any) -> tuple[type[PipelineError], str, str] | None:
    condition = _asked(layer, "getCondition")
    if not isinstance(condition, str):
        return None
    words = {name: plain(value) for name, value in dict(_asked(layer, "getMessageParameters") or {}).items()}
    text = _text(layer)
    place = _place(layer)
    place = "" if plain(place.removeprefix(" in ")).strip("'") in words.values() else place
    more = {"place": place, "near": _near(words), "line": _line(text), "said": _said(text)}
    for kind, sentences, opening in _KINDS:
        sentence = sentences.get(condition) or sentences.get(condition.partition(".")[0])
        if sentence is not None:
            with suppress(KeyError):  # a condition that lost a parameter with a version of Spark
                return kind, opening, sentence.format(**{**words, **more})
    return None


def _with_place(error: BaseException) -> str:
    said, place = _said(_text(error)), _place(error)
    return f"{said}{'' if place.removeprefix(' in ') in said else place}."


def _text(layer: Any) -> str:
    return str(_asked(layer, "getMessage") or "") if not isinstance(layer, BaseException) else str(layer)


def plain(text: object) -> str:
    """A parameter of Spark's without the quotes and brackets that mark it: a, b for [`a`, `b`]."""
    return re.sub(r"^\[(.*)\]$", r"\1", str(text)).replace("`", "").replace('"', "")


def _asked(error: BaseException, method: str) -> Any:
    """What the error says by a method. Some know none, some ask a JVM that is gone."""
    with suppress(Exception):
        return getattr(error, method)()
    return None


def _place(error: BaseException) -> str:
    """The piece of SQL that Spark points at: ` in 'a / b'`."""
    for context in _asked(error, "getQueryContext") or ():
        fragment = " ".join((_asked(context, "fragment") or "").split())
        if fragment:
            return f" in '{_cut(fragment)}'"
    return ""


def _near(parameters: Mapping[str, str]) -> str:
    proposal = parameters.get("proposal", "")
    return f" Columns there, the nearest first: {_cut(proposal, 300)}." if proposal else ""


def _line(text: str) -> str:
    """The line that a parser's pointer stands under: ` in 'SELECT * FORM houses'`."""
    found = re.search(r"^== SQL ==\n(?:.*\n)*?(?P<line>.*)\n-*\^\^\^", text, re.MULTILINE)
    return f" in '{_cut(' '.join(found['line'].split()))}'" if found else ""


def _said(text: str) -> str:
    """Spark's message alone: without condition, SQLSTATE, position, query, plan and stack."""
    head = re.split(r";?\s*\n(?:==|'|\s*at |JVM stacktrace|\+-|\w+ \[|\s*\n)", text.strip(), maxsplit=1)[0]
    head = re.sub(r"^\[[A-Z0-9_.]+\] ", "", head)
    head = re.sub(r"\s*SQLSTATE: \w+.*$", "", head, flags=re.DOTALL)
    head = re.sub(r"^Cannot resolve \".*?\" due to data type mismatch: ", "", head)
    return " ".join(head.split()).rstrip(".;")


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
