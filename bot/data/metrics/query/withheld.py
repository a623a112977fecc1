"""Find why a figure of an answer is not shown."""

from collections.abc import Collection

from bot.core.withheld import Reason, Withheld
from bot.data.metrics.query.dataset import MetricDataset
from bot.data.metrics.query.metric_answer import MetricAnswer
from bot.data.metrics.query.release import (
    ALL_GROUPS,
    Group,
    find_small_groups,
    get_floor,
    is_too_few,
)
from bot.data.metrics.query.runner import PeriodName
from bot.data.warehouse.warehouse import Warehouse


def describe_people(warehouse: Warehouse, dataset: MetricDataset, bases: Collection[str]) -> str:
    """Say of which people there are too few: "under 5 people with a late order"."""
    few = [
        f"under {get_floor(warehouse, basis.family)} people {basis.whose}".rstrip()
        for basis in (dataset.bases[name] for name in sorted(bases))
    ]
    return " or ".join(dict.fromkeys(few))


class WithheldFigures:
    """The figures of an answer that are not shown, each with its reason."""

    def __init__(self, warehouse: Warehouse, answer: MetricAnswer) -> None:
        self.warehouse, self.answer = warehouse, answer
        self._small: dict[tuple[PeriodName, str], frozenset[Group]] = {}

    def find(self, group: Group, name: str, period: PeriodName = "now") -> Withheld | None:
        """Return why a figure may not be told; None where it may, and where nothing is compared."""
        answer = self.answer
        lacking = answer.list_lacking(group, name, period)
        if not lacking:
            return None
        if period not in answer.rows or name not in answer.query.measures:  # left out as a whole
            return answer.withheld if group in answer.left_out.get(period, ()) else None
        small = {basis: self._list_small(period, basis) for basis in lacking}
        of_small = {basis for basis in lacking if small[basis]}
        people = describe_people(self.warehouse, answer.dataset, of_small or lacking)
        if any(group in some for some in small.values()):
            return Withheld(Reason.FEW, people)
        if answer.withheld is not None and group in answer.left_out.get(period, ()):
            return Withheld(answer.withheld.reason, people, answer.withheld.earlier)
        return Withheld(Reason.BESIDE, people)

    def find_floor(self, group: Group, name: str) -> int | None:
        """Return under how many people a figure is of; None where it is not of too few, or where
        they may be of several kinds."""
        few = [
            b for b in self.answer.list_lacking(group, name) if group in self._list_small("now", b)
        ]
        family = self.answer.dataset.bases[few[0]].family if len(few) == 1 else None
        return get_floor(self.warehouse, family) if family else None

    def _list_small(self, period: PeriodName, basis: str) -> frozenset[Group]:
        """Return the groups of too few people, the total among them."""
        if (period, basis) not in self._small:
            rows = self.answer.rows[period]
            few = find_small_groups(self.warehouse, rows, basis)
            total = [ALL_GROUPS] if is_too_few(self.warehouse, rows, basis) else []
            self._small[period, basis] = few.union(total)
        return self._small[period, basis]
