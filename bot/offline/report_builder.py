"""Builds a report without an AI: sentences, a table and a chart from the facts of the analyses.

The sentences, columns and next steps of each skill are in `reports/texts.toml`.
"""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.charts import COLOURS, ChartPicture
from bot.core.fact_book import FactBook
from bot.core.fact_sentences import (
    AGE,
    CANNOT,
    FactSubject,
    SentenceWriter,
    build_subject_bars,
    build_subject_line,
    group_by_subject,
)
from bot.core.facts import Evidence, Fact
from bot.core.parts import Copy, NextStep, Quote, Table
from bot.core.report import MAX_POINTS, MissingData, Report, list_sources
from bot.core.request import SkillRequest
from bot.i18n.messages import Words
from bot.offline import OfflineContext

TEXTS = Path(__file__).with_name("reports") / "texts.toml"


@cache
def load_texts() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


class ReportBuilder(SentenceWriter):
    """Looks facts up and builds the report of one request, with the texts of a skill."""

    def __init__(self, ctx: OfflineContext, skill: str) -> None:
        super().__init__(ctx.request.language)
        self.ctx, self.request = ctx, ctx.request
        self.texts = {**load_texts()["shared"], **load_texts().get(skill, {})}
        self.kinds: list[str] = []  # of the facts looked up
        self.evidence = Evidence()
        self.colours = ctx.brand.colours or COLOURS

    async def look_up(
        self, *kinds: str, request: SkillRequest | None = None, replace: bool = False
    ) -> Evidence:
        self.kinds += [kind for kind in kinds if kind not in self.kinds]
        self.evidence = await self.ctx.look_up(*kinds, request=request, replace=replace)
        return self.evidence

    def subjects(self, kind: str, prefix: str = "") -> dict[str, FactSubject]:
        """Return the subjects of a kind by their key, without those about the data itself."""
        every = group_by_subject(self.evidence, kind, prefix)
        return {key: one for key, one in every.items() if key not in (CANNOT, AGE)}

    def report_missing(self, *kinds: str) -> MissingData:
        return self.report_missing_data(self.evidence, kinds or self.kinds)

    def words(self, key: str, **params: Any) -> Words:
        """Return a text: "read_as", or "keywords.unseen" of a table of texts."""
        group, _, name = key.partition(".")
        return Words(self.texts[group][name] if name else self.texts[key], **params)

    def write(self, one: FactSubject | None, *keys: str, **given: Any) -> Copy:
        """Fill in the first of these texts of which each gap has a value: see `tell`."""
        return self.tell(one, *map(self.words, keys), **given)

    def write_list(self, key: str, subjects: Sequence[FactSubject], measure: str) -> Copy:
        return self.tell_list(self.words(key), subjects, measure)

    def state(self, key: str, **params: Any) -> Copy:
        """Return a text without figures."""
        return Copy(text=self.say(self.words(key, **params)))

    def wrap(self, key: str, **copies: Copy | Words) -> Copy:
        """Return a text around others, which cites their facts."""
        texts = {n: one.text if isinstance(one, Copy) else one for n, one in copies.items()}
        cited = [id for one in copies.values() if isinstance(one, Copy) for id in one.facts]
        return Copy(text=self.say(self.words(key, **texts)), facts=tuple(dict.fromkeys(cited)))

    def tabulate(
        self, subjects: Iterable[FactSubject], key: str = "columns", names: Sequence[str] = ()
    ) -> Table | None:
        columns = {name: Words(title) for name, title in self.texts[key].items()}
        return self.table(subjects, columns.pop("name"), columns, names)

    def step(self, key: str, form: dict[str, str] | None = None, **params: Any) -> NextStep:
        """Return a next step of the texts; `form` are fields of the brief that are known, besides
        those of the texts."""
        known = {"ask": False, "form": {}, **self.texts["steps"][key]}
        fields = {
            name: text if name == "channel" else self.say(Words(text, **params))
            for name, text in known["form"].items()
        }
        words = self.say(Words(known["words"], **params))
        given = {"label": Words(known["label"], **params), "words": words}
        return NextStep.model_validate({**known, **given, "form": fields | (form or {})})

    def draw_bars(
        self, title: Words | str, subjects: Iterable[FactSubject], measure: str, **more: Any
    ) -> ChartPicture | None:
        """Draw a bar for each subject; the title, or its key, says what of them is drawn."""
        words = self.words(title) if isinstance(title, str) else title
        name = self._capitalize(words)
        return build_subject_bars(self, name, subjects, measure, colours=self.colours, **more)

    def draw_line(self, one: FactSubject | None, unit: str = "") -> ChartPicture | None:
        """Draw a subject week by week; the title says which."""
        if one is None:
            return None
        named = (self.state("drawn").text, self.state("drawn_expected").text)
        name = self._capitalize(self.words("chart", name=one.named(self.language)))
        return build_subject_line(self, name, one, named=named, unit=unit, colours=self.colours)

    def _capitalize(self, words: Words) -> str:
        text = self.say(words)
        return text[:1].upper() + text[1:]

    async def build(
        self,
        headline: Copy,
        points: Iterable[Copy],
        *,
        table: Table | None = None,
        chart: ChartPicture | None = None,
        quotes: Sequence[Quote] = (),
        limits: Iterable[Copy] = (),
        cannot_tell: Copy | None = None,
        gaps: bool = True,
        read_as: Words | None = None,
        leads: Sequence[NextStep] = (),
        keep: Iterable[Fact | None] = (),
    ) -> Report:
        """Build the report. Of the points the first are kept, as many as a report may have; facts
        that it states, and those of `keep`, become its evidence. Without `gaps`, *How to read this*
        does not say what the data can't tell."""
        own = self.texts.get("limits", [])
        fixed = [Copy(text=self.say(Words(one))) for one in own if isinstance(own, list)]
        read = self.explain_reading(self.evidence, self.kinds, *fixed, *limits, gaps=gaps)
        reading = Copy(text=self.say(read_as)) if read_as else None
        report = Report(
            headline=headline,
            points=[point for point in points if point.text][:MAX_POINTS],
            cannot_tell=cannot_tell,
            picture=await self.ctx.draw(chart) if chart else None,
            table=table,
            quotes=list(quotes),
            how_to_read=read if read.text else None,
            read_as=self.tell_reading(self.evidence, self.kinds, reading),
            leads=list(leads),
        )
        book, data = FactBook(self.stated.values()), self.ctx.data.name_files()
        sources = list_sources(report, book, data, self.language)
        quoted = [self.evidence.get(quote.fact) for quote in quotes]
        self.ctx.keep_facts(*self.stated.values(), *keep, *quoted)
        return report.model_copy(update={"sources": Copy(text=sources) if sources else None})
