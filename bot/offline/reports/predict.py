"""Who is likely to buy again, who drifts away, or what is bought next, without an AI."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from bot.core.charts import COLOURS, Bar, build_bar_chart
from bot.core.facts import Evidence
from bot.core.parts import Copy, NextStep, Table
from bot.core.report import Report
from bot.core.request import Question, SkillRequest
from bot.data.analyses.forecast.next_category import NO_CATEGORIES
from bot.i18n.messages import Words, quote_name
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    list_unanswerable,
    report_missing_data,
)
from bot.text.normalize import normalize_text

# What is asked, by words that stand in it; otherwise it is who buys again.
LEAVING_WORDS = (
    *("leav", "laps", "drift", "churn", "stop buying", "inactive"),
    *("partir", "s'en aller", "eloign", "perdre", "perdu", "quitt", "inactif"),
)
NEXT_WORDS = ("after", "buy next", "bought next", "order next", "ensuite", "apres")
SILENCE_GROUPS = ("in-rhythm", "drifting", "silent-longer")
LEAVING_GROUPS = ("at-risk", "drifting-away")
TENTHS, MAX_TRANSITIONS = 10, 8
MORE_OFTEN = "more often"
SIMPLE_RULES = {
    "newest": Words("that bought last"),
    "most": Words("with the most purchases"),
}
LIMITS = {
    "again": Words(
        "Tried on the latest periods only: what a season changes that they don't hold can't be "
        "told."
    ),
    "leaving": Words(
        "Nobody can see that a customer has left: this holds their silence against their own usual "
        "gap."
    ),
    "next": Words("What follows is not what causes: people who like a thing come back for it."),
}


class Forecast(NamedTuple):
    """A report without its chart, and the title and bars of the chart."""

    report: Report
    title: Words | str
    bars: list[Bar]


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    words, writer = normalize_text(request.brief.words), SentenceWriter(request.language)
    evidence = await ctx.look_up("behaviour")
    if any(word in words for word in LEAVING_WORDS):
        kind, evidence = "leaving", await ctx.look_up("segments")
        forecast = _describe_leaving(writer, evidence)
    elif any(word in words for word in NEXT_WORDS):
        kind, forecast = "next", _describe_next(writer, evidence)
        evidence = evidence if forecast else _keep_reasons_of_next(evidence, request.language)
    else:
        kind, forecast = "again", _describe_repurchase(writer, evidence)
    if forecast is None:
        return report_missing_data(writer, evidence, ["behaviour"])
    chart = build_bar_chart(
        forecast.title if isinstance(forecast.title, str) else writer.say(forecast.title),
        forecast.bars,
        language=writer.language,
        unit="%",
        colours=ctx.brand.colours or COLOURS,
    )
    limit = writer.say(LIMITS[kind])
    read = explain_reading(writer, evidence, ["behaviour"], limit, gaps=False)
    ctx.keep_facts(*writer.ever.values())
    changes = {"picture": await ctx.draw(chart), "how_to_read": read}
    return forecast.report.model_copy(update=changes)


def _keep_reasons_of_next(evidence: Evidence, language: str) -> Evidence:
    """Keep why it can't be told what is bought next, without the refusals of other forecasts."""
    reasons = list_unanswerable(evidence, "behaviour")
    if any(fact.id == "behaviour.after.subject" for fact in evidence.facts):
        return Evidence(facts=tuple(reasons[:1]))
    kept = [fact for fact in reasons if fact.value == NO_CATEGORIES.to(language)]
    return Evidence(facts=tuple(kept or reasons))


def _tell(writer: SentenceWriter, words: Words) -> Copy:
    """Return one sentence that cites the facts used in it."""
    return writer.copy(writer.say(words))


def _build_table(
    writer: SentenceWriter, columns: Iterable[Words], rows: Iterable[Sequence[str]]
) -> Table:
    return writer.table(map(writer.say, columns), rows)


def _build_next_steps(writer: SentenceWriter, audience: Words, letter: Words) -> list[NextStep]:
    label, words = Words("Suggest an audience"), writer.say(audience)
    suggest = NextStep(label=label, skill="targeting", words=words, ask=False)
    label, words = Words("Draft copy for them"), writer.say(letter)
    return [suggest, NextStep(label=label, skill="draft", words=words)]


# Who buys again.


def _describe_repurchase(writer: SentenceWriter, evidence: Evidence) -> Forecast | None:
    groups = group_by_subject(evidence, "behaviour", "buy-")
    whole = next((group for group in groups.values() if group.get("backtest-auc")), None)
    if whole is None:
        return None
    names = [f"{whole.key}-tenth-{n}" for n in range(1, TENTHS + 1)]
    tenths = [groups[name] for name in names if name in groups]
    top, rest = groups.get(f"{whole.key}-top"), groups.get(f"{whole.key}-rest")
    if not tenths or top is None or rest is None:
        return None
    days = int(re.sub(r"\D", "", whole.key))
    headline = _tell(writer, _count_buyers(writer, whole, tenths[0], top, days))
    tried = Words(
        "In the last {n} periods of {days} days, {top} of the tenth ranked likeliest bought, and "
        "{bottom} of the tenth ranked last.",
        n=writer.of(whole, "windows"),
        days=days,
        top=writer.of(tenths[0], "bought"),
        bottom=writer.of(tenths[-1], "bought"),
    )
    points = [_tell(writer, tried)]
    points += [
        _tell(writer, words)
        for words in (_compare_simple_rule(writer, whole), _measure_error(writer, whole))
        if words is not None
    ]
    columns = (Words("Group"), Words("Customers"), Words("Usually"), Words("Since the last one"))
    rows = [
        [
            writer.name(group),
            writer.of(group, "customers"),
            writer.say(_count_purchases(writer, group)),
            writer.of(group, "silent"),
        ]
        for group in (top, rest)
    ]
    reasons = [
        fact.spelled(writer.language)
        for fact in list_unanswerable(evidence, "behaviour")
        if fact.value != NO_CATEGORIES.to(writer.language)
    ]
    report = Report(
        headline=headline,
        points=points,
        cannot_tell=Copy(text=" ".join(reasons)) if reasons else None,
        table=_build_table(writer, columns, rows),
        read_as=_tell(writer, Words("who buys again within {days} days", days=days)),
        leads=_build_next_steps(
            writer,
            Words("Whom should I target among champions and loyal customers?"),
            Words("E-mail to our loyal customers: what is new"),
        ),
    )
    title = Words("Bought within {days} days, in the past, likeliest tenth first", days=days)
    shown = enumerate((group.about, float(group.number("bought"))) for group in tenths)
    return Forecast(report, title, [Bar(*bar, strong=n == 0) for n, bar in shown])


def _count_buyers(
    writer: SentenceWriter, whole: FactSubject, tenth: FactSubject, top: FactSubject, days: int
) -> Words:
    """Say how many will buy; where that can't be told, who is likelier than others."""
    if whole.get("expected-buyers"):
        return Words(
            "Expect about {n} to buy within {days} days; {likely} of them are more likely than not"
            " to.",
            n=writer.of(whole, "expected-buyers"),
            days=days,
            likely=writer.bare(whole, "customers-likely"),
        )
    return Words(
        "Likeliest to buy within {days} days: {n}. In the past {share} of such customers did, and"
        " {base} of all.",
        days=days,
        n=writer.of(top, "customers"),
        share=writer.of(tenth, "bought"),
        base=writer.of(whole, "base-rate"),
    )


def _count_purchases(writer: SentenceWriter, group: FactSubject) -> Words:
    writer.of(group, "purchases")
    return Words.count("{n} purchase", "{n} purchases", int(group.number("purchases")))


def _compare_simple_rule(writer: SentenceWriter, whole: FactSubject) -> Words | None:
    """Name how many buyers a rule finds that needs no forecast."""
    if not whole.get("simple-share"):
        return None
    writer.of(whole, "simple-rule")
    return Words(
        "Without a forecast: of the tenth {rule}, {share} bought.",
        rule=SIMPLE_RULES[whole.word("simple-rule")],
        share=writer.of(whole, "simple-share"),
    )


def _measure_error(writer: SentenceWriter, whole: FactSubject) -> Words | None:
    """Say how wrong the number of buyers was at worst, and to which side."""
    fact, error = whole.get("backtest-worst-error"), whole.number("backtest-worst-error")
    if fact is None:
        return None
    writer.value(fact)
    off = fact.model_copy(update={"value": abs(error)}).spelled(writer.language)
    if error < 0:
        return Words("In the worst of them {off} fewer were expected than came.", off=off)
    return Words("In the worst of them {off} more were expected than came.", off=off)


# Who drifts away.


def _describe_leaving(writer: SentenceWriter, evidence: Evidence) -> Forecast | None:
    groups, behaviour = (group_by_subject(evidence, kind) for kind in ("segments", "behaviour"))
    leaving = [groups[key] for key in LEAVING_GROUPS if key in groups]
    by_rhythm = {
        key.rsplit("-", 2)[0]: group for key, group in behaviour.items() if group.get("windows")
    }
    past = [by_rhythm[name] for name in SILENCE_GROUPS if name in by_rhythm]
    if len(leaving) < len(LEAVING_GROUPS) or len(past) < len(SILENCE_GROUPS):
        return None
    on, silent, longer = past
    days = writer.of(silent, "days")
    headline = _tell(writer, count_leaving(writer, leaving))
    meaning = Words(
        "In the last {n} periods, {silent} of those silent so long bought within {days}, against"
        " {on} of those within their rhythm and {longer} of those silent for longer.",
        n=writer.of(silent, "windows"),
        silent=writer.of(silent, "bought"),
        days=days,
        on=writer.of(on, "bought"),
        longer=writer.of(longer, "bought"),
    )
    first = leaving[0] if leaving[0].number("customers") else leaving[1]
    advice = Words(
        "Write first to: {group}. Keep a control group, as some come back by themselves.",
        group=first.named(writer.language),
    )
    points = [_tell(writer, words) for words in (measure_worth(writer, leaving), meaning, advice)]
    columns = (
        *(Words("Group"), Words("Customers"), Words("Share of sales"), Words("Average order")),
        Words("Favourite"),
    )
    measures = ("customers", "revenue-share", "average-order", "favourite-category")
    rows = [
        [writer.name(one), *(writer.of(one, name) or "–" for name in measures)] for one in leaving
    ]
    report = Report(
        headline=headline,
        points=points,
        table=_build_table(writer, columns, rows),
        read_as=_tell(writer, Words("customers silent for far longer than their usual gap")),
        leads=_build_next_steps(
            writer,
            Words("Whom should I target among customers at risk or drifting away?"),
            Words("E-mail to customers who are drifting away: win them back"),
        ),
    )
    title = Words("Bought within {days}, in the past, by how long they had been silent", days=days)
    bars = [Bar(writer.name(g), float(g.number("bought")), strong=g is silent) for g in past]
    return Forecast(report, title, bars)


def count_leaving(writer: SentenceWriter, leaving: Sequence[FactSubject]) -> Words:
    """Say how many are leaving, of the best and of the others; no number of too few."""
    best, others = leaving
    given = {"n": writer.of(others, "customers"), "best": writer.bare(best, "customers")}
    return Words("{n} are drifting away, and {best} of your best ones are at risk.", **given)


def measure_worth(writer: SentenceWriter, leaving: Sequence[FactSubject]) -> Words:
    best, others = (writer.of(group, "revenue-share") for group in leaving)
    if not best:
        return Words("Those drifting away brought {others} of sales so far.", others=others)
    return Words(
        "Those at risk brought {best} of sales so far, those drifting away {others}.",
        best=best,
        others=others,
    )


# What is bought next.


class Pair(NamedTuple):
    """What was bought, what is bought next, and how often."""

    before: str
    after: str
    measures: FactSubject


def _describe_next(writer: SentenceWriter, evidence: Evidence) -> Forecast | None:
    """Say what is bought after the product of the request, or after each category."""
    every = group_by_subject(evidence, "behaviour")
    if (whole := every.get("after")) is not None:
        prefixes = ("after-product-", "after-category-")
        found = [one for way in prefixes for key, one in every.items() if key.startswith(way)]
        pairs = [Pair(whole.word("subject"), one.about, one) for one in found]
        compared = Words(
            "{purchases} purchases with it were followed by another; {n} products were held against"
            " what is usual.",
            purchases=writer.bare(whole, "purchases"),
            n=writer.of(whole, "compared"),
        )
    else:
        steps = [one for one in every.values() if one.get("lift")]
        steps = sorted(steps, key=lambda one: -one.number("share"))[:MAX_TRANSITIONS]
        names = [one.about.partition(" → ") for one in steps]
        pairs = [Pair(a, b, one) for (a, _, b), one in zip(names, steps, strict=True)]
        count = every.get("next-purchases")
        given = {"n": writer.of(count, "compared") if count else ""}
        compared = Words(
            "{n} ways from one category to the next were compared; only those beyond chance are"
            " shown.",
            **given,
        )
        if all(pair.before == pair.after for pair in pairs):
            compared = Words(
                "Of {n} ways from one category to the next, none leads to another category more"
                " often than chance would: people come back for the same.",
                **given,
            )
    return _describe_pairs(writer, pairs, _tell(writer, compared)) if pairs else None


def _describe_pairs(writer: SentenceWriter, pairs: Sequence[Pair], compared: Copy) -> Forecast:
    before, after, top = pairs[0]
    given = {
        "before": quote_name(before),
        "after": quote_name(after),
        "share": writer.of(top, "share"),
        "large": writer.of(top, "at-large"),
    }
    if before == after:
        given["after"] = Words("{thing} again", thing=quote_name(after))
    words = Words(
        "After {before}, {share} of the next purchases have {after}; of all next purchases it is"
        " {large}.",
        **given,
    )
    if top.word("verdict") not in ("", MORE_OFTEN):
        words = Words(
            "After {before}, people buy what they buy anyway: most often {after}, in {share} of the"
            " next purchases, against {large} of all.",
            **given,
        )
    headline = _tell(writer, words)
    columns = (
        *(Words("After"), Words("Next"), Words("Share"), Words("Of all")),
        Words("Purchases"),
    )
    measures = ("share", "at-large", "purchases")
    rows = [[a, b, *(writer.of(one, name) for name in measures)] for a, b, one in pairs]
    bars = [Bar(b, float(one.number("share")), strong=one is top) for _a, b, one in pairs]
    if len(bars) == 1:
        bars.append(Bar(writer.say(Words("All next purchases")), float(top.number("at-large"))))
    new = Words("what is new there") if before == after else after
    report = Report(
        headline=headline,
        points=[compared],
        table=_build_table(writer, columns, rows),
        read_as=_tell(writer, Words("the next purchase of the same customer")),
        leads=_build_next_steps(
            writer,
            Words("Whom should I target for {thing}?", thing=after),
            Words("E-mail to customers who bought {before}: {after}", before=before, after=new),
        ),
    )
    return Forecast(report, headline.text.rstrip("."), bars)
