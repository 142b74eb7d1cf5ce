"""Which of two classes is the one that counts."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config.model import Config
from pipeline.errors import ConfigError

YES = frozenset({"yes", "y", "true", "t", "1", "positive", "pos", "on"})
NO = frozenset({"no", "n", "false", "f", "0", "-1", "negative", "neg", "off", "none"})


def positive_class(names: Sequence[str], config: Config) -> str:
    """The positive one of two class names: declared, or the one that says yes.

    Raises ConfigError when the declared one does not exist, or when nothing is declared and the names do not
    tell.
    """
    declared = config.features.positive
    either = " or ".join(names)
    label = config.features.label
    if declared is not None:
        found = [name for name in names if same(name, declared)]
        if not found:
            raise ConfigError(
                f"{config.where('features.positive')}: features.positive is {_text(declared)}, "
                f"and '{label}' is {either}. Write one of them."
            )
        return found[0]
    told = says_yes(names, label)
    if told is None:
        raise ConfigError(
            f"features.positive is missing: '{label}' is {either}, and neither says yes. "
            f"Write features.positive: {names[-1]} (or {names[0]}), the class that counts."
        )
    return told


def says_yes(names: Sequence[str], label: str) -> str | None:
    """The one of two names that says yes; None where neither does.

    So does the one that is called as the label itself, and the one that stands against a no.
    """
    for words in (YES, frozenset({_plain(label)})):
        found = [name for name in names if _plain(name) in words]
        if len(found) == 1:
            return found[0]
    others = [name for name in names if _plain(name) not in NO]
    return others[0] if len(others) == 1 and len(names) == 2 else None


def same(name: str, declared: object) -> bool:
    """Whether a class and a YAML value mean the same: `true` and true, `1.0` and 1."""
    if name == _text(declared):
        return True
    try:
        return float(name) == float(_text(declared))
    except ValueError:
        return False


def _plain(name: str) -> str:
    try:
        return f"{float(name):g}"
    except ValueError:
        return name.strip().lower()


def _text(declared: object) -> str:
    return str(declared).lower() if isinstance(declared, bool) else str(declared)
