"""Say who is likely to buy again, who drifts away, or what is bought next."""

import re

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.charts import COLOURS, Bar, build_bar_chart
from bot.core.facts import Evidence
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.rules.telling.forecasts import (
    beside_a_simple_rule,
    bought,
    days_of,
    how_far_off,
    how_many,
    only_why,
    score,
    their_worth,
    tried_before,
    what_silence_meant,
    who_leaves,
    who_they_are,
    whom_to_write_to,
    why_no_next,
    without_refusals,
)
from bot.rules.telling.foreseen import Foreseen, Said
from bot.rules.telling.next_bought import following
from bot.rules.telling.told import Teller, how_to_read, nothing_yet, told
from bot.text.normalize import normalize_text

TITLE = "What comes next"
HINT = "who is likely to buy again in the next 60 days?"
OWN_PERIOD = True  # a forecast uses all orders
NEXT_PURCHASE_PATTERN = re.compile(
    r"\bafter\b|\bnext\b(?! \d| (?:few|week|month|year|day|two|three))|\bensuite\b|\bapres\b"
)
LEAVE_PATTERN = re.compile(r"leav|laps|drift|churn|stop buying|partir|s'en aller|eloign|perd|quitt")
SILENCE_GROUPS = ("in-rhythm", "drifting", "silent-longer")
LEAVING_GROUPS = ("at-risk", "drifting-away")


class ForecastReport(Said):
    picture: File | None = Field(default=None, title="Picture")
    table: Table = Field(title="In figures")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = Field(default=[])


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    words = normalize_text(request.brief.words)
    if not words.strip():
        return ctx.ask(Words("Who, or what? For example: who is likely to buy again?"))
    teller = Teller(request.language)
    evidence = await ctx.look_up("behaviour")
    if LEAVE_PATTERN.search(words):
        evidence = await ctx.look_up("segments")
        answer = _forecast_churn(teller, evidence)
    elif NEXT_PURCHASE_PATTERN.search(words):
        answer = following(teller, evidence, request.brief.words)
    else:
        answer = _forecast_repurchase(teller, evidence, words)
    if answer is None:
        why = only_why(evidence)
        if NEXT_PURCHASE_PATTERN.search(words):
            why = why_no_next(evidence, request.language)
        return nothing_yet(teller, why, ["behaviour"])
    colours = ctx.brand.colours or COLOURS
    picture = await ctx.draw(
        build_bar_chart(
            answer.title, answer.shown, language=teller.language, unit="%", colours=colours
        )
    )
    known = evidence if answer.refusals else without_refusals(evidence)
    read = how_to_read(teller, known, ["behaviour"], *map(teller.say, answer.limits))
    ctx.keep_facts(*teller.ever.values())
    written = await ctx.write(Said, by_rules=answer.said)
    return ForecastReport(
        **written.model_dump(),
        picture=picture,
        table=answer.table,
        how_to_read=read,
        leads=answer.leads,
    )


def _forecast_repurchase(teller: Teller, evidence: Evidence, words: str) -> Foreseen | None:
    """Report who is likely to buy again: how many, who they are, and the past accuracy."""
    groups_by_key = told(evidence, "behaviour", "buy-")
    totals = next((group for group in groups_by_key.values() if group.get("backtest-auc")), None)
    if totals is None:
        return None
    days = days_of(totals)
    tenths = [
        groups_by_key[f"{totals.key}-tenth-{n}"]
        for n in range(1, 11)
        if f"{totals.key}-tenth-{n}" in groups_by_key
    ]
    top, rest = groups_by_key.get(f"{totals.key}-top"), groups_by_key.get(f"{totals.key}-rest")
    if not tenths or top is None or rest is None:
        return None
    text_by_rules = Said(
        finding=teller.copy(how_many(teller, totals, tenths[0], top, words)),
        summary=teller.copy(
            who_they_are(teller, top, rest),
            tried_before(teller, totals, tenths[0], tenths[-1], days),
            beside_a_simple_rule(teller, totals, tenths[0]),
            how_far_off(teller, totals),
        ),
        what_to_do=teller.copy(
            teller.say(
                Words(
                    "Show the likeliest what is new before you offer them a discount: many buy "
                    "anyway."
                    " Leave a part of them unwritten to, and you will see what the e-mail "
                    "itself brings."
                )
            ),
        ),
    )
    columns = [Words("Group"), Words("Customers"), Words("Usually"), Words("Since the last one")]
    table = teller.table(
        map(teller.say, columns),
        [
            [
                teller.name(group),
                teller.of(group, "customers"),
                teller.say(bought(teller, group)),
                teller.of(group, "silent"),
            ]
            for group in (top, rest)
        ],
    )
    limits = [
        Words(
            "A customer counts as bought when an order came within {days} days, whatever made"
            " them order.",
            days=days,
        ),
        Words("Usually means the median: half have more, half have fewer."),
        *score(teller, totals),
    ]
    audience = teller.say(Words("Whom should I target among champions and loyal customers?"))
    letter = teller.say(Words("E-mail to our loyal customers: what is new"))
    leads = [
        NextStep(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        NextStep(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    shown = [
        Bar(group.about, float(group.number("bought")), strong=n == 0)
        for n, group in enumerate(tenths)
    ]
    title = teller.say(
        Words(
            "Bought within {days} days, in the past: {top} of the tenth ranked likeliest, "
            "{last} of the"
            " tenth ranked last",
            days=days,
            top=teller.of(tenths[0], "bought"),
            last=teller.of(tenths[-1], "bought"),
        )
    )
    for group in tenths:
        teller.of(group, "bought")
    return Foreseen(text_by_rules, table, shown, limits, leads, title, refusals=True)


def _forecast_churn(teller: Teller, evidence: Evidence) -> Foreseen | None:
    """Report who drifts away, their value, and how many came back from such a silence before."""
    groups = told(evidence, "segments")
    leaving = [groups[key] for key in LEAVING_GROUPS if key in groups]
    groups_by_key = told(evidence, "behaviour")
    pace = {
        key.rsplit("-", 2)[0]: group for key, group in groups_by_key.items() if group.get("windows")
    }
    past = [pace[name] for name in SILENCE_GROUPS if name in pace]
    if len(leaving) < len(LEAVING_GROUPS) or len(past) < len(SILENCE_GROUPS):
        return None
    text_by_rules = Said(
        finding=teller.copy(who_leaves(teller, leaving)),
        summary=teller.copy(their_worth(teller, leaving), what_silence_meant(teller, past)),
        what_to_do=teller.copy(teller.say(whom_to_write_to(leaving))),
    )
    columns = [
        Words("Group"),
        Words("Customers"),
        Words("Share of sales"),
        Words("Average order"),
        Words("Favourite"),
    ]
    measures = ("customers", "revenue-share", "average-order", "favourite-category")
    table = teller.table(
        map(teller.say, columns),
        [
            [teller.name(group), *(teller.of(group, m) or "–" for m in measures)]
            for group in leaving
        ],
    )
    shown = [
        Bar(teller.name(group), float(group.number("bought")), strong=n == 1)
        for n, group in enumerate(past)
    ]
    for group in leaving:
        teller.of(group, "rule")
    limits = [
        Words(
            "Nobody can see that a customer has left: this holds their silence against their own"
            " usual gap."
        ),
        Words(
            "At risk and drifting away: silent for more than twice their usual gap, and not yet"
            " more than three times."
        ),
    ]
    letter = teller.say(Words("E-mail to customers who are drifting away: win them back"))
    audience = teller.say(Words("Whom should I target among customers at risk or drifting away?"))
    leads = [
        NextStep(label=Words("Draft a win-back"), skill="draft", words=letter),
        NextStep(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
    ]
    title = teller.say(
        Words(
            "Bought within {days} days, in the past: {on} of those in their rhythm, {silent} of "
            "those"
            " silent for 2 to 3 times their usual gap",
            days=days_of(past[0]),
            on=teller.of(past[0], "bought"),
            silent=teller.of(past[1], "bought"),
        )
    )
    return Foreseen(text_by_rules, table, shown, limits, leads, title)
