"""How often a query reads each source, by its form alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from pipeline.config.sql import read_query

if TYPE_CHECKING:
    from sqlglot import exp


def mentions(query: str, sources: Collection[str], *, grouped: bool = True) -> Counter[str]:
    """Source → how often it is read; a name made by WITH counts what it stands for, each time it is used.

    Without `grouped`, names that stand for groups count nothing: where only keys are asked for, Spark leaves
    out what is joined to them once at the most.

    >>> sorted(mentions("WITH b AS (SELECT * FROM a) SELECT * FROM b JOIN b AS c", ["a"]).items())
    [('a', 2)]
    """
    from sqlglot import exp

    tree = read_query(query, sources).tree
    if tree is None:  # it was read before: Spark will say what it makes of it
        return Counter(list(sources))
    known = {name.lower(): Counter([name]) for name in sources}
    for named in tree.find_all(exp.CTE):  # each may use those before it
        is_grouped = named.this.args.get("group") is not None
        known[named.alias.lower()] = Counter() if is_grouped and not grouped else _reads(named.this, known)
    return _reads(tree, known)


def _reads(tree: exp.Expr, known: dict[str, Counter[str]]) -> Counter[str]:
    """What the tables of one query stand for, without those inside of its WITH."""
    from sqlglot import exp

    found: Counter[str] = Counter()
    for table in tree.find_all(exp.Table):
        made = table.find_ancestor(exp.CTE)
        if made is None or tree.find_ancestor(exp.CTE) is made:
            found.update(known.get(table.name.lower(), Counter()))
    return found
