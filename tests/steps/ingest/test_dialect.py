from __future__ import annotations

import pytest

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.formats import format_of


def source(kind: str = "csv", **options: str) -> Source:
    return Source.model_validate({"path": f"/data/x.{kind}", "options": options})


def test_the_defaults() -> None:
    assert format_of("houses", source()).dialect == Dialect(True, ",", '"', '"', "", "UTF-8", False)


def test_every_option_counts() -> None:
    written = source(
        header="FALSE",
        delimiter="\\t",
        quote="'",
        escape="\\",
        comment="#",
        encoding="latin1",
        MULTILINE="true",
    )

    assert format_of("houses", written).dialect == Dialect(False, "\t", "'", "\\", "#", "ISO-8859-1", True)


def test_the_escape_is_the_quote_unless_declared() -> None:
    assert format_of("houses", source(quote="'")).dialect.escape == "'"


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        (
            "csv",
            {"nullValue": "NA"},
            r"'sources\.houses\.options\.nullValue' is not read for csv\. Known there: h",
        ),
        ("csv", {"sep": "||"}, r"options\.sep' is '\|\|'\. Write exactly one character\."),
        ("csv", {"quote": ""}, r"options\.quote' is ''\. Write exactly one character\."),
        ("csv", {"header": "yes"}, r"options\.header' is 'yes'\. Write true or false\."),
        (
            "csv",
            {"encoding": "UTF-16"},
            r"options\.encoding' is 'UTF-16'\. Known: UTF-8, US-ASCII, ISO-8859-1",
        ),
        (
            "csv",
            {"sep": ";", "delimiter": ";"},
            r"options\.delimiter' and 'sep' mean the same\. Keep one of them\.",
        ),
        (
            "json",
            {"header": "true"},
            r"options\.header' is not read for json\. Known there: encoding, multiLine\.",
        ),
        ("parquet", {"header": "true"}, r"options\.header' is not read for parquet\. Known there: none\."),
    ],
)
def test_what_is_not_honoured_is_refused(kind: str, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        format_of("houses", source(kind, **options))
