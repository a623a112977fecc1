"""Say what blocks sales now: since when, what it costs, what to do next."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.charts import (
    COLOURS,
    Bar,
    ChartPicture,
    build_bar_chart,
    build_line_chart,
    parse_points,
)
from bot.core.facts import Evidence
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.rules.telling import worse
from bot.rules.telling.blocker import Blocker, blockers
from bot.rules.telling.told import Teller, how_to_read, nothing_yet, told

TITLE = "What blocks sales"
HINT = "what blocks sales right now?"
FACT_KINDS = ("funnel", "delivery", "campaigns", "trends")
SOURCE_LABELS = {  # kind of facts → what it makes visible
    "funnel": Words("the site"),
    "delivery": Words("the parcels"),
    "campaigns": Words("the advertising"),
}
MAX_BLOCKERS = 5
PLACE_SEPARATOR = re.compile(
    r", (?![^“«]*[”»])"
)  # a comma inside quotation marks belongs to the name


class BlockersText(BaseModel):
    finding: Copy = Field(title="In one sentence")
    blockers: Copy = Field(title="What blocks sales")
    next: Copy = Field(title="What to do")


class BlockersReport(BlockersText):
    picture: File | None = Field(default=None, title="Picture")
    table: Table | None = Field(default=None, title="By cost")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: what blocks sales right now?"))
    evidence = await ctx.look_up(*FACT_KINDS)
    teller = Teller(request.language)
    if not any(told(evidence, kind).keys() - {"cannot", "age"} for kind in FACT_KINDS):
        return nothing_yet(teller, evidence, FACT_KINDS)
    found = blockers(evidence)
    told_of = found[:MAX_BLOCKERS]  # these get sentences and steps, the others only a table row
    text_by_rules = BlockersText(
        finding=teller.copy(_write_headline(teller, found, evidence)),
        blockers=teller.copy(*_write_sentences(teller, told_of[1:], evidence), apart="\n"),
        next=teller.copy(*_list_steps(teller, told_of, evidence), apart="\n"),
    )
    drawn = _build_picture(teller, found, evidence, ctx) if found else None
    picture = await ctx.draw(drawn) if drawn else None
    table = _build_table(teller, found) if found else None
    read = how_to_read(teller, evidence, FACT_KINDS, *_list_limits(teller, found, evidence))
    names = [b.one.get(name) for b in found for name in ("product", "best")]
    ctx.keep_facts(*teller.ever.values(), *names)
    words = await ctx.write(BlockersText, by_rules=text_by_rules)
    return BlockersReport(
        **words.model_dump(),
        picture=picture,
        table=table,
        how_to_read=read,
        leads=_list_leads(teller, found),
    )


def _write_headline(teller: Teller, found: Sequence[Blocker], evidence: Evidence) -> str:
    """Name the first blocker, or say that there is none, unless no file could show one."""
    if found:
        return _write_sentence(teller, found[0])
    seen = _list_sources(evidence)
    if len(seen) == len(SOURCE_LABELS):
        return teller.say(
            Words(
                "Nothing blocks sales for sure: no step on the site, no region's "
                "parcels and no advertising stands out."
            )
        )
    if not seen:
        unseen = Words(
            "I can't see yet what blocks sales: orders alone don't tell it. Import visits, "
            "delivery dates or advertising results."
        )
        return teller.say(unseen)
    names = ", ".join(teller.say(words) for words in seen)
    return teller.say(
        Words("Nothing blocks sales for sure in what I can see so far: {names}.", names=names)
    )


def _list_sources(evidence: Evidence) -> list[Words]:
    """List what the imported files make visible."""
    return [
        SOURCE_LABELS[kind]
        for kind in SOURCE_LABELS
        if told(evidence, kind).keys() - {"cannot", "age"}
    ]


def _write_sentences(teller: Teller, found: Sequence[Blocker], evidence: Evidence) -> list[str]:
    if not found and not _list_sources(evidence):
        return [teller.say(Words("That is not known yet."))]
    if not found:
        return [teller.say(Words("Nothing else stands out."))]
    return [f"– {_write_sentence(teller, blocker)}" for blocker in found]


def _write_sentence(teller: Teller, blocker: Blocker) -> str:
    """One sentence about a blocker: what it is, since when, and what it costs."""
    values = {"name": _capitalize(teller.say(blocker.name)), "effect": blocker.effect(teller)}
    if blocker.one.get("since"):
        first = Words(
            "{name}, since {since}: {effect}.", since=teller.of(blocker.one, "since"), **values
        )
    else:
        first = Words("{name}: {effect}.", **values)
    cost = _write_cost(teller, blocker)
    return teller.say(first) + (f" {_capitalize(cost)}." if cost else "")


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _write_cost(teller: Teller, blocker: Blocker) -> str:
    subject = blocker.one
    if blocker.cost is None:
        return ""
    if blocker.cost == "excess":
        return teller.say(worse.cost(teller, subject))
    money = teller.of(subject, blocker.cost)
    if blocker.cost == "lost-money":
        low, high = teller.ends(subject, "lost-money")
        return teller.say(
            Words("about {money} lost ({low} to {high})", money=money, low=low, high=high)
        )
    if blocker.cost == "late-worth":
        return teller.say(Words("orders worth {money} came late", money=money))
    if blocker.one.word("where") == "sold out":
        return teller.say(Words("{money} spent while it is sold out", money=money))
    return teller.say(Words("{money} spent for nothing", money=money))


def _list_steps(teller: Teller, found: Sequence[Blocker], evidence: Evidence) -> list[str]:
    """List the steps, each once with all the blockers that need it."""
    if not found and not _list_sources(evidence):
        return [teller.say(Words("Import one of these files, then ask me again."))]
    if not found and len(_list_sources(evidence)) < len(SOURCE_LABELS):
        return [
            teller.say(
                Words(
                    "I see only a part of it: import what is missing (it is named "
                    "below), then ask me again."
                )
            )
        ]
    if not found:
        return [teller.say(Words("Leave things as they are, and look again next week."))]
    steps: dict[str, dict[str, None]] = {}
    for blocker in found:
        short = PLACE_SEPARATOR.split(teller.say(blocker.name))[
            0
        ]  # without its place, which was just named
        steps.setdefault(teller.say(blocker.step), {})[short] = None
    return [
        teller.say(
            Words("{rank}. {name}: {step}.", rank=n, step=step, name=_capitalize(", ".join(names)))
        )
        for n, (step, names) in enumerate(steps.items(), 1)
    ]


def _build_table(teller: Teller, found: Sequence[Blocker]) -> Table:
    columns = [Words("What"), Words("Since"), Words("What happens"), Words("Cost")]
    rows = []
    for blocker in found:
        name = _capitalize(teller.say(blocker.name))
        since, cost = teller.of(blocker.one, "since") or "–", _write_cost(teller, blocker) or "–"
        happens = teller.say(blocker.effect(teller))
        rows.append([name, since, happens, cost])
    return teller.table([teller.say(words) for words in columns], rows)


def _build_picture(
    teller: Teller, found: Sequence[Blocker], evidence: Evidence, ctx: SkillContext
) -> ChartPicture | None:
    """A chart of the first blocker by week or beside comparable ones, else of all costs."""
    subject, colours = found[0].one, ctx.brand.colours or COLOURS
    title = _capitalize(
        teller.say(Words("{name}: {effect}", name=found[0].name, effect=found[0].effect(teller)))
    )
    if points := parse_points(subject.word("points")):
        teller.of(subject, "points")
        named = (teller.say(Words("% that get through")), teller.say(Words("before")))
        return build_line_chart(
            title, points, language=teller.language, unit="%", named=named, colours=colours
        )
    if subject.key.startswith("worse--"):
        return worse.picture(teller, subject, evidence, colours)
    priced = [blocker for blocker in found if blocker.cost]
    if len(priced) < 2:
        return None
    shown = [
        Bar(teller.say(b.name), float(b.money), spelled=teller.of(b.one, b.cost or ""))
        for b in priced
    ]
    return build_bar_chart(title, shown, language=teller.language, colours=colours)


def _list_limits(teller: Teller, found: Sequence[Blocker], evidence: Evidence) -> list[str]:
    costs = {blocker.cost for blocker in found}
    lines = [Words("These are the things that are sure. None of the figures says why.")]
    if "lost-money" in costs:
        lines.append(
            Words(
                "Lost is what would have come had as many got through as before; the "
                "truth very probably lies between the two amounts in brackets. What "
                "falls only along with another is not counted again."
            )
        )
    if "late-worth" in costs:
        lines.append(
            Words("Orders that came late are not lost: their worth says how much is touched.")
        )
    compared = worse.limits(teller, evidence)
    ads = told(evidence, "campaigns", "ads").get("ads")
    if ads is not None and ads.get("since"):
        days = {"since": teller.of(ads, "since"), "until": teller.of(ads, "until")}
        lines.append(Words("Advertising is read from {since} to {until}.", **days))
    tested = told(evidence, "funnel").get("tested")
    if tested is not None:
        lines.append(
            Words(
                "{n} steps on the site were tested; those that may have moved by chance "
                "are left out.",
                n=teller.of(tested, "steps"),
            )
        )
    limit_lines = [teller.say(words) for words in lines]
    return [*limit_lines, *worse.watched(teller, evidence), *compared]


def _list_leads(teller: Teller, found: Sequence[Blocker]) -> list[NextStep]:
    """The next steps: compare the figures, read feedback on the first blockers, write to customers,
    plan a test."""
    themes = {blocker.theme.text: blocker.theme for blocker in found if blocker.theme}
    leads = [worse.lead(teller, b.one) for b in found if b.one.key.startswith("worse--")][:1]
    for theme in list(themes.values())[:2]:
        ask = Words("what do customers say about {theme}?", theme=theme)
        label = Words("What customers say: {theme}", theme=theme)
        leads.append(NextStep(label=label, skill="feedback", words=teller.say(ask), ask=False))
    letters = [(blocker.letter, blocker.theme) for blocker in found if blocker.letter]
    for letter, about in letters[:2]:
        label = Words("Draft a note to customers: {theme}", theme=about or "")
        leads.append(NextStep(label=label, skill="draft", words=teller.say(letter)))
    for plan in [blocker.test for blocker in found if blocker.test][:1]:
        leads.append(
            NextStep(label=Words("Plan a test"), skill="experiment", words=teller.say(plan))
        )
    return leads
