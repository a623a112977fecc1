"""Whom to speak to, without an AI: up to four audiences with their size, what such people bought
before, and the rule that can be exported."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import AUDIENCE_NAMES, describe_conditions, name_audience
from bot.core.fact_sentences import CONFIRMED, FactSubject
from bot.core.facts import Evidence
from bot.core.parts import NextStep, Table
from bot.core.request import SkillRequest
from bot.data.analyses.audience_proposals import PROPOSALS_BY_GOAL
from bot.i18n.countries import parse_country_code
from bot.offline.report_builder import ReportBuilder
from bot.offline.routing import asks_for
from bot.text.normalize import normalize_text, tokenize

MAX_PLACE_WORDS, MIN_WORD = 3, 3


async def write_report(builder: ReportBuilder) -> BaseModel:
    request, brief = builder.request, builder.request.brief
    words = normalize_text(brief.words)
    goal = brief.goal or ("win back" if asks_for("win_back", words) else None)
    known = {"goal": goal, "market": _find_country(request)}
    asked = request.model_copy(update={"brief": brief.model_copy(update=known)})
    evidence = await builder.look_up("audiences", request=asked)
    if category := None if brief.product or brief.category else _find_category(words, evidence):
        known["category"] = category
        asked = request.model_copy(update={"brief": brief.model_copy(update=known)})
        await builder.look_up("audiences", request=asked, replace=True)
    every = builder.subjects("audiences")
    shown = [one for key, one in every.items() if key in AUDIENCE_NAMES and key != "yours"]
    if not shown:
        return builder.report_missing("audiences")
    whole = every["all"]
    if goal not in PROPOSALS_BY_GOAL:
        shown.sort(key=lambda one: -one.number("bought-share"))
    names = [_name(builder, whole, one) for one in shown]
    first, days = shown[0], whole.get("days")
    thing = whole.word("subject") or builder.words("everything")
    drawn = builder.words("charts.any_time")
    if days:
        drawn = builder.words("charts.in_days", days=builder.spell(days))
    stored = [one.get("rule") for one in shown]
    for key in ("category", "things"):  # names, for the form that changes a rule
        stored += every[key].facts.values() if key in every else ()
    return await builder.build(
        builder.write(first, "first", "audience", audience=names[0], days=days),
        [
            builder.write(first, "expected", days=days),
            builder.write(first, "test"),
            *(
                builder.write(one, *_choose_texts(one), audience=name)
                for one, name in zip(shown[1:], names[1:], strict=True)
            ),
        ],
        table=_build_table(builder, every, shown, names),
        chart=builder.draw_bars(
            drawn,
            shown,
            "bought-share",
            strong=first,
            names=names,
            reference=float(whole.number("bought-share")) or None,
        ),
        limits=[builder.write(whole, "past"), builder.state("agreed")],
        read_as=builder.words("read_as", thing=thing),
        leads=_list_next_steps(builder, whole, shown, names),
        keep=stored,
    )


def _choose_texts(one: FactSubject) -> tuple[str, ...]:
    is_sure = one.status == CONFIRMED or one.get("bought-share") is None
    return ("audience_share", "audience") if is_sure else ("unsure",)


def _find_country(request: SkillRequest) -> str | None:
    """Return the market of the brief, else the country that the words name."""
    if request.brief.market:
        return request.brief.market
    words = request.brief.words.replace("?", " ").split()
    ends = [(at, at + size) for at in range(len(words)) for size in range(MAX_PLACE_WORDS, 0, -1)]
    names = (" ".join(words[start:end]) for start, end in ends)
    return next((one for one in names if one[:1].isupper() and parse_country_code(one)), None)


def _find_category(words: str, evidence: Evidence) -> str | None:
    """Return the category that shares most words with the request; None when none or several do."""
    mine = {word for word in tokenize(words) if len(word) >= MIN_WORD}
    facts = [fact for fact in evidence.of("audiences") if fact.parts.subject == "category"]
    shared = {str(one.value): len(mine & {*tokenize(str(one.value))}) for one in facts}
    best = [name for name, count in shared.items() if count and count == max(shared.values())]
    return best[0] if len(best) == 1 else None


def _name(builder: ReportBuilder, whole: FactSubject, one: FactSubject) -> str:
    rule = AudienceRule.model_validate_json(one.word("rule"))
    thing = one.word("thing") or whole.word("subject")
    return builder.say(name_audience(one.key, rule, thing))


def _build_table(
    builder: ReportBuilder,
    every: Mapping[str, FactSubject],
    shown: Sequence[FactSubject],
    names: Sequence[str],
) -> Table | None:
    """Return the sizes, what such people bought, and the rule in words."""
    table = builder.tabulate(shown, names=names)
    if table is None:
        return None
    things = every["things"].facts.values() if "things" in every else ()
    titles = {fact.about: str(fact.value) for fact in things}
    told = []
    for one in shown:
        rule = AudienceRule.model_validate_json(one.word("rule"))
        stated = [fact for name in ("rule", *rule.figures) if (fact := one.get(name))]
        told.append(builder.copy(builder.say(describe_conditions(rule, titles)), stated))
    rows = tuple((*row, copy.text) for row, copy in zip(table.rows, told, strict=True))
    cited = (*table.facts, *(id for copy in told for id in copy.facts))
    columns = (*table.columns, builder.state("rule").text)
    return Table(columns=columns, rows=rows, facts=cited)


def _list_next_steps(
    builder: ReportBuilder, whole: FactSubject, shown: Sequence[FactSubject], names: Sequence[str]
) -> list[NextStep]:
    """Return the export of the first and of the niche, a text for the first, a test on it."""
    steps = [
        builder.step("export", {"rule": one.word("rule")}, audience=name)
        for one, name in zip(shown, names, strict=True)
        if one is shown[0] or one.key == "niche"
    ]
    form = {"audience": names[0], "rule": shown[0].word("rule")}
    thing = whole.word("most-bought") or whole.word("subject")  # a text needs one product
    key = "copy_thing" if thing else "copy"
    copy = builder.step(key, form, audience=names[0], thing=thing)
    return [*steps, copy, builder.step("test", form, audience=names[0])]
