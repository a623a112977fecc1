"""Detect whether a combination of published sums isolates a few people.

A total is a sum over a set of rows. Sums of several sets can be added and subtracted; a combination
that leaves the rows of only a few people reveals what they did. Rows that are in the same sets
can't be distinguished and are merged into one atom.

A combination is a vector with one coefficient for each atom. Those in which all atoms of many
people cancel out form a space with an orthonormal basis Q (rows) over the small atoms. Some
combination has its support within a set A of atoms if and only if the largest singular value of the
columns Q[:, A] is 1. As its square is at most the sum of the squared lengths of these columns, most
people can be ruled out exactly; their atoms are cancelled as well, until nothing is left, or until
only people remain who may be isolated. For these the sets of fewer people than the floor are tried
one by one where they are few, else sparse combinations are searched for by elimination in several
orders, which may miss one."""

from collections.abc import Iterator, Sequence
from itertools import combinations, count
from math import comb

import numpy as np
import numpy.typing as npt

RowSets = npt.NDArray[np.int64]  # indices of rows, each once
Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ZERO_TOLERANCE = 1e-7
SQUARE_TOLERANCE = 1e-11  # of eigenvalues, which are squares
SHUFFLES, MAX_SHUFFLED_ATOMS = 24, 400
MAX_CHOICES = 40
MAX_TRIED_SETS = 500  # of people, tried one by one
MAX_PAIRED_ROWS = 24  # up to so many rows, sums and differences of two are checked as well
SIGNATURE_SEED = 20261124  # seed of the signatures; any number works


def isolates(sets: Sequence[RowSets], person: npt.NDArray[np.int64], floor: int) -> bool:
    """Tell whether sums over these sets of rows give the sum of fewer people than the floor.
    `person` is the person of each row."""
    return PublishedSums(sets, person, floor).isolate(range(len(sets)))


class PublishedSums:
    """Sums over sets of rows, of which only some may be published."""

    def __init__(self, sets: Sequence[RowSets], person: npt.NDArray[np.int64], floor: int) -> None:
        self._floor = floor
        self._inside, atom, who = _split_atoms(sets, person)
        people = np.bincount(atom, minlength=self._inside.shape[1])
        self._is_large = people >= floor
        of_small = ~self._is_large[atom]
        self._atom, self._who = atom[of_small], who[of_small]

    def choose(self, published: Sequence[int], wanted: Sequence[Sequence[int]]) -> set[int]:
        """Return which of the wanted lists of sets can be published as well, the first ones
        preferred. After `MAX_CHOICES` tries the rest is left out untried."""
        sets, kept, tries = [*published], set[int](), count()

        def add(some: Sequence[int]) -> None:
            more = [one for at in some for one in wanted[at]]
            if next(tries) >= MAX_CHOICES:
                return
            if not self.isolate([*sets, *more]):
                sets.extend(more)
                kept.update(some)
            elif len(some) > 1:
                half = len(some) // 2
                add(some[:half])
                add(some[half:])

        add(range(len(wanted)))
        return kept

    def isolate(self, sets: Sequence[int]) -> bool:
        """Tell whether the sums over these sets give the sum of fewer people than the floor."""
        inside = np.unique(self._inside[[*sets]], axis=0)
        inside = inside[inside.any(axis=1)]
        if not len(inside):
            return False
        merged, columns = _merge_columns(inside)
        is_large = np.bincount(merged, self._is_large, minlength=columns.shape[1]) > 0
        in_set = np.asarray(columns.any(axis=0))
        atom = merged[self._atom]
        kept = in_set[atom] & ~is_large[atom]
        many = int(self._who.max(initial=0)) + 1
        pairs = np.unique(atom[kept] * many + self._who[kept])
        atom, who = pairs // many, pairs % many
        people = np.bincount(atom, minlength=columns.shape[1])
        is_small = in_set & ~is_large & (people < self._floor)
        if not is_small.any():
            return False
        exact = columns.astype(float)
        left = _cancel_large_atoms(exact[:, in_set & ~is_small], exact[:, is_small])
        number = np.cumsum(is_small) - 1
        kept = is_small[atom]
        return _isolates_any(left, number[atom[kept]], who[kept], self._floor)


def _split_atoms(
    sets: Sequence[RowSets], person: npt.NDArray[np.int64]
) -> tuple[Mask, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which set contains which atom, and the pairs of atom and person."""
    dice = np.random.default_rng(SIGNATURE_SEED)
    signs = dice.integers(1, 2**63, size=len(sets), dtype=np.uint64)
    signature = np.zeros(len(person), dtype=np.uint64)
    for sign, rows in zip(signs, sets, strict=True):
        signature[rows] += sign
    touched = np.flatnonzero(signature)
    _, first, atom = np.unique(signature[touched], return_index=True, return_inverse=True)
    inside = np.zeros(len(person), dtype=bool)
    matrix = np.zeros((len(sets), len(first)), dtype=bool)
    for n, rows in enumerate(sets):
        inside[rows] = True
        matrix[n] = inside[touched[first]]
        inside[rows] = False
    many = int(person.max(initial=0)) + 1
    known = np.unique(atom.astype(np.int64).reshape(-1) * many + person[touched])
    return matrix, known // many, known % many


def _merge_columns(inside: Mask) -> tuple[npt.NDArray[np.intp], Mask]:
    """Return the number of each column among the distinct ones, and those."""
    packed = np.ascontiguousarray(np.packbits(inside, axis=0).T)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, first, merged = np.unique(keys, return_index=True, return_inverse=True)
    return np.asarray(merged).reshape(-1), inside[:, first]


def _cancel_large_atoms(large: Matrix, small: Matrix) -> Matrix:
    """Return an orthonormal basis of what remains of the combinations of sets in which every large
    atom cancels out."""
    left = small
    if large.shape[1]:
        values, vectors = np.linalg.eigh(large @ large.T)
        none = vectors[:, values < SQUARE_TOLERANCE * values.max(initial=1.0)]
        left = none.T @ small
    values, vectors = np.linalg.eigh(left @ left.T)
    some = values > SQUARE_TOLERANCE * values.max(initial=1.0)
    basis: Matrix = (vectors[:, some] / np.sqrt(values[some])).T @ left
    return basis


def _isolates_any(
    basis: Matrix, atom: npt.NDArray[np.int64], who: npt.NDArray[np.int64], floor: int
) -> bool:
    """Tell whether a vector of the space is zero except on atoms of fewer people than the floor.
    `atom` and `who` are the pairs of atom and person."""
    who = np.unique(who, return_inverse=True)[1].reshape(-1)
    is_open = np.ones(basis.shape[1], dtype=bool)
    while True:
        if not len(basis):
            return False
        weight = (basis**2).sum(axis=0)
        if weight.max() > 1 - ZERO_TOLERANCE:
            return True  # an atom alone
        share = weight / np.bincount(atom, minlength=len(weight))
        reach = np.bincount(who, share[atom])
        most = np.sort(reach)[::-1]
        # the most that a set of fewer people than the floor with this person can reach
        is_top = reach >= most[floor - 2 :][:1].sum()
        best = np.where(is_top, most[: floor - 1].sum(), reach + most[: floor - 2].sum())
        closed = np.unique(atom[best[who] < 1 - ZERO_TOLERANCE])
        closed = closed[is_open[closed]]
        if not len(closed):
            break
        is_open[closed] = False
        part = basis[:, closed]
        values, vectors = np.linalg.eigh(part @ part.T)
        basis = vectors[:, values < SQUARE_TOLERANCE].T @ basis
    kept = is_open[atom]
    number = np.cumsum(is_open) - 1
    return _search(basis[:, is_open], number[atom[kept]], who[kept], floor)


def _search(
    basis: Matrix, atom: npt.NDArray[np.int64], who: npt.NDArray[np.int64], floor: int
) -> bool:
    """Search for such a vector among people who can't be ruled out."""
    people, who = np.unique(who, return_inverse=True)
    who = who.reshape(-1)
    if len(people) < floor:
        return True
    belongs = np.zeros((len(people), basis.shape[1]), dtype=bool)
    belongs[who, atom] = True
    if comb(len(people), floor - 1) <= MAX_TRIED_SETS:
        every = combinations(range(len(people)), floor - 1)
        return any(_reaches_one(basis, belongs, [*chosen]) for chosen in every)
    if any(_reaches_one(basis, belongs, [one]) for one in range(len(people))):
        return True
    most_atoms = np.sort(belongs.sum(axis=1))[1 - floor :].sum()  # of fewer people than the floor
    for supports in _iter_supports(basis, belongs.sum(axis=0)):
        sparse = supports[supports.sum(axis=1) <= most_atoms].astype(np.float32)
        if ((sparse @ belongs.T > 0).sum(axis=1) < floor).any():
            return True
    return False


def _reaches_one(basis: Matrix, belongs: Mask, chosen: list[int]) -> bool:
    """Tell whether a vector is zero but on the atoms of nobody else than the chosen people."""
    others = np.ones(len(belongs), dtype=bool)
    others[chosen] = False
    part = basis[:, ~belongs[others].any(axis=0)]
    if (part**2).sum() < 1 - ZERO_TOLERANCE:
        return False
    return float(np.linalg.eigvalsh(part @ part.T)[-1]) > 1 - ZERO_TOLERANCE


def _iter_supports(basis: Matrix, people: npt.NDArray[np.int64]) -> Iterator[Mask]:
    """Yield the atoms of sparse vectors of the space, as rows of matrices vectors × atoms."""
    orders = [np.argsort(-people, kind="stable"), np.argsort(people, kind="stable")]
    if len(people) <= MAX_SHUFFLED_ATOMS:  # other orders find other sparse combinations
        dice = np.random.default_rng(SIGNATURE_SEED)
        orders += [dice.permutation(len(people)) for _ in range(SHUFFLES)]
    for order in orders:
        rows = _add_pair_sums(_reduce_matrix(basis[:, order]))
        supports = np.zeros(rows.shape, dtype=bool)
        supports[:, order] = np.abs(rows) > ZERO_TOLERANCE * 10
        yield supports[supports.any(axis=1)]


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


def _add_pair_sums(rows: Matrix) -> Matrix:
    few = rows[:MAX_PAIRED_ROWS]
    first, second = np.triu_indices(len(few), 1)
    return np.concatenate([rows, few[first] + few[second], few[first] - few[second]])
