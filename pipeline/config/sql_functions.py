"""Which of Spark's functions have no place in a configuration, and where a text calls functions.

The list was made by going through all 580 functions of Spark 4.2; docs/adr/0011-rules.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_OUTSIDE = "it reaches outside of SQL"
_ENDS = "it ends the job"
_SECRET = "the key would be written down in the lake with this text"
REFUSED = {
    **dict.fromkeys(("reflect", "java_method", "try_reflect", "identifier"), _OUTSIDE),
    **dict.fromkeys(("table_changes", "table_changes_by_path", "python_worker_logs"), _OUTSIDE),
    **dict.fromkeys(("from_avro", "schema_of_avro", "from_protobuf", "to_protobuf"), "it can read a file"),
    **dict.fromkeys(("from_xml", "schema_of_xml"), "it can read a file"),
    **dict.fromkeys(("raise_error", "assert_true"), _ENDS),
    **dict.fromkeys(("aes_encrypt", "aes_decrypt", "try_aes_decrypt"), _SECRET),
}
_CLOCK = "and the time is another at each try. Use _ingested_at, the moment at which the row was ingested."
_CHANCE = "and may answer differently each time. Leave it out."
_SESSION = "and answers by who runs it and where. Leave it out."
CHANGING = {
    **dict.fromkeys(("now", "curdate", "current_date", "current_time", "current_timestamp"), _CLOCK),
    "localtimestamp": _CLOCK,
    **dict.fromkeys(("rand", "randn", "random", "randstr", "uniform", "uuid", "shuffle"), _CHANCE),
    **dict.fromkeys(("monotonically_increasing_id", "spark_partition_id", "input_file_name"), _CHANCE),
    **dict.fromkeys(("input_file_block_start", "input_file_block_length"), _CHANCE),
    **dict.fromkeys(("current_user", "session_user", "user", "current_path"), _SESSION),
    **dict.fromkeys(("current_catalog", "current_database", "current_schema", "current_timezone"), _SESSION),
}
_CLOCK_IF_EMPTY = ("unix_timestamp",)
_WITHOUT_BRACKETS = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER")


class Call(NamedTuple):
    """A function's name in small letters, and where its call stands in the text, brackets included."""

    name: str
    start: int
    end: int
    is_empty: bool = False


def calls(tokens: Sequence[Any]) -> Iterator[Call]:
    """Every `name(…)` of a text, outer ones first, with the `FILTER (…)` or `WITHIN GROUP (…)` behind it."""
    kinds = [token.token_type.name for token in tokens]
    for position, kind in enumerate(kinds[:-1]):
        if kind in ("STRING", "NUMBER", "L_PAREN", "R_PAREN", "COMMA") or kinds[position + 1] != "L_PAREN":
            continue
        end = _closing(kinds, position + 1)
        is_empty = end == position + 2
        while (more := _clause(tokens, kinds, end)) is not None:
            end = more
        yield Call(tokens[position].text.lower(), tokens[position].start, tokens[end].end + 1, is_empty)


def refused_call(tokens: Sequence[Any]) -> str | None:
    """The first call that is allowed nowhere, as the rest of a sentence."""
    for call in calls(tokens):
        if call.name in REFUSED:
            return f"calls {call.name}(), which is not allowed: {REFUSED[call.name]}."
    return None


def changing_call(tokens: Sequence[Any]) -> str | None:
    """The first call whose answer is not told by the row alone, as the rest of a sentence."""
    for call in calls(tokens):
        reason = _CLOCK if call.name in _CLOCK_IF_EMPTY and call.is_empty else CHANGING.get(call.name)
        if reason:
            return f"calls {call.name}(), {reason}"
    bare = next((token for token in tokens if token.token_type.name in _WITHOUT_BRACKETS), None)
    return f"calls {bare.text.lower()}, {CHANGING[bare.text.lower()]}" if bare else None


def _clause(tokens: Sequence[Any], kinds: Sequence[str], end: int) -> int | None:
    """Where a clause that belongs to the call before it ends; None where there is none."""
    words = [token.text.upper() for token in tokens[end + 1 : end + 4]]
    for opening in (["FILTER", "("], ["WITHIN", "GROUP", "("]):
        if words[: len(opening)] == opening:
            return _closing(kinds, end + len(opening))
    return None


def _closing(kinds: Sequence[str], opening: int) -> int:
    """The position of the bracket that closes the one at `opening`; the last token where none does."""
    depth = 0
    for position in range(opening, len(kinds)):
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(kinds[position], 0)
        if depth == 0:
            return position
    return len(kinds) - 1
