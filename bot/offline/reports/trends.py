"""What moved in sales, without an AI: confirmed and to watch apart, and what comes back."""

from collections.abc import Sequence

from pydantic import BaseModel

from bot.core.charts import COLOURS, ChartPicture, build_line_chart, parse_points
from bot.core.facts import Evidence
from bot.core.parts import Copy, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words
from bot.offline.build_report import build_offline_report, names_subject
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    DEVICES,
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    name_regions,
    report_missing_data,
)
from bot.offline.funnel_steps import describe_fall, list_falls

CONFIRMED, TO_WATCH = "confirmed", "to watch"
MAX_SERIES = 4  # named in one sentence
ORDERS = "total-orders"


class SalesMoves:
    """The series that the words name, else all, what is confirmed first; new series; products that
    come back more or less often than others; steps on the site that fell, when nothing is named."""

    def __init__(self, evidence: Evidence, words: str) -> None:
        every = group_by_subject(evidence, "trends")
        self.tested, self.ended = every.get("tested"), every.get("ended")
        moving = [one for one in every.values() if one.get("change")]
        small = [one for key, one in every.items() if key.startswith("small-")]
        new = [one for key, one in every.items() if key.startswith("new-")]
        returned = [one for key, one in every.items() if key.startswith("returns-")]
        named = [o for o in moving if not o.key.startswith("total-") and names_subject(words, o)]
        self.small = [one for one in small if names_subject(words, one)]
        self.has_focus = bool(named or self.small)
        self.series = sorted(named if self.has_focus else moving, key=_rank)
        self.new = [one for one in new if not self.has_focus or names_subject(words, one)]
        of_named = [one for one in returned if names_subject(words, one)]
        self.returned = of_named if self.has_focus or of_named else returned[:MAX_SERIES]
        if of_named and not self.has_focus:  # only what comes back of it is known
            self.series, self.new, self.has_focus = [], [], True
        self.falls = [] if self.has_focus else list_falls(evidence)

    @property
    def first(self) -> FactSubject | None:
        return self.series[0] if self.series else None

    @property
    def has_news(self) -> bool:
        """Whether the first series moved, or was asked for."""
        first = self.first
        return first is not None and (
            self.has_focus or first.word("status") in (CONFIRMED, TO_WATCH)
        )

    def list_series(self, status: str) -> list[FactSubject]:
        """Return the series of this status, without the first, which the headline is about."""
        rest = self.series[1:] if self.has_news else self.series
        return [one for one in rest if one.word("status") == status][:MAX_SERIES]

    @property
    def rising_goods(self) -> FactSubject | None:
        """The first category or product that rose for sure: what can be written about."""
        goods = ("category-", "product-")
        return next(
            (
                one
                for one in self.series
                if one.word("status") == CONFIRMED
                and one.key.startswith(goods)
                and one.number("change") > 0
            ),
            None,
        )


def _rank(one: FactSubject) -> tuple[int, bool, float]:
    """Confirmed first, then to watch; totals after what they are made of; the widest gap first."""
    status, statuses = one.word("status"), (CONFIRMED, TO_WATCH)
    gap = abs(one.number("last") - one.number("expected"))
    is_total = one.key.startswith("total-") and one.key != ORDERS
    return statuses.index(status) if status in statuses else 2, is_total, -float(gap)


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    evidence = await ctx.look_up("trends", "funnel")
    writer = SentenceWriter(request.language)
    names = [request.brief.words, request.brief.category, request.brief.product_words]
    found = SalesMoves(evidence, " ".join(filter(None, names)))
    if not (found.series or found.returned or found.small):
        return report_missing_data(writer, evidence, ["trends"])
    headline = _write_headline(writer, found)
    points = _write_points(writer, found)
    drawn = _build_picture(writer, headline.text, found, ctx)
    picture = await ctx.draw(drawn) if drawn else None
    table = _build_table(writer, found)
    how_to_read = explain_reading(writer, evidence, ["trends"], *_list_limits(writer, found))
    ctx.keep_facts(*writer.ever.values())
    return build_offline_report(
        writer,
        request,
        headline=headline,
        points=points,
        picture=picture,
        table=table,
        how_to_read=how_to_read,
        read_as=_describe_reading(writer, found),
        leads=_list_leads(writer, found),
    )


def _write_headline(writer: SentenceWriter, found: SalesMoves) -> Copy:
    first = found.first
    if first is None:
        if found.small:
            return _write_small(writer, found.small[0])
        return _write_returns(writer, found.returned[:1])[0]
    if not found.has_news:
        week = writer.of(found.tested, "week") if found.tested else ""
        line = Words("Nothing moved for sure in the week of {week}", week=week)
        return writer.copy(writer.say(line))
    values = {
        "name": _name_series(writer, first),
        "last": writer.of(first, "last"),
        "expected": writer.bare_count(first, "expected"),
        "change": writer.signed(first, "change"),
    }
    line = Words("{name}: {last} last week, {expected} expected ({change})", **values)
    if first.number("weeks") > 1:
        line = Words("{name}: {last} a week, {expected} expected ({change})", **values)
    return writer.copy(writer.say(line))


def _write_points(writer: SentenceWriter, found: SalesMoves) -> list[Copy]:
    lines = [_write_end_of_file(writer, found), _write_certainty(writer, found)]
    lines.append(_list_names(writer, found.list_series(CONFIRMED), sure=True))
    lines += [describe_fall(writer, one) for one in found.falls[:1]]
    lines += _write_returns(writer, [o for o in found.returned if o.word("status") == CONFIRMED])
    lines.append(_write_new(writer, found))
    lines.append(_list_names(writer, found.list_series(TO_WATCH), sure=False))
    lines.append(_write_orders(writer, found))
    return lines


def _write_end_of_file(writer: SentenceWriter, found: SalesMoves) -> Copy:
    """Say that the orders end before their file does."""
    if found.ended is None:
        return Copy(text="")
    line = Words(
        "The orders all but break off on {day}: {came} since, where {usual} "
        "are usual. Does the file end there, or did the shop stop selling?",
        day=writer.of(found.ended, "since"),
        came=writer.bare(found.ended, "came"),
        usual=writer.bare(found.ended, "usual"),
    )
    return writer.copy(writer.say(line))


def _write_certainty(writer: SentenceWriter, found: SalesMoves) -> Copy:
    """Say how sure the headline is, since when, and what it means in money."""
    first, tested = found.first, found.tested
    if first is None or tested is None:
        return Copy(text="")
    if not found.has_news:
        held = Words(
            "{n} series were held against what was expected of them.",
            n=writer.of(tested, "series"),
        )
        return writer.copy(writer.say(held))
    status = first.word("status")
    sentences = {
        CONFIRMED: Words("This is more than chance."),
        TO_WATCH: Words("Keep an eye on it: it may be chance."),
    }
    said = [writer.say(sentences.get(status, Words("That is nothing unusual.")))]
    if status in sentences and first.get("since"):
        began = Words("It began about the week of {since}.", since=writer.of(first, "since"))
        said.append(writer.say(began))
    if status in sentences and first.get("revenue") and first.number("change") > 0:
        worth = Words("It brings in {revenue} a week.", revenue=writer.of(first, "revenue"))
        said.append(writer.say(worth))
    return writer.copy(*said)


def _list_names(writer: SentenceWriter, some: Sequence[FactSubject], *, sure: bool) -> Copy:
    names = ", ".join(f"{_name_series(writer, o)} ({writer.signed(o, 'change')})" for o in some)
    if not names:
        return Copy(text="")
    line = Words("Also confirmed: {names}.", names=names)
    return writer.copy(writer.say(line if sure else Words("To watch: {names}.", names=names)))


def _write_new(writer: SentenceWriter, found: SalesMoves) -> Copy:
    names = []
    for one in found.new[:MAX_SERIES]:
        name = Words("{name} ({last} a week)", name=one.about, last=writer.of(one, "last"))
        names.append(writer.say(name))
    line = Words("New, hardly sold before: {names}.", names=", ".join(names))
    return writer.copy(writer.say(line)) if names else Copy(text="")


def _write_returns(writer: SentenceWriter, some: Sequence[FactSubject]) -> list[Copy]:
    """Write one line on what comes back more often than other products, one on what less often."""
    lines = []
    for more in (True, False):
        of = [one for one in some if (one.number("rate") > one.number("rest")) == more]
        names = ", ".join(f"{one.about} ({writer.of(one, 'rate')})" for one in of[:MAX_SERIES])
        if not names:
            continue
        given = {"rest": writer.of(of[0], "rest"), "names": names}
        often = Words("Sent back more often than other products ({rest}): {names}.", **given)
        seldom = Words("Sent back less often than other products ({rest}): {names}.", **given)
        lines.append(writer.copy(writer.say(often if more else seldom)))
    return lines


def _write_small(writer: SentenceWriter, one: FactSubject) -> Copy:
    line = Words(
        "{name} sells fewer than {least} a week: what moves there is chance.",
        name=_name_series(writer, one),
        least=writer.of(one, "least"),
    )
    return writer.copy(writer.say(line))


def _write_orders(writer: SentenceWriter, found: SalesMoves) -> Copy:
    """Say that all orders did not move, unless a part of sales is asked for."""
    orders = next((one for one in found.series if one.key == ORDERS), None)
    if orders is None or found.has_focus or orders.word("status") != "steady":
        return Copy(text="")
    line = Words(
        "All orders: {last}, {expected} expected ({change}), no more than chance.",
        last=writer.bare(orders, "last"),
        expected=writer.bare(orders, "expected"),
        change=writer.signed(orders, "change"),
    )
    return writer.copy(writer.say(line))


def _name_series(writer: SentenceWriter, one: FactSubject) -> str:
    """Name a series with a capital: "Region 33", "Phones", "Candles"."""
    dimension = one.key.removeprefix("small-").removeprefix("new-").split("-")[0]
    places = {
        "region": name_regions(one.about),
        "source": Words("source {name}", name=one.about),
        "device": DEVICES.get(one.about, Words("device {name}", name=one.about)),
    }
    name = one.named(writer.language)
    if dimension in places:
        name = writer.say(places[dimension])
    return name[:1].upper() + name[1:]


def _build_table(writer: SentenceWriter, found: SalesMoves) -> Table | None:
    if not found.series and found.returned:
        headings = [Words("Product"), Words("Come back"), Words("Others")]
        headings += [Words("Reason most given"), Words("How sure")]
        measures: tuple[str, ...] = ("rate", "rest", "reason")
        shown = found.returned
    else:
        headings = [Words("Series"), Words("A week"), Words("Expected"), Words("Change")]
        headings += [Words("Since"), Words("How sure")]
        measures = ("last", "expected", "change", "since")
        moved = [o for o in found.series if o.word("status") in (CONFIRMED, TO_WATCH)]
        totals = [o for o in found.series if o.key.startswith("total-") and o not in moved]
        shown = [*moved, *totals] or found.series[:1]
    rows = []
    for one in shown:
        status = one.word("status")
        sure = Words("nothing unusual") if status == "steady" else Words(status)
        cells = [
            writer.signed(one, m) if m == "change" else writer.of(one, m) or "–" for m in measures
        ]
        rows.append([_name_series(writer, one), *cells, writer.say(sure)])
    return writer.table([writer.say(words) for words in headings], rows) if rows else None


def _build_picture(
    writer: SentenceWriter, title: str, found: SalesMoves, ctx: OfflineContext
) -> ChartPicture | None:
    """A line of the first series beside what was expected; of all orders when nothing moved."""
    drawn = found.first
    if not found.has_news:
        drawn = next((one for one in found.series if one.key == ORDERS), drawn)
    points = parse_points(drawn.word("points")) if drawn else []
    if drawn is None or not points:
        return None
    writer.of(drawn, "points")
    named = (writer.say(Words("each week")), writer.say(Words("expected")))
    colours = ctx.brand.colours or COLOURS
    return build_line_chart(title, points, language=writer.language, named=named, colours=colours)


def _describe_reading(writer: SentenceWriter, found: SalesMoves) -> Words:
    if found.first is None or not found.has_focus:
        return Words("weekly sales of everything")
    return Words("weekly sales: {name}", name=_name_series(writer, found.first))


def _list_limits(writer: SentenceWriter, found: SalesMoves) -> list[str]:
    lines = [
        Words(
            "Expected is the level of the eight weeks before and, after a year of orders, what "
            "the same weeks did then."
        ),
        Words("A change names no cause: what happened at the same time need not be behind it."),
    ]
    if tested := found.tested:
        lines.append(
            Words(
                "{n} series were tested; of those called confirmed, up to {share} can be chance.",
                n=writer.of(tested, "series"),
                share=writer.of(tested, "false-among-confirmed"),
            )
        )
    if found.returned:
        lines.append(
            Words(
                "Returns are those of the past year; the newest orders are left out, "
                "since they can still come back."
            )
        )
    return [writer.say(words) for words in lines]


def _list_leads(writer: SentenceWriter, found: SalesMoves) -> list[NextStep]:
    rising = found.rising_goods
    look, asked = Words("Look at what blocks sales"), Words("what blocks sales right now?")
    leads = [NextStep(label=look, skill="blockers", words=writer.say(asked), ask=False)]
    if rising is not None:
        copy = Words("E-mail: {name}, what people are buying now", name=rising.about)
        label = Words("Draft copy for {name}", name=rising.about[:40])
        leads.insert(0, NextStep(label=label, skill="draft", words=writer.say(copy)))
        test = Words("Plan a test: {name} first on the home page, or as now", name=rising.about)
        plan = Words("Plan a test")
        leads.append(NextStep(label=plan, skill="experiment", words=writer.say(test)))
    return leads
