"""What moved in sales, without an AI: confirmed and to watch apart, and what comes back."""

from collections.abc import Sequence

from pydantic import BaseModel

from bot.core.fact_sentences import CHANGE_STATUSES, CONFIRMED, TO_WATCH, FactSubject, join_copies
from bot.core.parts import Copy, NextStep
from bot.data.analyses.findings import name_covered_days
from bot.i18n.messages import Words
from bot.offline.report_builder import ReportBuilder
from bot.offline.reports.blockers import list_falls

MAX_SERIES = 4  # named in one sentence
ORDERS, RETURNS, STEPS, NEW = "total-orders", "returns-", "step-", "new-"
GOODS = ("category-", "product-")  # what can be written about


async def write_report(builder: ReportBuilder) -> BaseModel:
    brief = builder.request.brief
    await builder.look_up("trends", "funnel")
    builder.kinds.remove("funnel")
    words = " ".join(filter(None, [brief.words, brief.category, brief.product_words]))
    every = builder.subjects("trends")
    parts = [one for key, one in every.items() if not key.startswith("total-")]
    named = [one for one in parts if one.is_named_in(words)]
    changed = [one for one in named or every.values() if one.get("change")]
    series = sorted((one for one in changed if not one.key.startswith(STEPS)), key=_rank)
    returned, steps, new = (
        [one for one in named or parts if one.key.startswith(prefix)]
        for prefix in (RETURNS, STEPS, NEW)
    )
    small = [one for one in named if one.get("least")]
    if not (series or returned or small):
        return builder.report_missing()
    moved = next((o for o in series[:1] if named or o.status in CHANGE_STATUSES), None)
    rest = [one for one in series if one is not moved]
    falls = [] if named else list_falls(builder)
    if moved is not None:
        key = "weeks" if moved.number("weeks") > 1 else "week"
        headline = builder.write(moved, key, days=builder.name_days(moved.get("last")))
    elif small:
        headline = builder.write(small[0], "small")
    elif named:
        headline = _list_returns(builder, returned)[0]
    else:
        headline = builder.write(every.get("tested"), "steady")
    shown = [one for one in series if one.status in CHANGE_STATUSES or one.key.startswith("total-")]
    read_as = builder.words("read_as")
    if named:
        read_as = builder.words("read_as_named", name=named[0].named(builder.language))
    if days := name_covered_days(builder, builder.evidence, "trends"):
        read_as = Words("{what}", what=f"{builder.say(read_as)} · {days}")
    return await builder.build(
        headline,
        [
            builder.write(every.get("ended"), "break"),
            _write_certainty(builder, moved, every.get("tested")),
            builder.write_list("also", _pick(rest, CONFIRMED), "change"),
            builder.write_list("stepped", steps[:MAX_SERIES], "change"),
            *(builder.write(one, "fall_orders", "fall") for one in falls[:1]),
            *_list_returns(builder, _pick(returned, CONFIRMED)),
            builder.write_list("new", new[:MAX_SERIES], "last"),
            builder.write_list("watched", _pick(rest, TO_WATCH), "change"),
        ],
        table=builder.tabulate(shown or series[:1]) or builder.tabulate(returned, "return_columns"),
        chart=builder.draw_line(moved or (None if named else every.get(ORDERS))),
        limits=[builder.write(every.get("tested"), "chance")],
        read_as=read_as,
        leads=_list_leads(builder, series),
    )


def _rank(one: FactSubject) -> tuple[int, bool, float]:
    """Confirmed first, then to watch; totals after what they are made of; the widest gap first."""
    gap = abs(one.number("last") - one.number("expected"))
    is_total = one.key.startswith("total-") and one.key != ORDERS
    rank = CHANGE_STATUSES.index(one.status) if one.status in CHANGE_STATUSES else 2
    return rank, is_total, -float(gap)


def _pick(some: Sequence[FactSubject], status: str) -> list[FactSubject]:
    return [one for one in some if one.status == status][:MAX_SERIES]


def _write_certainty(
    builder: ReportBuilder, moved: FactSubject | None, tested: FactSubject | None
) -> Copy:
    """Say how sure the headline is, since when, and what it means in money."""
    if moved is None:
        return builder.write(tested, "tested")
    if moved.status not in CHANGE_STATUSES:
        return builder.state("usual")
    said = [builder.state(moved.status), builder.write(moved, "since")]
    if moved.number("change") > 0:
        said.append(builder.write(moved, "worth"))
    return join_copies(said)


def _list_returns(builder: ReportBuilder, some: Sequence[FactSubject]) -> list[Copy]:
    """Write one line on what comes back more often than other products, one on what less often."""
    more = [one for one in some if one.number("rate") > one.number("rest")]
    less = [one for one in some if one not in more]
    lists = {"more_returns": more[:MAX_SERIES], "fewer_returns": less[:MAX_SERIES]}
    return [builder.write_list(key, of, "rate") for key, of in lists.items() if of]


def _list_leads(builder: ReportBuilder, series: Sequence[FactSubject]) -> list[NextStep]:
    rising = (o for o in series if o.status == CONFIRMED and o.number("change") > 0)
    goods = next((one.about for one in rising if one.key.startswith(GOODS)), None)
    if goods is None:
        return [builder.step("look")]
    copy, test = builder.step("copy", name=goods), builder.step("test", name=goods)
    return [copy, builder.step("look"), test]
