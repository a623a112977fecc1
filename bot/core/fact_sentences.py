"""Facts grouped by subject, and templates of sentences filled in with them.

A `FactSubject` is one subject with its measures, such as a theme of the reviews. A `SentenceWriter`
fills in templates whose gaps are measures, so that each text cites the facts that it states. Charts
of such facts have a bar for each subject, or a line for one of them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.core.charts import (
    COLOURS,
    Bar,
    ChartPicture,
    build_bar_chart,
    build_line_chart,
    parse_points,
)
from bot.core.facts import FACT_UNITS, Evidence, Fact, sign_number
from bot.core.parts import Copy, Table
from bot.core.report import MissingData
from bot.core.rounding import round_alike
from bot.i18n.countries import translate_country
from bot.i18n.messages import LANGUAGES, Language, Words, format_short_period
from bot.text.normalize import tokenize

CANNOT, AGE = "cannot", "age"  # subjects: what the data can't tell, and how old a source is
CONFIRMED, TO_WATCH = "confirmed", "to watch"
CHANGE_STATUSES = (CONFIRMED, TO_WATCH)  # of a subject that has changed, the surest first
EXACT_KINDS = ("experiments", "plan")  # whose values are not rounded
STATUS_MEASURES = ("status", "verdict", "where")
STEPS = {
    "view": Words("product page"),
    "cart": Words("cart"),
    "checkout": Words("payment"),
    "purchase": Words("purchase"),
}
DEVICES = {
    "mobile": Words("phones"),
    "desktop": Words("computers"),
    "tablet": Words("tablets"),
}
NO_CELL = "–"
STEM = 5  # letters that words of one family share
SHORT = 3  # letters up to which a word names nothing
LONG_AGO = 100  # days from which the date is named instead of the age
_NAMES_OF_STEPS = "|".join(STEPS)
_STEP = re.compile(rf"^([a-z]+)-(?:.*-)?({_NAMES_OF_STEPS})-to-({_NAMES_OF_STEPS})(?:--.*)?$")
_DEPARTEMENT = re.compile(r"\d{2,3}|2[AB]")
_GAP = re.compile(r"\{(\w+)\}")
MIN_BARS = 2


@dataclass(frozen=True)
class FactSubject:
    """`about` is the name of the subject, in English where it is one of ours."""

    kind: str
    key: str
    about: str
    facts: Mapping[str, Fact]

    def get(self, measure: str) -> Fact | None:
        return self.facts.get(measure)

    def number(self, measure: str) -> Decimal:
        """Return the measure as a number, 0 when it is missing."""
        fact = self.facts.get(measure)
        return fact.value if fact and isinstance(fact.value, Decimal) else Decimal(0)

    def word(self, measure: str) -> str:
        """Return the measure as text, empty when it is missing."""
        fact = self.facts.get(measure)
        return str(fact.value) if fact else ""

    @property
    def status(self) -> str:
        return self.word("status") or self.word("verdict")

    def named(self, language: str) -> str:
        """Return its name as people say it: "department 33", "payment to purchase, on phones"."""
        dimension = self._dimension
        if self.kind == "funnel" and (step := _STEP.match(self.key)):
            return _name_step(step, self.about).to(language)
        if dimension == "device":
            return DEVICES.get(self.about, Words(self.about)).to(language)
        if self.kind in ("trends", "delivery") and dimension in ("region", "late"):
            return _name_regions(self.about).to(language)
        if self.kind == "trends" and dimension == "source":
            return Words("source {name}", name=self.about).to(language)
        if "--region-" in self.key:
            theme, _, region = self.about.rpartition(", ")
            return f"{Words(theme).to(language)}, {_name_regions(region).to(language)}"
        return self.translate_about(language)

    @property
    def _dimension(self) -> str:
        key = self.key.removeprefix("small-").removeprefix("new-").removeprefix("visits-")
        return key.split("-")[0]

    def is_named_in(self, words: str) -> bool:
        """Whether the words name it, in English or French: a word of its name, in whatever form
        ("shirts" names “Chemise Alba, shirt”)."""
        typed = _list_stems(words)
        return any(typed & _list_stems(self.translate_about(language)) for language in LANGUAGES)

    def translate_about(self, language: str) -> str:
        """Return what it is about: translated whole, or piece by piece."""
        if self._dimension == "country":
            return translate_country(self.about, language)
        if (whole := Words(self.about).to(language)) != self.about:
            return whole
        return ", ".join(Words(piece).to(language) for piece in self.about.split(", "))


def _list_stems(text: str) -> set[str]:
    return {word[:STEM] for word in tokenize(text) if len(word) > SHORT}


def _name_step(step: re.Match[str], about: str) -> Words:
    """Name a step on the path to purchase, and whom it is of."""
    dimension, start, end = step.groups()
    words = Words("from {start} to {end}", start=STEPS.get(start, start), end=STEPS.get(end, end))
    if dimension == "total":
        return words
    if dimension == "device":
        return Words("{step}, on {device}", step=words, device=DEVICES.get(about, about))
    return Words("{step}, for {name}", step=words, name=about)


def _name_regions(names: str) -> Words:
    """Name the regions of "33" or "09, 24, 31": a French number is a département."""
    some = names.split(", ")
    if all(_DEPARTEMENT.fullmatch(one) for one in some):
        many = Words("departments {numbers}", numbers=names)
        return many if len(some) > 1 else Words("department {number}", number=names)
    several = Words("regions {names}", names=names)
    return several if len(some) > 1 else Words("region {name}", name=names)


def name_funnel_step(subject: str, about: str) -> Words:
    """Name the step of a fact's subject; `about` is whom it is of."""
    found = _STEP.match(subject)
    return _name_step(found, about) if found else Words(about)


def group_by_subject(evidence: Evidence, kind: str, prefix: str = "") -> dict[str, FactSubject]:
    """Return the subjects of a kind by their key, in the order found; with a prefix, those whose
    key begins with it. Values are rounded as people read them: see `Fact.as_read`."""
    grouped: dict[str, dict[str, Fact]] = {}
    facts = evidence.of(kind)
    for fact in facts if kind in EXACT_KINDS else round_alike(facts):
        _, key, measure = fact.parts
        if key.startswith(prefix):
            grouped.setdefault(key, {})[measure] = fact if kind in EXACT_KINDS else fact.as_read
    return {
        key: FactSubject(kind, key, next(iter(facts.values())).about.strip(), facts)
        for key, facts in grouped.items()
    }


def list_unanswerable(evidence: Evidence, *kinds: str) -> list[Fact]:
    """Return the facts that say what the data can't tell, and which file would change that."""
    return [f for kind in kinds for f in evidence.of(kind) if f.parts.subject == CANNOT]


@dataclass
class SentenceWriter:
    """Fills in templates in one language. `stated` are the facts that it used."""

    language: Language
    stated: dict[str, Fact] = field(default_factory=dict)

    def say(self, words: Words) -> str:
        return words.to(self.language)

    def tell(self, one: FactSubject | None, *templates: Words, **given: object) -> Copy:
        """Fill in the first template of which each gap has a value, with a capital letter; an empty
        text when there is none. `{name}` is the subject's name, `{share_now}` its measure
        "share-now", `{effect_range}` its "effect-low" to "effect-high" (`{effect_ends}`: "and");
        `given` fills the others, also with facts. What is counted is written once: "148 orders, 76
        expected"."""
        for words in templates:
            known = {**words.params, **given}
            gaps = dict.fromkeys(_GAP.findall(words.text))
            found = {
                gap: [fact] if isinstance(fact := known.get(gap), Fact) else _find_facts(one, gap)
                for gap in gaps
                if isinstance(known.get(gap), Fact) or (gap not in known and gap != "name")
            }
            if not all(found.values()) or ("name" in gaps and one is None):
                continue
            known = {name: one for name, one in known.items() if not isinstance(one, Fact)}
            values = self._spell_all(found)
            if one is not None:
                values["name"] = one.named(self.language)
            text = self.say(words.with_params(**{**known, **values}))
            return self.copy(text[:1].upper() + text[1:], *found.values())
        return Copy(text="")

    def name_days(self, fact: Fact | None) -> str:
        """Return the days that a fact is about: "16–22 Nov 2026"; empty where it does not say."""
        return name_days(fact, self.language) if fact else ""

    def tell_list(self, words: Words, subjects: Sequence[FactSubject], measure: str) -> Copy:
        """Fill in a template where `{names}` are the subjects with the value of a measure: "Alba
        (24%), Maud (22%)". An empty text without subjects."""
        if not subjects:
            return Copy(text="")
        named = [
            self.copy(f"{one.named(self.language)} ({self.spell(fact)})", [fact])
            for one in subjects
            if (fact := one.get(measure)) is not None
        ]
        names = join_copies(named, ", ")
        return join_copies([self.tell(subjects[0], words, names=names.text)], cited=names.facts)

    def tell_labels(self, one: FactSubject, labels: Mapping[str, Words]) -> Copy:
        """Return the measures that the subject has, each with its label: "clicks 320, orders 2"."""
        facts = {name: fact for name in labels if (fact := one.get(name)) is not None}
        said = [f"{self.say(labels[name])} {self.spell(fact)}" for name, fact in facts.items()]
        self.stated |= {fact.id: fact for fact in facts.values()}
        return Copy(text=", ".join(said), facts=tuple(fact.id for fact in facts.values()))

    def copy(self, text: str, *facts: Iterable[Fact]) -> Copy:
        """Return a text that cites these facts."""
        cited = {fact.id: fact for some in facts for fact in some}
        self.stated |= cited
        return Copy(text=text, facts=tuple(cited))

    def table(
        self,
        subjects: Iterable[FactSubject],
        heading: Words,
        columns: Mapping[str, Words],
        names: Sequence[str] = (),
    ) -> Table | None:
        """Return a row for each subject and a column for each measure; None without rows. A column
        that is empty in every row is left out. `names` are those of the subjects, if not their
        own."""
        rows = [one for one in subjects if any(one.get(measure) for measure in columns)]
        used = [measure for measure in columns if any(one.get(measure) for one in rows)]
        cells, cited = [], dict[str, Fact]()
        for number, one in enumerate(rows):
            name = names[number] if names else one.named(self.language)
            facts = [one.get(measure) for measure in used]
            cells.append((name[:1].upper() + name[1:], *map(self._spell_cell, facts)))
            cited |= {fact.id: fact for fact in facts if fact is not None}
        self.stated |= cited
        titles = [self.say(title) for title in (heading, *(columns[name] for name in used))]
        figures = [[one.get(measure) for measure in used] for one in rows]
        table = Table(columns=tuple(titles), rows=tuple(cells), facts=tuple(cited))
        return date_table(table, figures, self.language) if cells else None

    def explain_reading(
        self, evidence: Evidence, kinds: Iterable[str], *lines: Copy, gaps: bool = True
    ) -> Copy:
        """Return the lines of *How to read this*: the given ones, and what the data can't tell
        (with `gaps`)."""
        found = [line for line in lines if line.text]
        for kind in kinds if gaps else ():
            found += self.tell_unanswerable(evidence, kind)
        distinct = list({line.text: line for line in found}.values())
        return join_copies(distinct, "\n", before="– ")

    def tell_reading(
        self, evidence: Evidence, kinds: Iterable[str], read_as: Copy | None
    ) -> Copy | None:
        """Return the lines of *Read as*: how the question was read, and the age of old sources."""
        found = [read_as] if read_as and read_as.text else []
        for kind in kinds:
            for one in group_by_subject(evidence, kind, AGE).values():
                age = one.facts["days"]
                old = Words(
                    "{file} ends {days} days ago: what came since is not in it.",
                    file=age.file,
                    days=one.number("days"),
                )
                if one.number("days") >= LONG_AGO:
                    old = Words(
                        "{file} ends on {day}: what came since is not in it.",
                        file=age.file,
                        day=age.as_of,
                    )
                found.append(self.copy(self.say(old), [age]))
        distinct = list({line.text: line for line in found}.values())  # two kinds may have one file
        return join_copies(distinct, "\n") if distinct else None

    def tell_unanswerable(self, evidence: Evidence, *kinds: str) -> list[Copy]:
        facts = list_unanswerable(evidence, *kinds)
        return [self.copy(fact.spelled(self.language), [fact]) for fact in facts]

    def report_missing_data(self, evidence: Evidence, kinds: Iterable[str]) -> MissingData:
        """Say what the data can't tell, and which file would change that."""
        missing = Words(
            "There is nothing in the library that answers this. Drop a file here (CSV, Excel) and "
            "mention me: reviews, orders, visits, campaign results or tests."
        )
        found = self.tell_unanswerable(evidence, *kinds) or [self.copy(self.say(missing))]
        return MissingData(answer=join_copies(found, "\n"))

    def _spell_all(self, found: Mapping[str, Sequence[Fact]]) -> dict[str, object]:
        values: dict[str, object] = {}
        counted: str | None = None
        for gap, facts in found.items():
            unit = facts[-1].unit if facts[-1].unit in FACT_UNITS else None
            if len(facts) > 1:
                most = max(fact.decimals for fact in facts)
                low = self.spell(facts[0], most, bare=unit is not None)
                is_range = gap.endswith("_range")
                ends = {"low": low, "high": self.spell(facts[1], most)}
                values[gap] = Words("{low} to {high}" if is_range else "{low} and {high}", **ends)
            else:
                values[gap] = self.spell(facts[0], bare=unit is not None and unit == counted)
            counted = unit or counted
        return values

    def spell(self, fact: Fact, decimals: int | None = None, *, bare: bool = False) -> str:
        """Return the value as people read it, a change with its sign; `bare`: without its unit."""
        if isinstance(fact.value, str):
            is_status = fact.parts.measure in STATUS_MEASURES
            return self.say(Words(fact.value)) if is_status else fact.spelled(self.language)
        shown = fact if fact.shown_decimals is None else fact.as_read
        shown = shown.model_copy(update={"unit": None}) if bare else shown
        text = shown.spelled(self.language, decimals)
        return sign_number(text, is_positive=fact.is_change and fact.value > 0)

    def _spell_cell(self, fact: Fact | None) -> str:
        """The column says what is counted."""
        return self.spell(fact, bare=fact.unit in FACT_UNITS) if fact else NO_CELL


def _find_facts(one: FactSubject | None, gap: str) -> list[Fact]:
    """Return the facts of a gap: one, or the two ends of a range; none when one is missing."""
    if one is None:
        return []
    measure, _, last = gap.replace("_", "-").rpartition("-")
    names = [f"{measure}-low", f"{measure}-high"]
    found = [one.get(n) for n in (names if last in ("range", "ends") else [gap.replace("_", "-")])]
    return [fact for fact in found if fact is not None] if all(found) else []


def date_table(table: Table, figures: Sequence[Sequence[Fact | None]], language: Language) -> Table:
    """Return the table with the days that its figures are about: in its first title where all are
    of the same, else in the title of each column, or in the name of a row where it has its own.
    `figures` are those of each row, without its name."""
    days = [["" if one is None else name_days(one, language) for one in row] for row in figures]
    by_column = [{*column} - {""} for column in zip(*days, strict=True)]
    every = {one for column in by_column for one in column}
    (first, *titles), rows = table.columns, list(table.rows)
    if len(every) == 1:
        first = " · ".join(filter(None, (first, *every)))
    else:
        titles = [
            ", ".join((title, *own)) if len(own) == 1 else title
            for title, own in zip(titles, by_column, strict=True)
        ]
        for number, row in enumerate(days):
            own = {one for one, all_of in zip(row, by_column, strict=True) if len(all_of) > 1}
            if len(own - {""}) == 1:
                rows[number] = (", ".join((rows[number][0], *(own - {""}))), *rows[number][1:])
    return table.model_copy(update={"columns": (first, *titles), "rows": tuple(rows)})


def name_days(fact: Fact, language: Language) -> str:
    """Return the days that a figure is about, with their years; "" for one without."""
    if not (fact.since and fact.until):
        return ""
    return format_short_period(fact.since, fact.until, language, date.min)


def join_copies(
    copies: Iterable[Copy], apart: str = " ", *, before: str = "", cited: Sequence[str] = ()
) -> Copy:
    """Join the texts into one that cites the facts of all, and those of `cited`."""
    some = [copy for copy in copies if copy.text]
    facts = tuple(dict.fromkeys([*(id for copy in some for id in copy.facts), *cited]))
    return Copy(text=apart.join(before + copy.text for copy in some), facts=facts)


def build_subject_bars(
    writer: SentenceWriter,
    title: str,
    subjects: Iterable[FactSubject],
    measure: str,
    *,
    strong: FactSubject | None = None,
    names: Sequence[str] = (),
    reference: float | None = None,
    colours: Sequence[str] = COLOURS,
) -> ChartPicture | None:
    """Return a bar for each subject that has the measure, with its range from "<measure>-low" to
    "<measure>-high"; None for fewer than two. `names` are those of the subjects, if not their own;
    at `reference` a dashed line is drawn."""
    bars = [
        Bar(
            names[number] if names else writer.tell(one, Words("{name}")).text,
            float(one.number(measure)),
            float(one.number(f"{measure}-low")) if one.get(f"{measure}-low") else None,
            float(one.number(f"{measure}-high")) if one.get(f"{measure}-high") else None,
            strong=one is strong,
            spelled=writer.spell(fact),
        )
        for number, one in enumerate(subjects)
        if (fact := one.get(measure)) is not None
    ]
    if len(bars) < MIN_BARS:
        return None
    return build_bar_chart(
        title, bars, language=writer.language, colours=colours, reference=reference
    )


def build_subject_line(
    writer: SentenceWriter,
    title: str,
    one: FactSubject | None,
    *,
    named: tuple[str, str],
    unit: str = "",
    colours: Sequence[str] = COLOURS,
) -> ChartPicture | None:
    """Return the line of the points that an analysis stored, with the expected values; None without
    points. `named` are the legend names of the two."""
    points = parse_points(one.word("points")) if one else []
    if one is None or not points:
        return None
    writer.copy("", [one.facts["points"]])
    return build_line_chart(
        title, points, language=writer.language, unit=unit, named=named, colours=colours
    )
