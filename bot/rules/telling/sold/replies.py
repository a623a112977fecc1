"""How what was sold is told: a sentence, beside it what it stands on."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.core.parts import Copy
from bot.core.sales_query import SalesQuery
from bot.i18n.messages import Words
from bot.rules.telling.sold.cuts import Reply, begun, by_cut, limits, when
from bot.rules.telling.sold.names import FEW, TOGETHER, WHOLE, capital, meant, subjects
from bot.rules.telling.sold.phrases import NAMES, OF_ONE, SPAN, TIMES, VALUES, WHOLES
from bot.rules.telling.sold.sale import Sale
from bot.rules.telling.told import Teller, Told

SHARE_OF = {"revenue": "share", "orders": "orders-share", "units": "units-share",
            "customers": "customers-share", "returned": "returned-share"}  # fmt: skip
SHARES = {
    "share": Words("{share} of all sales"),
    "orders-share": Words("{share} of all orders"),
    "units-share": Words("{share} of all units sold"),
    "customers-share": Words("{share} of all customers who ordered"),
    "returned-share": Words("{share} of all that came back"),
}
ALL = 100  # %
BACK = Words("{name}: {returned} sold {when} came back.")
PER = {"day": Words("{value} a day"), "week": Words("{value} a week"),
       "month": Words("{value} a month")}  # fmt: skip


def told_of(
    teller: Teller, sale: Sale, every: Mapping[str, Told], product: str | None
) -> Reply | None:
    """The answer; None when the sales don't tell what is asked."""
    said = _told(teller, sale, every, product)
    if said is None or not (read := misspelt(teller, sale, every)):
        return said
    answer = said.answer
    both = Copy(text=f"{read} {answer.text}", facts=(*answer.facts, *teller.used))
    teller.used = {}
    return replace(said, answer=both)


def _told(
    teller: Teller, sale: Sale, every: Mapping[str, Told], product: str | None
) -> Reply | None:
    if said := _special(teller, sale, every):
        return said
    whole = every.get(WHOLE)
    if whole is None:
        return None
    if unfair := _unfair(teller, whole):
        return unfair
    names = [*([product] if product else []), *meant(teller, sale, every)]
    sale = _several(sale, every)
    some = subjects(every, sale) if sale.cut else []
    if sale.cut and not some:
        return None
    if (
        len(some) == 1
        and sale.cut not in ("month", "week", "day")
        and f"only-{some[0].key}" in every
    ):
        return _one(teller, replace(sale, tally=_uncut(sale)), whole, names, every.get(FEW))
    if not sale.cut:
        return _one(teller, sale, whole, names, every.get(FEW))
    others = every.get(f"{TOGETHER}{sale.cut}")
    return by_cut(teller, sale, whole, some, names, others, every.get(FEW))


def _uncut(sale: Sale) -> SalesQuery:
    return sale.tally.model_copy(update={"cut": ""})


def _several(sale: Sale, every: Mapping[str, Told]) -> Sale:
    """Two or more of one sort beside each other, mobile and desktop, are a cut by it."""
    if sale.cut:
        return sale
    for key, one in every.items():
        if key.startswith("only-") and one.about != "product":
            beside = [o for k, o in every.items() if k.startswith(f"only-{one.about}-")]
            if len(beside) > 1:
                tally = sale.tally.model_copy(update={"cut": one.about})
                return replace(sale, tally=tally)
    return sale


def _special(teller: Teller, sale: Sale, every: Mapping[str, Told]) -> Reply | None:
    whole = every.get(WHOLE)
    if sale.times and (one := every.get(sale.times)):
        words = TIMES[one.key]
        line = Words(
            words.text, share=teller.of(one, "share"), customers=teller.of(one, "customers")
        )
        since = when(teller, whole) if whole and sale.dated else None
        said = [teller.say(line)]
        if since:
            said.append(teller.say(Words("Counted over those who ordered {when}.", when=since)))
        return Reply(teller.copy(*said), limits=limits(teller, None))
    if sale.measure == "span" and whole and whole.get("begins"):
        line = Words(SPAN.text, file=whole.facts["begins"].file, since=teller.of(whole, "begins"),
                     until=teller.of(whole, "until"))  # fmt: skip
        return Reply(teller.copy(teller.say(line)))
    if sale.measure == "values" and whole:
        return _values(teller, sale, every, whole)
    return None


def _values(teller: Teller, sale: Sale, every: Mapping[str, Told], whole: Told) -> Reply | None:
    counted = whole.get(f"{sale.cut}-values")
    words = VALUES.get(sale.cut)
    if counted is None or words is None:
        return None
    names = ", ".join(meant(teller, sale, every))
    line = teller.say(Words(words.text, n=teller.value(counted), when=when(teller, whole)))
    return Reply(
        teller.copy(f"{capital(names)}: {line}" if names else line), limits=limits(teller, whole)
    )


def _unfair(teller: Teller, whole: Told) -> Reply | None:
    """Days are held against none that are not all known, and there is nothing of none at all."""
    begins = whole.word("begins")
    if not whole.get("since-before") or whole.word("since-before") >= begins:
        return None
    line = Words("I can't hold these days against each other: {file} begins on {day}.",
                 file=whole.facts["begins"].file, day=teller.of(whole, "begins"))  # fmt: skip
    return Reply(teller.copy(teller.say(line)))


def _one(
    teller: Teller, sale: Sale, whole: Told, names: list[str], few: Told | None = None
) -> Reply | None:
    """One figure, of everything or of what was named; beside the earlier days where they are
    meant. `few`: the earlier days are of too few people."""
    if not whole.get(sale.measure):
        return None
    if whole.get("since-before"):
        lines = list(_held(teller, sale, whole, names))
    else:
        shapes = OF_ONE if names and sale.measure in OF_ONE else WHOLES
        said = shapes[sale.measure]
        if sale.measure == "returned" and whole.number("return-rate") >= ALL:  # by its reason
            said = BACK
        lines = [_filled(teller, said, whole, names)]
        if (part := SHARE_OF.get(sale.measure)) and whole.get(part) and names:
            share = Words(SHARES[part].text, share=teller.of(whole, part))
            lines = [teller.say(Words("{sentence}, {share}.", sentence=lines[0].rstrip("."),
                                      share=share))]  # fmt: skip
    lines += [_per(teller, sale, whole), begun(teller, sale, whole)]
    if few is not None and few.get("before"):
        teller.of(few, "before")
        lines.append(
            teller.say(
                Words(
                    "The earlier days are of under {n} customers: too few to show.",
                    n=few.number("before"),
                )
            )
        )
    return Reply(teller.copy(*lines), limits=limits(teller, whole, sale))


def _per(teller: Teller, sale: Sale, whole: Told) -> str:
    """On average a day, a week, a month."""
    if not sale.per or not whole.get(f"{sale.measure}-per-{sale.per}"):
        return ""
    words = PER[sale.per]
    value = teller.of(whole, f"{sale.measure}-per-{sale.per}")
    return teller.say(Words("On average: {value}.", value=Words(words.text, value=value)))


def _filled(teller: Teller, words: Words, one: Told, names: list[str]) -> str:
    gaps: dict[str, str | Words] = {"when": when(teller, one)}
    for measure in one.facts:
        gap = measure.replace("-", "_")
        if f"{{{gap}}}" in words.text:
            gaps[gap] = teller.of(one, measure)
    gaps["name"] = capital(", ".join(names))
    return teller.say(Words(words.text, **gaps))


def _held(teller: Teller, sale: Sale, one: Told, names: list[str]) -> Iterator[str]:
    """Now and before; of what was sold also by what it came: more orders, or larger ones."""
    what: str | Words = NAMES[sale.measure]
    if names:
        what = Words("{what} ({which})", what=what, which=", ".join(names))
    yield teller.say(Words(
        "{what}: {now} {when}, against {before} {then} ({change}).", what=what,
        now=teller.of(one, sale.measure), when=when(teller, one),
        before=teller.of(one, f"{sale.measure}-before") or "–", then=when(teller, one, "-before"),
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


def unknown(teller: Teller, every: Mapping[str, Told], typed: str) -> str:
    """What words of a question name nothing that the orders know."""
    one = every["unknown"]
    teller.value(one.get("words"))
    return teller.say(Words(
        "I don't know what “{what}” is: no product, category, country, source, device, code or "
        "reason in {file} is called so.", what=typed, file=one.facts["words"].file))  # fmt: skip


def misspelt(teller: Teller, sale: Sale, every: Mapping[str, Told]) -> str:
    """Which words were taken for others."""
    read = [one for key, one in every.items() if key.startswith("read-")]
    for one in read:
        teller.value(one.get("as"))
    taken = [*sale.months, *((one.about, one.word("as")) for one in read)]
    return " ".join(
        teller.say(Words("I read “{word}” for “{typed}”.", word=word, typed=typed))
        for typed, word in taken
    )
