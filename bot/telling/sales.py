"""How what was sold is told: a sentence, a table where it is cut, a picture of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.parts import Copy, Table
from bot.pictures import Bar, Picture, bars
from bot.telling.sales_words import CUTS, NAMES, OF_ONE, TIMES, WHOLES
from bot.telling.sold import WHOLE, Sale, called, named, ranked
from bot.telling.told import Teller, Told
from bot.words import Words

FEW, HOURS = 12, 24  # rows of a table
ENOUGH = 10  # orders before and now, from which a change says something


@dataclass
class Reply:
    """An answer about sales: its text, the table it stands on, what bounds it, a picture."""

    answer: Copy
    table: Table | None = None
    limits: list[str] = field(default_factory=list)
    shown: Sequence[Told] = ()


def told_of(
    teller: Teller, sale: Sale, every: dict[str, Told], product: str | None
) -> Reply | None:
    """The answer; None when the sales don't tell what is asked."""
    if sale.cut in TIMES:
        one = every.get(sale.cut)
        return _of_times(teller, one) if one else None
    whole = every.get(WHOLE)
    some = named(sale, every, product)
    if whole is not None and some is None and sale.cut and sale.rest:
        return _not_both(teller, sale, every, product)
    if whole is None or some is None:
        return None
    if unfair := _unfair(teller, sale, whole):
        return unfair
    if (sale.cut and not sale.rest) or len(some) > 1:
        return _cut(teller, sale, whole, some)
    return _one(teller, sale, whole, some[0], product)


def _not_both(
    teller: Teller, sale: Sale, every: dict[str, Told], product: str | None
) -> Reply | None:
    """Cut by one thing and of another is more than is counted: it is told of the other alone."""
    alone = replace(sale, cut="")
    some = named(alone, every, product)
    if not some or len(some) > 1 or not (reply := _one(teller, alone, every[WHOLE], some[0], None)):
        return None
    line = Words("Of {name} I can tell it as a whole only, not cut further.",
                 name=_name(teller, some[0]))  # fmt: skip
    return replace(reply, limits=[teller.say(line), *reply.limits])


def _of_times(teller: Teller, one: Told) -> Reply:
    words = TIMES[one.key]
    line = Words(words.text, share=teller.of(one, "share"), customers=teller.of(one, "customers"))
    return Reply(teller.copy(teller.say(line)), limits=_limits(teller, None))


def _unfair(teller: Teller, sale: Sale, whole: Told) -> Reply | None:
    """Days are held against none that are not all known, and there is nothing of none at all."""
    begins = whole.word("begins")
    if not whole.get("since-before") or whole.word("since-before") >= begins:
        return None
    line = Words("I can't hold these days against each other: {file} begins on {day}.",
                 file=whole.facts["begins"].file, day=teller.of(whole, "begins"))  # fmt: skip
    return Reply(teller.copy(teller.say(line)))


def _begun(teller: Teller, sale: Sale, whole: Told) -> str:
    """That the days asked about are not all known."""
    if not sale.dated or whole.word("since") >= whole.word("begins"):
        return ""
    return teller.say(Words("{file} begins on {day}: what came before is not counted.",
                            file=whole.facts["begins"].file,
                            day=teller.of(whole, "begins")))  # fmt: skip


def _when(teller: Teller, one: Told, ends: str = "") -> Words:
    since, until = teller.of(one, f"since{ends}"), teller.of(one, f"until{ends}")
    if since == until:
        return Words("on {day}", day=since)
    return Words("from {since} to {until}", since=since, until=until)


def _one(teller: Teller, sale: Sale, whole: Told, one: Told, product: str | None) -> Reply | None:
    """One figure, of everything or of what was named; beside the earlier days where they are
    meant."""
    if not one.get(sale.measure):
        return None
    if one.get("since-before"):
        lines = list(_held(teller, sale, one, product))
    else:
        of_one = one is not whole or product
        if sale.measure == "revenue" and one.get("share"):
            sale = replace(sale, measure="share")
        shapes = OF_ONE if of_one and sale.measure in OF_ONE else WHOLES
        lines = [_filled(teller, shapes[sale.measure], one, product)]
    lines.append(_begun(teller, sale, whole))
    return Reply(teller.copy(*lines), limits=_limits(teller, whole, sale))


def _filled(teller: Teller, words: Words, one: Told, product: str | None) -> str:
    gaps: dict[str, str | Words] = {"when": _when(teller, one)}
    for measure in one.facts:
        gap = measure.replace("-", "_")
        if f"{{{gap}}}" in words.text:
            gaps[gap] = teller.of(one, measure)
    gaps["name"] = product if one.key == WHOLE and product else _name(teller, one)
    return teller.say(Words(words.text, **gaps))


def _name(teller: Teller, one: Told, *, within: bool = False) -> str:
    """With a capital, but for a French month or day within a sentence."""
    name = called(one, teller.language)
    small = within and teller.language == "fr" and one.key.startswith(("month-", "weekday-"))
    return name if small else name[:1].upper() + name[1:]


def _held(teller: Teller, sale: Sale, one: Told, product: str | None) -> Iterator[str]:
    """Now and before; of what was sold also by what it came: more orders, or larger ones."""
    what: str | Words = NAMES[sale.measure]
    if one.key != WHOLE or product:
        what = product if one.key == WHOLE and product else _name(teller, one)
    yield teller.say(Words(
        "{what}: {now} {when}, against {before} {then} ({change}).", what=what,
        now=teller.of(one, sale.measure), when=_when(teller, one),
        before=teller.of(one, f"{sale.measure}-before") or "–", then=_when(teller, one, "-before"),
        change=teller.signed(one, f"{sale.measure}-change") or "–"))  # fmt: skip
    both = ("orders", "average-order")
    if sale.measure == "revenue" and all(one.get(f"{measure}-change") for measure in both):
        yield teller.say(Words(
            "That is {orders} against {orders_before} ({orders_change}), at {average} an order "
            "against {average_before} ({average_change}).",
            orders=teller.of(one, "orders"), orders_before=teller.bare(one, "orders-before"),
            orders_change=teller.signed(one, "orders-change"),
            average=teller.of(one, "average-order"),
            average_before=teller.of(one, "average-order-before"),
            average_change=teller.signed(one, "average-order-change")))  # fmt: skip


def _cut(teller: Teller, sale: Sale, whole: Told, some: Sequence[Told]) -> Reply | None:
    held = bool(whole.get("since-before")) and sale.cut not in ("month", "weekday", "hour")
    if sale.grows and held:
        some = [one for one in some if min(one.number("orders"), one.number("orders-before"))
                >= ENOUGH]  # fmt: skip
    if sale.cut == "month":  # a name of a month says which only within a year
        some = some[-12:]
    order = ranked(sale, some)
    if not order:
        return None
    first = _headline(teller, sale, whole, order, held)
    answer = teller.copy(first, _begun(teller, sale, whole))
    few = HOURS if sale.cut == "hour" else FEW
    columns = list(dict.fromkeys([sale.measure, *_beside(sale, held)]))
    head = [CUTS.get(sale.cut, Words("Name")), *(NAMES.get(c, Words("Change")) for c in columns)]
    rows = [[_name(teller, one), *(_cell(teller, one, c) for c in columns)] for one in order[:few]]
    table = teller.table([teller.say(words) for words in head], rows)
    limits = _limits(teller, whole, sale)
    if len(order) > few:
        limits.append(teller.say(Words("The table shows the first of them only.")))
    return Reply(answer, table, limits, order)


def _beside(sale: Sale, held: bool) -> tuple[str, ...]:
    if held:
        return f"{sale.measure}-before", f"{sale.measure}-change"
    if sale.cut == "weekday" and sale.measure == "revenue":
        return "per-day", "orders"
    if sale.measure in ("customers", "new-customers"):
        return "customers", "orders"
    return "revenue", "orders", "average-order"


def _cell(teller: Teller, one: Told, measure: str) -> str:
    if measure.endswith("-change"):
        return teller.signed(one, measure) or "–"
    return teller.bare_count(one, measure) or "–"


def _headline(teller: Teller, sale: Sale, whole: Told, order: Sequence[Told], held: bool) -> str:
    first = order[0]
    if sale.grows and held:
        return _grown(teller, sale, first)
    measure = "per-day" if first.get("per-day") and sale.measure == "revenue" else sale.measure
    by = sorted(order, key=lambda one: -one.number(measure))
    whole_months = (
        [one for one in by if one.word("until")[-2:] >= "28"] if sale.cut == "month" else by
    )
    high, low = by[0], (whole_months or by)[-1]
    if sale.least:
        high, low = order[0], order[-1]
    span = _when(teller, whole) if sale.cut != "month" else _span(teller, order)
    given = {"what": NAMES[sale.measure], "when": span, "name": _name(teller, high, within=True),
             "value": teller.of(high, measure)}  # fmt: skip
    if sale.least:
        return teller.say(Words("{what} {when}: {name} comes last with {value}.", **given))
    if len(by) == 1:
        return teller.say(Words("{what} {when}: {name}, {value}.", **given))
    given |= {"last": _name(teller, low, within=True), "least": teller.of(low, measure)}
    if measure == "per-day":
        return teller.say(Words("{what} {when}: {name} comes first with {value} a day on average, "
                                "{last} last with {least}.", **given))  # fmt: skip
    return teller.say(Words("{what} {when}: {name} comes first with {value}, {last} last with "
                            "{least}.", **given))  # fmt: skip


def _span(teller: Teller, months: Sequence[Told]) -> Words:
    by_time = sorted(months, key=lambda one: one.key)
    return Words("from {since} to {until}", since=teller.of(by_time[0], "since"),
                 until=teller.of(by_time[-1], "until"))  # fmt: skip


def _grown(teller: Teller, sale: Sale, first: Told) -> str:
    change = first.number(f"{sale.measure}-change")
    given = {"name": _name(teller, first), "now": teller.of(first, sale.measure),
             "when": _when(teller, first), "before": teller.of(first, f"{sale.measure}-before"),
             "then": _when(teller, first, "-before"),
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


def _limits(teller: Teller, whole: Told | None, sale: Sale | None = None) -> list[str]:
    lines = [Words("Money paid back is taken off, cancelled orders are left out.")]
    if whole is not None and sale is not None:
        left = f"without-{sale.cut}"
        if whole.get(left):
            lines.append(Words("{orders} do not say it: they are not in the table.",
                               orders=teller.of(whole, left)))  # fmt: skip
        if sale.least and sale.cut == "product":
            lines.append(Words("What sold nothing at all is not in it."))
        if sale.measure == "new-customers" and whole.get("begins"):
            lines.append(Words("For the first time means: since the file begins, on {day}.",
                               day=teller.of(whole, "begins")))  # fmt: skip
        if whole.get("since-before"):
            lines.append(Words("Days that are not over are compared with as many of the earlier "
                               "ones."))  # fmt: skip
            lines.append(Words("Why it changed, these figures don't say: ask what blocks sales, "
                               "or what moved."))  # fmt: skip
    return [teller.say(line) for line in lines]


def picture(teller: Teller, sale: Sale, said: Reply, colours: Sequence[str]) -> Picture | None:
    """Bars of a cut, in its own order; none of one or two, nor of a whole day's hours."""
    if len(said.shown) < 3 or sale.grows or sale.cut == "hour":
        return None
    measure = sale.measure
    top = max(said.shown, key=lambda one: one.number(measure))
    shown = [
        Bar(_name(teller, one), float(one.number(measure)), strong=one is top,
            spelled=teller.bare_count(one, measure))
        for one in (said.shown[-12:] if sale.cut == "month" else said.shown[:12])
    ]  # fmt: skip
    title = said.answer.text.rstrip(".")
    return bars(title, shown, language=teller.language, colours=colours)
