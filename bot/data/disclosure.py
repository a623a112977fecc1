"""Statistical disclosure control: which groups of customers are large enough to publish, and which
figures would reveal a small one.

A figure is a sum over a group. A group with fewer people than its floor is small, and none of its
figures is published. Neither is a figure from which a small group's could be computed: the total
minus all other parts, or a part minus the parts within it. So besides the small groups, the
smallest others are withheld until no small group's sum is a linear combination of the published
sums (complementary suppression: Cox, J. Am. Stat. Assoc. 75 (1980) 377–385; Hundepool et al.,
Statistical Disclosure Control, Wiley 2012, chapter 4). What is withheld is published together, as
others.

Three functions do this. Which one to take depends on what is published together:

- `list_publishable`: the parts of one whole, each person in one of them, such as the segments of
  all customers. The number of people in each is enough.
- `find_hidden_groups`: the same when one person may be in several parts, such as the buyers of each
  category. The caller counts the people of several parts and may withhold parts of its own; the
  result is what to withhold.
- `Population.find_publishable`: values of several dimensions, such as regions and devices, whose
  sums could be combined with each other. It needs the rows.

An element is what a `Population` counts: one person with one combination of values. Elements that
no value in question tells apart form one class; `class_of` is the class of each element. A sum that
can be computed from published ones is always a sum over whole classes, so the audit tries classes
instead of people.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.data.floors import is_below_floor

if TYPE_CHECKING:
    import pyarrow as pa

TOTAL_VALUE = ("total", "all")
EPSILON = 1e-6

DimensionValue = tuple[str, str]  # dimension, value
BoolArray = NDArray[np.bool_]
Key = TypeVar("Key", bound=Hashable)


def list_publishable(
    sizes: Mapping[Key, int],
    floor: int,
    *,
    unsaid: int = 0,
    together: Callable[[Iterable[Key]], int] | None = None,
    rows: Mapping[Key, int] | None = None,
) -> list[Key]:
    """Return the parts of one whole that may be published, in their order. `unsaid` people
    belong to no part. `together` counts the people of several parts; without it, the parts share
    nobody. Of parts of as many people the one with fewer `rows` is given up: never by an amount,
    since one below those that are published would bound what is left for a small part."""
    count = together or (lambda keys: sum(sizes[key] for key in keys))
    kept = [key for key, size in sizes.items() if not is_below_floor(size, floor)]
    while True:
        with_people = [key for key in kept if sizes[key]]
        if not with_people:
            return kept
        if not is_below_floor(count(key for key in sizes if key not in kept) + unsaid, floor):
            return kept
        kept.remove(
            min(with_people, key=lambda key: (sizes[key], (rows or {}).get(key, 0), str(key)))
        )


def find_hidden_groups(
    sizes: Mapping[Key, int],
    floor: int,
    size_of_union: Callable[[Collection[Key]], int],
    never_shown: Collection[Key] = (),
    rows: Mapping[Key, int] | None = None,
) -> set[Key]:
    """Return the groups of one whole that must be withheld, including `never_shown`.
    `size_of_union` counts the distinct people of several groups."""
    never = set(never_shown)

    def together(keys: Iterable[Key]) -> int:
        union = never.union(keys)
        return size_of_union(union) if union else 0

    open_groups = {key: size for key, size in sizes.items() if key not in never}
    shown: list[Key] = list_publishable(open_groups, floor, together=together, rows=rows)
    return (set(sizes) | never).difference(shown)


class Population:
    """The people behind each value of some dimensions: one element for each person and each
    combination of values in their rows. `people` are codes of persons; without them, each element
    counts by its `weight`."""

    def __init__(
        self,
        values: Mapping[str, Sequence[str | None]],
        people: Sequence[Any] | None = None,
        weight: Sequence[float] | None = None,
    ) -> None:
        self.size = len(next(iter(values.values()))) if values else 0
        self._codes: dict[str, NDArray[np.intp]] = {}
        self._names: dict[str, list[str]] = {}
        for name, column in values.items():
            self._names[name], self._codes[name] = _encode_list(column)
        self._people = (
            None if people is None else np.unique(np.asarray(people), return_inverse=True)[1]
        )
        self._weight = np.ones(self.size) if weight is None else np.asarray(weight, dtype=float)

    @classmethod
    def of(cls, table: "pa.Table", person: str) -> "Population":
        """Create one from an Arrow table with a column that identifies the person."""
        found = cls({}, people=())
        found.size = len(table)
        for name in table.column_names:
            names, codes = _encode_column(table[name])
            if name == person:
                found._people = codes
            else:
                found._names[name], found._codes[name] = names, codes
        return found

    def which(self, value: DimensionValue) -> BoolArray:
        """Return the elements with one value. TOTAL_VALUE selects all."""
        dimension, name = value
        if value == TOTAL_VALUE:
            return np.ones(self.size, dtype=bool)
        known = self._names.get(dimension, [])
        if name not in known:
            return np.zeros(self.size, dtype=bool)
        return np.asarray(self._codes[dimension] == known.index(name))

    def only(self, mask: BoolArray, dimensions: Iterable[str]) -> "Population":
        """Return a population of these elements and dimensions."""
        found = Population({})
        found.size = int(mask.sum())
        for name in dimensions:
            found._names[name], found._codes[name] = self._names[name], self._codes[name][mask]
        found._people = None if self._people is None else self._people[mask]
        found._weight = self._weight[mask] if self._people is None else self._weight
        return found

    def mark(self, value: DimensionValue, mask: BoolArray) -> None:
        """Add a dimension with one value, which these elements have."""
        dimension, name = value
        self._names[dimension], self._codes[dimension] = [name], np.where(mask, 0, -1)

    def any_of(self, dimension: str, names: Iterable[str]) -> BoolArray:
        """Return the elements that have one of these values."""
        known = self._names.get(dimension, [])
        wanted = [at for at, name in enumerate(known) if name in set(names)]
        return np.isin(self._codes[dimension], wanted)

    def count(self, mask: BoolArray) -> int:
        """Return the number of people of these elements."""
        if self._people is None:
            return round(float(self._weight[mask].sum()))
        return len(np.unique(self._people[mask]))

    def names(self, dimension: str) -> list[str]:
        return self._names[dimension]

    def sizes(self, dimension: str) -> dict[str, int]:
        """Return the number of people by value."""
        codes, names = self._codes[dimension], self._names[dimension]
        if self._people is None:
            known = codes >= 0
            sums = np.bincount(codes[known], self._weight[known], minlength=len(names))
            return {name: round(float(n)) for name, n in zip(names, sums, strict=True)}
        pairs, _ = _unique_pairs(codes, self._people)
        counts = np.bincount(pairs[pairs >= 0], minlength=len(names))
        return {name: int(n) for name, n in zip(names, counts, strict=True)}

    def find_publishable(self, wanted: Iterable[DimensionValue], floor: int) -> set[DimensionValue]:
        """Return those of the wanted values, and of TOTAL_VALUE, whose sums may be published."""
        every = list(dict.fromkeys([*wanted, TOTAL_VALUE]))
        if (
            self._people is None and not self._weight.all()
        ):  # elements of zero weight reveal nothing
            return self.only(self._weight > 0, self._codes).find_publishable(every, floor)
        if not self.size:
            return set(every)
        return _DisclosureAudit(self, every, floor).find_publishable()

    @property
    def dimensions(self) -> Mapping[str, NDArray[np.intp]]:
        """The code of each element's value by dimension, −1 where it has none."""
        return self._codes

    def divide_into_classes(
        self, wanted: Sequence[DimensionValue]
    ) -> tuple[BoolArray, NDArray[np.intp]]:
        """Return a matrix values × classes, and the class of each element. Elements that no wanted
        value distinguishes form one class."""
        named: dict[str, list[str]] = {}
        for dimension, name in wanted:
            if (dimension, name) != TOTAL_VALUE and dimension in self._codes:
                named.setdefault(dimension, []).append(name)
        key = np.zeros(self.size, dtype=np.int64)
        for dimension, names in named.items():
            place = np.zeros(
                len(self._names[dimension]) + 1, dtype=np.int64
            )  # the last one: no value
            known = {name: at for at, name in enumerate(self._names[dimension])}
            for n, name in enumerate(names, 1):
                if name in known:
                    place[known[name]] = n
            key = key * (len(names) + 1) + place[self._codes[dimension]]
        _, first, class_of = np.unique(key, return_index=True, return_inverse=True)
        inside = np.stack([self.which(value)[first] for value in wanted])
        return inside, np.asarray(class_of, dtype=np.intp).reshape(-1)

    def list_class_people(
        self, class_of: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[Any], bool]:
        """Return who is in each class: the distinct pairs of a class and a person, as two arrays,
        and True. Without persons, return the class and the weight of each element, and False."""
        if self._people is None:
            return class_of, self._weight, False
        return *_unique_pairs(class_of, self._people), True


class _DisclosureAudit:
    """Checks whether small groups can be computed from the published values. Elements that no
    wanted value distinguishes form one class, so every computable figure is a sum over whole
    classes."""

    def __init__(self, population: Population, every: list[DimensionValue], floor: int) -> None:
        self._floor, self._every = floor, every
        self._inside, class_of = population.divide_into_classes(every)
        self._of_class, self._who, self._are_people = population.list_class_people(class_of)
        self._count = self._inside.shape[1]
        weight = None if self._are_people else self._who
        self._counts = np.bincount(self._of_class, weight, minlength=self._count)
        self._sizes = {value: self._size(self._inside[at]) for at, value in enumerate(every)}
        self._within = self._list_classes_within(population, class_of)

    def find_publishable(self) -> set[DimensionValue]:
        kept = [
            value
            for at, value in enumerate(self._every)
            if self._sizes[value] and not self._is_small(self._inside[at])
        ]
        while kept:
            part = self._remainder(kept) or self._combined(kept)
            if part is None:
                break
            kept.remove(part)
        return {*kept, *(value for value, size in self._sizes.items() if not size)}

    def _size(self, classes: BoolArray) -> int:
        """Return the number of people in these classes. A person in several classes counts in
        each."""
        return round(float(self._counts[classes].sum()))

    def _is_small(self, classes: BoolArray) -> bool:
        """Return whether these classes contain few people, each counted once."""
        counts = self._counts[classes]
        if not counts.any() or counts.max() >= self._floor:
            return False
        if not self._are_people or counts.sum() < self._floor:
            return is_below_floor(float(counts.sum()), self._floor)
        inside = classes[self._of_class]
        return len(np.unique(self._who[inside])) < self._floor

    def _count_people(self, merged: NDArray[np.intp]) -> NDArray[Any]:
        """Return how many people each merged class has; `merged` maps a class to its merged one."""
        class_of = merged[self._of_class]
        if not self._are_people:
            return np.bincount(class_of, self._who, minlength=int(merged.max()) + 1)
        return np.bincount(_unique_pairs(class_of, self._who)[0])

    def _list_classes_within(self, population: Population, class_of: NDArray[np.intp]) -> BoolArray:
        """Return a matrix values × classes: the classes whose elements all have the value. It
        includes values that are not wanted, but not those without such a class."""
        elements = np.bincount(class_of, minlength=self._count)
        rows = [np.zeros((0, self._count), dtype=bool)]
        for codes in population.dimensions.values():
            known = codes >= 0
            pairs, counts = np.unique(
                codes[known].astype(np.int64) * self._count + class_of[known], return_counts=True
            )
            whole = pairs[counts == elements[pairs % self._count]]
            values, row = np.unique(whole // self._count, return_inverse=True)
            inside = np.zeros((len(values), self._count), dtype=bool)
            inside[row.reshape(-1), whole % self._count] = True
            rows.append(inside)
        return np.concatenate(rows)

    def _remainder(self, kept: list[DimensionValue]) -> DimensionValue | None:
        """Return the part to withhold next, where a group minus all its published parts of one
        dimension is small."""
        rows = {value: self._inside[self._every.index(value)] for value in kept}
        dimensions = {value[0] for value in kept if value != TOTAL_VALUE}
        for whole in kept:
            for dimension in dimensions - {whole[0]}:
                parts = [
                    one
                    for one in kept
                    if one[0] == dimension
                    and rows[one].any()
                    and not (rows[one] & ~rows[whole]).any()
                ]
                if not parts:
                    continue
                left = rows[whole] & ~np.any([rows[one] for one in parts], axis=0)
                if self._is_small(left):
                    return min(parts, key=lambda one: (self._sizes[one], one))
        return None

    def _combined(self, kept: list[DimensionValue]) -> DimensionValue | None:
        """Return a value to withhold where adding and subtracting published values, with any
        factors, gives the size of a small group: a class, a value, or what two values share."""
        table = self._inside[[self._every.index(value) for value in kept]]
        columns, class_of = np.unique(table, axis=1, return_inverse=True)
        class_of = np.asarray(class_of).reshape(-1)
        people = self._count_people(class_of)
        small = (people > 0) & (people < self._floor)
        exact = columns.astype(float)
        span = _cancel_columns(exact, ~small)
        if not len(span):
            return None
        for groups in self._iter_groups(class_of, small):
            distance = groups.sum(axis=1) - ((groups @ span.T) ** 2).sum(axis=1)
            for group in groups[distance < EPSILON]:
                if self._is_small(group[class_of]):
                    share, *_ = np.linalg.lstsq(exact.T, group.astype(float), rcond=None)
                    used = [
                        value
                        for value, part in zip(kept, share, strict=True)
                        if abs(part) > EPSILON
                    ]
                    parts = [value for value in used if value != TOTAL_VALUE] or used
                    return min(parts, key=lambda one: (self._sizes[one], one))
        return None

    def _iter_groups(self, class_of: NDArray[np.intp], small: BoolArray) -> Iterator[BoolArray]:
        """Yield the groups that could be small, as rows of matrices groups × merged classes.
        `class_of` is the merged class of each class, `small` says which merged classes have few
        people."""
        yield np.eye(len(small), dtype=bool)[small]
        order = np.argsort(class_of, kind="stable")
        starts = np.searchsorted(class_of[order], np.arange(len(small)))
        within = np.logical_and.reduceat(self._within[:, order], starts, axis=1)
        for at, value in enumerate(within):
            both = within[at:] & value  # of two values, and the value itself
            yield both[both.any(axis=1) & ~both[:, ~small].any(axis=1)]


def _cancel_columns(table: NDArray[np.float64], cancelled: BoolArray) -> NDArray[np.float64]:
    """Return an orthonormal basis of the linear combinations of rows that are zero in the cancelled
    columns."""
    triangle = np.asarray(np.linalg.qr(table[:, cancelled].T, mode="r"))
    left, strength, _ = np.linalg.svd(triangle.T)
    rank = int((strength > EPSILON * strength.max(initial=1.0)).sum())
    _, strength, right = np.linalg.svd(left[:, rank:].T @ table, full_matrices=False)
    return np.asarray(right[strength > EPSILON * strength.max(initial=1.0)])


def _unique_pairs(
    class_of: NDArray[np.intp], people: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    many = int(people.max(initial=0)) + 1
    both = np.unique(class_of.astype(np.int64) * many + people)
    return both // many, both % many


def _encode_list(column: Sequence[str | None]) -> tuple[list[str], NDArray[np.intp]]:
    place: dict[str, int] = {}
    codes = [-1 if value is None else place.setdefault(str(value), len(place)) for value in column]
    return list(place), np.array(codes, dtype=np.intp)


def _encode_column(column: Any) -> tuple[list[str], NDArray[np.intp]]:
    """Return the distinct values of an Arrow column and the code of each element. NULL is −1."""
    import pyarrow as pa

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):  # of no rows
        whole = pa.array([], whole.type)
    coded = whole.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    return [str(value) for value in coded.dictionary.to_pylist()], codes
