"""How a report says that its question was read: one line on the card, and beside each figure what
its look-up was asked."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from bot.core.exhibits import AGAINST, MAX_NAMED, OF_DAYS, PEOPLE, Exhibit, ScopePart, join_scope
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
OF_OTHERS = ("by", PEOPLE, *OF_DAYS)  # parts that no line tells of two calls
SLOT_NAME = re.compile(r"\{(f\d+)")
BOUND = "having"  # the part of a call that left out groups: "at least 50 orders"
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
    """Return how the question was read: the measures, conditions and days of the headline's
    figures, in one line; of a call of other days, people or several other conditions in a line of
    its own. A headline without a figure is read as what it says is not within a bound, else as the
    shown exhibit, else as the points. What any other call was asked stands beside its figures."""
    # of two calls that gave a figure, the one whose exhibit is shown
    ordered = _order_exhibits(chosen, ctx)

    def list_used(cited: Sequence[str]) -> list[Exhibit]:
        used = (next((e for e in ordered if id in e.facts and e.read_as), None) for id in cited)
        return list({id(one): one for one in used if one}.values())

    of_headline = _list_shown(list_cited([form.headline], ctx), chosen, ctx)
    of_points = _list_shown(list_cited([*form.points, form.cannot_tell], ctx), chosen, ctx)
    headline, points = list_used(of_headline), list_used(of_points)
    shown = [one for one in ordered if chosen and chosen.shows_of(one) and one.read_as]
    bounded = [one for one in ordered if BOUND in dict(one.scope) and one.all_facts & {*of_points}]
    # people whom points alone count are named there
    found = headline or bounded or shown or [one for one in points if PEOPLE not in dict(one.scope)]
    if not found:
        with_exhibit = {exhibit.read_as for exhibit in ctx.exhibits if exhibit.id}
        alone = (one for one in ctx.read_as if one not in with_exhibit and not points)
        return Reading(next((one[:1].upper() + one[1:] for one in alone), ""))
    named = of_headline or of_points
    told = [one for one in found if one is found[0] or _fits_one_line(one, found[0], named, ctx)]
    others = [one for one in [*headline, *points] if one not in told]
    said = {*_list_parts(found[0], named, ctx)}
    apart = [one for one in headline if one not in told and {*_list_parts(one, named, ctx)} - said]
    ages = (text for one in [*told, *others, *shown] for text in one.read_as.splitlines()[1:])
    beside = (
        *(_tell_line([one], named, ctx) for one in apart),
        *ages,
        *_list_ends(form, [*told, *apart, *shown], ctx),
        *_list_open([*told, *shown], others, [*of_headline, *of_points], ctx),
        *_list_wider(told, others, form, ctx),
    )
    return Reading(_tell_line(told, named, ctx), tuple(told), tuple(dict.fromkeys(beside)))


def _tell_line(exhibits: Sequence[Exhibit], named: Sequence[str], ctx: Findings) -> str:
    """Return how these calls were read, in one line: of a condition that has many texts the first
    ones."""
    texts: dict[str, dict[str, None]] = {}
    for exhibit in exhibits:
        for part, text in _list_parts(exhibit, named, ctx):
            texts.setdefault(part, {})[text] = None
    scope = list[ScopePart]()
    for part, names in texts.items():
        listed = [*names]
        if part != "what" and names.keys() - listed[:MAX_NAMED]:
            some = ", ".join(listed[:MAX_NAMED])
            listed = [Words("{names} and others", names=some).to(ctx.request.language)]
        scope += [(part, name) for name in listed]
    line = join_scope(scope) if scope else exhibits[0].read_as.partition("\n")[0]
    return line[:1].upper() + line[1:]


def _list_parts(exhibit: Exhibit, named: Sequence[str], ctx: Findings) -> list[ScopePart]:
    """Return how a call was read, part by part: the measures and days of the named facts, and a
    comparison only where one of these is of it."""
    is_compared = _is_compared(exhibit, named, ctx)
    scope = [one for one in exhibit.list_scope(named) if one[0] != AGAINST or is_compared]
    days = exhibit.days or _tell_days(exhibit, named, ctx)
    is_dated = not scope or any(part in OF_DAYS for part, _text in scope)
    return [*scope, *([] if is_dated or not days else [("days", days)])]


def _fits_one_line(one: Exhibit, other: Exhibit, named: Sequence[str], ctx: Findings) -> bool:
    """Whether two calls differ in nothing but what they measure, or in one condition alone."""
    first, second = ({*_list_parts(call, named, ctx)} for call in (one, other))
    kinds = [{part for part, _text in some} for some in (first, second)]
    apart = {part for part, _text in first ^ second}
    if AGAINST not in kinds[0] & kinds[1]:  # one of them alone is compared
        apart.discard(AGAINST)
    is_alike = kinds[0] - {AGAINST} == kinds[1] - {AGAINST}
    return is_alike and len(apart) < 2 and apart.isdisjoint(OF_OTHERS)


def _is_compared(exhibit: Exhibit, cited: Collection[str], ctx: Findings) -> bool:
    """Whether one of the cited facts of a call is a change, or what another is compared with."""
    own = [fact for fact in ctx.book.facts if fact.id in exhibit.all_facts]
    before = {fact.compared_with for fact in own}
    return any(fact.id in cited and (fact.id in before or fact.is_change) for fact in own)


def _list_shown(cited: Iterable[str], chosen: Exhibit | None, ctx: Findings) -> list[str]:
    """Return these facts; in place of one that the shown exhibit has as well, its own."""
    shown = {id for one in ctx.exhibits if chosen and chosen.shows_of(one) for id in one.facts}
    known = {fact.id: _name_figure(fact) for fact in ctx.book.facts}
    own = {known[id]: id for id in known if id in shown}
    return [*dict.fromkeys(id if id in shown else own.get(known[id], id) for id in cited)]


def _name_figure(fact: Fact) -> tuple[object, ...]:
    return (fact.label, fact.about, fact.value, fact.unit, fact.since, fact.until)


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
    is not told within the condition too: that would be a comparison."""
    cited = {*list_cited([form.headline, *form.points], ctx)}
    for part, text in list_asked_conditions(told[0], ctx):
        facts = [fact for fact in ctx.book.facts if fact.id in cited]
        # the rule of people tells its conditions itself
        calls = [one for one in others if {part, PEOPLE}.isdisjoint(dict(one.scope))]
        ids = {id for one in calls for id in one.all_facts}
        wide = [one for one in facts if one.id in ids and text.lower() not in one.about.lower()]
        within = {one.parts.measure for one in facts if one not in wide}
        apart = [one for one in wide if one.parts.measure not in within and not one.is_change]
        names = [_name_look_up(one, others, ctx) for one in apart]
        if names:
            what = ", ".join([*dict.fromkeys(names)][:MAX_NAMED])
            words = Words("{what}: not limited to {condition}", condition=text, what=what)
            line = words.to(ctx.request.language)
            yield line[:1].upper() + line[1:]


def list_asked_conditions(exhibit: Exhibit, ctx: Findings) -> list[ScopePart]:
    """Return which conditions of a call are the question's. One that only chose the rows is none
    of them."""
    asked = f"{ctx.request.brief.follows or ''} {ctx.request.brief.words}"
    of_rows = exhibit.rows.dimensions if exhibit.rows else ()
    parts = [
        one for one in exhibit.list_scope(()) if one[0] in SHOP_PARTS and one[0] not in of_rows
    ]
    return [(part, text) for part, text in parts if _is_named(part, text, asked)]


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
    for exhibit in sorted(_order_exhibits(chosen, ctx), key=lambda one: BOUND in dict(one.scope)):
        own = [id for id in every if id in exhibit.all_facts and id not in found]
        if not own:
            continue
        printed = [id for id in every if id in exhibit.all_facts]
        days = exhibit.days or _tell_days(exhibit, printed, ctx)
        told = exhibit.tell_scope(printed, days) if exhibit.scope else exhibit.read_as
        if line := told.partition("\n")[0]:
            found |= dict.fromkeys(own, line[:1].upper() + line[1:])
    for fact in ctx.book.facts:
        if fact.id in shown and fact.parts.kind == CALCULATED and fact.id not in found:
            inputs = {found.get(id) for id in _list_inputs([fact.id], ctx) if id != fact.id}
            if len(inputs) == 1 and (shared := inputs.pop()):
                found[fact.id] = shared
    return found


def _tell_days(exhibit: Exhibit, cited: Sequence[str], ctx: Findings) -> str:
    """Return the days of a call's cited facts, from the first to the last, without those that they
    are compared with; none where one of them is of no days: “143 customers”, beside what they spent
    in a year."""
    own = [fact for fact in ctx.book.facts if fact.id in exhibit.all_facts and fact.id in cited]
    before = {fact.compared_with for fact in own}
    own = [fact for fact in own if fact.id not in before]
    days = [(fact.since, fact.until) for fact in own if fact.since and fact.until]
    if not days or len(days) < len(own):
        return ""
    first, last = min(since for since, _ in days), max(until for _, until in days)
    return format_short_period(first, last, ctx.request.language, date.min)


def list_left_out(form: ReportForm, tables: Sequence[Exhibit], ctx: Findings) -> tuple[str, ...]:
    """Return what rankings leave out of which the report cites figures that none of its tables has,
    each line once, after what they are by. A shown table has its own below it."""
    cited = {*list_cited([form.headline, *form.points, form.cannot_tell], ctx)}
    apart = cited.difference(*(one.all_facts for one in tables))
    gave = {id: one for one in reversed(ctx.exhibits) for id in one.all_facts}  # the first call
    lines = dict[str, None]()
    for one in ctx.exhibits:
        if one.not_ranked and any(gave[id] is one for id in apart.intersection(one.ranked_facts)):
            by = ", ".join(text for part, text in one.scope if part == "by")
            words = Words("{name}: {value}", name=by[:1].upper() + by[1:], value=one.not_ranked)
            lines[words.to(ctx.request.language) if by else one.not_ranked] = None
    return tuple(lines)


def list_cited(texts: Sequence[str], ctx: Findings) -> list[str]:
    """Return the ids of the facts whose slots stand in these texts, in their order, each calculated
    one with those that it was computed from."""
    cited = list[str]()
    for name, is_change in re.findall(r"\b(f\d+)\b(:from-to)?", " ".join(texts)):
        if fact := ctx.book.get(name):
            pair = ctx.book.find_compared(fact) if is_change else None
            cited += [one.id for one in pair or (fact,)]
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
