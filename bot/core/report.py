"""A report: the answer to a question about the data, as the model fills it in and as it is stored.

The model fills in a `ReportForm`, in which every figure is a slot. Code fills the slots and builds
the `Report`, whose parts are stored, shown and fingerprinted.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from bot.core.exhibits import Exhibit, is_row_name
from bot.core.fact_book import FactBook, SlotError
from bot.core.facts import BRIEF_SOURCE, NO_SOURCE, Fact
from bot.core.parts import CANNOT_TELL_TITLE, Copy, File, NextStep, Quote, Table, split_output
from bot.i18n.messages import Language, Words, format_short_day, format_value
from bot.i18n.typography import insert_nbsp
from bot.text.normalize import tokenize

NONE = "none"  # what the form holds where there is nothing
MAX_HEADLINE, MAX_POINT = 110, 260  # characters, slots filled
TOLERATED_HEADLINE = 130  # the writer can't count the characters of a filled slot
MAX_POINTS, MAX_NEXT_STEPS = 5, 3
MAX_LABEL = 40  # characters of a next step's button
MAX_QUOTES = 5
LONG_ASK = 4  # words from which a part of a request says what it is about
LONG_WORD = 5  # letters from which a word says what a request is about
GapReason = Literal["data", "people", "tools"]
PRODUCT_LIST = Words("product list")
QUOTABLE_MEASURES = ("said", "words")  # facts whose value is somebody's own words


class NextStepForm(BaseModel, frozen=True):
    """A next step that the model offers."""

    label: str = Field(description="the button, a verb and its object, at most 40 characters")
    skill: str = Field(description="the skill that carries it out")
    words: str = Field(description="the request that the button makes, in a whole sentence")


class ReportForm(BaseModel, frozen=True):
    """What the model fills in."""

    headline: str = Field(
        description="the finding in one sentence of at most 110 characters, its figure as a slot; "
        "or that the question can't be answered, and why"
    )
    points: list[str] = Field(
        description="up to five further findings, one short sentence each, at most 260 characters, "
        "figures as slots"
    )
    exhibit: str = Field(description="the exhibit that shows the headline: e1, e2 …, or none")
    further_exhibits: list[str] = Field(
        default=[],
        description="other exhibits whose figures the question wants beside it: e3. Tables with "
        "the same kind of rows (both by product) become one; of others a second stands below it",
    )
    as_table: bool = Field(
        default=False,
        description="the question wants a table; after a report, `exhibit` holds what that told",
    )
    excluded_rows: list[str] = Field(
        default=[],
        description="names of rows of the exhibit that the question excludes: they are left out",
    )
    quotes: list[str] = Field(
        default=[],
        description="up to five sentences of customers to show word for word, by their names: f12",
    )
    cannot_tell: str = Field(
        description="what was asked and is not answered, in one line, and behind it in brackets "
        "why, or which file would change it; or none"
    )
    cannot_tell_because: GapReason = Field(
        default="data",
        description="data: no file holds it; people: too few of them to be shown; tools: no tool "
        "does it, or it was not looked at",
    )
    not_used: list[str] = Field(
        description="words of the request that would change the answer, that it does not take "
        "into account, and that cannot_tell does not tell"
    )
    next_steps: list[NextStepForm] = Field(description="up to three")

    @property
    def gap_part(self) -> str:
        """The part of the report that what is not answered becomes."""
        return "cannot_tell" if self.cannot_tell_because == "data" else "not_answered"


class ComputedOutput(BaseModel):
    """The kind of output whose figures code fills in, or that code writes as a whole. Any other
    output is copy: its figures and claims are checked."""

    def count_figures(self) -> int:
        """Return how many facts its texts cite."""
        texts = (part for part in split_output(self)[0] if part.kind == "copy")
        return len({id for text in texts for id in text.facts})


class Report(ComputedOutput):
    """What is stored. Figures are filled in, and every text lists the facts that it stands on."""

    headline: Copy = Field(title=Words("Finding").text)
    read_as: Copy | None = Field(default=None, title=Words("Read as").text)
    not_used: Copy | None = Field(default=None, title=Words("Not used").text)
    points: list[Copy] = Field(default=[], title=Words("Further points").text)
    cannot_tell: Copy | None = Field(default=None, title=Words("Your data can't tell").text)
    not_answered: Copy | None = Field(default=None, title=Words("Not answered").text)
    picture: File | None = Field(default=None, title="Picture")
    table: Table | None = Field(default=None, title="In figures")
    second_table: Table | None = Field(default=None, title="In figures")
    quotes: list[Quote] = Field(default=[], title=Words("In their words").text)
    how_to_read: Copy | None = Field(default=None, title=Words("How to read this").text)
    sources: Copy | None = Field(default=None, title=Words("Data").text)
    leads: list[NextStep] = []

    def count_figures(self) -> int:
        texts = (self.headline, *self.points, self.cannot_tell, self.not_answered)
        return len({id for text in texts if text for id in text.facts})


class MissingData(ComputedOutput):
    """The output when the data is missing or too thin."""

    answer: Copy = Field(title=CANNOT_TELL_TITLE)
    leads: list[NextStep] = []


def build_report(
    form: ReportForm,
    book: FactBook,
    exhibit: Exhibit | None,
    second: Exhibit | None = None,
    *,
    language: Language,
    data: Mapping[str, Words],
    read_as: Sequence[str] = (),
    unused: Sequence[str] = (),
    unanswered: Sequence[str] = (),
) -> Report:
    """Fill the slots and build the report with the exhibits' tables. `unused` are constraints that
    were understood but fit nowhere, `unanswered` words of the question that it is silent about.
    Raises SlotError for a slot that can't be filled."""

    def fill(text: str) -> Copy:
        filled = book.fill(text.strip(), language)
        shown = insert_nbsp(filled.text, language)
        return Copy(text=shown, facts=filled.facts)

    lines = [line for one in read_as for line in one.splitlines() if line]
    gap = fill(form.cannot_tell) if is_given(form.cannot_tell) else None
    untold = [one for one in (*unused, *form.not_used) if not (gap and tells(gap.text, one))]
    not_answered = gap if form.gap_part == "not_answered" else None
    if quoted := quote_words(unanswered, language):
        partly = Words("{words}, at least in part", words=quoted.text).to(language)
        told = not_answered or Copy(text="")
        text = "; ".join(filter(None, (told.text, partly)))
        not_answered = told.model_copy(update={"text": text})
    table = exhibit.build_card_table() if exhibit else None
    other = second.build_card_table() if second else None
    if table and other and table.title == other.title:  # they differ in what their rows are
        other = other.model_copy(update={"title": f"{other.columns[0]} · {other.title}"})
    report = Report(
        headline=fill(form.headline),
        not_used=quote_words(untold, language),
        points=[fill(point) for point in form.points[:MAX_POINTS] if is_given(point)],
        cannot_tell=gap if form.gap_part == "cannot_tell" else None,
        not_answered=not_answered,
        table=table,
        second_table=other,
        quotes=build_quotes(form.quotes, book),
        read_as=Copy(text="\n".join(dict.fromkeys(lines))) if lines else None,
        leads=[
            NextStep(
                label=Words("{label}", label=step.label.strip()),
                skill=step.skill,
                words=step.words.strip(),
                ask=False,
                proposed=True,
            )
            for step in form.next_steps[:MAX_NEXT_STEPS]
            if is_given(step.label)
        ],
    )
    sources = list_sources(report, book, data, language)
    return report.model_copy(update={"sources": Copy(text=sources)}) if sources else report


def find_quotable(name: str, book: FactBook) -> Fact | None:
    """Return the fact with this name whose value is somebody's own words; None otherwise."""
    fact = book.get(name.strip("{} "))
    return fact if fact is not None and fact.parts.measure in QUOTABLE_MEASURES else None


def build_quotes(names: Sequence[str], book: FactBook) -> list[Quote]:
    """Return the quotations of these facts, each text once; other facts are left out."""
    facts = [fact for name in names if (fact := find_quotable(name, book)) is not None]
    distinct = {str(fact.value): fact.id for fact in reversed(facts)}
    return [Quote(text=text, fact=id) for text, id in reversed(distinct.items())][:MAX_QUOTES]


def quote_words(words: Sequence[str], language: Language) -> Copy | None:
    """Return words of the request that the answer leaves out, quoted, each once."""
    given = dict.fromkeys(one.strip() for one in words if is_given(one))
    quoted = [Words("“{quote}”", quote=one).to(language) for one in given]
    return Copy(text=", ".join(quoted)) if quoted else None


def tells(text: str, asked: str) -> bool:
    """Whether a text is about these words of the request: it has half of the long ones, or of all
    where none is long; or half of them in a row, with a long one: "an open ticket"."""
    words, told = tokenize(asked), {word[:LONG_WORD] for word in tokenize(text)}
    wanted = {word[:LONG_WORD] for word in words if len(word) >= LONG_WORD} or {*words}
    if len(words) >= LONG_ASK and _has_half_in_a_row(text, words):
        return True
    return 2 * len(wanted & told) >= len(wanted) > 0


def _has_half_in_a_row(text: str, words: Sequence[str]) -> bool:
    told, many = f" {' '.join(tokenize(text))} ", (len(words) + 1) // 2
    runs = (words[start : start + many] for start in range(len(words) - many + 1))
    return any(max(map(len, run)) >= LONG_WORD and f" {' '.join(run)} " in told for run in runs)


def is_given(text: str) -> bool:
    """Whether a field of the form holds anything."""
    return bool(text.strip()) and text.strip().lower() != NONE


def find_exhibit(id: str, exhibits: Sequence[Exhibit]) -> Exhibit | None:
    return next((one for one in exhibits if one.id and one.id == id.strip()), None)


def choose_exhibits(form: ReportForm, book: FactBook, exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """Return the exhibits that the model names, the first one first, without the rows that the
    question excludes."""
    ids = [id for id in (form.exhibit, *form.further_exhibits) if is_given(id)]
    chosen = {one.id: one for id in ids if (one := find_exhibit(id, exhibits))}
    names = [name for name in form.excluded_rows if is_given(name)]
    return [_leave_out_rows(one, names, book) if names else one for one in chosen.values()]


def _leave_out_rows(exhibit: Exhibit, names: Sequence[str], book: FactBook) -> Exhibit:
    shown, left_out = exhibit.split_rows(names)
    if shown.table is None:
        return shown
    gone = {
        fact.id
        for fact in book.facts
        if (fact.about and is_row_name(fact.about, (*left_out,)))
        or any(is_row_name(name, (fact.about,)) for name in names)
    }
    facts = tuple(id for id in shown.table.facts if id not in gone)
    return shown.model_copy(update={"table": shown.table.model_copy(update={"facts": facts})})


def _find_unknown_exhibits(form: ReportForm, exhibits: Sequence[Exhibit]) -> Iterator[str]:
    named = [("exhibit", form.exhibit), *(("further_exhibits", id) for id in form.further_exhibits)]
    for field, id in named:
        if is_given(id) and find_exhibit(id, exhibits) is None:
            known = ", ".join(one.id for one in exhibits if one.id) or "there is none"
            yield f"{field}: there is no {id}; there are: {known}. Or write none"


def _find_unknown_rows(
    form: ReportForm, book: FactBook, exhibits: Sequence[Exhibit]
) -> Iterator[str]:
    whole = form.model_copy(update={"excluded_rows": []})
    chosen = choose_exhibits(whole, book, exhibits)
    rows = [row for one in chosen if one.table for row in one.table.rows]
    for name in form.excluded_rows:
        if is_given(name) and not any(is_row_name(name, row) for row in rows):
            names = ", ".join(dict.fromkeys(row[0] for row in rows)) or "none"
            yield f"excluded_rows: the exhibit has no row “{name}”; its rows: {names}"


def iter_texts(form: ReportForm) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of what a report says."""
    yield "headline", form.headline
    for number, point in enumerate(form.points, 1):
        yield f"point {number}", point
    if is_given(form.cannot_tell):
        yield "cannot_tell", form.cannot_tell


def find_form_faults(
    form: ReportForm,
    book: FactBook,
    exhibits: Sequence[Exhibit],
    language: Language,
    skills: Collection[str],
) -> Iterator[str]:
    """Yield what is wrong with the form of a report, as sentences for the model: what it names and
    nobody has, and what is too long."""
    yield from _find_unknown_exhibits(form, exhibits)
    yield from _find_unknown_rows(form, book, exhibits)
    for name in form.quotes:
        if is_given(name) and find_quotable(name, book) is None:
            yield (
                f"quotes: {name} is nobody's own words: name sentences of read_feedback or "
                "read_thread"
            )
    yield from _find_long_texts(form, book, language)
    known = ", ".join(sorted(skills))
    for step in form.next_steps:
        if is_given(step.label) and step.skill not in skills:
            yield f"next_steps: there is no skill {step.skill}; there are: {known}"


def _find_long_texts(form: ReportForm, book: FactBook, language: Language) -> Iterator[str]:
    if not form.headline.strip():
        yield "headline: it is empty"
    for where, text in iter_texts(form):
        most = TOLERATED_HEADLINE if where == "headline" else MAX_POINT
        try:
            size = len(book.fill(text, language).text)
        except SlotError:
            continue
        if size > most:
            yield f"{where}: it has {size} characters, at most {most} fit"
    if len(form.points) > MAX_POINTS:
        yield f"points: {len(form.points)} are too many, at most {MAX_POINTS}"
    if len(form.next_steps) > MAX_NEXT_STEPS:
        yield f"next_steps: {len(form.next_steps)} are too many, at most {MAX_NEXT_STEPS}"
    for step in form.next_steps:
        if len(step.label) > MAX_LABEL:
            yield f"next_steps: “{step.label}” is longer than {MAX_LABEL} characters"


def list_cited_facts(report: Report) -> tuple[str, ...]:
    """Return the ids of the facts that the report shows, in their order."""
    texts = (report.headline, *report.points, report.cannot_tell, report.not_answered)
    ids = [id for text in texts if text for id in text.facts]
    tables = (report.table, report.second_table)
    return tuple(dict.fromkeys([*ids, *(id for one in tables if one for id in one.facts)]))


def list_sources(
    report: Report, book: FactBook, data: Mapping[str, Words], language: Language
) -> str:
    """Say in one line which data the cited figures come from, with their last day. `data` names
    those of each file."""
    cited = set(list_cited_facts(report))
    facts = [fact for fact in book.facts if fact.id in cited and fact.stated_by is None]
    inputs = {id for fact in facts for id in fact.calculated_from} - cited
    facts += [fact for fact in book.facts if fact.id in inputs]
    return describe_data(facts, data, language)


def describe_data(facts: Iterable[Fact], data: Mapping[str, Words], language: Language) -> str:
    """Name the data of these facts: "orders and visits, up to 27 November"."""
    days: dict[str, date] = {}
    for fact in facts:
        if fact.source not in (NO_SOURCE, BRIEF_SOURCE):
            is_product = fact.source.line is not None or fact.parts.kind in ("product", "catalogue")
            other = PRODUCT_LIST if is_product else fact.source.whole_file.words()
            name = format_value(data.get(fact.source.file, other), language)
            days[name] = max(days.get(name, fact.as_of), fact.as_of)
    by_day: dict[date, list[str]] = {}
    for name, day in days.items():
        by_day.setdefault(day, []).append(name)
    newest = max(by_day, default=date.min)
    lines = [
        Words(
            "{file}, up to {day}",
            file=", ".join(names),
            day=format_short_day(day, language, newest),
        )
        for day, names in by_day.items()
    ]
    return " · ".join(line.to(language) for line in lines)


# What a digest or an alert says.

DIGEST_SECTIONS = {  # section, in order → the kinds of facts it needs
    "sales": ("trends",),
    "site": ("funnel", "delivery"),
    "feedback": ("feedback",),
    "campaigns": ("campaigns", "experiments"),
    "queue": (),
    "intern": (),
}


class DigestFollowUp(BaseModel):
    """The parts that code alone writes: what became of the last digest's findings, how what was
    sent did, and the work that waits."""

    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")


class DigestReport(Report):
    """A report on what moved, the most important change first."""

    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    more: Copy | None = Field(default=None, title="What else moved")


class QuietDigest(ComputedOutput):
    """A digest without a confirmed change: one line, and the rest behind a button."""

    quiet: Copy = Field(title="What moved")
    read_as: Copy | None = Field(default=None, title="Read as")
    more: Copy | None = Field(default=None, title="What else moved")
    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    leads: list[NextStep] = []


# Ideas for campaigns: as the model fills them in, and as they are stored.

MAX_IDEAS = 12


class IdeaForm(BaseModel, frozen=True):
    """One idea, as the model fills it in."""

    idea: str = Field(description="the idea in one line, at most 90 characters")
    audience: str = Field(description="who it is for, in a few words")
    fact: str = Field(
        description="the fact behind it in one short sentence, its figures as slots, or the name "
        "or date that a tool gave"
    )
    facts: list[str] = Field(
        description="names of the facts it stands on, such as f3; at least one"
    )
    first_day: str = Field(
        default=NONE,
        description="its first day as 2026-11-24, within the days that the request names, or none",
    )
    last_day: str = Field(default=NONE, description="its last day, likewise")
    mad: bool = Field(description="whether it is one of the mad ideas that were asked for")
    request: str = Field(
        description="the whole request for a draft of it, with its channel: “an e-mail that …”"
    )

    @property
    def days(self) -> tuple[date | None, date] | None:
        """Its days, both included, the first one where it is known; None for none. Raises
        ValueError for what are no days."""
        first = date.fromisoformat(self.first_day) if is_given(self.first_day) else None
        last = date.fromisoformat(self.last_day) if is_given(self.last_day) else first
        if last is None:
            return None
        if first and last < first:
            raise ValueError("the last day is before the first")
        return first, last


class IdeasForm(BaseModel, frozen=True):
    ideas: list[IdeaForm] = Field(description=f"as many as were asked for, at most {MAX_IDEAS}")
    not_used: list[str] = Field(
        default=[],
        description="words of the request that no idea takes into account, such as a budget",
    )


class Ideas(ComputedOutput):
    """What is stored: each idea with who it is for and the fact behind it, and a draft of each."""

    not_used: Copy | None = Field(default=None, title=Words("Not used").text)
    ideas: list[Copy] = Field(title=Words("Ideas").text)
    leads: list[NextStep] = []
