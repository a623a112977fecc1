"""Say who is likely to buy again, who drifts away, or what is bought next."""

import re
from dataclasses import dataclass

from pydantic import BaseModel, Field

from bot.desk import Desk
from bot.evidence import Evidence
from bot.fold import fold
from bot.parts import Copy, File, Lead, Table
from bot.pictures import COLOURS, Bar, bars
from bot.request import Question, Request
from bot.telling.forecasts import (
    bought,
    days_of,
    from_one_to_another,
    how_far_off,
    how_many,
    only_why,
    their_worth,
    tried_before,
    what_silence_meant,
    who_leaves,
    who_they_are,
    whom_to_write_to,
    without_refusals,
)
from bot.telling.next_bought import (
    and_of_what,
    how_many_compared,
    what_follows,
    what_is_meant,
    what_to_show,
)
from bot.telling.told import Teller, Told, how_to_read, nothing_yet, speaks_of, told
from bot.words import Words

TITLE = "What comes next"
HINT = "who is likely to buy again in the next 60 days?"
ASKED_BY = (
    r"\b(?:who|(?:which|what) (?:customers|clients|buyers|people|shoppers))"
    r"(?:'s| is| are| will| might| may)?\b.*\b(?:buy|buys|order again|come back|comes back"
    r"|return|leave|leaving|lapse|lapsing|drift\w*|churn\w*|stop buying)\b"
    r"|\bwhat (?:will|do|does|would|is|are) .*\b(?:buy|bought|order)\w* (?:next|after)\b|\bchurn\b"
    r"|\bpredict\b|\b(?:sales|orders?|purchases?) forecast\b|^\W*(?:please )?forecast\b"
    r"|\bqui (?:va|vont|risque(?:nt)?|devrait|peut|pourrait)\b.*\b(?:r?acheter|revenir|repartir"
    r"|partir|commander|s'en aller|s'éloigner)\b|(?<!clients )\bqui s'éloigne|\bqui rachète"
    r"|\bquel(?:le)?s (?:client|cliente|acheteur)s (?:vont|risquent|s'éloignent|rachètent)\b"
    r"|\bqu(?:e |'est-ce qu(?:e |')|')(?:vont|va|on|r?achète(?:nt)?|r?achèteront|r?achète-t-on)\b"
    r".*\b(?:ensuite|après)\b|\bqu'est-ce que .*\br?achètent\b.*\b(?:ensuite|après)\b"
    r"|\bpr[ée]di(?:s|re|ction)|\bprévisions? d(?:'|e |es )|^\W*(?:prévois|prévoir|prévoyez)\b"
)
OWN_PERIOD = True  # a forecast looks ahead, and stands on all the orders
NEXT = re.compile(
    r"\bafter\b|\bnext\b(?! \d| (?:few|week|month|year|day|two|three))|\bensuite\b|\bapres\b"
)
LEAVE = re.compile(r"leav|laps|drift|churn|stop buying|partir|s'en aller|eloign|perd|quitt")
SILENT = ("in-rhythm", "drifting", "silent-longer")
LEAVING, MOST_STEPS = ("at-risk", "drifting-away"), 8


class Said(BaseModel):
    finding: Copy = Field(title="In one sentence")
    summary: Copy = Field(title="Summary")
    what_to_do: Copy = Field(title="What to do")


class Output(Said):
    picture: File | None = Field(default=None, title="Picture")
    table: Table = Field(title="In figures")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[Lead] = []


@dataclass
class Answer:
    """What is said, beside what code keeps for itself. `limits` are those of this question."""

    said: Said
    table: Table
    shown: list[Bar]
    limits: list[Words]
    leads: list[Lead]
    title: str  # what the picture shows
    refusals: bool = False  # what the forecast refused belongs to this question


async def handle(request: Request, desk: Desk) -> BaseModel | Question:
    words = fold(request.brief.words)
    if not words.strip():
        return desk.ask(Words("Who, or what? For example: who is likely to buy again?"))
    teller = Teller(request.language)
    evidence = await desk.look_up("behaviour")
    if LEAVE.search(words):
        evidence = await desk.look_up("segments")
        answer = _leaving(teller, evidence)
    elif NEXT.search(words):
        answer = _following(teller, evidence, request.brief.words)
    else:
        answer = _again(teller, evidence, words)
    if answer is None:
        return nothing_yet(teller, only_why(evidence), ["behaviour"])
    colours = desk.brand.colours or COLOURS
    picture = await desk.draw(
        bars(answer.title, answer.shown, language=teller.language, unit="%", colours=colours)
    )
    known = evidence if answer.refusals else without_refusals(evidence)
    read = how_to_read(teller, known, ["behaviour"], *map(teller.say, answer.limits))
    desk.keep(*teller.ever.values())
    written = await desk.write(Said, by_rules=answer.said)
    return Output(
        **written.model_dump(), picture=picture, table=answer.table, how_to_read=read,
        leads=answer.leads,
    )  # fmt: skip


def _again(teller: Teller, evidence: Evidence, words: str) -> Answer | None:
    """Who buys again: how many, who they are, how right that was in the past."""
    every = told(evidence, "behaviour", "buy-")
    whole = next((one for one in every.values() if one.get("backtest-auc")), None)
    if whole is None:
        return None
    days = days_of(whole)
    tenths = [every[f"{whole.key}-tenth-{n}"] for n in range(1, 11)
              if f"{whole.key}-tenth-{n}" in every]  # fmt: skip
    top, rest = every.get(f"{whole.key}-top"), every.get(f"{whole.key}-rest")
    if not tenths or top is None or rest is None:
        return None
    said = Said(
        finding=teller.copy(how_many(teller, whole, tenths[0], top, words)),
        summary=teller.copy(
            who_they_are(teller, top, rest),
            tried_before(teller, whole, tenths[0], tenths[-1], days),
            how_far_off(teller, whole),
        ),
        what_to_do=teller.copy(teller.say(Words(
            "Show the likeliest what is new before you offer them a discount: many buy anyway."
            " Leave a part of them unwritten to, and you will see what the e-mail itself brings.")),
        ),
    )  # fmt: skip
    columns = [Words("Group"), Words("Customers"), Words("Usually"), Words("Since the last one")]
    table = teller.table(map(teller.say, columns), [
        [teller.name(one), teller.of(one, "customers"), teller.say(bought(teller, one)),
         teller.of(one, "silent")]
        for one in (top, rest)
    ])  # fmt: skip
    limits = [
        Words("A customer counts as bought when an order came within {days} days, whatever made"
              " them order.", days=days),
        Words("Usually means the median: half have more, half have fewer."),
    ]  # fmt: skip
    audience = teller.say(Words("Whom should I target among champions and loyal customers?"))
    letter = teller.say(Words("E-mail to our loyal customers: what is new"))
    leads = [
        Lead(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        Lead(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    shown = [Bar(one.about, float(one.number("bought")), strong=n == 0)
             for n, one in enumerate(tenths)]  # fmt: skip
    title = teller.say(Words(
        "Bought within {days} days, in the past: {top} of the tenth ranked likeliest, {last} of the"
        " tenth ranked last",
        days=days, top=teller.of(tenths[0], "bought"), last=teller.of(tenths[-1], "bought"),
    ))  # fmt: skip
    for one in tenths:
        teller.of(one, "bought")
    return Answer(said, table, shown, limits, leads, title, refusals=True)


def _leaving(teller: Teller, evidence: Evidence) -> Answer | None:
    """Who drifts away, what they are worth, and what such a silence meant in the past."""
    groups = told(evidence, "segments")
    leaving = [groups[key] for key in LEAVING if key in groups]
    every = told(evidence, "behaviour")
    pace = {key.rsplit("-", 2)[0]: one for key, one in every.items() if one.get("windows")}
    past = [pace[name] for name in SILENT if name in pace]
    if len(leaving) < len(LEAVING) or len(past) < len(SILENT):
        return None
    said = Said(
        finding=teller.copy(who_leaves(teller, leaving)),
        summary=teller.copy(their_worth(teller, leaving), what_silence_meant(teller, past)),
        what_to_do=teller.copy(teller.say(whom_to_write_to(leaving))),
    )  # fmt: skip
    columns = [Words("Group"), Words("Customers"), Words("Share of sales"), Words("Average order"),
               Words("Favourite")]  # fmt: skip
    measures = ("customers", "revenue-share", "average-order", "favourite-category")
    table = teller.table(
        map(teller.say, columns),
        [[teller.name(one), *(teller.of(one, m) or "–" for m in measures)] for one in leaving],
    )
    shown = [Bar(teller.name(one), float(one.number("bought")), strong=n == 1)
             for n, one in enumerate(past)]  # fmt: skip
    for one in leaving:
        teller.of(one, "rule")
    limits = [
        Words("Nobody can see that a customer has left: this holds their silence against their own"
              " usual gap."),
        Words("At risk and drifting away: silent for more than twice their usual gap, and not yet"
              " more than three times."),
    ]  # fmt: skip
    letter = teller.say(Words("E-mail to customers who are drifting away: win them back"))
    audience = teller.say(Words("Whom should I target among customers at risk or drifting away?"))
    leads = [
        Lead(label=Words("Draft a win-back"), skill="draft", words=letter),
        Lead(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
    ]
    title = teller.say(Words(
        "Bought within {days} days, in the past: {on} of those in their rhythm, {silent} of those"
        " silent for 2 to 3 times their usual gap",
        days=days_of(past[0]), on=teller.of(past[0], "bought"),
        silent=teller.of(past[1], "bought"),
    ))  # fmt: skip
    return Answer(said, table, shown, limits, leads, title)


def _following(teller: Teller, evidence: Evidence, words: str) -> Answer | None:
    """What is bought next after what the words name, or at large."""
    every = told(evidence, "behaviour")
    if "after" in every:
        return _after(teller, every)
    steps = [one for one in every.values() if one.get("lift")]
    named = [one for one in steps if speaks_of(words, one.about.split(" → ")[0])]
    shown = sorted(named or steps, key=lambda one: -float(one.number("share")))[:MOST_STEPS]
    if not shown:
        return None
    top, compared = shown[0], every.get("next-purchases")
    before, after = top.about.split(" → ")
    finding = Words(
        "After {before}, {share} of the next purchases have {after}; of all next purchases it is"
        " {large}.",
        share=teller.of(top, "share"), large=teller.of(top, "at-large"), before=before,
        after=Words("{thing} again", thing=before) if before == after else after,
    )  # fmt: skip
    advice = Words("Show buyers of {before} what they have not bought of {after} yet, and keep a"
                   " part of them that sees nothing.", before=before, after=after)  # fmt: skip
    more = Words("Show buyers of {before} what else there is of it, and keep a part of them that"
                 " sees nothing.", before=before)  # fmt: skip
    said = Said(
        finding=teller.copy(teller.say(finding)),
        summary=teller.copy(from_one_to_another(teller, steps, compared)),
        what_to_do=teller.copy(teller.say(more if before == after else advice)),
    )
    columns = [Words("After"), Words("Next"), Words("Share"), Words("Of all"),
               Words("Purchases")]  # fmt: skip
    table = teller.table(map(teller.say, columns), [
        [*one.about.split(" → "), *(teller.of(one, m) for m in ("share", "at-large", "purchases"))]
        for one in shown
    ])  # fmt: skip
    bars_ = [Bar(one.about.split(" → ")[-1], float(one.number("share")), strong=n == 0)
             for n, one in enumerate(shown)]  # fmt: skip
    if len(shown) == 1:
        at_large = teller.say(Words("All next purchases"))
        bars_.append(Bar(at_large, float(top.number("at-large"))))
    limits = [
        Words("What follows is not what causes: people who like a thing come back for it."),
        Words("A day on which somebody bought counts as one purchase, whatever was in it."),
    ]
    audience = teller.say(Words("Whom should I target for {thing}?", thing=after))
    new = Words("what is new there") if before == after else after
    letter = teller.say(
        Words("E-mail to customers who bought {before}: {after}", before=before, after=new)
    )
    leads = [
        Lead(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        Lead(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    return Answer(said, table, bars_, limits, leads, said.finding.text.rstrip("."))


def _after(teller: Teller, every: dict[str, Told]) -> Answer | None:
    """What is bought next after one thing: the products, then the categories."""
    whole = every["after"]
    products = [one for key, one in every.items() if key.startswith("after-product-")]
    kinds = [one for key, one in every.items() if key.startswith("after-category-")]
    shown = products or kinds
    if not shown:
        return None
    thing = whole.word("subject")
    said = Said(
        finding=teller.copy(what_follows(teller, thing, shown)),
        summary=teller.copy(
            how_many_compared(teller, whole, products, kinds), and_of_what(teller, products, kinds)
        ),
        what_to_do=teller.copy(teller.say(what_to_show(thing, shown))),
    )
    columns = [Words("Next"), Words("Share"), Words("Of all"), Words("Purchases"),
               Words("Customers")]  # fmt: skip
    table = teller.table(map(teller.say, columns), [
        [one.about, *(teller.of(one, m) for m in ("share", "at-large", "purchases", "customers"))]
        for one in (*products, *kinds)
    ])  # fmt: skip
    bars_ = [Bar(one.about, float(one.number("share")), strong=n == 0)
             for n, one in enumerate(shown)]  # fmt: skip
    limits = [
        *filter(None, [what_is_meant(whole)]),
        Words("What follows is not what causes: people who like a thing come back for it."),
        Words("Next is the next day on which the same person bought, however much later."),
        Words("A day on which somebody bought counts as one purchase, whatever was in it."),
    ]
    audience = teller.say(Words("Whom should I target for {thing}?", thing=shown[0].about))
    letter = teller.say(Words(
        "E-mail to customers who bought {before}: {after}", before=thing, after=shown[0].about
    ))  # fmt: skip
    leads = [
        Lead(label=Words("Suggest an audience"), skill="targeting", words=audience, ask=False),
        Lead(label=Words("Draft copy for them"), skill="draft", words=letter),
    ]
    return Answer(said, table, bars_, limits, leads, said.finding.text.rstrip("."))
