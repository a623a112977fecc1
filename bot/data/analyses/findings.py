"""Read findings from the facts of the analyses: what moved, how tests went, what a test needs, and
the themes that words name.

Code alone decides what moved, whether that is confirmed, and in which order it is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.fact_sentences import (
    CHANGE_STATUSES,
    CONFIRMED,
    FactSubject,
    SentenceWriter,
    group_by_subject,
)
from bot.core.facts import Evidence, Fact, spell_number
from bot.core.metric_query import MESSAGE_PLACES
from bot.core.parts import Copy, NextStep
from bot.i18n.messages import LANGUAGES, Words, format_short_day, format_short_period
from bot.text.normalize import normalize_text, tokenize

if TYPE_CHECKING:
    from bot.data.analyses.feedback.aspects import PhraseMatch

MAX_THEMES, MAX_PRODUCTS = 3, 3
SITE_THEME = "website"
MOSTLY_ONE_SERIES = 0.8  # the share of a total from which a series is nearly all of it
STEP_SENTENCES = {  # by the end of the subject's key
    "view-to-cart": Words(
        "On {device}, {rate} of product visits reach the basket, {before} before."
    ),
    "cart-to-checkout": Words("On {device}, {rate} of baskets reach checkout, {before} before."),
    "checkout-to-purchase": Words(
        "On {device}, {rate} of checkouts end in a payment, {before} before."
    ),
}
STEP_COSTS = (
    Words("Since {since} it has cost about {lost_money} ({lost_money_range})."),
    Words("It began about {since}."),
)
LATE_PARCELS = Words("Parcels to {name}: {late} come late, {rest} elsewhere.")
WEEK = Words("{name}: {last} ({days}), {expected} expected ({change}).")
STEADY_WEEK = Words(
    "{name}: {last} ({days}), {expected} expected ({change}), no more than chance does."
)
WEEKS = Words("{name}: {last} a week ({days}), {expected} expected ({change}).")
THEME = Words("“{name}”: {share_now} of reviews and messages, {share_before} before.")
SOLD_OUT = Words(
    "{product} is sold out and still advertised (keyword {name}): {spend} spent so far."
)
COVERED = {  # kind → the measure whose days are told, and how a digest names them
    "trends": ("last", Words("weekly sales {days}")),
    "funnel": ("rate", Words("visits {days}")),
    "delivery": ("late", Words("parcels {days}")),
    "feedback": ("share-now", Words("feedback {days}")),
}
PART_OF_WEEK = Words("sales {days} · changes by week {week}, the last whole one")
COMPARED = {  # kind → the measure of the days before, and how they are told
    "funnel": ("before", Words("Visits are compared with those of {days}.")),
    "delivery": ("before", Words("Parcels are compared with those of orders {days}.")),
    "feedback": ("share-before", Words("Feedback is compared with that of {days}.")),
}
WATCH = Words("Keep an eye on: {what}")
BREAK = Words(
    "The orders all but break off on {since}: {came} since, where {usual} are usual. Does the file "
    "end there, or did the shop stop selling?"
)


@dataclass(frozen=True)
class Move:
    """One thing that moved: its sentence and, in `cost`, since when and what it has cost."""

    text: Copy
    cost: Copy
    fact_subject: FactSubject
    pair: tuple[Fact | None, Fact | None] | None = None  # for the picture: before, and now
    compared_with: Words | None = None  # what the first of the pair is called, if not "Before"
    lead: NextStep | None = None

    @property
    def is_sure(self) -> bool:
        return self.fact_subject.status == CONFIRMED or self.fact_subject.kind in (
            "delivery",
            "campaigns",
        )

    @property
    def subject(self) -> str:
        """Return the subject of its facts: "trends.total-orders"."""
        return f"{self.fact_subject.kind}.{self.fact_subject.key}"

    @property
    def is_of_site(self) -> bool:
        """Whether it is what customers say of the website."""
        key = self.fact_subject.key
        return self.fact_subject.kind == "feedback" and key.partition("-")[0] == SITE_THEME

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the ids of the facts that its sentences state."""
        return tuple(dict.fromkeys([*self.text.facts, *self.cost.facts]))

    @property
    def words(self) -> str:
        return self.text.text


def find_moves(writer: SentenceWriter, evidence: Evidence, series: str | None = None) -> list[Move]:
    """Return what moved, what is confirmed first; of one series alone if it is given."""
    if series:
        facts = tuple(f for f in evidence.facts if f.id.startswith(f"{series}."))
        evidence = Evidence(facts=facts)
    themes = [*_find_themes(writer, evidence)]
    found = [
        *_find_steps(writer, evidence),
        *(one for one in themes if one.is_of_site),  # it may be what customers say of the steps
        *_find_late_parcels(writer, evidence),
        *_find_series(writer, evidence),
        *_find_advertised(writer, evidence),
        *(one for one in themes if not one.is_of_site),
    ]
    return sorted(found, key=lambda move: not move.is_sure)


def _find_steps(writer: SentenceWriter, evidence: Evidence) -> Iterator[Move]:
    for one in group_by_subject(evidence, "funnel", "device-").values():
        step = next((words for end, words in STEP_SENTENCES.items() if one.key.endswith(end)), None)
        if one.status in CHANGE_STATUSES and one.get("before") and step:
            yield Move(
                writer.tell(one, step, device=Words(one.about)),
                writer.tell(one, *STEP_COSTS),
                one,
                pair=(one.get("before"), one.get("rate")),
                lead=_ask_why(writer),
            )


def _find_late_parcels(writer: SentenceWriter, evidence: Evidence) -> Iterator[Move]:
    for one in group_by_subject(evidence, "delivery", "late-regions").values():
        yield Move(
            writer.tell(one, LATE_PARCELS),
            Copy(text=""),
            one,
            pair=(one.get("rest"), one.get("late")),
            compared_with=Words("Elsewhere"),
            lead=_ask_why(writer),
        )


def _find_series(writer: SentenceWriter, evidence: Evidence) -> Iterator[Move]:
    """Yield the series that moved, each once, and of single products the surest alone."""
    every, products = group_by_subject(evidence, "trends"), 0
    for one in every.values():
        if one.status not in CHANGE_STATUSES or one.get("expected") is None:
            continue
        if any(_is_part_of(one, every.get(f"total-{of}")) for of in ("orders", "units")):
            continue
        products += one.key.startswith("product-")
        if one.key.startswith("product-") and products > MAX_PRODUCTS:
            continue
        yield Move(
            writer.tell(
                one,
                WEEKS if one.number("weeks") > 1 else WEEK,
                days=writer.name_days(one.get("last")),
            ),
            Copy(text=""),
            one,
            pair=(one.get("expected"), one.get("last")),
            compared_with=Words("Expected"),
            lead=_offer_email(writer, one) or _ask_why(writer),
        )


def tell_steady_sales(writer: SentenceWriter, evidence: Evidence) -> Copy:
    """Say what was sold in the week, where no total moved; an empty text where one did."""
    totals = group_by_subject(evidence, "trends", "total-")
    steady = totals.get("total-revenue") or totals.get("total-orders")
    if steady is None or any(one.status in CHANGE_STATUSES for one in totals.values()):
        return Copy(text="")
    return writer.tell(steady, STEADY_WEEK, days=writer.name_days(steady.get("last")))


def _is_part_of(one: FactSubject, whole: FactSubject | None) -> bool:
    """Whether a total that moved says the same already: of a series that is nearly all of it, and
    of another total."""
    if whole is None or one.key == whole.key or whole.status not in CHANGE_STATUSES:
        return False
    if one.number("change") * whole.number("change") < 0:
        return False
    if one.key.startswith("total-"):
        return whole.key == "total-orders"
    units = {fact.unit for fact in (one.get("last"), whole.get("last")) if fact is not None}
    return len(units) == 1 and float(one.number("last")) >= MOSTLY_ONE_SERIES * float(
        whole.number("last")
    )


def _find_themes(writer: SentenceWriter, evidence: Evidence) -> Iterator[Move]:
    themes = group_by_subject(evidence, "feedback").values()
    moved = [one for one in themes if one.status in CHANGE_STATUSES and one.get("share-now")]
    # Where a part of a theme moved, it says more than the whole.
    wholes = {one.key.rpartition("-")[0] for one in moved}
    for one in [one for one in moved if one.key not in wholes][:MAX_THEMES]:
        name = one.named(writer.language)
        ask = writer.say(Words("What do customers say about {theme}?", theme=name))
        label = Words("What customers say: {theme}", theme=name)
        yield Move(
            writer.tell(one, THEME),
            Copy(text=""),
            one,
            pair=(one.get("share-before"), one.get("share-now")),
            lead=NextStep(label=label, skill="feedback", words=ask, ask=False),
        )


def _find_advertised(writer: SentenceWriter, evidence: Evidence) -> Iterator[Move]:
    keywords = group_by_subject(evidence, "campaigns", "stuck--").values()
    for one in [one for one in keywords if one.word("where") == "sold out"][:1]:
        yield Move(writer.tell(one, SOLD_OUT), Copy(text=""), one)


def _offer_email(writer: SentenceWriter, one: FactSubject) -> NextStep | None:
    """Offer to write about goods that sell better; nobody writes to customers about orders."""
    if not one.key.startswith(("category-", "product-")) or one.number("change") <= 0:
        return None
    name = one.named(writer.language)
    label = Words("Draft an e-mail: {what}", what=name)
    words = writer.say(Words("Write an e-mail about {what}", what=name))
    return NextStep(label=label, skill="draft", words=words)


def _ask_why(writer: SentenceWriter) -> NextStep:
    ask = writer.say(Words("What blocks sales now?"))
    return NextStep(label=Words("What blocks sales?"), skill="blockers", words=ask, ask=False)


def tell_break(writer: SentenceWriter, evidence: Evidence) -> Copy:
    """Say that the orders end before their file does; an empty text where they don't."""
    return writer.tell(group_by_subject(evidence, "trends", "ended").get("ended"), BREAK)


def build_point(writer: SentenceWriter, move: Move, text: str = "") -> Copy:
    """Build a point of a report. What is not confirmed is marked."""
    text = text or f"{move.words} {move.cost.text}".strip()
    marked = text if move.is_sure else writer.say(WATCH.with_params(what=text))
    return Copy(text=marked, facts=move.facts)


def tell_covered_days(
    writer: SentenceWriter,
    evidence: Evidence,
    kinds: Sequence[str],
    part: tuple[date, date] | None = None,
) -> Copy | None:
    """Say which days the figures are about: of sales in the first line, of all else in the second,
    where what ends on one day shares it: "up to 24 November: visits 14 days, feedback 30 days".
    `part` is the part of a week that was asked for."""
    sales, year = list[str](), date.min
    ends: dict[date, list[str]] = {}
    for kind, (measure, words) in COVERED.items():
        fact = find_newest(evidence, kind, measure) if kind in kinds else None
        if fact is None or fact.since is None or fact.until is None:
            continue
        if kind == "trends":
            days, year = name_covered_days(writer, evidence, kind), fact.until
            if part is not None:
                days = format_short_period(*part, writer.language, date.min)
                words = PART_OF_WEEK.with_params(week=writer.name_days(fact))
            sales.append(writer.say(words.with_params(days=days)))
        else:
            length = spell_number(
                Decimal((fact.until - fact.since).days + 1), "days", writer.language
            )
            ends.setdefault(fact.until, []).append(writer.say(words.with_params(days=length)))
    others = [
        writer.say(
            Words(
                "up to {day}: {what}",
                day=format_short_day(day, writer.language, year),
                what=", ".join(names),
            )
        )
        for day, names in ends.items()
    ]
    lines = [*sales, *filter(None, [" · ".join(others)])]
    return Copy(text="\n".join(lines)) if lines else None


def name_covered_days(writer: SentenceWriter, evidence: Evidence, kind: str) -> str:
    """Return the days of the newest figures, and those that are too new for the weekly sales."""
    fact = find_newest(evidence, kind, COVERED[kind][0])
    days = writer.name_days(fact)
    if fact is None or fact.until is None or kind != "trends" or fact.as_of <= fact.until:
        return days
    newer = {"since": fact.until + timedelta(days=1), "until": fact.as_of}
    return writer.say(
        Words(
            "{days} (not yet {newer})",
            days=days,
            newer=format_short_period(newer["since"], newer["until"], writer.language, fact.until),
        )
    )


def tell_earlier_days(
    writer: SentenceWriter, evidence: Evidence, kinds: Sequence[str]
) -> Iterator[Copy]:
    """Yield which days the figures are compared with."""
    for kind, (measure, words) in COMPARED.items():
        if kind in kinds and (fact := find_newest(evidence, kind, measure)):
            yield Copy(text=writer.say(words.with_params(days=writer.name_days(fact))))


def find_newest(evidence: Evidence, kind: str, measure: str) -> Fact | None:
    """Return the fact whose days begin last: a step of many weeks tells less of what is new."""
    dated = [one for one in evidence.of(kind) if one.parts.measure == measure and one.since]
    return max(dated, key=lambda one: one.since or date.min, default=None)


# Tests and plans of tests.

RANK = ("won", "lost", "broken", "no difference seen", "too early")  # what can be acted on first
MAX_WEEKS = 8  # beyond, people forget and come back as somebody else
AUDIENCE = "audience"  # the place of a test on customers who are named, read by their orders


@dataclass(frozen=True)
class Trial:
    """One metric of one test: the whole, and each variant by its name."""

    whole: FactSubject
    arms: Mapping[str, FactSubject]

    @property
    def test(self) -> str:
        return self.whole.key.split("--")[0]

    @property
    def metric(self) -> Words:
        name = self.whole.word("metric")
        return Words(name)

    @property
    def title(self) -> str:
        return self.whole.word("title").replace("_", " ")  # it may be a file's name

    @property
    def status(self) -> str:
        """Return its status: "uncounted" where nobody did what is counted."""
        counted = [a for a in self.arms.values() if a.number("successes") or not a.get("successes")]
        return self.whole.status if counted or self.whole.status == "broken" else "uncounted"

    @property
    def control(self) -> FactSubject | None:
        return self.arms.get(self.whole.word("control"))

    @property
    def deciding(self) -> FactSubject | None:
        """The variant that the verdict is about."""
        others = [arm for arm in self.arms.values() if arm is not self.control]
        others.sort(key=lambda arm: -float(arm.number("effect")))
        about = [arm for arm in others if arm.status == self.status]
        if self.status == "lost":
            about.reverse()
        return next(iter(about or others), None)

    @property
    def short(self) -> FactSubject:
        """The variant that is furthest below its share."""
        return max(self.arms.values(), key=lambda a: float(a.number("meant") - a.number("users")))

    @property
    def days(self) -> int:
        """How many days it ran, both ends included; 0 where its rows have no days."""
        first, last = self.whole.word("first-day"), self.whole.word("last-day")
        if not first or first == last:
            return 0
        return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def list_trials(every: Mapping[str, FactSubject]) -> list[Trial]:
    """Return the tests that the facts are about; those that can be acted on first, then the
    newest. A test of one variant has nothing to compare."""
    found = []
    for key, whole in every.items():
        if key.count("--") == 1 and whole.get("status"):
            arms = [one for k, one in every.items() if k.startswith(f"{key}--")]
            if len(arms) > 1:
                found.append(Trial(whole, {arm.word("variant"): arm for arm in arms}))
    found.sort(key=lambda trial: trial.whole.word("last-day"), reverse=True)
    return sorted(found, key=lambda trial: RANK.index(trial.whole.status))


@dataclass(frozen=True)
class PlannedTest:
    """`lifts` from the smallest, `weeks` from the shortest. `start` has the rate of today."""

    place: str
    start: FactSubject
    lifts: list[FactSubject]
    weeks: list[FactSubject]
    chances: FactSubject

    @property
    def proposed(self) -> FactSubject:
        """The smallest lift that can be shown in time, else the largest."""
        return next((one for one in self.lifts if self._fits(one)), self.lifts[-1])

    @property
    def is_feasible(self) -> bool:
        return self._fits(self.proposed)

    @property
    def is_on_site(self) -> bool:
        return self.place not in (*MESSAGE_PLACES, AUDIENCE)

    def _fits(self, one: FactSubject) -> bool:
        """Whether it ends in time, and of a group there are enough people."""
        size = self.start.get("size")
        has_people = size is None or one.number("in-all") <= self.start.number("size")
        return has_people and one.number("weeks") <= MAX_WEEKS


def find_plan(every: Mapping[str, FactSubject]) -> PlannedTest | None:
    place = next((key for key, one in every.items() if one.get("base")), None)
    lifts = [one for key, one in every.items() if key.startswith(f"{place}-lift-")]
    if place is None or not lifts:
        return None
    weeks = [one for key, one in every.items() if key.startswith(f"{place}-weeks-")]
    return PlannedTest(place, every[place], lifts, weeks, every["chance"])


# Which themes of the feedback to tell.

MAX_NAMED = 6
MOSTLY_ONE_PART = 0.8  # the share of a theme from which one part stands for it


def find_named_themes(words: str, themes: Sequence[FactSubject]) -> tuple[list[FactSubject], bool]:
    """Return the themes that the words name, most texts first, and whether the words name any
    theme at all. The words are read with the lists of phrases by which the texts are read, and
    with the names of the themes."""
    found = {subject for _, subject in _read_themes(tokenize(words))}
    low = f" {normalize_text(words)} "
    by_name = {o.key for o in themes for x in LANGUAGES if normalize_text(o.named(x)) in low}
    parts = {key for key in found if any(other.startswith(f"{key}-") for other in found)}
    keys = (found - parts) | by_name
    matching = [one for one in themes if one.key in keys]
    whole = {one.key for one in matching}
    matching += [o for o in themes if o.key.split("-")[0] in whole and o.key not in whole]
    largest = sorted(matching, key=lambda one: -one.number("texts"))[:MAX_NAMED]
    return largest, bool(keys)


def list_theme_words(words: str) -> list[str]:
    """Return the words by which `find_named_themes` finds a theme."""
    from bot.data.analyses.feedback.aspects import THEME_TITLES  # loads ibis

    tokens, low = tokenize(words), f" {normalize_text(words)} "
    found = [
        token for match, _ in _read_themes(tokens) for token in tokens[match.start : match.end]
    ]
    names = {Words(one).to(language) for one in THEME_TITLES.values() for language in LANGUAGES}
    named = {word for name in names if normalize_text(name) in low for word in tokenize(name)}
    return [*found, *(token for token in tokens if any(word in token for word in named))]


def _read_themes(tokens: Sequence[str]) -> Iterator[tuple["PhraseMatch", str]]:
    from bot.data.analyses.feedback.aspects import load_lexicon  # loads ibis

    for language in LANGUAGES:
        if lexicon := load_lexicon(language):
            for match, meaning in lexicon.finder.find(tokens):
                yield match, meaning.subject


def drop_near_duplicates(themes: Sequence[FactSubject]) -> list[FactSubject]:
    """Leave out each theme of which nearly all is one of its parts, such as "sizing" where nearly
    all of it is "sizing-small"."""
    return [
        one
        for one in themes
        if not any(
            part.key.startswith(f"{one.key}-")
            and float(part.number("texts")) >= MOSTLY_ONE_PART * float(one.number("texts"))
            for part in themes
        )
    ]


def list_places(every: Mapping[str, FactSubject], theme: str) -> list[FactSubject]:
    """Return where a theme is told more than chance would, products first."""
    found = [o for k, o in every.items() if k.startswith(f"{theme}--") and o.status == CONFIRMED]
    return sorted(found, key=lambda o: ("--product-" not in o.key, -o.number("lift")))
