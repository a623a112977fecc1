"""Turn texts into TF-IDF rows over words and word pairs, all languages together.

Implemented in numpy because the usual library takes 1.2 s and 150 MB to load. Terms weigh 1 +
ln(tf), times ln((1 + n) / (1 + df)) + 1; rows have length 1 (Salton & Buckley, Inf. Process. Manag.
24, 1988)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.feedback.texts import FeedbackText
from bot.data.analyses.feedback.tokens import tokenize_words
from bot.data.stats import Numbers

RANDOM_SEED = 7
MAX_TERMS = 20_000
RowIndex = NDArray[np.intp]


@dataclass(frozen=True)
class SparseMatrix:
    """A sparse matrix: the positions and values of its non-zero cells."""

    row: RowIndex
    column: RowIndex
    value: Numbers
    shape: tuple[int, int]

    def times(self, right: Numbers) -> Numbers:
        """Multiply with `right`, a vector or a matrix: columns → rows."""
        return self._added(self.row, self.column, self.shape[0], right)

    def turned_times(self, right: Numbers) -> Numbers:
        """Multiply the transposed matrix with `right`: rows → columns."""
        return self._added(self.column, self.row, self.shape[1], right)

    def rows(self, mask: NDArray[np.bool_]) -> "SparseMatrix":
        """Return the selected rows, in their order."""
        mine = mask[self.row]
        place = np.cumsum(mask) - 1
        row, shape = place[self.row[mine]], (int(mask.sum()), self.shape[1])
        return SparseMatrix(row, self.column[mine], self.value[mine], shape)

    def beside(self, more: Numbers) -> "SparseMatrix":
        """Append dense columns at the end."""
        tall, wide = more.shape
        row, column = np.divmod(np.arange(more.size), wide)
        return SparseMatrix(
            np.concatenate([self.row, row]),
            np.concatenate([self.column, column + self.shape[1]]),
            np.concatenate([self.value, more.ravel()]),
            (tall, self.shape[1] + wide),
        )

    def _added(self, to: RowIndex, of: RowIndex, size: int, right: Numbers) -> Numbers:
        if right.ndim == 1:
            return np.bincount(to, self.value * right[of], minlength=size).astype(float, copy=False)
        each = [self._added(to, of, size, one) for one in right.T]
        return np.column_stack(each)


class TermVectorizer:
    """The terms of some token lists, in alphabetical order. A term occurs in at least `rare` texts
    and in at most the share `often`; of too many, the most frequent are kept. Raises ValueError
    when there is none."""

    def __init__(
        self,
        token_lists: Sequence[list[str]],
        rare: int = 2,
        often: float = 0.9,
        pairs: bool = True,
    ) -> None:
        self._pairs = pairs
        known: dict[str, int] = {}
        counted = self._counted(token_lists, known, grow=True)
        names = np.array(list(known), dtype=object)
        frequencies = np.bincount(counted.column, minlength=len(names))
        total = np.bincount(counted.column, counted.value, minlength=len(names))
        chosen = [
            int(i)
            for i in np.flatnonzero(
                (frequencies >= rare) & (frequencies <= often * len(token_lists))
            )
        ]
        if not chosen:
            raise ValueError("no term is left")
        if len(chosen) > MAX_TERMS:
            chosen = sorted(chosen, key=lambda i: (-total[i], names[i]))[:MAX_TERMS]
        chosen.sort(key=lambda i: str(names[i]))
        self.names = [str(names[i]) for i in chosen]
        self._place = {name: i for i, name in enumerate(self.names)}
        self._weight = np.log((1 + len(token_lists)) / (1 + frequencies[chosen])) + 1
        place = np.full(len(names), -1)
        place[chosen] = np.arange(len(chosen))
        self.rows = self._weighed(counted, place[counted.column])

    def vectorize(self, token_lists: Sequence[list[str]]) -> SparseMatrix:
        """Vectorise other texts with these terms."""
        counted = self._counted(token_lists, self._place, grow=False)
        return self._weighed(counted, counted.column)

    def _counted(
        self, token_lists: Sequence[list[str]], known: dict[str, int], *, grow: bool
    ) -> SparseMatrix:
        """Count each known term in each text, or all terms while `grow` is set."""
        each: list[list[int]] = []
        for words in token_lists:
            terms = self._terms(words)
            if grow:
                each.append([known.setdefault(term, len(known)) for term in terms])
            else:
                each.append([known[term] for term in terms if term in known])
        row = np.repeat(np.arange(len(token_lists)), [len(one) for one in each])
        column = np.fromiter(chain.from_iterable(each), np.intp, len(row))
        wide = max(len(known), 1)
        cells, times = np.unique(row * wide + column, return_counts=True)
        row, column = np.divmod(cells, wide)
        return SparseMatrix(row, column, times.astype(float), (len(token_lists), wide))

    def _terms(self, words: list[str]) -> Iterable[str]:
        return [*words, *(f"{a} {b}" for a, b in pairwise(words))] if self._pairs else words

    def _weighed(self, counted: SparseMatrix, column: RowIndex) -> SparseMatrix:
        mine = column >= 0
        row, column = counted.row[mine], column[mine]
        value = (1 + np.log(counted.value[mine])) * self._weight[column]
        length = np.sqrt(np.bincount(row, value**2, minlength=counted.shape[0]))
        return SparseMatrix(row, column, value / length[row], (counted.shape[0], len(self.names)))


def list_words(texts: Sequence[FeedbackText]) -> list[list[str]]:
    return [tokenize_words(text.whole, text.language) for text in texts]
