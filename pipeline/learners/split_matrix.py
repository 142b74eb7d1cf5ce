"""Rows of numbers, columns that are mostly filled apart from those that are mostly 0. No Spark here.

It travels to the workers by value, which need numpy and scipy, but not us. So it imports nothing else of this
project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]

# From this share of filled cells on a dense column is the faster one.
_FILLED = 0.25


@dataclass(frozen=True)
class SplitMatrix:
    """One block of dense columns, one of sparse ones; whoever asks sees the columns in their own order."""

    dense: Floats
    sparse: Any
    """A csr_matrix."""
    dense_places: npt.NDArray[np.intp]
    sparse_places: npt.NDArray[np.intp]

    @classmethod
    def of(cls, rows: Any) -> SplitMatrix:
        """The rows of a csr_matrix."""
        filled = np.bincount(rows.indices, minlength=rows.shape[1])
        is_dense = filled >= _FILLED * max(1, rows.shape[0])
        dense, others = np.flatnonzero(is_dense), np.flatnonzero(~is_dense)
        if not len(dense):
            return cls(np.empty((rows.shape[0], 0)), rows, dense, others)
        block = np.ascontiguousarray(rows[:, dense].toarray())
        return cls(block, rows[:, others].tocsr(), dense, others)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.dense), len(self.dense_places) + len(self.sparse_places)

    @property
    def nbytes(self) -> int:
        """The memory of both blocks."""
        parts = (self.dense, self.sparse.data, self.sparse.indices, self.sparse.indptr)
        return int(sum(part.nbytes for part in parts))

    def between(self, start: int, end: int) -> SplitMatrix:
        """Some of the rows."""
        return SplitMatrix(
            self.dense[start:end], self.sparse[start:end], self.dense_places, self.sparse_places
        )

    def dot(self, right: Floats) -> Floats:
        """Rows · right, a vector or a matrix with one row per column."""
        found: Floats = self.dense @ right[self.dense_places] + self.sparse @ right[self.sparse_places]
        return found

    def transposed_dot(self, right: Floats) -> Floats:
        """Columns · right, a vector or a matrix with one row per row."""
        found = np.empty((self.shape[1], *right.shape[1:]))
        found[self.dense_places] = self.dense.T @ right
        found[self.sparse_places] = self.sparse.T @ right
        return found

    def moments(self, weight: Floats) -> tuple[Floats, Floats]:
        """sum(weight · x) and sum(weight · x²) of each column."""
        squares = np.empty(self.shape[1])
        squares[self.dense_places] = np.einsum("r,rc,rc->c", weight, self.dense, self.dense)
        squared = self.sparse.copy()
        squared.data **= 2
        squares[self.sparse_places] = squared.T @ weight
        return self.transposed_dot(weight), squares

    def products(self, weight: Floats) -> Floats:
        """sum(weight · x · xᵀ) over the rows."""
        found = np.empty((self.shape[1], self.shape[1]))
        weighted = self.dense * weight[:, None]
        scaled = sparse.diags(weight) @ self.sparse
        mixed = scaled.T @ self.dense
        found[np.ix_(self.dense_places, self.dense_places)] = weighted.T @ self.dense
        found[np.ix_(self.sparse_places, self.dense_places)] = mixed
        found[np.ix_(self.dense_places, self.sparse_places)] = mixed.T
        found[np.ix_(self.sparse_places, self.sparse_places)] = (scaled.T @ self.sparse).toarray()
        return found
