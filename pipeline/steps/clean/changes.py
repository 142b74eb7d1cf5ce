"""What changed between the settings that silver was cleaned by and those of now, and what that means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.clean.contract import Contract, columns_of, type_name
from pipeline.steps.clean.settings import cleaning_settings

_LONGEST = 60
_CONTRACT_KEYS = ("key", "schema", "types")


@dataclass(frozen=True)
class Change:
    """One setting below its source, by its dotted path; None where it was or is not written."""

    path: str
    before: Any
    after: Any

    @property
    def is_of_the_contract(self) -> bool:
        """Whether rows cleaned before and after it cannot stand in one table."""
        first, _, rest = self.path.partition(".")
        return first in _CONTRACT_KEYS or (first == "columns" and rest.endswith(".rename"))

    def told(self, name: str) -> str:
        """The key and what was changed of it."""
        if self.before is None:
            what = "new"
        elif self.after is None:
            what = "taken away"
        else:
            what = f"was {_short(self.before)}, is {_short(self.after)}"
        return f"'sources.{name}.{self.path}' ({what})"


def find_changes(before: str | None, source: Source, contract: Contract | None) -> tuple[Change, ...]:
    """The settings that would make other rows than those `before`, a text that `settings_text` made.

    Without a contract or a text there is nothing that rows could differ from. Types and key count where they
    differ from the contract: to write down what was inferred changes nothing, nor does the type of a column
    that is to be added when it comes.
    """
    if before is None or contract is None:
        return ()
    was, now = json.loads(before), cleaning_settings(source)
    default = cleaning_settings(Source.model_validate({"path": "."}))
    found = [
        change
        for name in dict.fromkeys((*now, *was))
        for change in _differences(name, was.get(name, default.get(name)), now.get(name))
    ]
    adds = source.on_new_column == "add"
    return tuple(change for change in found if not _is_in(contract, change, adds))


def changed_sentence(name: str, source: Source, changes: Sequence[Change], since: str) -> str:
    """That settings changed, which, and the choice there is."""
    keys = " and ".join(change.told(name) for change in changes)
    verb = "is" if len(changes) == 1 else "are"
    anew = f"`pipeline clean --full-refresh` makes silver_{name} anew from all of bronze_{name}"
    if any(change.is_of_the_contract for change in changes):
        choice = f"Put it back, or decide: {anew}."
    else:
        choice = (
            f"Decide: {anew}; `pipeline clean --from-now` leaves its rows as they are and cleans what comes "
            f"next by the new settings."
        )
    return (
        f"{source.where(changes[0].path)}: {keys} {verb} not what silver_{name} was made by, since {since}. "
        f"{choice} `pipeline run` takes the same option."
    )


def validate_from_now(name: str, source: Source, changes: Sequence[Change]) -> None:
    """Raise ConfigError for a change after which new rows would not fit the old ones."""
    for change in changes:
        if change.is_of_the_contract:
            raise ConfigError(
                f"{source.where(change.path)}: --from-now cannot take {change.told(name)}: rows of both "
                f"kinds do not fit into one silver_{name}. Put it back, or use --full-refresh."
            )


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*after, *before)):
            yield from _differences(f"{path}.{name}", before.get(name), after.get(name))
    elif before != after and not (_is_nothing(before) and _is_nothing(after)):
        yield Change(path, None if _is_nothing(before) else before, None if _is_nothing(after) else after)


def _is_nothing(value: Any) -> bool:
    return value is None or value == {}


def _is_in(contract: Contract, change: Change, adds: bool) -> bool:
    """Whether the contract says already what the change says, or goes on saying what is no longer written."""
    first, _, column = change.path.partition(".")
    if first == "key":
        return _lower(change.after or ()) == _lower(contract.key)
    if first not in _CONTRACT_KEYS:
        return False
    if change.after is None:
        return True
    kinds = {field.name.lower(): type_name(field.dataType) for field in contract.columns}
    declared = {column: change.after} if column else change.after
    wanted = columns_of(declared) if isinstance(declared, str) else _columns(declared)
    return all(
        kinds.get(field.name.lower(), type_name(field.dataType) if adds and column else None)
        == type_name(field.dataType)
        for field in wanted
    )


def _columns(types: Mapping[str, str]) -> Any:
    quoted = [f"`{name.replace('`', '``')}` {kind}" for name, kind in types.items()]
    return columns_of(", ".join(quoted))


def _lower(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
