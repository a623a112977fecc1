"""The figures of a report as a reader checks them: under how their look-up was read."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.core.facts import Evidence, Fact, tell_facts_apart
from bot.core.parts import Part
from bot.i18n.messages import Words


@dataclass(frozen=True)
class FigureGroup:
    """Figures of one look-up; `reading` is empty for those of none, and of earlier editions.
    `in_table` are those that stand in the table alone."""

    reading: str
    facts: tuple[Fact, ...]
    in_table: tuple[Fact, ...]

    def tell_apart(self, evidence: Evidence, language: str) -> dict[str, str]:
        """Return what the reading and the names of its figures leave open, by their ids."""
        before = {fact.compared_with for fact in self.facts}
        ordered = sorted(self.facts, key=lambda fact: fact.id in before)
        return tell_facts_apart(ordered, evidence.facts, language)

    def name_cells(self, language: str) -> str:
        """Say where the figures that stand in the table alone are from."""
        if not self.in_table:
            return ""
        files = dict.fromkeys(one.source.whole_file.to(language) for one in self.in_table)
        words = Words("every other figure of the table ({source})", source=", ".join(files))
        return words.to(language)


def group_figures(facts: Sequence[Fact], parts: Iterable[Part]) -> list[FigureGroup]:
    """Return the figures of a report by their look-ups, in their order, each once: first those of
    none. The name of a thing is no figure."""
    told, cells = set[str](), set[str]()
    for part in parts:
        (cells if part.kind == "table" else told).update(part.facts)
    return [
        FigureGroup(
            reading,
            tuple(one for one in own if not _is_cell(one, cells, told)),
            tuple(one for one in own if _is_cell(one, cells, told)),
        )
        for reading, own in _group_by_reading(facts).items()
    ]


def _group_by_reading(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    groups: dict[str, list[Fact]] = {"": []}
    for fact in {one.id: one for one in facts}.values():
        if fact.parts.measure != "name":
            groups.setdefault(fact.reading or "", []).append(fact)
    return {reading: own for reading, own in groups.items() if own}


def _is_cell(fact: Fact, cells: Collection[str], told: Collection[str]) -> bool:
    return fact.id in cells and fact.id not in told
