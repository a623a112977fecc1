"""What of an AI's tries at an analysis goes out: each part as it last passed, or else by rules."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)


class Kept(Generic[T]):
    """Parts of an Output, by the names of its fields, gathered over several tries."""

    def __init__(self, by_rules: T):
        self._by_rules, self._passed, self._faulty = by_rules, dict[str, Any](), set[str]()

    def note(self, written: T, found: Sequence[str]) -> None:
        """One try, and what is wrong with it: each begins with the name of its part. Where one
        does not, nothing of this try is kept."""
        faulty = {line.partition(":")[0] for line in found}
        if faulty <= set(type(written).model_fields):
            self._passed |= {name: value for name, value in written if name not in faulty}
        self._faulty |= faulty

    def output(self) -> T:
        """The parts that passed, and the version by rules for the others."""
        return self._by_rules.model_copy(update=self._passed)

    @property
    def left(self) -> tuple[str, ...]:
        """The titles of the parts that never passed; none where no part of an AI's did."""
        fields = type(self._by_rules).model_fields
        if all(value == getattr(self._by_rules, name) for name, value in self._passed.items()):
            return ()
        left = [name for name in fields if name in self._faulty and name not in self._passed]
        return tuple(fields[name].title or name for name in left)
