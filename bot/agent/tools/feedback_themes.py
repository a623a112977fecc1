"""What customers write about, counted: themes (sizing, late parcels, fabric …) with their share of
texts, praise, top complaints, what rose or fell in the last 30 days, where one is concentrated
(product, region), what to fix first, the mean rating and the share of happy customers.
With a theme named, all about it and its parts, by product in the days asked for, by month, and
since when.
Countries and channels: "FR, GB"; products or categories compared: "Bain; Mailles"; stars "1-2";
segment: of their file, or a level. All channels count: for tickets or messages name `channel`.
Not for the customers' own words (read_feedback), nor for measured lateness (deliveries).
Example: {"theme": "none", "product": "none", "category": "none", "brand": "none",
"channel": "none", "country": "none", "region": "none", "segment": "none", "language": "none",
"stars": "none", "since": "none", "until": "none"}
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from bot.agent.tool import MAX_FACTS, ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    Period,
    build_filter,
    find_analysis,
    group_by_subject,
    label_themes,
    link_changes,
    number_of,
    read_text,
    set_periods,
)
from bot.agent.tools._exhibits import MAX_TABLE_ROWS, GroupExhibit, build_exhibit, build_table
from bot.core.exhibits import Exhibit, ExhibitChart, ExhibitPoint
from bot.core.facts import Fact
from bot.core.rounding import round_alike
from bot.data.analyses.result import AnalysisFilter, AnalysisResult, split_names
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Language, Words, format_short_period

ALL_MEASURES = ("texts", "rating", "rating-of-texts", "happy-share", "unhappy-share")
THEME_MEASURES = ("share", "praise-share", "complaint-share")
CHANGE_MEASURES = ("share-now", "share-before", "verdict")
PLACE_MEASURES = ("share", "share-elsewhere", "complaints")
PRIORITY_MEASURES = ("fix-first-rank", "fix-first-complaints", "fix-first-trend")
SHARES = "Shares are of the texts, “complaint share” of a theme's texts."
MAX_COMPARED = {"product": 4, "category": 12}
MAX_THEMES_OF_EACH = 4
LEAST_OF_EACH, LEAST_OF_THEME, OF_ALL_EACH = 2, 4, 30  # figures of products or categories
TOGETHER = Words("together")
DAYS = ("since", "until")
NO_CHANGE = "no change seen"
MAX_THEMES, MAX_BLAMED, MAX_PLACES, MAX_OTHER_THEMES = 6, 5, 3, 20
EXHIBIT = GroupExhibit(
    "themes of the feedback",
    Words("Theme"),
    {
        "texts": Words("Reviews and messages"),
        "share": Words("Share of reviews and messages"),
        "praise-share": Words("Praise"),
        "complaint-share": Words("Complaints"),
        "rating": Words("Rating"),
    },
    bars="share",
)
COMPLAINTS = GroupExhibit(
    "what customers complain of most",
    Words("Theme"),
    {
        "complaints": Words("Complaints"),
        "texts": Words("Reviews and messages"),
    },
    bars="complaints",
)
MONTH_MEASURES = ("texts", "share")
COURSE = {
    "texts": Words("Reviews and messages on it"),
    "all-texts": Words("All reviews and messages"),
    "share": Words("Share of reviews and messages"),
    "complaints": Words("Complaints"),
}
BY_PRODUCT = GroupExhibit(
    "the theme by product",
    Words("Product"),
    {
        "texts-on-it": Words("Reviews and messages on it"),
        "complaints-on-it": Words("Complaints"),
        "all-texts": Words("All reviews and messages"),
    },
    bars="texts-on-it",
    rows_of="product",
)
BY_CATEGORY = GroupExhibit(
    "reviews and messages by category",
    Words("Category"),
    {name: EXHIBIT.columns[name] for name in ("texts", "rating")},
    bars="texts",
    rows_of="category",
)
CHANGES = GroupExhibit(
    "themes that moved",
    Words("Theme"),
    {"share-now": Words("Now"), "share-before": Words("Before")},
)


class Params(ToolParams):
    theme: str
    product: str
    category: str
    brand: str
    channel: str
    country: str
    region: str
    segment: str
    language: str
    stars: str
    since: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    if several := _list_several(params):
        return await _compare(params, several, deps)
    return await _tell(params, deps)


async def _tell(params: Params, deps: ToolDeps, most: int = MAX_FACTS) -> ToolResult:
    """Tell all about the texts that fit, or about one theme of theirs, in `most` figures."""
    where = build_filter(params)
    await label_themes(deps, where)
    finding = await find_analysis(deps, "feedback", where)
    groups = group_by_subject(finding.result.facts)
    themes = [name for name, group in groups.items() if _is_theme(name, group)]
    wanted = read_text(params.theme)
    theme = _find_theme(wanted, themes, groups) if wanted and groups else None
    chosen = _choose_of_theme(theme, groups) if theme else _choose_overview(themes, groups)
    periods = _list_periods(groups.get("all", ()), chosen)
    chosen = [one if one.since else set_periods([one], periods)[0] for one in chosen]
    chosen = [*_translate_places(chosen, finding.language)]
    facts = link_changes(finding.prepare(chosen), {"share-now": "share-before"})
    shown = [name for name in themes if not wanted or any(f.parts.subject == name for f in chosen)]
    table_facts = finding.prepare(
        fact for name in shown for fact in groups[name] if fact.parts.measure in EXHIBIT.columns
    )
    blamed = finding.prepare(
        fact
        for name in ([] if wanted else _rank_blamed(themes, groups))
        for fact in groups[name]
        if fact.parts.measure in COMPLAINTS.columns
    )
    changes = [fact for fact in facts if fact.parts.measure in CHANGES.columns]
    notes = []
    if facts:
        notes.append(
            f"{SHARES} “fix first” ranks by complaints, rise and reach. Only “confirmed” is beyond "
            "chance."
        )
    months: tuple[Fact, ...] = ()
    products = await _count_by_product(theme or wanted, where, deps) if wanted else ()
    facts = (*facts, *products)
    notes += _explain_products(products, params) if wanted else ()
    if theme:
        part = partial(_find_months, theme=theme)
        course = (await find_analysis(deps, "feedback", where, part=part)).result.facts
        months = finding.prepare(course)
        onset = [fact for fact in months if fact.parts.subject.startswith("onset-")]
        spans = [fact for fact in months if fact.parts.measure in MONTH_MEASURES]
        facts = (*onset, *facts, *spans[-MAX_TABLE_ROWS * len(MONTH_MEASURES) :])
        if not months:
            notes.append("Too few texts, or too short a time, to tell it by month.")
        elif not onset:
            notes.append(
                "Since when can't be told: from no month on is the share of complaints beyond "
                "chance another than before. The months are a table."
            )
    if by_channel := _pick("all", groups, ("channels",)):
        notes.append(
            f"These texts by channel: {by_channel[0].value}. Asked about one kind "
            "(reviews, tickets, messages), name its channels."
        )
    every_day = _find_days(groups.get("all", ()))
    if every_day and finding.where.since is None and finding.where.until is None:
        first, last = every_day
        finding = replace(finding, where=replace(finding.where, since=first, until=last))
        notes.append(f"No days were named: these are the texts of {first} to {last}. Say so.")
    told = {one.parts.subject.split("--")[0] for one in facts}
    if others := [name for name in themes if name not in told]:
        notes.append(f"More themes: {', '.join(others[:MAX_OTHER_THEMES])}. Name one to see it.")
    return finding.build_result(
        facts,
        title=_name_title(theme, groups),
        most=most,
        exhibits=(
            *_build_themes(table_facts, finding.language),
            *COMPLAINTS.build(blamed, finding.language),
            *CHANGES.build(changes, finding.language),
            *BY_PRODUCT.build(_name_by_product(products, finding.language), finding.language),
            *_build_course(months, finding.language),
        ),
        notes=notes,
    )


def _build_themes(facts: Sequence[Fact], language: Language) -> tuple[Exhibit, ...]:
    """Return the table of the themes, each with its parts behind it, and the bars of the whole
    themes: a text on a part is one on its theme, too."""
    groups = group_by_subject(facts)
    whole = {name: group for name, group in groups.items() if _name_whole(name) not in groups}
    rows = list[Fact]()
    for name, group in whole.items():
        parts = [one for part in groups if _name_whole(part) == name for one in groups[part]]
        rows += group
        rows += [_indent(one, language) for one in parts]
    built = EXHIBIT.build(rows, language)
    bars = EXHIBIT.build([one for group in whole.values() for one in group], language)
    return tuple(
        table.model_copy(update={"chart": chart.chart})
        for table, chart in zip(built, bars, strict=True)
    )


def _name_whole(subject: str) -> str:
    """Return the subject of the theme that this one is a part of: "sizing" of "sizing-small"; that
    of a whole theme is no theme."""
    name, sep, where = subject.partition("--")
    return f"{name.partition('-')[0]}{sep}{where}" if "-" in name else ""


def _indent(part: Fact, language: Language) -> Fact:
    return part.model_copy(update={"about": f"– {part.name_about(language)}"})


def _list_several(params: Params) -> list[Params]:
    """Return a call for each of several products or categories, of categories first the one for all
    together; nothing for one."""
    for name, most in MAX_COMPARED.items():
        values = split_names(getattr(params, name))
        if len(values) > most:
            raise ToolError(f"At most {most} can be told side by side.")
        if len(values) > 1:
            each = [params.model_copy(update={name: value}) for value in values]
            return [params, *each] if name == "category" else each
    return []


async def _compare(params: Params, calls: Sequence[Params], deps: ToolDeps) -> ToolResult:
    """Tell of each product or category its ratings and its most frequent themes, or the one that
    is named, as far as there is room; of categories before it all about them together."""
    wanted, is_whole = read_text(params.theme), [call is params for call in calls]
    many, least = is_whole.count(False), LEAST_OF_THEME if wanted else LEAST_OF_EACH
    least = min(least, OF_ALL_EACH // many)
    whole = await _tell(params, deps, MAX_FACTS - least * many) if any(is_whole) else None
    room = max(least, (MAX_FACTS - len(whole.facts if whole else ())) // many)
    facts, notes, without, names = list[Fact](), list[str](), list[str](), list[str]()
    told, kept, finding = list[Fact](), set[str](), None
    for call in calls:
        where = build_filter(call)
        if whole is None:  # else the call for all has labelled the texts of each
            await label_themes(deps, where)
        finding = await find_analysis(deps, "feedback", where)
        name = finding.product or finding.where.category or ""
        if call is params:
            name = TOGETHER.to(finding.language)
        else:
            names.append(name)
        groups = group_by_subject(finding.result.facts)
        themes = [one for one, group in groups.items() if _is_theme(one, group)]
        if wanted and themes:
            try:
                themes = [_find_theme(wanted, themes, groups)]
            except ToolError as error:
                themes, without = [], [*without, f"{name}: {error}"]
        of_all, chosen = _pick("all", groups, ALL_MEASURES), list[Fact]()
        for theme in themes[:MAX_THEMES_OF_EACH]:
            chosen += _pick(theme, groups, ("texts", *THEME_MEASURES))
        fit = max(0, room - len(of_all)) // (1 + len(THEME_MEASURES)) * (1 + len(THEME_MEASURES))
        first = 1 if wanted else 2
        some = [*of_all[:first], *(chosen if wanted else chosen[:fit]), *of_all[first:]][:room]
        if call is not params:
            notes += [f"{name}: {note}" for note in finding.notes] if not some else []
        days = _find_days(groups.get("all", ()))
        prepared = finding.prepare([*of_all, *chosen])
        kept |= {one.id for one in finding.prepare(some)} if call is not params else set()
        told += [
            one
            if one.since or not days
            else one.model_copy(update=dict(zip(DAYS, days, strict=True)))
            for one in (_name_of(fact, name, finding.language) for fact in prepared)
        ]
    assert finding is not None
    # those of all calls alike
    told = [*round_alike(one.model_copy(update={"shown_decimals": None}) for one in told)]
    facts = [one for one in told if one.id in kept]
    rows = [one for one in told if one.parts.subject.split("--")[0] == "all"]
    of_themes = [one for one in told if one not in rows]
    if not wanted:  # the themes of all together have a table of their own
        together = TOGETHER.to(finding.language)
        of_themes = [one for one in of_themes if not one.about.startswith(f"{together}, ")]
    if without and not of_themes:
        raise ToolError(" ".join(without))
    tables = (
        *EXHIBIT.build(of_themes, finding.language),
        *(BY_CATEGORY.build(rows, finding.language) if whole else ()),
    )
    notes += without
    if whole:
        return whole.model_copy(
            update={
                "facts": (*whole.facts, *facts),
                "exhibits": (*whole.exhibits, *tables),
                "notes": (*whole.notes, *notes),
            }
        )
    where = replace(finding.where, product=None, category=", ".join(names))
    return replace(finding, where=where, notes=()).build_result(
        facts,
        title=Words("reviews and messages"),
        exhibits=tables,
        notes=[*notes, *([SHARES] if facts else [])],
    )


def _name_of(fact: Fact, name: str, language: Language) -> Fact:
    """Return the fact with the product or category that it is of."""
    theme = "" if fact.parts.subject.split("--")[0] == "all" else Words(fact.about).to(language)
    return fact.model_copy(update={"about": ", ".join(filter(None, (name, theme)))})


def _name_title(theme: str | None, groups: dict[str, list[Fact]]) -> Words:
    if theme is None:
        return Words("reviews and messages")
    return Words("reviews and messages: {theme}", theme=Words(groups[theme][0].about))


async def _count_by_product(theme: str, where: AnalysisFilter, deps: ToolDeps) -> tuple[Fact, ...]:
    """Return how many texts on a theme are about which product, in the days asked for."""
    part = partial(_find_products, theme=theme)
    counted = await find_analysis(deps, "feedback", where, part=part)
    return counted.prepare(_translate_places(counted.result.facts, counted.language))


def _find_products(warehouse: Warehouse, where: AnalysisFilter, *, theme: str) -> AnalysisResult:
    from bot.data.analyses.feedback.theme_counts import find_products

    return find_products(warehouse, where, theme=theme)


def _explain_products(products: Sequence[Fact], params: Params) -> Iterable[str]:
    if products:
        yield (
            "“on it” by product: counts of the texts of these days, no rates. “there” and "
            "“elsewhere” are of the days beside them: don't mix the two."
        )
    elif not read_text(params.product):
        yield "By product it can't be told for these days: none of these texts names one."


def _split_theme(about: str, language: Language) -> tuple[str, str]:
    """Return the theme and the place of "sold out, when is it back, Bath": a theme's name may have
    a comma."""
    from bot.data.analyses.feedback.aspects import THEME_TITLES

    names = (Words(title).to(language) for title in THEME_TITLES.values())
    known = [one for one in names if about.startswith(f"{one}, ")]
    theme = max(known, key=len, default=about.partition(", ")[0])
    return theme, about.removeprefix(theme).removeprefix(", ")


def _name_by_product(products: Sequence[Fact], language: Language) -> list[Fact]:
    """Return the rows by product: of a theme that people complain of, those that they complain of
    it."""
    blamed = {
        one.parts.subject
        for one in products
        if one.parts.measure == "complaints-on-it" and one.number
    }
    return [
        one.model_copy(update={"about": _split_theme(one.about, language)[1]})
        for one in products
        if not blamed or one.parts.subject in blamed
    ]


def _find_months(warehouse: Warehouse, where: AnalysisFilter, *, theme: str) -> AnalysisResult:
    from bot.data.analyses.feedback.theme_counts import find_months

    return find_months(warehouse, where, theme=theme)


def _build_course(months: Sequence[Fact], language: Language) -> tuple[Exhibit, ...]:
    """Return the table of a theme's months, and the line of its share."""
    spans = [fact for fact in months if fact.parts.subject.startswith("month-")]
    if not spans:
        return ()
    title = Words("{what}: share of reviews and messages by month", what=Words(spans[0].about)).to(
        language
    )
    points = tuple(
        ExhibitPoint(
            name=format_short_period(one.since, one.until, language, date.min),
            day=one.since,
            value=float(one.number),
            cut=one.since.day > 1 or (one.until + timedelta(days=1)).day > 1,
        )
        for one in spans
        if one.parts.measure == "share" and one.since and one.until
    )
    line = ExhibitChart(kind="line", title=title, points=points, unit="%")
    named = [
        one.model_copy(
            update={
                "about": format_short_period(one.since, one.until, language, date.min),
                "since": None,
                "until": None,
            }
        )
        for one in spans
        if one.since and one.until
    ]
    table = build_table(named[-MAX_TABLE_ROWS * len(COURSE) :], Words("Month"), COURSE, language)
    return build_exhibit(f"{spans[0].about} by month", table, line)


def _list_periods(whole: Sequence[Fact], facts: Sequence[Fact]) -> dict[str, Period]:
    """Return the days of all texts for the measures that have no days of their own."""
    every = _find_days(whole)
    undated = {"verdict", "change", *(one.parts.measure for one in facts if _is_rank(one))}
    measures = dict.fromkeys(fact.parts.measure for fact in facts)
    return {one: every for one in measures if every and one not in undated}


def _find_days(whole: Sequence[Fact]) -> tuple[date, date] | None:
    """Return the first and last day of the texts that are counted."""
    days = {
        fact.parts.measure: date.fromisoformat(str(fact.value))
        for fact in whole
        if fact.parts.measure in ("first-day", "last-day")
    }
    return (days["first-day"], days["last-day"]) if days else None


def _is_rank(fact: Fact) -> bool:
    return fact.parts.measure.startswith("fix-first-")


def _is_theme(name: str, group: Sequence[Fact]) -> bool:
    return (
        name != "all" and "--" not in name and any(fact.parts.measure == "share" for fact in group)
    )


def _find_theme(wanted: str, themes: Sequence[str], groups: dict[str, list[Fact]]) -> str:
    from bot.data.analyses.feedback.quotes import find_theme

    found = find_theme(wanted, {name: groups[name][0].about for name in themes})
    if found is None:
        raise ToolError(f"There is no theme “{wanted}”. There are: {', '.join(themes)}.")
    return found


def _choose_of_theme(theme: str, groups: dict[str, list[Fact]]) -> list[Fact]:
    """Return everything about a theme: itself, where it is concentrated, its parts and where these
    are; and of how many texts in all."""
    names = [name for name in groups if name == theme or name.startswith(f"{theme}--")]
    chosen = _pick("all", groups, ("texts",))
    chosen += [
        _name_place(fact, name)
        for name in names
        for fact in groups[name]
        if not fact.parts.measure.startswith("quote-")
    ]
    for name in groups:
        if name.startswith(f"{theme}-") and name not in names:
            measures = PLACE_MEASURES if "--" in name else (*THEME_MEASURES, *CHANGE_MEASURES)
            chosen += [_name_place(fact, name) for fact in _pick(name, groups, measures)]
    return chosen


def _choose_overview(themes: Sequence[str], groups: dict[str, list[Fact]]) -> list[Fact]:
    """Return the whole, the most frequent themes, those of most complaints, what to fix first, what
    moved, and the strongest concentrations."""
    chosen = _pick("all", groups, ALL_MEASURES)
    for name in themes[:MAX_THEMES]:
        chosen += _pick(name, groups, ("texts", *THEME_MEASURES))
    for name in _rank_blamed(themes, groups)[:MAX_BLAMED]:
        chosen += _pick(name, groups, ("complaints",))
    ranked = [name for name in themes if number_of(groups[name], "fix-first-rank")]
    for name in sorted(ranked, key=lambda name: number_of(groups[name], "fix-first-rank"))[:3]:
        chosen += _pick(name, groups, PRIORITY_MEASURES)
    for name in themes:
        verdict = next((f.value for f in groups[name] if f.parts.measure == "verdict"), NO_CHANGE)
        if verdict != NO_CHANGE:
            chosen += _pick(name, groups, CHANGE_MEASURES)
    places = [name for name in groups if "--" in name]
    blamed = [name for name in places if number_of(groups[name], "complaints")]
    for name in sorted(blamed, key=lambda name: -number_of(groups[name], "complaints"))[
        :MAX_PLACES
    ]:
        chosen += [_name_place(fact, name) for fact in _pick(name, groups, PLACE_MEASURES)]
    return chosen


def _rank_blamed(themes: Iterable[str], groups: dict[str, list[Fact]]) -> list[str]:
    """Return the themes that are complained of, those of most complaints first; a part in place of
    its theme where all complaints on that are on the part."""
    many = {name: number_of(groups[name], "complaints") for name in themes}
    narrowed = {whole for name in many if many[name] == many.get(whole := _name_whole(name))}
    found = [name for name in many if many[name] and name not in narrowed]
    return sorted(found, key=lambda name: -many[name])


def _pick(name: str, groups: dict[str, list[Fact]], measures: Sequence[str]) -> list[Fact]:
    return [fact for fact in groups.get(name, ()) if fact.parts.measure in measures]


def _name_place(fact: Fact, subject: str) -> Fact:
    """Return a fact on a concentration with a label that says so."""
    if "--" not in subject or fact.parts.measure == "share-elsewhere":
        return fact
    return fact.model_copy(update={"label": f"{fact.label} there"})


def _translate_places(facts: Iterable[Fact], language: Language) -> tuple[Fact, ...]:
    """Return the facts, where the theme before a place has its name in that language."""

    def name(about: str) -> str:
        theme, place = _split_theme(about, "en")
        return f"{Words(theme).to(language)}, {place}" if place else about

    return tuple(
        fact.model_copy(update={"about": name(fact.about)})
        if "--" in fact.parts.subject or fact.parts.subject.startswith("of-")
        else fact
        for fact in facts
    )
