"""Rows of numbers: first columns that are filled, then columns that are mostly 0. No Spark here.

It travels to the workers by value, which need numpy and scipy, but not us. So it imports nothing else of this
project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]

_ROWS_AT_ONCE = 16_384
"""Rows that are weighted at once: a weighted copy of all would take as much memory as the rows."""


@dataclass(frozen=True)
class SplitMatrix:
    """Two blocks of columns side by side."""

    dense: Floats
    sparse: Any
    """A csr_matrix with as many rows."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.dense), self.filled + int(self.sparse.shape[1])

    @property
    def filled(self) -> int:
        """How many columns are dense."""
        return int(self.dense.shape[1])

    def between(self, start: int, end: int) -> SplitMatrix:
        """Some of the rows."""
        return SplitMatrix(self.dense[start:end], self.sparse[start:end])

    def dot(self, right: Floats) -> Floats:
        """Rows · right, a vector or a matrix with one row per column."""
        found: Floats = self.dense @ right[: self.filled] + self.sparse @ right[self.filled :]
        return found

    def transposed_dot(self, right: Floats) -> Floats:
        """Columns · right, a vector or a matrix with one row per row."""
        return np.concatenate([self.dense.T @ right, self.sparse.T @ right])

    def moments(self, weight: Floats) -> tuple[Floats, Floats]:
        """sum(weight · x) and sum(weight · x²) of each column."""
        squared = self.sparse.copy()
        squared.data **= 2
        squares = np.zeros(self.filled)
        for rows in self._chunks():
            squares += weight[rows] @ (self.dense[rows] ** 2)
        return self.transposed_dot(weight), np.concatenate([squares, squared.T @ weight])

    def products(self, weight: Floats) -> Floats:
        """sum(weight · x · xᵀ) over the rows."""
        found = np.zeros((self.shape[1], self.shape[1]))
        first, last = slice(0, self.filled), slice(self.filled, None)
        for rows in self._chunks():
            weighted = (self.dense[rows] * weight[rows, None]).T
            found[first, first] += weighted @ self.dense[rows]
            found[last, first] += self.sparse[rows].T @ weighted.T
        found[first, last] = found[last, first].T
        scaled = sparse.diags(weight) @ self.sparse
        found[last, last] = (scaled.T @ self.sparse).toarray()
        return found

    def _chunks(self) -> Iterator[slice]:
        for start in range(0, len(self.dense), _ROWS_AT_ONCE):
            yield slice(start, start + _ROWS_AT_ONCE)
