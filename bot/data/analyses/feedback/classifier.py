"""A linear classifier of clauses: which themes a clause is about, in which tone, and whether it
asks. It is trained on the example clauses of a language, once in a process, by ridge regression on
words, pairs of neighbouring words, words after a negation, and pieces of words."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from bot.data.analyses.feedback.texts import split_sentences

Floats = NDArray[np.float32]
TONE_VALUES = {"praise": 1, "complaint": -1, "question": 0, "mention": 0}
NEGATION_REACH = 3  # words after a negation that it may negate
PIECE_LENGTHS = (4, 5)  # characters, the edges of the word included
PIECE_WEIGHT = 0.5  # of a piece of a word, where a word weighs 1
SCALE = 6.0  # the values of a clause are divided by it and by the root of its length
REGULARIZATION = 0.5
INTERCEPT = 0.3
EXAMPLES_AT_ONCE = 500  # multiplied with all others, which takes memory
MAX_KNOWN_WORDS = 100_000  # words whose scores are remembered
START, END = "^", "$"


class Example(NamedTuple):
    words: tuple[str, ...]
    themes: tuple[str, ...]
    tone: str


class ClauseScores(NamedTuple):
    """`themes[i, j]` is near 1 where clause i is about subject j, and near 0 elsewhere; `tone` is
    near 1 for praise and -1 for a complaint; `asks` is near 1 for a question."""

    themes: Floats
    tone: Floats
    asks: Floats


def read_examples(path: Path, language: str) -> list[Example]:
    """Read a file of example clauses: the themes, with a space between, the tone, the clause."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Example(
                tuple(_list_words(row["clause"], language)),
                tuple(row["themes"].split()),
                row["tone"],
            )
            for row in csv.DictReader(file)
        ]


def _list_words(line: str, language: str) -> Iterator[str]:
    for sentence in split_sentences(line, language, frozenset()):
        for clause in sentence.clauses:
            yield from clause


class ThemeClassifier:
    """`subjects` are the themes and parts that have examples. `signs` holds 1 or -1 for those whose
    examples are all praise or all complaints."""

    def __init__(self, examples: Sequence[Example], denies: frozenset[str]) -> None:
        self._denies = denies
        self._guard = Lock()  # of the words that are remembered
        self.subjects = tuple(sorted({s for one in examples for s in _expand(one.themes)}))
        targets = self._list_targets(examples)
        self.signs = self._find_signs(targets)
        counts = [Counter(self._list_features(one.words)) for one in examples]
        self._weights, self._intercept = self._fit(counts, [one.words for one in examples], targets)
        self._forget_words()

    def score(self, clauses: Sequence[Sequence[str]]) -> ClauseScores:
        rows: list[int] = []
        ends = [0]
        with self._guard:
            self._learn_words(set().union(*clauses))
            for clause in clauses:
                rows.extend(self._list_rows(clause))
                ends.append(len(rows))
            table = self._table
        shape = (len(clauses), len(table))
        ones = np.ones(len(rows), np.float32)
        sums = csr_array((ones, np.array(rows, np.int32), np.array(ends)), shape=shape)
        lengths = np.array([len(clause) for clause in clauses], np.float32)
        scores = (sums @ table) / _scale(lengths)[:, None] + self._intercept
        return ClauseScores(scores[:, :-2], scores[:, -2], scores[:, -1])

    def _list_targets(self, examples: Sequence[Example]) -> Floats:
        number = {subject: nth for nth, subject in enumerate(self.subjects)}
        targets = np.zeros((len(examples), len(self.subjects) + 2), np.float32)
        for nth, one in enumerate(examples):
            targets[nth, [number[subject] for subject in _expand(one.themes)]] = 1
            targets[nth, -2] = TONE_VALUES[one.tone]
            targets[nth, -1] = one.tone == "question"
        return targets

    def _find_signs(self, targets: Floats) -> dict[str, int]:
        tones = {
            subject: {int(tone) for tone in targets[targets[:, nth] > 0, -2] if tone}
            for nth, subject in enumerate(self.subjects)
        }
        return {subject: found.pop() for subject, found in tones.items() if len(found) == 1}

    def _fit(
        self, counts: Sequence[Counter[str]], clauses: Sequence[Sequence[str]], targets: Floats
    ) -> tuple[dict[str, Floats], Floats]:
        """Return the weights of each feature, and the intercepts."""
        seen = Counter(feature for one in counts for feature in one)
        number = {feature: nth for nth, feature in enumerate(seen)}
        rarity = np.log1p(len(counts) / np.array(list(seen.values()), np.float32))
        values = rarity * np.array([_weigh(feature) for feature in seen], np.float32)
        rows = np.repeat(np.arange(len(counts)), [len(one) for one in counts])
        columns = np.array([number[feature] for one in counts for feature in one])
        times = np.array([many for one in counts for many in one.values()], np.float32)
        scale = _scale(np.array([len(clause) for clause in clauses], np.float32))
        matrix = csr_array(
            (times * values[columns] / scale[rows], (rows, columns)), (len(counts), len(seen))
        )
        kernel = np.empty((len(counts), len(counts)), np.float32, order="F")  # as LAPACK wants it
        for start in range(0, len(counts), EXAMPLES_AT_ONCE):
            part = slice(start, start + EXAMPLES_AT_ONCE)
            kernel[part] = (matrix[part] @ matrix.T).toarray()
        kernel += np.float32(INTERCEPT)
        kernel[np.diag_indices_from(kernel)] += np.float32(REGULARIZATION)
        dual = cho_solve(cho_factor(kernel, overwrite_a=True), targets)
        weights = (matrix.T @ dual) * values[:, None]
        return dict(zip(seen, weights, strict=True)), INTERCEPT * dual.sum(axis=0)

    def _list_features(self, clause: Sequence[str]) -> Iterator[str]:
        words = [_generalize(word) for word in clause]
        for word in words:
            yield from _list_word_features(word)
        for left, right in pairwise((START, *words, END)):
            yield f"pair {left} {right}"
        for word in _list_negated(words, self._denies):
            yield f"not {word}"

    def _forget_words(self) -> None:
        """Keep the weights of pairs and negated words only; those of words are summed up anew."""
        kept = [key for key in self._weights if key.startswith(("pair ", "not "))]
        self._pairs = {
            (one[1], one[2]): nth
            for nth, key in enumerate(kept, 1)
            if (one := key.split(" "))[0] == "pair"
        }
        self._negated = {key[4:]: nth for nth, key in enumerate(kept, 1) if key.startswith("not ")}
        # The first row is empty, so that the number of no row is false.
        self._table = np.pad([self._weights[key] for key in kept], ((1, 0), (0, 0)))
        self._words: dict[str, int] = {}
        self._numbers: set[str] = set()  # the words with digits in them

    def _learn_words(self, words: set[str]) -> None:
        """Add the sums of weights of words that have not been met before."""
        if len(self._words) + len(words) > MAX_KNOWN_WORDS:
            self._forget_words()
        new = sorted(words.difference(self._words))
        if not new:
            return
        sums = np.zeros((len(new), self._table.shape[1]), np.float32)
        for nth, word in enumerate(new):
            for feature in _list_word_features(_generalize(word)):
                if (found := self._weights.get(feature)) is not None:
                    sums[nth] += found
        self._words.update((word, nth) for nth, word in enumerate(new, len(self._table)))
        self._numbers.update(word for word in new if _generalize(word) != word)
        self._table = np.vstack([self._table, sums])

    def _list_rows(self, clause: Sequence[str]) -> list[int]:
        """Return the rows of the table that add up to the scores of a clause."""
        rows = [self._words[word] for word in clause]
        if not self._numbers.isdisjoint(clause):
            clause = [_generalize(word) for word in clause]
        rows += filter(None, map(self._pairs.get, pairwise((START, *clause, END))))
        if not self._denies.isdisjoint(clause):
            rows += filter(None, map(self._negated.get, _list_negated(clause, self._denies)))
        return rows


def _list_negated(clause: Sequence[str], denies: frozenset[str]) -> Iterator[str]:
    left = 0  # how many words are still negated
    for word in clause:
        if left:
            yield word
        left = NEGATION_REACH if word in denies else max(0, left - 1)


def _expand(themes: Sequence[str]) -> set[str]:
    """Return the themes with those that they are parts of."""
    return {*themes, *(theme.split("-")[0] for theme in themes)}


def _generalize(word: str) -> str:
    """Return the word; all numbers and sizes are the same."""
    return "#" if any(map(str.isdigit, word)) else word


def _list_word_features(word: str) -> list[str]:
    edged = f"<{word}>"
    pieces = [
        f"piece {edged[at : at + length]}"
        for length in PIECE_LENGTHS
        for at in range(len(edged) - length + 1)
    ]
    return [f"word {word}", *pieces]


def _weigh(feature: str) -> float:
    return PIECE_WEIGHT if feature.startswith("piece ") else 1.0


def _scale(lengths: Floats) -> Floats:
    return np.sqrt(lengths) * np.float32(SCALE)
