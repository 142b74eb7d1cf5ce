"""The prefix: the fitted stages before a learner, built from statistics, one form per learner family.

Every stage is one of Spark's own, its fitted values inside, so a saved prefix needs none of this code.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import OneHotEncoder, SQLTransformer, VectorAssembler
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from pipeline.config.features import Features
from pipeline.learners.base import Family
from pipeline.preprocessing.indexing import string_indexer
from pipeline.preprocessing.roles import Roles
from pipeline.preprocessing.scaling import Scaling, scaling
from pipeline.preprocessing.statistics import Statistics

VECTOR = "__features"


@dataclass(frozen=True)
class Parts:
    """What a linear learner's vector is put together from: fewer stages, and columns instead of a vector."""

    stages: tuple[Transformer, ...]
    numbers: tuple[str, ...]
    """The vector's first numbers: filled and scaled ones, then 0/1 for gaps."""
    codes: tuple[str, ...]
    """Then one 0/1 for each code of each of these; the last code of each, of unseen ones, has none."""
    sizes: tuple[int, ...]
    """How many 0/1 each code column has in the vector."""

    def transform(self, rows: DataFrame) -> DataFrame:
        """`rows` with these columns added."""
        return PipelineModel(list(self.stages)).transform(rows)


@dataclass(frozen=True)
class Prefix:
    """Fitted stages and the names of what they hand over."""

    stages: tuple[Transformer, ...]
    features: str | tuple[str, ...]
    """One vector column (linear, tree), or float columns (boosting)."""
    names: tuple[str, ...]
    """What each feature is made from, for reports: the input columns, `… is missing` for indicators."""
    made: tuple[str, ...]
    """Every column the stages add, so that the last stage of a model can drop them."""
    max_categories: int
    slots: tuple[str, ...]
    """The input column behind each number that a row becomes, in order."""
    categorical: tuple[str, ...] = ()
    """Boosting: which of the float columns hold category codes."""
    parts: Parts | None = None
    """Linear: the same numbers before they are one vector."""

    def transform(self, rows: DataFrame) -> DataFrame:
        """`rows` with the prefix's columns added."""
        return PipelineModel(list(self.stages)).transform(rows)

    @property
    def width(self) -> int:
        """How many numbers a row becomes: the vector's size, or the number of float columns."""
        return len(self.slots)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The feature columns as a tuple, one or many."""
        return (self.features,) if isinstance(self.features, str) else self.features


def fit_prefix(
    family: Family, roles: Roles, features: Features, statistics: Statistics, rows: DataFrame
) -> Prefix:
    """The prefix of one learner family.

    No job runs: `statistics` holds all that is fitted, `rows` gives the schema.
    """
    # A category column without a single value in the training rows tells nothing and has no codes.
    texts = [name for name in roles.categorical if statistics.categories[name]]
    if family == "boosting":
        return _columns(roles, statistics, texts, rows)
    return _vector(family, roles, features, statistics, texts, rows)


def _columns(roles: Roles, statistics: Statistics, texts: list[str], rows: DataFrame) -> Prefix:
    """Float columns with codes, gaps left as they are: a category never seen in training is a gap too."""
    indexing, codes = _indexing(rows, texts, statistics)
    numbers = {f"__number_{place}": name for place, name in enumerate(roles.numeric)}
    categories = {f"__category_{place}": name for place, name in enumerate(texts)}
    selected = [f"CAST({_finite(name)} AS FLOAT) AS {made}" for made, name in numbers.items()]
    for (made, name), code in zip(categories.items(), codes, strict=True):
        unseen = len(statistics.categories[name])
        selected.append(f"CAST(IF({code} < {unseen}, {code}, NULL) AS FLOAT) AS {made}")
    stages = [*indexing, _select(selected)] if selected else list(indexing)
    outputs = (*numbers, *categories)
    texts_made = tuple(f"__text_{place}" for place in range(len(texts)))
    return Prefix(
        stages=tuple(stages),
        features=outputs,
        names=(*numbers.values(), *categories.values()),
        made=(*texts_made, *codes, *outputs),
        max_categories=_most_categories(texts, statistics),
        slots=(*numbers.values(), *categories.values()),
        categorical=tuple(categories),
    )


def _vector(
    family: Family,
    roles: Roles,
    features: Features,
    statistics: Statistics,
    texts: list[str],
    rows: DataFrame,
) -> Prefix:
    """One vector: filled (linear: and scaled) numbers, 0/1 for gaps, then categories (linear: one-hot)."""
    numbers = {f"__number_{place}": name for place, name in enumerate(roles.numeric)}
    gaps = {
        f"__missing_{place}": name
        for place, name in enumerate(roles.numeric)
        if statistics.numbers[name].missing
    }
    scale = features.scale[0] if family == "linear" else "none"
    selected = [
        f"{_scaled(name, scaling(statistics.numbers[name], features.impute[0], scale))} AS {made}"
        for made, name in numbers.items()
    ]
    selected += [f"CAST({_finite(name)} IS NULL AS DOUBLE) AS {made}" for made, name in gaps.items()]
    stages: list[Transformer] = [_select(selected)] if selected else []
    indexing, codes = _indexing(rows, texts, statistics)
    stages += indexing
    sizes = tuple(len(statistics.categories[name]) for name in texts)
    parts = Parts(tuple(stages), (*numbers, *gaps), codes, sizes) if family == "linear" else None
    made = [*numbers, *gaps, *(f"__text_{place}" for place in range(len(texts))), *codes]
    categories = list(codes)
    category_slots = texts
    if family == "linear" and codes:
        categories = [f"__onehot_{place}" for place in range(len(texts))]
        # The indexer's own metadata tells the encoder the categories, so fitting it reads no row.
        indexed = PipelineModel(list(stages)).transform(rows.limit(0))
        stages.append(OneHotEncoder(inputCols=list(codes), outputCols=categories).fit(indexed))
        made += categories
        # The encoder leaves out its last category, which is the indexer's code for gaps and unseen ones.
        category_slots = [name for name in texts for _ in statistics.categories[name]]
    stages.append(VectorAssembler(inputCols=[*numbers, *gaps, *categories], outputCol=VECTOR))
    return Prefix(
        stages=tuple(stages),
        features=VECTOR,
        names=(*numbers.values(), *(f"{name} is missing" for name in gaps.values()), *texts),
        made=(*made, VECTOR),
        max_categories=_most_categories(texts, statistics),
        slots=(*numbers.values(), *gaps.values(), *category_slots),
        parts=parts,
    )


def _indexing(
    rows: DataFrame, texts: list[str], statistics: Statistics
) -> tuple[list[Transformer], tuple[str, ...]]:
    """Stages that give each category its code; gaps and categories never seen get one code above all."""
    if not texts:
        return [], ()
    inputs = [f"__text_{place}" for place in range(len(texts))]
    codes = tuple(f"__code_{place}" for place in range(len(texts)))
    as_text = [
        f"{_text(name, rows.schema[name].dataType)} AS {made}"
        for made, name in zip(inputs, texts, strict=True)
    ]
    indexer = string_indexer(
        rows.sparkSession, [statistics.categories[name] for name in texts], inputs, codes
    )
    return [_select(as_text), indexer], codes


def _text(name: str, kind: T.DataType) -> str:
    """A category's text. A whole number may be a double here: pandas knows missing values only there."""
    if isinstance(kind, T.IntegralType):
        return f"CAST(try_cast({_quoted(name)} AS {kind.simpleString()}) AS STRING)"
    return f"CAST({_quoted(name)} AS STRING)"


def _most_categories(texts: list[str], statistics: Statistics) -> int:
    """The largest number of codes in one column, the one for unseen categories included."""
    return max((len(statistics.categories[name]) + 1 for name in texts), default=0)


def _select(columns: list[str]) -> SQLTransformer:
    return SQLTransformer(statement=f"SELECT *, {', '.join(columns)} FROM __THIS__")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _finite(name: str) -> str:
    """The column as a double; NaN and infinity are gaps, as in `statistics.finite`."""
    number = f"CAST({_quoted(name)} AS DOUBLE)"
    return f"IF(isnan({number}) OR abs({number}) = double('Infinity'), NULL, {number})"


def _scaled(name: str, how: Scaling) -> str:
    filled = f"coalesce({_finite(name)}, {how.fill!r}D)"
    if how.shift == 0.0 and how.width == 1.0:
        return filled
    return f"({filled} - {how.shift!r}D) / {how.width!r}D"
