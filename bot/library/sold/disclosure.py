"""Suppression of small groups: which groups of a cut are not shown, so that none can be derived."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

K = TypeVar("K")


def is_few(people: int, floor: int) -> bool:
    """Whether a group is too small to be shown. An empty group tells nothing of anybody."""
    return 0 < people < floor


def hidden_groups(
    sizes: Mapping[K, int],
    floor: int,
    size_of_union: Callable[[Collection[K]], int],
    never_shown: Collection[K] = (),
) -> set[K]:
    """Return the groups to hide: the small ones, those that are `never_shown` anyway, and one more
    where all of these together are still fewer than the floor, because their sum is the total less
    what is shown. `size_of_union` counts the distinct people of several groups."""
    hidden = {key for key, people in sizes.items() if is_few(people, floor)} | set(never_shown)
    others = [key for key in sizes if key not in hidden and sizes[key]]
    if hidden and others and is_few(size_of_union(hidden), floor):
        hidden.add(min(others, key=lambda key: (sizes[key], str(key))))
    return hidden
