"""What was sold, told by a cut: its headline, a table, a picture; and what bounds an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.core.charts import Bar, ChartPicture, build_bar_chart
from bot.core.parts import Copy, Table
from bot.i18n.messages import Words
from bot.rules.telling.sold.names import DATED, called, capital, ranked
from bot.rules.telling.sold.phrases import CUTS, NAMES
from bot.rules.telling.sold.sale import RETURNS, Sale
from bot.rules.telling.told import Teller, Told

FEW, HOURS = 12, 24  # rows of a table
ENOUGH = 10  # orders before and now, from which a change says something
WEEK = 7  # days
PARTLY = "28"  # the day of a month from which it counts as whole


@dataclass
class Reply:
    """An answer about sales: its text, the table it stands on, what bounds it, a picture."""

    answer: Copy
    table: Table | None = None
    limits: list[str] = field(default_factory=list)
    shown: Sequence[Told] = ()


def when(teller: Teller, one: Told, ends: str = "") -> Words:
    since, until = teller.of(one, f"since{ends}"), teller.of(one, f"until{ends}")
    if since == until:
        return Words("on {day}", day=since)
    return Words("from {since} to {until}", since=since, until=until)


def begun(teller: Teller, sale: Sale, whole: Told) -> str:
    """That the days asked about are not all known."""
    begins = whole.word("begins")
    if not sale.dated or not begins or whole.word("since") >= begins:
        return ""
    return teller.say(Words("{file} begins on {day}: what came before is not counted.",
                            file=whole.facts["begins"].file,
                            day=teller.of(whole, "begins")))  # fmt: skip


def by_cut(
    teller: Teller,
    sale: Sale,
    whole: Told,
    some: Sequence[Told],
    names: Sequence[str],
    others: Told | None = None,
    few: Told | None = None,
) -> Reply | None:
    """A headline, and a table of the values; those of too few people are one row, `others`, or
    left out where that would tell of a few people, which is said in `few`."""
    left_out = few is not None and bool(few.get("groups"))
    held = bool(whole.get("since-before")) and sale.cut not in DATED
    if sale.grows and held:
        some = [one for one in some if min(one.number("orders"), one.number("orders-before"))
                >= ENOUGH]  # fmt: skip
    if sale.least and sale.cut == "product":  # what was only taken back was not sold badly
        some = [one for one in some if one.number("orders") > 0]
    order = ranked(sale, some)
    if not order:
        return None
    years = len({one.word("since")[:4] for one in order}) > 1 and len(order) > 12
    first = _headline(teller, sale, whole, order, held, names, years)
    one_of = Words("The orders say size and colour together, as the variant: I can't yet cut by "
                   "one of them alone.")  # fmt: skip
    aside = teller.say(one_of) if sale.cut == "variant" else ""
    answer = teller.copy(first, begun(teller, sale, whole), aside)
    most = sale.tally.most or (HOURS if sale.cut in ("hour", "month") else FEW)
    columns = list(dict.fromkeys([sale.measure, *_beside(sale, held)]))
    columns = [c for c in columns if any(one.get(c) for one in order)]
    head = [CUTS.get(sale.cut, Words("Name")), *(NAMES.get(c, Words("Change")) for c in columns)]
    shown = order[:most]
    rows = [[_name(teller, one, years=years), *(_cell(teller, one, c) for c in columns)]
            for one in shown]  # fmt: skip
    if others is not None:
        name = teller.say(Words("Others, together"))
        rows.append([name, *(_cell(teller, others, c) for c in columns)])
    table = teller.table([teller.say(words) for words in head], rows) if len(rows) > 1 else None
    bounds = limits(teller, whole, sale)
    if others is not None:
        bounds.append(teller.say(Words("Groups of too few customers are shown together.")))
    if left_out:
        bounds.append(teller.say(Words("Groups of too few customers are left out.")))
    if len(order) > most:
        bounds.append(teller.say(Words("The table shows the first of them only.")))
    return Reply(answer, table, bounds, order)


def _beside(sale: Sale, held: bool) -> tuple[str, ...]:
    if held:
        return f"{sale.measure}-before", f"{sale.measure}-change"
    if sale.measure in RETURNS:
        return "returned", "return-rate", "orders"
    if sale.cut in ("weekday", "weekend"):
        return "per-day", "orders-per-day", "orders"
    if sale.measure in ("customers", "new-customers"):
        return "customers", "orders"
    if sale.tally.share:
        share = {"orders": "orders-share", "customers": "customers-share"}.get(
            sale.measure, "share"
        )
        return share, "revenue", "orders"
    return "revenue", "orders", "average-order"


def _cell(teller: Teller, one: Told, measure: str) -> str:
    if measure.endswith("-change"):
        return teller.signed(one, measure) or "–"
    return teller.bare_count(one, measure) or "–"


def _name(teller: Teller, one: Told, *, within: bool = False, years: bool = False) -> str:
    """With a capital, but for a French month or day within a sentence."""
    name = called(one, teller.language, year=years)
    small = teller.language == "fr" and one.key.startswith(("month-", "weekday-", "week-"))
    ours = one.key.startswith(("first-", "weekend-"))
    return name if within and (small or ours) else capital(name)


def _headline(
    teller: Teller, sale: Sale, whole: Told, order: Sequence[Told], held: bool,
    names: Sequence[str], years: bool,
) -> str:  # fmt: skip
    first = order[0]
    if sale.grows and held:
        return _grown(teller, sale, first)
    measure = _measured(sale, first)
    by = sorted(order, key=lambda one: -one.number(measure))
    whole_ones = [one for one in by if _is_whole(sale, one)] or by
    high, low = by[0], whole_ones[-1]
    if sale.least and not sale.best:
        high, low = (whole_ones[-1], whole_ones[0])
    span = when(teller, whole)
    what: str | Words = NAMES[sale.measure]
    if names:
        what = Words("{what} ({which})", what=what, which=", ".join(names))
    given = {"what": what, "when": span, "name": _name(teller, high, within=True, years=years),
             "value": teller.of(high, measure)}  # fmt: skip
    if sale.least and not sale.best and len(by) > 1:
        return teller.say(Words("{what} {when}: {name} comes last with {value}.", **given))
    if len(by) == 1:
        return teller.say(Words("{what} {when}: {name}, {value}.", **given))
    given |= {"last": _name(teller, low, within=True, years=years),
              "least": teller.of(low, measure)}  # fmt: skip
    if len(by) == 2 and sale.cut in ("first", "weekend"):
        if measure != sale.measure:
            return teller.say(Words("{what} {when}, a day on average: {name}, {value}; {last}, "
                                    "{least}.", **given))  # fmt: skip
        return teller.say(Words("{what} {when}: {name}, {value}; {last}, {least}.", **given))
    if measure in ("per-day", "orders-per-day"):
        return teller.say(Words("{what} {when}: {name} comes first with {value} a day on average, "
                                "{last} last with {least}.", **given))  # fmt: skip
    return teller.say(Words("{what} {when}: {name} comes first with {value}, {last} last with "
                            "{least}.", **given))  # fmt: skip


def _measured(sale: Sale, first: Told) -> str:
    """There may be more Mondays than Sundays: days are held against each other by what one of them
    brings."""
    per = {"revenue": "per-day", "orders": "orders-per-day"}.get(sale.measure, "")
    return per if per and first.get(per) else sale.measure


def _is_whole(sale: Sale, one: Told) -> bool:
    """A month or a week that was not cut off by the days asked about."""
    since, until = one.word("since"), one.word("until")
    if sale.cut == "week":
        return (date.fromisoformat(until) - date.fromisoformat(since)).days == WEEK - 1
    return sale.cut != "month" or (until[-2:] >= PARTLY and since[-2:] == "01")


def _grown(teller: Teller, sale: Sale, first: Told) -> str:
    change = first.number(f"{sale.measure}-change")
    given = {"name": _name(teller, first), "now": teller.of(first, sale.measure),
             "when": when(teller, first), "before": teller.of(first, f"{sale.measure}-before"),
             "then": when(teller, first, "-before"),
             "change": teller.signed(first, f"{sale.measure}-change")}  # fmt: skip
    if sale.grows > 0 and change <= 0:
        return teller.say(Words("Nothing grew. {name} fell least: {now} {when}, against {before} "
                                "{then} ({change}).", **given))  # fmt: skip
    if sale.grows < 0 and change >= 0:
        return teller.say(Words("Nothing fell. {name} grew least: {now} {when}, against {before} "
                                "{then} ({change}).", **given))  # fmt: skip
    if sale.grows > 0:
        return teller.say(Words("{name} grew most: {now} {when}, against {before} {then} "
                                "({change}).", **given))  # fmt: skip
    return teller.say(Words("{name} fell most: {now} {when}, against {before} {then} ({change}).",
                            **given))  # fmt: skip


def limits(teller: Teller, whole: Told | None, sale: Sale | None = None) -> list[str]:
    lines = [Words("Money paid back is taken off, cancelled orders are left out.")]
    if whole is not None and sale is not None:
        lines += _bounds(teller, whole, sale)
    return [teller.say(line) for line in lines]


def _bounds(teller: Teller, whole: Told, sale: Sale) -> list[Words]:
    lines: list[Words] = []
    left = f"without-{sale.cut}"
    if whole.get(left):
        lines.append(Words("{orders} do not say it: they are not in the table.",
                           orders=teller.of(whole, left)))  # fmt: skip
    if sale.least and sale.cut == "product":
        lines.append(Words("What sold nothing at all is not in it."))
    of_first = sale.cut == "first" or any(one.by == "first" for one in sale.tally.only)
    if (sale.measure == "new-customers" or of_first) and whole.get("begins"):
        lines.append(Words("For the first time means: since the file begins, on {day}.",
                           day=teller.of(whole, "begins")))  # fmt: skip
    if sale.measure in RETURNS and not sale.dated:
        lines.append(Words("What was bought in the last two weeks is left out: it may still come "
                           "back."))  # fmt: skip
    if sale.why and sale.cut != "reason" and not whole.get("since-before"):
        lines.append(Words("What lies behind it, these figures don't say."))
    if whole.get("since-before"):
        lines.append(Words("Days that are not over are compared with as many of the earlier "
                           "ones."))  # fmt: skip
        lines.append(Words("Why it changed, these figures don't say: ask what blocks sales, "
                           "or what moved."))  # fmt: skip
    return lines


def picture(teller: Teller, sale: Sale, said: Reply, colours: Sequence[str]) -> ChartPicture | None:
    """Bars of a cut, in its own order; none of one or two, nor of a whole day's hours."""
    if len(said.shown) < 3 or sale.grows or sale.cut in ("hour", "day"):
        return None
    measure = _measured(sale, said.shown[0])
    top = max(said.shown, key=lambda one: one.number(measure))
    few = said.shown[-12:] if sale.cut == "month" and not sale.best else said.shown[:12]
    shown = [
        Bar(_name(teller, one), float(one.number(measure)), strong=one is top,
            spelled=teller.bare_count(one, measure))
        for one in few
    ]  # fmt: skip
    title = said.answer.text.rstrip(".")
    return build_bar_chart(title, shown, language=teller.language, colours=colours)
