"""How a report says that its question was read: one line on the card, and beside each figure what
its look-up was asked."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from bot.core.charts import AGAINST, JOINTS, MAX_NAMED, PEOPLE, Exhibit, ScopePart, join_scope
from bot.core.fact_book import FactBook, SlotError
from bot.core.facts import CALCULATED, Fact
from bot.core.report import Report, ReportForm, list_cited_facts
from bot.core.request import SkillRequest
from bot.i18n.countries import list_country_words, parse_country_code
from bot.i18n.messages import Words, format_short_period
from bot.i18n.periods import find_periods
from bot.text.normalize import tokenize

SHOP_PARTS = (  # fields that say of which part of the shop a figure is
    *("country", "region", "product", "category", "brand", "device", "source", "channel"),
    *("segment", "platform", "retailer"),
)
SLOT_NAME = re.compile(r"\{(f\d+)")
ENDS = " .!?…"  # of a sentence
STEM = 5  # letters that words of one family share


class Findings(Protocol):
    """What a report was written from."""

    request: SkillRequest
    today: date

    @property
    def book(self) -> FactBook: ...
    @property
    def exhibits(self) -> tuple[Exhibit, ...]: ...
    @property
    def read_as(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Reading:
    """How a question was read: one line for the card, of the calls behind the headline, and the
    lines without which it would mislead."""

    line: str = ""
    exhibits: tuple[Exhibit, ...] = ()  # of which the line is
    beside: tuple[str, ...] = ()

    @property
    def footnote(self) -> str:
        """Whose figures they are, where it is true of all that the line names."""
        found = {one.footnote for one in self.exhibits}
        return found.pop() if len(found) == 1 else ""


def read_question(form: ReportForm, chosen: Exhibit | None, ctx: Findings) -> Reading:
    """Return how the question was read: the calls whose figures the headline shows, else the shown
    exhibit, else those of the points; with what other calls that these show asked alike. A call
    that was corrected or not used says nothing about the report, and what any other was asked
    stands beside its figures."""
    # of two calls that gave a figure, the one whose exhibit is shown
    ordered = _order_exhibits(chosen, ctx)

    def list_used(cited: Sequence[str]) -> list[Exhibit]:
        used = (next((e for e in ordered if id in e.facts and e.read_as), None) for id in cited)
        return list({id(one): one for one in used if one}.values())

    shown = [one for one in ordered if chosen and chosen.shows_of(one) and one.read_as]
    of_headline = list_cited([form.headline], ctx)
    of_points = list_cited([*form.points, form.cannot_tell], ctx)
    headline, points = list_used(of_headline), list_used(of_points)
    bounded = [
        one for one in ordered if _has_bound(one) and not one.all_facts.isdisjoint(of_points)
    ]  # a headline without a figure says that nothing is within them
    found = headline or [*bounded, *shown, *points]
    if coming := [one for one in [*found, *points, *shown] if _is_of_days_to_come(one, ctx)]:
        found = coming  # what a forecast stands on is not its days
    if not found:
        with_exhibit = {exhibit.read_as for exhibit in ctx.exhibits if exhibit.id}
        alone = (one for one in ctx.read_as if one not in with_exhibit)
        return Reading(next((one[:1].upper() + one[1:] for one in alone), ""))
    first, *rest = found
    named = of_headline or of_points
    more = [one for one in [*shown, *points] if _is_of_other_part(one, first, named)]
    alike = [one for one in [*rest, *more] if one is not first and _asks_alike(one, first)]
    if headline:  # it names other people than those of the points
        alike = [one for one in alike if one in headline or not _is_of_people(one)]
    told = (first, *{id(one): one for one in alike}.values())
    cited = {*of_headline, *of_points, *(chosen.all_facts if chosen else ())}
    # people whom points alone count are named there, and are not those of the headline
    is_told = headline or bounded or shown or not _is_of_people(first)
    line = _tell_line(told, named, cited, ctx) if is_told else ""
    others = [one for one in [*headline, *points] if one not in told]
    ages = (text for one in [*told, *others, *shown] for text in one.read_as.splitlines()[1:])
    beside = (
        *ages,
        *_list_ends(form, [*told, *shown], ctx),
        *_list_open([*told, *shown], others, [*of_headline, *of_points], ctx),
        *_list_wider(told, others, form, ctx),
    )
    return Reading(line, told, tuple(dict.fromkeys(beside)))


def _tell_line(
    exhibits: Sequence[Exhibit], named: Sequence[str], cited: Collection[str], ctx: Findings
) -> str:
    """Return how these calls were read, in one line: the measures of the named facts, and of each
    a comparison only where one of the cited facts is of it."""
    first, *more = exhibits
    line, *_ = first.read_as.splitlines()
    if scope := first.list_scope(named):
        has = {PEOPLE, *(part for part, _text in scope)}
        scope += tuple(one for other in more for one in other.list_scope(named) if one[0] in has)
        against = {
            one
            for call in exhibits
            if not _have_other_days(exhibits) and _is_compared(call, cited, ctx)
            for one in call.list_scope(named)
        }
        scope = tuple(one for one in scope if one[0] != AGAINST or one in against)
        days = first.days or _tell_days([first], named, ctx)
        line = join_scope(_shorten(scope, exhibits, named, ctx), days)
    return line[:1].upper() + line[1:]


def _is_of_people(exhibit: Exhibit) -> bool:
    return any(part == PEOPLE for part, _text in exhibit.scope)


def _have_other_days(exhibits: Sequence[Exhibit]) -> bool:
    return len({text for one in exhibits for part, text in one.scope if part == "days"}) > 1


def _is_compared(exhibit: Exhibit, cited: Collection[str], ctx: Findings) -> bool:
    """Whether one of the cited facts of a call is a change, or what another is compared with."""
    own = exhibit.all_facts
    before = {fact.compared_with for fact in ctx.book.facts if fact.id in own}
    return any(
        fact.id in before or fact.is_change
        for fact in ctx.book.facts
        if fact.id in own and fact.id in cited
    )


def _order_exhibits(chosen: Exhibit | None, ctx: Findings) -> list[Exhibit]:
    return sorted(ctx.exhibits, key=lambda one: chosen is None or not chosen.shows_of(one))


def _list_ends(form: ReportForm, read: Sequence[Exhibit], ctx: Findings) -> Iterator[str]:
    """Yield which of the told measures end before the data do, where neither how the question was
    read, nor the shown table, nor a sentence says that day."""
    cited, language = list_cited([*form.points, form.cannot_tell], ctx), ctx.request.language
    named = _list_named_days([form.headline, *form.points, form.cannot_tell], ctx)
    for exhibit in ctx.exhibits:
        is_said = exhibit.cut_after in named or any(one.id == exhibit.id for one in read)
        if not is_said and (line := exhibit.tell_end(cited, language, ctx.today)):
            yield line


def _list_open(
    read: Sequence[Exhibit], others: Sequence[Exhibit], cited: Sequence[str], ctx: Findings
) -> Iterator[str]:
    """Yield which other calls count returns up to later days than those that were read."""
    if any(one.cut_after for one in read):
        for exhibit in others:
            if exhibit.is_open and not any(one.id == exhibit.id for one in read):
                scope = exhibit.tell_scope(cited)
                words = Words("{scope}: returns of its last days are still to come.", scope=scope)
                line = words.to(ctx.request.language)
                yield line[:1].upper() + line[1:]


def _list_named_days(texts: Iterable[str], ctx: Findings) -> set[date]:
    """Return the first and last days of the periods that these texts name."""
    found = set[date]()
    for text in texts:
        with suppress(ValueError, SlotError):
            words = tokenize(ctx.book.fill(text, ctx.request.language).text)
            found.update(day for period in find_periods(words, ctx.today) for day in period.days)
    return found


def add_days(form: ReportForm, ctx: Findings) -> ReportForm:
    """Return the report with their days behind each point that names none, and whose figures are
    all of the same days: others than those of the headline's figures and of what these, or its own,
    are compared with."""
    told = _list_days(_list_dated(form.headline, ctx), ctx)

    def date_point(point: str) -> str:
        facts = _list_dated(point, ctx)
        names = {one.name_days(ctx.request.language, ctx.today) for one in facts}
        is_told = not told.isdisjoint(_list_days(facts, ctx))
        if len(names) != 1 or not told or is_told or _list_named_days([point], ctx):
            return point
        text = point.rstrip(ENDS)
        return f"{text} ({names.pop()}){point[len(text) :].rstrip()}"

    return form.model_copy(update={"points": [date_point(one) for one in form.points]})


def _list_dated(text: str, ctx: Findings) -> list[Fact]:
    """Return the facts of the figures of days whose slots stand in a text."""
    facts = (ctx.book.get(name) for name in SLOT_NAME.findall(text))
    dated = [one for one in facts if one and one.since and one.until]
    return [one for one in dated if isinstance(one.value, Decimal)]


def _list_days(facts: Iterable[Fact], ctx: Findings) -> set[tuple[date | None, date | None]]:
    """Return the days of these facts, and of those that they are compared with."""
    ids = {id for one in facts for id in (one.id, one.compared_with)}
    return {(one.since, one.until) for one in ctx.book.facts if one.id in ids}


def _list_wider(
    told: Sequence[Exhibit], others: Sequence[Exhibit], form: ReportForm, ctx: Findings
) -> Iterator[str]:
    """Yield for each condition of the question that other calls don't hold what they are of, if it
    is not told within the condition too: that would be a comparison. One that only chose the rows
    is none of the question's."""
    cited = {*list_cited([form.headline, *form.points], ctx)}
    asked = f"{ctx.request.brief.follows or ''} {ctx.request.brief.words}"
    for part, text in told[0].list_scope(()):
        of_rows = told[0].rows.dimensions if told[0].rows else ()
        if part not in SHOP_PARTS or part in of_rows or not _is_named(part, text, asked):
            continue
        facts = [fact for fact in ctx.book.facts if fact.id in cited]
        wider = frozenset[str]().union(
            *(
                one.all_facts
                for one in others  # the rule of people tells its conditions itself
                if all(name not in (part, PEOPLE) for name, _ in one.scope)
            )
        )
        is_wide = {
            fact.id: fact.id in wider and text.casefold() not in fact.about.casefold()
            for fact in facts
        }
        within = {fact.parts.measure for fact in facts if not is_wide[fact.id]}
        names = [
            _name_look_up(fact, others, ctx)
            for fact in facts
            if is_wide[fact.id] and fact.parts.measure not in within and not fact.is_change
        ]
        if names:
            what = ", ".join([*dict.fromkeys(names)][:MAX_NAMED])
            words = Words("{what}: not limited to {condition}", condition=text, what=what)
            line = words.to(ctx.request.language)
            yield line[:1].upper() + line[1:]


def _name_look_up(fact: Fact, exhibits: Iterable[Exhibit], ctx: Findings) -> str:
    """Return what was looked up with a fact: its measure, or what its call is of, as “rate” alone
    says nothing."""
    own = next((one for one in exhibits if fact.id in one.all_facts), None)
    named = own.list_measures([fact.id]) if own else []
    named += [text for part, text in own.scope if part == "what"] if own else []
    return named[0] if named else fact.titled(ctx.request.language)


def _is_named(part: str, text: str, asked: str) -> bool:
    """Whether the person named a condition: a country by any of its names, else a long word."""
    words = tokenize(asked)
    if part == "country":
        names = {*list_country_words(text)}
        code = parse_country_code(text)
        return any(one in names or parse_country_code(one) == code for one in words)
    return not _list_stems(words).isdisjoint(_list_stems(tokenize(text)))


def _list_stems(words: Iterable[str]) -> set[str]:
    return {one[:STEM] for one in words if len(one) >= STEM}


def tell_readings(report: Report, chosen: Exhibit | None, ctx: Findings) -> dict[str, str]:
    """Return for each fact that a report shows how its look-up was read."""
    shown = (*list_cited_facts(report), *(quote.fact for quote in report.quotes))
    every = {*_list_inputs(shown, ctx)}
    found = dict[str, str]()
    # a total that two calls gave is not within the bound of one
    for exhibit in sorted(_order_exhibits(chosen, ctx), key=_has_bound):
        own = [id for id in every if id in exhibit.all_facts and id not in found]
        if not own:
            continue
        printed = [id for id in every if id in exhibit.all_facts]
        days = exhibit.days or _tell_days([exhibit], printed, ctx)
        told = exhibit.tell_scope(printed, days) if exhibit.scope else exhibit.read_as
        if line := told.partition("\n")[0]:
            found |= dict.fromkeys(own, line[:1].upper() + line[1:])
    for fact in ctx.book.facts:
        if fact.id in shown and fact.parts.kind == CALCULATED and fact.id not in found:
            inputs = {found.get(id) for id in _list_inputs([fact.id], ctx) if id != fact.id}
            if len(inputs) == 1 and (shared := inputs.pop()):
                found[fact.id] = shared
    return found


def _asks_alike(one: Exhibit, other: Exhibit) -> bool:
    """Whether two calls group alike, have conditions of the same kinds and name days, or not: their
    parts fit into one line."""
    apart = ("what", "more", AGAINST, PEOPLE)
    first, second = (
        {(part, text if part == "by" else "") for part, text in call.scope if part not in apart}
        for call in (one, other)
    )
    return first == second


def _is_of_other_part(one: Exhibit, other: Exhibit, named: Sequence[str]) -> bool:
    """Whether two calls were asked the same of the same days, if of other parts of the shop."""
    first, second = (
        {scope for scope in call.list_scope(named) if scope[0] in ("what", "days")}
        for call in (one, other)
    )
    return one is not other and first == second


def _shorten(
    scope: Sequence[ScopePart],
    exhibits: Sequence[Exhibit],
    cited: Sequence[str],
    ctx: Findings,
) -> list[ScopePart]:
    """Return the parts with the first texts of one that has many, and with all days from the first
    to the last where several calls are of others."""
    texts: dict[str, dict[str, None]] = {}
    for part, text in scope:
        texts.setdefault(part, {})[text] = None
    short = list[ScopePart]()
    for part, some in texts.items():
        names = [*some]
        if part == "days" and names[2:] and (days := _tell_days(exhibits, cited, ctx)):
            names = [days]
        elif part != "what" and names[MAX_NAMED:]:
            shown = JOINTS.get(part, ", ").join(names[:MAX_NAMED])
            names = [Words("{names} and others", names=shown).to(ctx.request.language)]
        short += [(part, name) for name in names]
    return short


def _list_facts(exhibits: Iterable[Exhibit], cited: Sequence[str], ctx: Findings) -> list[Fact]:
    """Return the cited facts of these calls, without what others are compared with."""
    ids = frozenset[str]().union(*(one.all_facts for one in exhibits)) & {*cited}
    facts = [fact for fact in ctx.book.facts if fact.id in ids]
    before = {fact.compared_with for fact in facts}
    return [fact for fact in facts if fact.id not in before]


def _tell_days(exhibits: Iterable[Exhibit], cited: Sequence[str], ctx: Findings) -> str:
    """Return the days of the cited facts of these calls, from the first to the last; none where one
    of them is of no days: “143 customers”, beside what they spent in a year."""
    told = _list_facts(exhibits, cited, ctx)
    facts = [one for one in told if one.since and one.until]
    if not facts or len(facts) < len(told):
        return ""
    first = min(one.since for one in facts if one.since)
    last = max(one.until for one in facts if one.until)
    return format_short_period(first, last, ctx.request.language, date.min)


def _is_of_days_to_come(exhibit: Exhibit, ctx: Findings) -> bool:
    own = (one for one in ctx.book.facts if one.id in exhibit.all_facts)
    return any(one.since and ctx.today and one.since > ctx.today for one in own)


def _has_bound(exhibit: Exhibit) -> bool:
    """Whether its call left out groups by a measure: "at least 50 orders"."""
    return any(part == "having" for part, _text in exhibit.scope)


def list_left_out(form: ReportForm, tables: Sequence[Exhibit], ctx: Findings) -> tuple[str, ...]:
    """Return how many rows the shown tables leave out, and what the rankings leave out that the
    report shows, or of whose groups it cites figures that are not in what it shows: each line once,
    of two the one that says more. Where the look-ups group otherwise or are of other days, each
    line says of which one it is."""
    cited = {*list_cited([form.headline, *form.points, form.cannot_tell], ctx)}
    apart = cited.difference(*(one.all_facts for one in tables))
    cut = tables[0].cut.splitlines() if tables else []
    for second in tables[1:]:
        name = ", ".join(one for one in _list_kinds(second) if one not in _list_kinds(tables[0]))
        cut += [_begin_with(name, line, ctx) for line in second.cut.splitlines()]
    shown = [one for one in ctx.exhibits if any(some.shows_of(one) for some in tables)]
    gave = {id: one for one in reversed(ctx.exhibits) for id in one.all_facts}  # the first call
    beside = [one for one in ctx.exhibits if any(gave.get(id) is one for id in apart)]
    used = [*shown, *(one for one in beside if one not in shown)]
    kinds = [{*_list_kinds(one)} for one in used]
    alike = set[str]().union(*kinds).intersection(*kinds)
    found = set[str]()
    for one in used:
        if one.not_ranked and (one in shown or apart & {*one.ranked_facts}):
            name = ", ".join(text for text in _list_kinds(one) if text not in alike)
            found.add(_begin_with(name, one.not_ranked, ctx))
    lines = [one for one in found if not any(o != one and o.startswith(one) for o in found)]
    return tuple(dict.fromkeys((*cut, *sorted(lines))))


def _begin_with(name: str, line: str, ctx: Findings) -> str:
    """Return the line after whose it is, where there is a name for that."""
    told = Words("{name}: {value}", name=name[:1].upper() + name[1:], value=line)
    return told.to(ctx.request.language) if name else line


def _list_kinds(exhibit: Exhibit) -> list[str]:
    """Return by what a call groups, and of which days it is."""
    return [*(text for part, text in exhibit.scope if part == "by"), *filter(None, [exhibit.days])]


def list_cited(texts: Sequence[str], ctx: Findings) -> list[str]:
    """Return the ids of the facts whose slots stand in these texts, in their order, each calculated
    one with those that it was computed from."""
    cited = list[str]()
    for name, is_change in re.findall(r"\b(f\d+)\b(:from-to)?", " ".join(texts)):
        if fact := ctx.book.get(name):
            cited += [fact.id, *([fact.compared_with] if is_change and fact.compared_with else [])]
    return _list_inputs(cited, ctx)


def _list_inputs(cited: Iterable[str], ctx: Findings) -> list[str]:
    """Return the ids of facts, each calculated one with those that it was computed from."""
    known = {fact.id: fact for fact in ctx.book.facts}
    waiting = [known[id] for id in cited if id in known]
    found: dict[str, None] = {}
    while waiting:
        fact = waiting.pop(0)
        found[fact.id] = None
        ids = {*fact.calculated_from} - found.keys()
        waiting += [one for one in ctx.book.facts if one.id in ids]
    return [*found]
