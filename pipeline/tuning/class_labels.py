"""Classes and their places 0, 1, 2 …: from label to place, and from what a learner adds back to labels."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T


@dataclass(frozen=True)
class ClassLabels:
    """The classes of one label; of two, the one that counts is last."""

    names: tuple[str, ...]
    """Each class as text."""
    kind: str
    """The label's Spark type, which a prediction has too."""

    @property
    def is_binary(self) -> bool:
        """Whether there are two."""
        return len(self.names) == 2

    def place(self, label: Column) -> Column:
        """The place of each label as a double; null for a missing label, -1 for a class not known here."""
        known = F.array(*[F.lit(name) for name in self.names])
        return (F.array_position(known, label.cast("string")) - 1).cast("double")

    def prediction_sql(self) -> str:
        """SQL from a learner's `prediction`, a place, to the label itself, in the label's type."""
        known = f"array({', '.join(map(_literal, self.names))})"
        return f"CAST(element_at({known}, CAST(prediction AS INT) + 1) AS {self.kind}) AS prediction"

    def probability_sql(self, kind: T.DataType) -> str:
        """SQL from a learner's `probability` to that of the class that counts, or label → probability.

        Spark's SQL has no function over vectors, and a stored model is SQL alone: a vector goes through its
        text, which holds every double exactly.
        """
        is_array = isinstance(kind, T.ArrayType)
        shares = "probability" if is_array else "from_json(CAST(probability AS STRING), 'array<double>')"
        if self.is_binary:
            return f"CAST({shares}[1] AS DOUBLE) AS probability"
        return f"map_from_arrays(array({', '.join(map(_literal, self.names))}), {shares}) AS probability"

    def shares(self, probability: Column, names: tuple[str, ...]) -> Column:
        """An array by the places of `names`, from the `probability` that people read.

        A class that this label does not know has no share.
        """
        if self.is_binary:
            known = {self.names[0]: 1 - probability, self.names[1]: probability}
        else:
            known = {name: F.element_at(probability, F.lit(name)) for name in self.names}
        found = F.array(*[known.get(name, F.lit(0.0)) for name in names])
        return F.when(probability.isNotNull(), found)


def inside_shares(schema: T.StructType, name: str = "probability") -> Column:
    """A learner's own probabilities as an array, whether they are a vector or an array already."""
    column = F.col(name)
    return column if isinstance(schema[name].dataType, T.ArrayType) else vector_to_array(column)


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
