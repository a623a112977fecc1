"""What customers say, without an AI: the theme asked about or the one to fix first, with counts,
their own words and the first step."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel

from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.parts import Copy, NextStep, Quote, Table
from bot.core.report import MAX_POINTS, MAX_QUOTES, Report
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import is_about_thread
from bot.i18n.messages import Words
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    FactSubject,
    SentenceWriter,
    drop_near_duplicates,
    explain_reading,
    group_by_subject,
    name_place,
    name_regions,
    report_missing_data,
)
from bot.offline.first_steps import find_first_step
from bot.text.normalize import normalize_text, tokenize

CONFIRMED = "confirmed"
ALL = 100  # %
MAX_FOCUS, MAX_THEMES, MAX_MOVED, MAX_PLACES = 6, 8, 2, 2
MIN_PRAISED_TEXTS, MIN_PRAISE = 20, 80  # texts of a theme, and % of them
# A better product page would not help.
THEMES_OF_THE_SHOP = ("delivery", "website", "stock", "service", "returns", "order")
NOT_NAMED = Words("No text speaks of what you named: this is about all themes.")


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    of_thread = is_about_thread(request.brief.words, request.brief.material)
    evidence = await ctx.look_up("thread" if of_thread else "feedback")
    every = group_by_subject(evidence, "feedback")
    themes = [one for one in every.values() if one.get("share") and "--" not in one.key]
    writer = SentenceWriter(request.language)
    if not themes:
        return report_missing_data(writer, evidence, ["feedback"])
    named, is_named = find_named_themes(request.brief.words, themes)
    focus = drop_near_duplicates(named, "texts")
    shown = focus or drop_near_duplicates(sorted(themes, key=_weigh), "texts")[:MAX_THEMES]
    ranked = sorted((o for o in every.values() if o.get("fix-first-rank")), key=_rank)
    first = (focus or ranked or shown)[0]
    headline = writer.copy(_write_headline(writer, first, every["all"]))
    points = [writer.copy(line) for line in _list_points(writer, every, shown, focus, ranked)]
    table = _build_table(writer, shown)
    title = headline.text.rstrip(".")
    chart = _draw(writer, title, shown, first, ctx.brand.colours)
    quotes = _select_quotes(focus or ranked or shown)
    read_as = writer.copy(_describe_reading(writer, every["all"], focus))
    report = Report(
        headline=headline,
        points=[point for point in points if point.text][:MAX_POINTS],
        cannot_tell=Copy(text=writer.say(NOT_NAMED)) if is_named and not focus else None,
        picture=await ctx.draw(chart) if chart else None,
        table=table,
        quotes=quotes,
        how_to_read=explain_reading(writer, evidence, ["feedback"], *_list_limits(writer)),
        read_as=read_as,
        leads=_list_next_steps(writer, focus or ranked or shown, every),
    )
    ctx.keep_facts(*writer.ever.values(), *(evidence.get(quote.fact) for quote in quotes))
    return report


def find_named_themes(words: str, themes: Sequence[FactSubject]) -> tuple[list[FactSubject], bool]:
    """Return the themes that the words name, most texts first, and whether the words name any
    theme at all. The words are read with the lists of phrases by which the texts are read, and
    with the names of the themes."""
    from bot.data.analyses.feedback.aspects import load_lexicon

    found = set()
    for language in ("en", "fr"):
        if lexicon := load_lexicon(language):
            found |= {meaning.subject for _, meaning in lexicon.finder.find(tokenize(words))}
    low = f" {normalize_text(words)} "
    by_name = {o.key for o in themes for x in ("en", "fr") if normalize_text(o.named(x)) in low}
    parts = {key for key in found if any(other.startswith(f"{key}-") for other in found)}
    keys = (found - parts) | by_name
    matching = [one for one in themes if one.key in keys]
    whole = {one.key for one in matching}
    matching += [o for o in themes if o.key.split("-")[0] in whole and o.key not in whole]
    largest = sorted(matching, key=lambda one: -one.number("texts"))[:MAX_FOCUS]
    return largest, bool(keys)


def _weigh(theme: FactSubject) -> tuple[bool, float]:
    return (theme.word("verdict") != CONFIRMED, -float(theme.number("complaints")))


def _rank(theme: FactSubject) -> float:
    return float(theme.number("fix-first-rank"))


def _write_headline(writer: SentenceWriter, theme: FactSubject, whole: FactSubject) -> str:
    given = {"theme": writer.name(theme)}
    if theme.get("share-now") and theme.word("verdict") == CONFIRMED:
        return writer.say(
            Words(
                "{theme}: {now} of what customers wrote since {day}, {before} before.",
                now=writer.of(theme, "share-now"),
                before=writer.of(theme, "share-before"),
                day=writer.of(whole, "now-first-day"),
                **given,
            )
        )
    given |= {"n": writer.of(theme, "texts"), "all": writer.of(whole, "texts")}
    praise, blame = theme.number("praise-share"), theme.number("complaint-share")
    if not theme.get("complaint-share"):
        return writer.say(Words("{theme}: {n} of {all} texts speak of it.", **given))
    if blame == ALL:
        return writer.say(Words("{theme}: {n} of {all} texts complain of it.", **given))
    if praise > blame:
        praised = Words(
            "{theme}: {n} of {all} texts speak of it, and {share} of those praise it.",
            share=writer.of(theme, "praise-share"),
            **given,
        )
        return writer.say(praised)
    blamed = Words(
        "{theme}: {n} of {all} texts speak of it, and {share} of those complain.",
        share=writer.of(theme, "complaint-share"),
        **given,
    )
    return writer.say(blamed)


def _list_points(
    writer: SentenceWriter,
    every: dict[str, FactSubject],
    shown: Sequence[FactSubject],
    focus: Sequence[FactSubject],
    ranked: Sequence[FactSubject],
) -> list[str]:
    """Return what to fix first, what else moved, where, and what people like."""
    top = (focus or ranked or shown)[0]
    moved = [one for one in shown if one.word("verdict") == CONFIRMED and one is not top]
    moved = [one for one in moved if not any(o.key.startswith(f"{one.key}-") for o in moved)]
    lines = [_write_first_step(writer, _drop_wholes(focus or ranked or shown)[0])]
    lines += [
        writer.say(
            Words(
                "{theme}: {now} of the texts since {day}, {before} before.",
                theme=writer.name(one),
                now=writer.of(one, "share-now"),
                before=writer.of(one, "share-before"),
                day=writer.of(every["all"], "now-first-day"),
            )
        )
        for one in moved[:MAX_MOVED]
    ]
    keys = dict.fromkeys(one.key for one in (top, *shown[:3]))
    places = [line for key in keys if (line := _write_place(writer, key, every))]
    return [*lines, *places[:MAX_PLACES], "" if focus else _write_praise(writer, shown)]


def _write_first_step(writer: SentenceWriter, theme: FactSubject) -> str:
    n = int(theme.number("complaints"))
    if not n:
        return ""
    writer.of(theme, "complaints")
    step = find_first_step(theme.key)
    return writer.say(
        Words(
            "Fix first: {theme} ({complaints}): {step}.",
            theme=theme.named(writer.language),
            complaints=Words.count("{n} complaint", "{n} complaints", n),
            step=step or Words("read the texts below, and decide who answers"),
        )
    )


def _write_place(writer: SentenceWriter, key: str, every: dict[str, FactSubject]) -> str:
    """Say where a theme is told most, when that is beyond chance."""
    places = [
        place
        for name, place in every.items()
        if name.startswith(f"{key}--") and place.word("verdict") == CONFIRMED
    ]
    if not places:
        return ""
    top = max(places, key=lambda one: ("--product-" in one.key, one.number("lift")))
    name = name_place(top, every)
    return writer.say(
        Words(
            "{theme}, most often: {where} ({share} of its texts, {elsewhere} elsewhere).",
            theme=writer.name(every[key]),
            where=name_regions(name) if "--region-" in top.key else _name_product(name),
            share=writer.of(top, "share"),
            elsewhere=writer.of(top, "share-elsewhere"),
        )
    )


def _name_product(name: str) -> str | Words:
    """Name a product of which only the number is known."""
    return Words("product {name}", name=name) if name.isdigit() else name


def _write_praise(writer: SentenceWriter, shown: Sequence[FactSubject]) -> str:
    liked = [
        one
        for one in shown
        if one.number("praise-share") > MIN_PRAISE and one.number("texts") >= MIN_PRAISED_TEXTS
    ]
    if not liked:
        return ""
    best = max(liked, key=lambda one: one.number("texts"))
    return writer.say(
        Words(
            "Liked most: {theme}, praised in {share} of {n} texts.",
            theme=best.named(writer.language),
            share=writer.of(best, "praise-share"),
            n=writer.of(best, "texts"),
        )
    )


def _drop_wholes(themes: Sequence[FactSubject]) -> list[FactSubject]:
    """Leave out "sizing" where "runs small" stands as well."""
    wholes = {
        one.key.split("-")[0] for one in themes if "-" in one.key and one.number("complaints")
    }
    return [one for one in themes if one.key not in wholes] or list(themes)


def _build_table(writer: SentenceWriter, shown: Sequence[FactSubject]) -> Table:
    columns = [Words("Theme"), Words("Texts"), Words("Share"), Words("Complain"), Words("Change")]
    rows = []
    for one in shown:
        cells = [writer.of(one, name) or "–" for name in ("texts", "share", "complaint-share")]
        change = Words("none seen").to(writer.language)
        if one.get("share-now") is None:
            change = "–"
        elif one.word("verdict") in (CONFIRMED, "to watch"):
            change = f"{writer.of(one, 'share-before')} → {writer.of(one, 'share-now')}"
        rows.append([writer.name(one), *cells, change])
    return writer.table([writer.say(words) for words in columns], rows)


def _draw(
    writer: SentenceWriter,
    title: str,
    shown: Sequence[FactSubject],
    top: FactSubject,
    colours: Sequence[str],
) -> ChartPicture | None:
    """Return a bar for each theme, that of the title strong; None for a single bar."""
    measure = "complaints" if any(one.number("complaints") for one in shown) else "texts"
    others = [one for one in shown if one is not top and not top.key.startswith(f"{one.key}-")]
    bars = [
        Bar(
            writer.name(one),
            float(one.number(measure)),
            strong=one is top,
            spelled=writer.of(one, measure),
        )
        for one in sorted([top, *others], key=lambda one: -one.number(measure))
        if one.number(measure)
    ]
    if len(bars) < 2:
        return None
    return build_bar_chart(title, bars, language=writer.language, colours=colours or COLOURS)


def _select_quotes(themes: Sequence[FactSubject]) -> list[Quote]:
    """Return customers' sentences from the themes in turn, those with complaints first."""
    themes = sorted(_drop_wholes(themes), key=lambda theme: not theme.number("complaints"))
    facts = [theme.get(f"quote-{n}") for n in (1, 2, 3) for theme in themes]
    distinct = {str(fact.value): fact.id for fact in reversed(facts) if fact is not None}
    return [Quote(text=text, fact=id) for text, id in reversed(distinct.items())][:MAX_QUOTES]


def _describe_reading(
    writer: SentenceWriter, whole: FactSubject, focus: Sequence[FactSubject]
) -> str:
    about = ", ".join(one.named(writer.language) for one in focus[:2])
    pieces = [
        writer.say(Words("feedback")),
        about or writer.say(Words("all themes")),
        writer.say(Words.count("{n} text", "{n} texts", int(whole.number("texts")))),
    ]
    writer.of(whole, "texts")
    if whole.get("first-day"):
        first, last = (date.fromisoformat(whole.word(f"{end}-day")) for end in ("first", "last"))
        pieces.append(writer.say(Words("{first} to {last}", first=first, last=last)))
    return " · ".join(pieces)


def _list_limits(writer: SentenceWriter) -> list[str]:
    limits = (
        Words(
            "Those who write are not all who buy: the happy and the angry write more than the rest."
        ),
        Words("Themes are found by a list of words and phrases; a text can speak of several."),
    )
    return [writer.say(line) for line in limits]


def _list_next_steps(
    writer: SentenceWriter, first: Sequence[FactSubject], every: dict[str, FactSubject]
) -> list[NextStep]:
    """Return an e-mail to those who complain, and a better page for the product they name."""
    name = (top := first[0]).named(writer.language)
    answer = Words("E-mail to customers who complained ({theme}): what we do about it", theme=name)
    if not top.number("complaints"):
        answer = Words("E-mail to customers who asked ({theme}): what we do about it", theme=name)
    steps = [NextStep(label=Words("Draft an answer"), skill="draft", words=writer.say(answer))]
    keys = [f"{o.key}--product-" for o in first if o.key.split("-")[0] not in THEMES_OF_THE_SHOP]
    sure = [one for one in every.values() if one.word("verdict") == CONFIRMED]
    places = next(filter(None, ([o for o in sure if o.key.startswith(key)] for key in keys)), [])
    if places:
        place = max(places, key=lambda one: one.number("lift"))
        page = Words(
            "Product page for {product}: answer the doubt ({theme})",
            product=_name_product(name_place(place, every)),
            theme=every[place.key.split("--")[0]].named(writer.language),
        )
        label = Words("Draft a product-page fix")
        steps.append(NextStep(label=label, skill="draft", words=writer.say(page)))
    return steps
