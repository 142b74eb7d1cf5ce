"""Small words for errors: what was found, and what may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pipeline.config.kinds import ROOT, Kind, fields
from pipeline.config.origin import join

_LONGEST = 60
_MOST_NAMES = 12


def found_words(value: object) -> str:
    """What was found, in short."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a map" if value else "an empty map"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return str(value).lower()
    return excerpt(value) if isinstance(value, str) else str(value)


def excerpt(text: str) -> str:
    """A text between quotes, on one line and cut where it is long."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= _LONGEST else f"'{line[: _LONGEST - 1]}…'"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that a typing mistake may have meant."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to stand in a sentence, with a blank before it; nothing where no name is near."""
    near = nearest_name(name, known)
    return f" Did you mean '{near}'?" if near else ""


def listing(columns: Iterable[str]) -> str:
    """The columns there are, as a sentence that stays short."""
    known = list(columns)
    if not known:
        return "There are no columns: no row could be read. Is the format right?"
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return f"Columns: {', '.join(known[:_MOST_NAMES])}{more}."


def other_home(name: str) -> str:
    """A suggestion where the model has a key of this name somewhere else."""
    home = next((path for path in _paths(ROOT, "") if path.rpartition(".")[2] == name), None)
    return f" Did you mean '{home}'?" if home else ""


def usable_name(text: str) -> str:
    """A suggestion of a name made from a text that cannot be one."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").lstrip("0123456789_")[:63]
    return f" Try '{name}'." if name else ""


def _paths(kind: Kind, path: str) -> Iterator[str]:
    """Every key of the model by dotted path, with <name> for a free name."""
    if kind.section:
        for name in fields(kind.section):
            yield join(path, name)
            child = kind.child(name)
            if child:
                yield from _paths(child, join(path, name))
    elif kind.values and kind.values.section:
        yield from _paths(kind.values, join(path, "<name>"))
