"""Detect whether a combination of published sums isolates a few people.

A total is a sum over a set of rows. Sums of several sets can be added and subtracted; a combination
that leaves the rows of only a few people reveals what they did. Rows that are in the same sets
can't be distinguished and are merged into one atom. The combinations to check are those in which
all atoms of many people cancel out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

RowSets = npt.NDArray[np.int64]  # indices of rows, each once
Matrix = npt.NDArray[np.float64]

ZERO_TOLERANCE = 1e-7
SHUFFLES, MAX_SHUFFLED_ATOMS = 24, 400
SIGNATURE_SEED = 20261124  # seed of the signatures; any number works


def isolates(sets: Sequence[RowSets], person: npt.NDArray[np.int64], floor: int) -> bool:
    """Tell whether sums over these sets of rows give the sum of fewer people than the floor.
    `person` is the person of each row."""
    sets = [set for set in sets if len(set)]
    if not sets:
        return False
    atoms, people, pairs = _split_atoms(sets, person)
    small = people < floor
    if not small.any():
        return False
    left = _cancel_large_atoms(atoms[:, ~small], atoms[:, small])
    numbers = np.flatnonzero(small)
    sizes = people[numbers]
    orders = [np.argsort(-sizes, kind="stable"), np.argsort(sizes, kind="stable")]
    if len(sizes) <= MAX_SHUFFLED_ATOMS:  # other orders find other sparse combinations
        dice = np.random.default_rng(SIGNATURE_SEED)
        orders += [dice.permutation(len(sizes)) for _ in range(SHUFFLES)]
    for order in orders:
        reduced = _reduce_matrix(left[:, order])
        for row in _add_pair_sums(reduced):
            support = numbers[order[np.abs(row) > ZERO_TOLERANCE * 10]]
            if len(support) and _count_people(support, pairs) < floor:
                return True
    return False


def _split_atoms(
    sets: Sequence[RowSets], person: npt.NDArray[np.int64]
) -> tuple[Matrix, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which set contains which atom, the number of people of each atom, and the pairs of
    atom and person."""
    dice = np.random.default_rng(SIGNATURE_SEED)
    signs = dice.integers(1, 2**63, size=len(sets), dtype=np.uint64)
    signature = np.zeros(len(person), dtype=np.uint64)
    for sign, rows in zip(signs, sets, strict=True):
        signature[rows] += sign
    touched = np.flatnonzero(signature)
    _, first, atom = np.unique(signature[touched], return_index=True, return_inverse=True)
    inside = np.zeros(len(person), dtype=bool)
    matrix = np.zeros((len(sets), len(first)))
    for n, rows in enumerate(sets):
        inside[rows] = True
        matrix[n] = inside[touched[first]]
        inside[rows] = False
    many = int(person.max()) + 1
    known = np.unique(atom.astype(np.int64) * many + person[touched])
    pairs = np.stack([known // many, known % many])
    return matrix, np.bincount(pairs[0], minlength=len(first)), pairs


def _cancel_large_atoms(large: Matrix, small: Matrix) -> Matrix:
    """Return what remains of the combinations of sets in which every large atom cancels out."""
    if not large.shape[1]:
        return small
    large = np.unique(large, axis=1)
    values, vectors = np.linalg.eigh(large @ large.T)
    none = vectors[:, values < ZERO_TOLERANCE * max(1.0, float(values[-1]))]
    left: Matrix = none.T @ small
    return left


def _reduce_matrix(matrix: Matrix) -> Matrix:
    """Return the reduced row echelon form, without empty rows."""
    matrix = matrix.copy()
    rank = 0
    for column in range(matrix.shape[1]):
        if rank == len(matrix):
            break
        pivot = rank + int(np.argmax(np.abs(matrix[rank:, column])))
        if abs(matrix[pivot, column]) < ZERO_TOLERANCE:
            continue
        matrix[[rank, pivot]] = matrix[[pivot, rank]]
        matrix[rank] /= matrix[rank, column]
        others = matrix[:, column].copy()
        others[rank] = 0
        matrix -= np.outer(others, matrix[rank])
        matrix[np.abs(matrix) < ZERO_TOLERANCE] = 0
        rank += 1
    return matrix[:rank]


MAX_PAIRED_ROWS = 24  # up to so many rows, sums and differences of two are checked as well


def _add_pair_sums(rows: Matrix) -> Sequence[Any]:
    few = rows[:MAX_PAIRED_ROWS]
    more = [few[a] + sign * few[b] for a in range(len(few)) for b in range(a) for sign in (1, -1)]
    return [*rows, *more]


def _count_people(atoms: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]) -> int:
    return len(np.unique(pairs[1][np.isin(pairs[0], atoms)]))
