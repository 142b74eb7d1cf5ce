"""How a source's text files are written: the options this project honours, and the ones it refuses aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from pipeline.config.sources import Source
from pipeline.errors import ConfigError

_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf8": "UTF-8",
    "us-ascii": "US-ASCII",
    "ascii": "US-ASCII",
    "iso-8859-1": "ISO-8859-1",
    "latin1": "ISO-8859-1",
    "latin-1": "ISO-8859-1",
}


@dataclass(frozen=True)
class Dialect:
    """A text format in full; `comment` is empty when no line is one."""

    header: bool = True
    sep: str = ","
    quote: str = '"'
    escape: str = '"'
    comment: str = ""
    encoding: str = "UTF-8"
    multi_line: bool = False


def read_dialect(name: str, source: Source, known: Sequence[str]) -> Dialect:
    """The dialect that a source's options describe; `known` are those that its format honours.

    Raises:
        ConfigError: an option that would change what is read, and is not honoured; or a value that cannot be.
    """
    kind = source.file_format or "csv"
    given = {key.lower(): key for key in source.options}
    spelled = {key.lower(): key for key in known}
    for key in given:
        if key not in spelled:
            allowed = ", ".join(known) or "none"
            _refuse(name, source, given[key], f"is not read for {kind}. Known there: {allowed}")
    options = {spelled[key]: source.options[written] for key, written in given.items()}
    if "sep" in options and "delimiter" in options:
        _refuse(name, source, given["delimiter"], "and 'sep' mean the same. Keep one of them")
    sep = options.get("sep", options.get("delimiter", ",")).replace("\\t", "\t")
    quote = _letter(name, source, options, "quote", '"')
    return Dialect(
        header=_switch(name, source, options, "header", True),
        sep=_letter(name, source, {"sep": sep}, "sep", ","),
        quote=quote,
        escape=_letter(name, source, options, "escape", quote),
        comment=_letter(name, source, options, "comment", ""),
        encoding=_encoding(name, source, options),
        multi_line=_switch(name, source, options, "multiLine", False),
    )


def _switch(name: str, source: Source, options: Mapping[str, str], key: str, default: bool) -> bool:
    value = options.get(key, str(default)).lower()
    if value not in ("true", "false"):
        _refuse(name, source, key, f"is '{options[key]}'. Write true or false")
    return value == "true"


def _letter(name: str, source: Source, options: Mapping[str, str], key: str, default: str) -> str:
    value = options.get(key, default)
    if len(value) != 1 and not (key == "comment" and value == ""):
        _refuse(name, source, key, f"is '{value}'. Write exactly one character")
    return value


def _encoding(name: str, source: Source, options: Mapping[str, str]) -> str:
    written = options.get("encoding", "utf-8")
    found = _ENCODINGS.get(written.lower())
    if found is None:
        _refuse(
            name,
            source,
            "encoding",
            f"is '{written}'. Known: UTF-8, US-ASCII, ISO-8859-1; convert other files",
        )
    return found


def _refuse(name: str, source: Source, key: str, what: str) -> NoReturn:
    raise ConfigError(f"{source.where('options.' + key)}: 'sources.{name}.options.{key}' {what}.")
