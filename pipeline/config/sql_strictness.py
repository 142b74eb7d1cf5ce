"""What sqlglot reads with a kind eye and Spark does not: `a, FROM`, `> >`, `IN ()`, an open bracket."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp


def leniency(tree: exp.Expr, tokens: Sequence[Any], text: str) -> tuple[str, int] | None:
    """The first thing in a text that only sqlglot accepts: the rest of a sentence, and its line (from 1)."""
    return _in_tokens(tree, tokens, text) or _in_tree(tree, _has_path(tokens))


def _in_tokens(tree: exp.Expr, tokens: Sequence[Any], text: str) -> tuple[str, int] | None:
    from sqlglot import TokenType as T
    from sqlglot import exp

    shifts = tree.find(exp.BitwiseRightShift, exp.BitwiseLeftShift) is not None
    opened: list[Any] = []
    for here, following in zip(tokens, [*tokens[1:], None], strict=True):
        after = following.token_type if following is not None else None
        kind = here.token_type
        if kind == T.L_PAREN:
            opened.append(here)
        elif kind == T.R_PAREN and opened:
            opened.pop()
        if (kind == T.COMMA and after in (None, T.COMMA, T.R_PAREN, T.FROM)) or (
            kind == T.L_PAREN and after == T.COMMA
        ):
            return _at(here, text, "nothing stands beside a ','")
        if (
            following is not None
            and shifts
            and kind == after
            and kind in (T.GT, T.LT)
            and _gap(here, following)
        ):
            return _at(following, text, f"'{here.text} {following.text}' is no operator")
        if after is None and kind in (T.ON, T.USING):
            return _at(here, text, f"nothing follows {here.text.upper()}")
    return _at(opened[-1], text, "the '(' there is never closed") if opened else None


def _has_path(tokens: Sequence[Any]) -> bool:
    """Whether a colon reaches into a variant, as in `record:price`: sqlglot may take that for a parameter."""
    from sqlglot import TokenType as T

    values = (T.VAR, T.IDENTIFIER, T.R_PAREN, T.R_BRACKET)
    pairs = pairwise(tokens)
    return any(left.token_type in values and right.token_type == T.COLON for left, right in pairs)


def _gap(left: Any, right: Any) -> bool:
    return bool(right.start - left.end > 1)


def _in_tree(tree: exp.Expr, has_path: bool) -> tuple[str, int] | None:
    from sqlglot import exp

    for found in tree.find_all(exp.In, exp.Placeholder, exp.Parameter, exp.Select):
        if isinstance(found, exp.In):
            if not any(found.args.get(part) for part in ("expressions", "query", "unnest", "field")):
                return "has IN without a value behind it. Write IN (1, 2), with at least one.", 1
        elif isinstance(found, exp.Select):
            if not found.expressions:
                return "selects nothing. Write the columns, or *, behind SELECT.", 1
        elif not has_path:
            return (
                f"holds {found.sql('spark')}, which stands for a value that nobody gives. Write the value.",
                1,
            )
    return None


def _at(token: Any, text: str, what: str) -> tuple[str, int]:
    lines = text.splitlines()
    column = token.start - text.rfind("\n", 0, token.start)
    place = f"line {token.line}, character {column}" if len(lines) > 1 else f"character {column}"
    return f"is not valid Spark SQL at {place}: {what}.", token.line
