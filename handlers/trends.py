"""Tell what moved in sales: confirmed and to watch apart, and what comes back."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.charts import COLOURS, ChartPicture, build_line_chart, parse_points
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.rules.telling.advice import first_step
from bot.rules.telling.moved import (
    MAYBE,
    SURE,
    Moved,
    broken_off,
    called,
    comes_back,
    fall,
    how_much,
    leave,
    new,
    sent_back,
    small,
)
from bot.rules.telling.path import theme_of
from bot.rules.telling.told import Teller, Told, how_to_read, nothing_yet
from bot.rules.telling.unheard import MOVES, unheard

TITLE = "Trends"
COMMAND = "trends"
HINT = "trends in sales this month"


class TrendsText(BaseModel):
    finding: Copy = Field(title="In one sentence")
    moved: Copy = Field(title="What moved")
    watch: Copy = Field(title="To watch")
    next: Copy = Field(title="What to do")


class TrendsReport(TrendsText):
    picture: File | None = Field(default=None, title="Picture")
    series: Table | None = Field(default=None, title="Sales by week")
    returns: Table | None = Field(default=None, title="What comes back")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: trends in candles this month."))
    evidence = await ctx.look_up("trends", "funnel")
    found = Moved(evidence, request.brief.words)
    teller = Teller(request.language)
    if not (found.series or found.back or found.small):
        return nothing_yet(teller, evidence, ["trends"])
    known = found.focus or found.asked_back or request.brief.product
    strange = None if known else unheard(request.brief.words, MOVES)
    text_by_rules = TrendsText(
        finding=teller.copy(
            teller.say(strange) if strange else "",
            _write_headline(teller, found),
            broken_off(teller, evidence),
        ),
        moved=teller.copy(*_write_changes(teller, found), apart="\n"),
        watch=teller.copy(*_write_watch_list(teller, found), apart="\n"),
        next=teller.copy(*_list_steps(teller, found), apart="\n"),
    )
    title = _write_headline(teller, found).split(" (")[0].rstrip(".")
    drawn = _build_picture(teller, title, found.first, ctx) if found.first else None
    picture = await ctx.draw(drawn) if drawn else None
    series, returns = _build_series_table(teller, found), _build_returns_table(teller, found)
    read = how_to_read(teller, evidence, ["trends"], *_list_limits(teller, found))
    ctx.keep_facts(*teller.ever.values())
    words = await ctx.write(TrendsText, by_rules=text_by_rules)
    return TrendsReport(
        **words.model_dump(),
        picture=picture,
        series=series,
        returns=returns,
        how_to_read=read,
        leads=_list_leads(teller, found),
    )


def _write_headline(teller: Teller, found: Moved) -> str:
    first, tested = found.first, found.tested
    if first is None or tested is None:
        return small(teller, found.small[0]) if found.small else comes_back(teller, found.back[0])
    if first.word("status") in (SURE, MAYBE) or found.focus:
        return _write_sentence(teller, first, found)
    return teller.say(
        Words(
            "Nothing moved for sure in the week of {week}: {n} series were held "
            "against what was expected of them.",
            week=teller.of(tested, "week"),
            n=teller.of(tested, "series"),
        )
    )


def _write_changes(teller: Teller, found: Moved) -> list[str]:
    """One line for all orders and for each confirmed change."""
    lines = [small(teller, one) for one in found.small if found.series]
    for one in (sure := found.having(SURE)):
        again = "" if one is found.first else _write_sentence(teller, one, found) + " "
        lines.append(again + _write_since(teller, one, brief=bool(again)))
    lines += new(teller, found)
    already_named = [*sure, *([found.first] if found.focus else [])]
    order_totals = [
        one for one in found.series if one.key == "total-orders" and one not in already_named
    ]
    lines += [_write_sentence(teller, one, found) for one in order_totals]
    lines += [fall(teller, one) for one in found.falls[:2]]
    lines += sent_back(teller, found.returned(SURE))
    nothing = Words("Nothing moved by more than chance would.")
    return [f"– {line}" for line in lines] or [teller.say(nothing)]


def _write_watch_list(teller: Teller, found: Moved) -> list[str]:
    maybe = [o for o in found.having(MAYBE) if o is not found.first]
    lines = [_write_sentence(teller, one, found, sure=False) for one in maybe]
    lines += sent_back(teller, found.returned(MAYBE), sure=False)
    return [f"– {one}" for one in lines] or [teller.say(Words("Nothing else stands out."))]


def _write_sentence(teller: Teller, one: Told, found: Moved, *, sure: bool = True) -> str:
    """The actual beside the expected value, with the grade unless the heading states it."""
    last = teller.bare(one, "last") if one.key == "total-orders" else teller.of(one, "last")
    values = {
        "name": called(one, teller),
        "last": last,
        "expected": teller.bare_count(one, "expected"),
        "change": how_much(teller, one, _describe_certainty(one) if sure else None),
    }
    week = teller.of(found.tested, "week") if found.tested else ""
    if one.number("weeks") > 1:
        return teller.say(
            Words(
                "{name}: {last} a week over the last three weeks, where {expected} "
                "were expected ({change}).",
                **values,
            )
        )
    return teller.say(
        Words(
            "{name}: {last} in the week of {week}, where {expected} were expected ({change}).",
            week=week,
            **values,
        )
    )


def _describe_certainty(one: Told) -> Words:
    status = one.word("status")
    return Words("nothing unusual") if status == "steady" else Words(status)


def _write_since(teller: Teller, one: Told, *, brief: bool) -> str:
    """Since when the series is higher or lower, and the money this means."""
    values = {"name": called(one, teller), "since": teller.of(one, "since")}
    up = Words("{name}: above what was expected since about the week of {since}.", **values)
    down = Words("{name}: below what was expected since about the week of {since}.", **values)
    if brief:  # the previous sentence named the series
        up = down = Words("It began about the week of {since}.", since=values["since"])
    rise = one.number("change") > 0
    worth = Words("It brings in {revenue} a week.", revenue=teller.of(one, "revenue"))
    more = f" {teller.say(worth)}" if rise and one.get("revenue") else ""
    return teller.say(up if rise else down) + more


def _list_steps(teller: Teller, found: Moved) -> list[str]:
    steps: list[Words] = []
    if found.ended:
        steps.append(
            Words(
                "Import the orders since {day}; if you did stop selling then, find out why first.",
                day=teller.of(found.ended, "since"),
            )
        )
    goods = found.goods
    for one in goods[:2]:
        up = Words("{name}: check the stock, and put it forward.", name=one.about)
        down = Words("{name}: look at its price, stock and pictures first.", name=one.about)
        steps.append(up if one.number("change") > 0 else down)
    if not goods and [one for one in found.having(SURE) if one.number("change") < 0]:
        steps.append(Words("See below what blocks sales: it is told by step, region and keyword."))
    looks = [first_step(theme_of(one)) for one in found.falls[:1]]
    steps += [Words("On the site: {step}.", step=look) for look in looks if look]
    often = [o for o in found.returned(SURE) if o.number("rate") > o.number("rest")]
    if (series_by_key := ", ".join(one.about for one in often)) and (fit := first_step("sizing")):
        steps.append(Words("{name}: {step}.", name=series_by_key, step=fit))
    if names := ", ".join(one.about for one in found.gone):
        steps.append(
            Words(
                "Nothing sold of {names}: see whether it is out of stock, off the shop, "
                "or out of season.",
                names=names,
            )
        )
    if found.new and not goods:
        steps.append(
            Words("{name} is new and sells: check the stock, and show it.", name=found.new[0].about)
        )
    steps = steps or [leave(teller, found)]
    return [f"{n}. {teller.say(step)}" for n, step in enumerate(steps, 1)]


def _build_series_table(teller: Teller, found: Moved) -> Table | None:
    shown = [*found.having(SURE), *found.having(MAYBE)]
    shown += [one for one in found.series if one.key.startswith("total-") and one not in shown]
    columns = [
        Words("Series"),
        Words("A week"),
        Words("Expected"),
        Words("Change"),
        Words("Since"),
        Words("How sure"),
    ]
    measures = ("last", "expected", "change", "since")
    return _build_table(teller, columns, shown or found.series[:1], measures)


def _build_returns_table(teller: Teller, found: Moved) -> Table | None:
    columns = [
        Words("Product"),
        Words("Come back"),
        Words("Others"),
        Words("Reason most given"),
        Words("How sure"),
    ]
    return _build_table(teller, columns, found.back, ("rate", "rest", "reason"))


def _build_table(
    teller: Teller, columns: list[Words], shown: Sequence[Told], measures: Sequence[str]
) -> Table | None:
    """One row for each series: name, measures and grade. None without rows."""
    rows = [
        [
            called(one, teller),
            *(
                teller.signed(one, "change") if m == "change" else teller.of(one, m) or "–"
                for m in measures
            ),
            teller.say(_describe_certainty(one)),
        ]
        for one in shown
    ]
    return teller.table([teller.say(words) for words in columns], rows) if rows else None


def _build_picture(teller: Teller, title: str, one: Told, ctx: SkillContext) -> ChartPicture | None:
    if not (points := parse_points(one.word("points"))):
        return None
    teller.of(one, "points")
    named, colours = (Words("each week"), Words("expected")), ctx.brand.colours or COLOURS
    text_by_rules = (teller.say(named[0]), teller.say(named[1]))
    return build_line_chart(
        title, points, language=teller.language, named=text_by_rules, colours=colours
    )


def _list_limits(teller: Teller, found: Moved) -> Sequence[str]:
    lines = [
        Words(
            "Expected is the level of the eight weeks before and, after a year of orders, what "
            "the same weeks did then."
        ),
        Words("A change names no cause: what happened at the same time need not be behind it."),
    ]
    if tested := found.tested:
        share = teller.of(tested, "false-among-confirmed")
        lines.append(
            Words(
                "{n} series were tested; of those called confirmed, up to {share} can be chance.",
                n=teller.of(tested, "series"),
                share=share,
            )
        )
    if found.back:
        lines.append(
            Words(
                "Returns are those of the past year; the newest orders are left out, "
                "since they can still come back."
            )
        )
    return [teller.say(words) for words in lines]


def _list_leads(teller: Teller, found: Moved) -> list[NextStep]:
    leads: list[NextStep] = []
    rising = [one for one in found.goods if one.number("change") > 0]
    for one in rising[:1]:
        copy = Words("E-mail: {name}, what people are buying now", name=one.about)
        label = Words("Draft copy for {name}", name=one.about[:40])
        leads.append(NextStep(label=label, skill="draft", words=teller.say(copy)))
    look, asked = Words("Look at what blocks sales"), Words("what blocks sales right now?")
    leads.append(NextStep(label=look, skill="blockers", words=teller.say(asked), ask=False))
    for one in rising[:1]:
        test = Words("Plan a test: {name} first on the home page, or as now", name=one.about)
        leads.append(
            NextStep(label=Words("Plan a test"), skill="experiment", words=teller.say(test))
        )
    return leads
