"""Whom to speak to, without an AI: up to four audiences with their size, what such people bought
before, and the rule that can be exported."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from bot.core.audience_rule import AUDIENCE_NAMES, AudienceRule, name_audience
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.facts import ALL_BUT_PATTERN, Evidence
from bot.core.parts import NextStep, Table
from bot.core.report import Report
from bot.core.request import Question, SkillRequest
from bot.data.analyses.audience_proposals.rules import PROPOSALS_BY_GOAL
from bot.i18n.countries import parse_country_code
from bot.i18n.messages import Words
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    report_missing_data,
)
from bot.text.normalize import normalize_text, tokenize

ARGUMENTS = {  # what each should hear
    "buyers": Words("say what goes with what they have"),
    "alike": Words("say what it is for: they don't have it"),
    "loyal": Words("tell them before everybody else; no price cut"),
    "drifting": Words("say what is new since they were last here, in one message"),
    "lapsed": Words("ask what they need now, once; who stays silent is left in peace"),
    "newcomers": Words("say what goes with their first order"),
    "niche": Words("show these things in use, and never mention what they bought"),
    "there": Words("say what delivery to them costs and how long it takes"),
}
WAYS = {"by-email": Words("by e-mail"), "by-sms": Words("by SMS"), "by-ads": Words("for ads")}
WIN_BACK_WORDS = (
    *("win back", "win them back", "lapsed", "inactive", "drift", "reactivat", "lost"),
    *("reconqu", "perdu", "inactif", "eloign", "reactiv", "faire revenir"),
)
MAX_PLACE_WORDS, MIN_WORD = 3, 3


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    brief, writer = request.brief, SentenceWriter(request.language)
    words = normalize_text(brief.words)
    is_win_back = any(mark in words for mark in WIN_BACK_WORDS)
    goal = brief.goal or ("win back" if is_win_back else None)
    known = {"goal": goal, "market": _find_country(request)}
    asked = request.model_copy(update={"brief": brief.model_copy(update=known)})
    evidence = await ctx.look_up("audiences", request=asked)
    if category := None if brief.product or brief.category else _find_category(words, evidence):
        its = asked.brief.model_copy(update={"category": category})
        asked = asked.model_copy(update={"brief": its})
        evidence = await ctx.look_up("audiences", request=asked, replace=True)
    every = group_by_subject(evidence, "audiences")
    shown = [one for key, one in every.items() if key in AUDIENCE_NAMES and key != "yours"]
    if not shown:
        return report_missing_data(writer, evidence, ["audiences"])
    whole = every["all"]
    if goal not in PROPOSALS_BY_GOAL:
        shown.sort(key=lambda one: -one.number("bought-share"))
    names = [_name(writer, whole, one) for one in shown]
    headline = writer.copy(_write_headline(writer, whole, shown[0], names[0]))
    points = [
        writer.copy(_write_audience(writer, one, name, is_first=one is shown[0]))
        for one, name in zip(shown, names, strict=True)
    ]
    if expected := _write_expected(writer, whole, shown[0]):
        points.insert(1, writer.copy(expected))
    table = _build_table(writer, every, shown, names)
    chart = _draw(writer, whole, headline.text.rstrip("."), shown, names, ctx.brand.colours)
    limits = (
        Words(
            "The shares are what the same rule would have picked {days} ago, and what those people"
            " bought since, with whatever was sent to them: not what one more message adds.",
            days=writer.of(whole, "days"),
        ),
        Words(
            "Only people who agreed are ever written to or exported, and groups too small to hide"
            " anybody are not shown."
        ),
    )
    read = explain_reading(writer, evidence, ["audiences"], *map(writer.say, limits))
    thing = writer.of(whole, "subject") or writer.say(Words("all that is sold"))
    report = Report(
        headline=headline,
        points=points,
        picture=await ctx.draw(chart) if chart else None,
        table=table,
        how_to_read=read,
        read_as=writer.copy(writer.say(Words("audiences · for {thing}", thing=thing))),
        leads=_list_next_steps(writer, whole, shown, names),
    )
    stored = [fact for one in shown if (fact := one.get("rule"))]
    for key in ("category", "things"):  # names, for the form that changes a rule
        stored += every[key].facts.values() if key in every else ()
    ctx.keep_facts(*writer.ever.values(), *stored)
    return report


def _find_country(request: SkillRequest) -> str | None:
    """Return the market of the brief, else the country that the words name."""
    if request.brief.market:
        return request.brief.market
    words = request.brief.words.replace("?", " ").split()
    for size in range(MAX_PLACE_WORDS, 0, -1):
        for start in range(len(words) - size + 1):
            name = " ".join(words[start : start + size])
            if name[:1].isupper() and parse_country_code(name):
                return name
    return None


def _find_category(words: str, evidence: Evidence) -> str | None:
    """Return the category that shares a word with the request; None when none or several do."""
    mine = set(tokenize(words))
    found = [
        str(fact.value)
        for fact in evidence.of("audiences")
        if fact.parts.subject == "category"
        and any(len(word) >= MIN_WORD and word in mine for word in tokenize(str(fact.value)))
    ]
    return found[0] if len(found) == 1 else None


def _name(writer: SentenceWriter, whole: FactSubject, one: FactSubject) -> str:
    rule = AudienceRule.model_validate_json(one.word("rule"))
    thing = one.word("thing") or whole.word("subject")
    return writer.say(name_audience(one.key, rule, thing))


def _write_headline(writer: SentenceWriter, whole: FactSubject, one: FactSubject, name: str) -> str:
    size = _write_reach(writer, one)
    if one.get("bought-share") is None:
        return writer.say(Words("{audience}: {size}.", audience=name, size=size))
    words = Words(
        "{audience} first: {share} bought within {days}, {others} of all.",
        audience=name,
        share=writer.of(one, "bought-share"),
        days=writer.of(whole, "days"),
        others=writer.of(one, "others-share"),
    )
    return writer.say(words)


def _write_reach(writer: SentenceWriter, one: FactSubject) -> str:
    """Say how many there are, and how many can be reached by the way that reaches most."""
    customers, way = writer.of(one, "customers"), _find_best_way(one)
    if way is None:
        return writer.say(Words("{fits} customers", fits=customers))
    words = Words(
        "{fits} customers, {n} {way}", fits=customers, n=writer.of(one, way), way=WAYS[way]
    )
    return writer.say(words)


def _find_best_way(one: FactSubject) -> str | None:
    def count(way: str) -> float:
        is_all = ALL_BUT_PATTERN.fullmatch(one.word(way))
        return float(one.number("customers") if is_all else one.number(way))

    best = max(WAYS, key=count)
    return best if count(best) else None


def _write_audience(writer: SentenceWriter, one: FactSubject, name: str, *, is_first: bool) -> str:
    """Say its size, what such people bought before, and what they should hear."""
    argument = writer.say(ARGUMENTS[one.key])
    given = {"audience": name, "size": _write_reach(writer, one), "argument": argument}
    if one.key == "niche":
        lift = writer.bare(one, "lift")
        words = Words(
            "{audience}: {size}; bought together {lift} times as often as by chance; {argument}.",
            lift=lift,
            **given,
        )
        return writer.say(words)
    if is_first and one.get("bought-share") is None:
        return writer.say(Words("What they should hear: {argument}.", argument=argument))
    if is_first or one.get("bought-share") is None:
        return writer.say(Words("{audience}: {size}; {argument}.", **given))
    share = writer.of(one, "bought-share")
    words = Words("{audience}: {size}; {share} bought; {argument}.", share=share, **given)
    if one.word("verdict") != "confirmed":
        words = Words(
            "{audience}: {size}; {share} bought, no sure difference from others; {argument}.",
            share=share,
            **given,
        )
    return writer.say(words)


def _write_expected(writer: SentenceWriter, whole: FactSubject, one: FactSubject) -> str:
    low, high = writer.ends(one, "expected-buyers")
    if not low:
        return ""
    words = Words(
        "As things are: {low} to {high} buyers within {days}.",
        low=low,
        high=high,
        days=writer.of(whole, "days"),
    )
    if not one.get("smallest-effect"):
        return writer.say(words)
    test = Words(
        "With this list, a test only shows differences of {effect} or more.",
        effect=writer.of(one, "smallest-effect"),
    )
    return f"{writer.say(words)} {writer.say(test)}"


def _build_table(
    writer: SentenceWriter,
    every: Mapping[str, FactSubject],
    shown: Sequence[FactSubject],
    names: Sequence[str],
) -> Table:
    """Return the sizes, what such people bought, and the rule in words."""
    columns = [
        *(Words("Audience"), Words("Customers"), Words("By e-mail"), Words("By SMS")),
        *(Words("For ads"), Words("Bought before"), Words("Of all"), Words("Rule")),
    ]
    things = every["things"].facts.values() if "things" in every else ()
    titles = {fact.about: str(fact.value) for fact in things}
    rows = []
    for one, name in zip(shown, names, strict=True):
        rule = AudienceRule.model_validate_json(one.word("rule"))
        cells = [writer.bare_count(one, "customers")]
        cells += [writer.of(one, way) or "–" for way in (*WAYS, "bought-share", "others-share")]
        for measure in ("rule", *rule.figures):
            writer.value(one.get(measure))
        rows.append([name, *cells, writer.say(rule.describe_conditions(titles))])
    return writer.table(map(writer.say, columns), rows)


def _draw(
    writer: SentenceWriter,
    whole: FactSubject,
    title: str,
    shown: Sequence[FactSubject],
    names: Sequence[str],
    colours: Sequence[str],
) -> ChartPicture | None:
    """Draw the shares that bought, with their intervals, beside that of all customers."""
    bars = [
        Bar(
            name,
            float(one.number("bought-share")),
            float(one.number("bought-share-low")),
            float(one.number("bought-share-high")),
            strong=one is shown[0],
            spelled=writer.of(one, "bought-share"),
        )
        for one, name in zip(shown, names, strict=True)
        if one.get("bought-share")
    ]
    if len(bars) < 2:
        return None
    reference = float(whole.number("bought-share"))
    return build_bar_chart(
        title,
        bars,
        language=writer.language,
        colours=colours or COLOURS,
        reference=reference or None,
    )


def _list_next_steps(
    writer: SentenceWriter, whole: FactSubject, shown: Sequence[FactSubject], names: Sequence[str]
) -> list[NextStep]:
    """Return the export of the first and of the niche, a text for the first, a test on it."""
    steps = [
        NextStep(
            label=Words("Export: {audience}", audience=name),
            skill="targeting",
            words=name,
            form={"rule": one.word("rule")},
        )
        for one, name in zip(shown, names, strict=True)
        if one is shown[0] or one.key == "niche"
    ]
    thing = whole.word("most-bought") or whole.word("subject")  # a text needs one product
    letter = Words("E-mail to: {audience}", audience=names[0])
    if thing:
        letter = Words("E-mail about {thing}, to: {audience}", thing=thing, audience=names[0])
    test = Words("Plan a test: an e-mail to {audience}", audience=names[0])
    form = {"audience": names[0], "rule": shown[0].word("rule")}
    label = Words("Draft copy for {audience}", audience=names[0])
    return [
        *steps,
        NextStep(label=label, skill="draft", words=writer.say(letter), form=form),
        NextStep(label=Words("Plan a test"), skill="experiment", words=writer.say(test), form=form),
    ]
