"""What customers say, without an AI: the theme asked about or the one to fix first, with counts,
their own words and the next step."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pydantic import BaseModel

from bot.core.fact_sentences import CONFIRMED, FactSubject
from bot.core.parts import Copy, NextStep, Quote
from bot.core.report import MAX_QUOTES
from bot.core.thread_text import is_about_thread
from bot.data.analyses.findings import drop_near_duplicates, find_named_themes, list_places
from bot.i18n.messages import Words, join_words
from bot.offline.report_builder import ReportBuilder

MAX_THEMES, MAX_MOVED = 8, 2
MIN_PRAISED_TEXTS, MIN_PRAISE = 20, 80  # texts of a theme, and % of them
# A better product page would not help.
THEMES_OF_THE_SHOP = ("delivery", "website", "stock", "service", "returns", "order")


async def write_report(builder: ReportBuilder) -> BaseModel:
    brief = builder.request.brief
    of_thread = is_about_thread(brief.words, brief.material)
    await builder.look_up("thread" if of_thread else "feedback")
    every = builder.subjects("feedback")
    themes = [one for one in every.values() if one.get("share") and "--" not in one.key]
    if not themes:
        return builder.report_missing("feedback")
    named, is_named = find_named_themes(brief.words, themes)
    focus = drop_near_duplicates(named)
    by_weight = sorted(themes, key=lambda o: (o.status != CONFIRMED, -o.number("complaints")))
    shown = focus or drop_near_duplicates(by_weight)[:MAX_THEMES]
    ranked = [one for one in every.values() if one.get("fix-first-rank")]
    ranked.sort(key=lambda one: one.number("fix-first-rank"))
    chosen = focus or ranked or shown
    measure = "complaints" if any(one.number("complaints") for one in shown) else "texts"
    about = ", ".join(one.named(builder.language) for one in focus[:2])
    read_as = builder.words("read_as", themes=about or builder.words("all_themes"))
    bars = sorted((o for o in shown if o.number(measure)), key=lambda o: -o.number(measure))
    return await builder.build(
        _write_headline(builder, chosen[0], every["all"]),
        _list_points(builder, every, shown, chosen, is_about_all=not focus),
        table=builder.tabulate(shown),
        chart=builder.draw_bars(
            _add_period(builder, builder.words(f"charts.{measure}"), every["all"]),
            bars,
            measure,
            strong=chosen[0],
        ),
        quotes=_select_quotes(chosen),
        cannot_tell=builder.state("not_named") if is_named and not focus else None,
        read_as=_add_period(builder, read_as, every["all"]),
        leads=_list_next_steps(builder, chosen, every),
    )


def _write_headline(builder: ReportBuilder, theme: FactSubject, whole: FactSubject) -> Copy:
    given = {"all": whole.facts["texts"]}
    if theme.status == CONFIRMED and theme.get("share-now"):
        return builder.write(theme, "moved", day=whole.get("now-first-day"))
    if theme.number("praise-share") > theme.number("complaint-share"):
        return builder.write(theme, "praised", **given)
    key = "complained" if theme.number("complaints") else "mentioned"
    return builder.write(theme, key, **given)


def _list_points(
    builder: ReportBuilder,
    every: Mapping[str, FactSubject],
    shown: Sequence[FactSubject],
    chosen: Sequence[FactSubject],
    *,
    is_about_all: bool,
) -> Iterator[Copy]:
    """Yield what to fix first, what else moved, where, and what people like."""
    top, day = chosen[0], every["all"].get("now-first-day")
    first = next((one for one in chosen if one.number("complaints")), None)
    if first is not None and (first is not top or top.status == CONFIRMED):
        yield builder.write(first, "fix_first")
    moved = [one for one in shown if one.status == CONFIRMED and one is not top]
    moved = [one for one in moved if not any(o.key.startswith(f"{one.key}-") for o in moved)]
    for one in moved[:MAX_MOVED]:
        yield builder.write(one, "moved", day=day)
    for place in list_places(every, top.key)[:1]:
        yield builder.write(place, "place")
    liked = [
        one
        for one in shown
        if one.number("praise-share") > MIN_PRAISE and one.number("texts") >= MIN_PRAISED_TEXTS
    ]
    if liked and is_about_all:
        yield builder.write(max(liked, key=lambda one: one.number("texts")), "liked")


def _select_quotes(themes: Sequence[FactSubject]) -> list[Quote]:
    """Return customers' sentences from the themes in turn, those with complaints first."""
    themes = sorted(themes, key=lambda theme: not theme.number("complaints"))
    facts = [theme.get(f"quote-{n}") for n in (1, 2, 3) for theme in themes]
    distinct = {str(fact.value): fact.id for fact in reversed(facts) if fact is not None}
    return [Quote(text=text, fact=id) for text, id in reversed(distinct.items())][:MAX_QUOTES]


def _add_period(builder: ReportBuilder, words: Words, whole: FactSubject) -> Words:
    if not whole.get("first-day"):
        return words
    first, last = (date.fromisoformat(whole.word(f"{end}-day")) for end in ("first", "last"))
    return join_words([words, builder.words("period", first=first, last=last)])


def _list_next_steps(
    builder: ReportBuilder, chosen: Sequence[FactSubject], every: Mapping[str, FactSubject]
) -> list[NextStep]:
    """Return an e-mail to those who wrote, and a better page for the product they name."""
    kind = "complained" if chosen[0].number("complaints") else "asked"
    steps = [builder.step(kind, theme=chosen[0].named(builder.language))]
    for theme in [one for one in chosen if one.key.split("-")[0] not in THEMES_OF_THE_SHOP]:
        places = [o for o in list_places(every, theme.key) if "--product-" in o.key]
        if places:
            product = places[0].about.removeprefix(f"{theme.about}, ")
            name = theme.named(builder.language)
            return [*steps, builder.step("page", product=product, theme=name)]
    return steps
