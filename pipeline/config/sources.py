"""The `sources` section: one raw input each, how it is read and what makes a row good."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.config.base import (
    ByteSize,
    FolderPath,
    MayHoldSecrets,
    Names,
    Scalar,
    Section,
    Settings,
    Text,
    Texts,
)
from pipeline.config.cleaning import Column
from pipeline.config.formats import Format, told_by
from pipeline.config.rules import Rule


class Deduplicate(Section):
    """Which of several rows with the same key stays."""

    order_by: Text = "_ingested_at"
    """The column whose largest value wins, within a batch and across batches. Ties go to the later batch,
    then to file and row hash."""


class Source(Section):
    """One raw input."""

    path: FolderPath
    """A file, a folder or a pattern, on any file system that Hadoop knows. A relative path starts at the
    folder of the file that says it."""
    format: Format | None = None
    """`json` is one object a line, or with the option `multiLine` whole documents; `delta` is the folder of a
    table. Default: told from the file name's extension."""
    options: Settings = Field(default_factory=dict)
    """Options for Spark's reader. csv starts with a header line, quote `"` and escape `"`; set
    `multiLine: true` only where quoted fields span lines: such files cannot be split among workers."""
    nulls: Texts = ("",)
    """Texts that mean a missing value. Applied in clean: bronze keeps what was received."""
    columns: dict[str, Column] = Field(default_factory=dict)
    """How the values of a column are cleaned, by the column's name as received."""
    types: dict[str, Text] = Field(default_factory=dict)
    """Column → Spark SQL type, over what is inferred; by the name it has from silver on."""
    schema_: Annotated[Text | None, Field(alias="schema")] = None
    """The whole schema instead of inference, as in `Order BIGINT, Sale_Price DOUBLE`."""
    key: Annotated[Names, Field(min_length=1)] | None = None
    """The columns that name a row. Default: a hash of the row as received, in the column `_key`."""
    cluster_by: Annotated[Names, Field(min_length=1)] | None = None
    """Columns by whose ranges silver is written, so that a later merge reads the files in the batch's ranges
    only: columns of the key, best those that grow with time; without a key, any."""
    on_new_column: Literal["add", "ignore", "fail"] = "ignore"
    """What happens when files bring a column that the contract lacks. `add`: it joins the contract, its type
    found in a sample. `ignore`: it stays in bronze, which is told. `fail`: the batch is refused. Of json,
    `add` and `fail` look at a sample of a batch's records."""
    on_missing_column: Literal["null", "fail"] = "fail"
    """What happens when a file lacks a column of the contract, from the second batch on. `null` (with or
    without quotes): the column is NULL in its rows. `fail`: the batch is refused. Records of json may lack
    fields."""
    rules: dict[str, Rule] = Field(default_factory=dict)
    """What the rows should be like, by name."""
    transform: Text | None = None
    """Your own function over the good rows, as `package.module:function`: `f(df, settings)` gives a DataFrame
    with one row per key. Its module is looked for beside the YAML and on the Python path."""
    transform_settings: Annotated[dict[str, Scalar], MayHoldSecrets()] = Field(default_factory=dict)
    """What `transform` gets as its second argument."""
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.05
    """The share of a batch that may be quarantined. With more, clean exits with 3 and silver stays."""
    deduplicate: Deduplicate = Field(default_factory=Deduplicate)
    """Which of several rows with the same key stays."""
    batch_size: Annotated[ByteSize, Field(gt=0)] = 100 * 2**30
    """How many bytes of new files make one batch; a larger arrival is cut into several."""
    on_changed_file: Literal["fail", "reload", "ignore"] = "fail"
    """What happens when a file that landed changed under the same name, or a commit of a Delta table took
    rows away. `fail`: ingest refuses. `reload`: the file, or the whole table, lands again, beside what has
    landed. `ignore`: it is told once, and what landed first stays."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_a_choice(cls, values: Any) -> Any:
        key = "on_missing_column"
        if isinstance(values, dict) and key in values and values[key] is None:
            return {**values, key: "null"}
        return values

    @property
    def file_format(self) -> Format | None:
        """The declared format, or what the path's extension says; None where it says nothing."""
        return self.format or told_by(self.path)
