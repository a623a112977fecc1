"""Campaigns, audiences, placements … that sell worse than the others, in words."""

from collections.abc import Sequence

from bot.core.charts import Bar, ChartPicture, build_bar_chart
from bot.core.facts import Evidence
from bot.core.parts import NextStep
from bot.i18n.messages import Words, quote_name
from bot.rules.telling.told import Teller, Told, told

SURE = "confirmed"
MOST_WATCHED = 2
MOST_BARS = 8


def surely(evidence: Evidence) -> list[Told]:
    return [one for one in _every(evidence) if one.word("status") == SURE]


def name(one: Told) -> Words:
    """What it is, and what it is called."""
    called = quote_name(one.about)
    return {
        "name": Words("campaign {name}", name=called),
        "audience": Words("audience {name}", name=called),
        "placement": Words("placement {name}", name=called),
        "product": Words("advertising of {name}", name=called),
        "retailer": Words("advertising at {name}", name=called),
        "channel": Words("channel {name}", name=called),
    }[one.word("dimension")]


def effect(teller: Teller, one: Told) -> Words:
    """What was put in and what came of it, beside the others."""
    said = rated(teller, one)
    if clicked := _clicked(teller, one):
        said = Words("{rates} ({clicks})", rates=said, clicks=clicked)
    if shared := _shared(teller, one):
        return Words("{shares}; {rates}", shares=shared, rates=said)
    return said


def _shared(teller: Teller, one: Told) -> Words | None:
    """Its share of what was put in beside that of what came of it."""
    put = next((m for m in ("spend", "clicks") if one.get(f"share-of-{m}")), "")
    got = "sales" if one.get("return") else "orders"
    if not put or not one.get(f"share-of-{got}"):
        return None
    mine, theirs = teller.of(one, f"share-of-{put}"), teller.of(one, f"share-of-{got}")
    return {
        ("spend", "sales"): Words("{put} of the spend for {got} of the sales", put=mine,
                                  got=theirs),
        ("spend", "orders"): Words("{put} of the spend for {got} of the orders", put=mine,
                                   got=theirs),
    }.get((put, got), Words("{put} of the clicks for {got} of the orders", put=mine,
                            got=theirs))  # fmt: skip


def rated(teller: Teller, one: Told) -> Words:
    """Its rate beside that of all the others together: what came back, what an order cost, or how
    many clicks end in one."""
    if one.get("return"):
        return Words("return on ad spend {own}, against {other} elsewhere",
                     own=teller.of(one, "return"),
                     other=teller.of(one, "return-elsewhere"))  # fmt: skip
    if not one.get("cost-per-order-elsewhere"):
        return Words("{own} of its clicks end in an order, against {other} elsewhere",
                     own=teller.of(one, "orders-per-click"),
                     other=teller.of(one, "orders-per-click-elsewhere"))  # fmt: skip
    other = teller.money(one, "cost-per-order-elsewhere")
    if not one.get("cost-per-order"):
        return Words("no order, while one costs {other} elsewhere", other=other)
    return Words("an order costs {own}, against {other} elsewhere",
                 own=teller.money(one, "cost-per-order"), other=other)  # fmt: skip


def _clicked(teller: Teller, one: Told) -> Words | None:
    """How many of its clicks end in an order, where that has not been said."""
    if one.get("return") or not one.get("spend") or not one.get("orders-per-click-elsewhere"):
        return None
    return Words("{own} of its clicks end in an order, against {other}",
                 own=teller.of(one, "orders-per-click"),
                 other=teller.of(one, "orders-per-click-elsewhere"))  # fmt: skip


def step(one: Told) -> Words:
    """Money is moved in steps: what sells cheaply on a small budget seldom does on a large one."""
    if not one.get("best"):
        return Words("lower its budget in steps, and look again after each")
    best = quote_name(one.word("best"))
    return Words("move a part of its budget to {best}, in steps, and look again after each",
                 best=best)  # fmt: skip


def cost(teller: Teller, one: Told) -> Words:
    low, high = teller.ends(one, "excess")
    given = {"money": teller.of(one, "excess"), "low": low, "high": high}
    if one.get("return"):
        return Words("about {money} more than the same sales cost elsewhere ({low} to {high})",
                     **given)  # fmt: skip
    return Words("about {money} more than the same orders cost elsewhere ({low} to {high})",
                 **given)  # fmt: skip


def lead(teller: Teller, one: Told) -> NextStep:
    """To the figures of all of its kind, side by side."""
    by = SAME[one.word("dimension")]
    ask = Words("what is our cost per order by {cut}?", cut=by)
    if one.get("return"):
        ask = Words("what is our ROAS by {cut}?", cut=by)
    return NextStep(label=Words("The figures by {cut}", cut=by), skill="answer",
                words=teller.say(ask), ask=False)  # fmt: skip


def watched(teller: Teller, evidence: Evidence) -> list[str]:
    """Those that may be worse, a line each, and why that is not sure."""
    maybe = [one for one in _every(evidence)
             if one.word("status") != SURE and one.word("dimension") != "product"]  # fmt: skip
    return [
        teller.say(Words("To watch: {name}: {effect}. {why}", name=name(one),
                         effect=rated(teller, one), why=_why(one)))
        for one in maybe[:MOST_WATCHED]
    ]  # fmt: skip


def _why(one: Told) -> Words:
    """Why it is not sure."""
    through = THROUGH.get(one.word("through"), Words("what it is shown with"))
    if one.word("status") == "mixed":
        return Words("It may be {what} alone: held equal, no difference is sure.", what=through)
    if one.word("status") == "apart":
        return Words("It shares nothing of {what} with the others, so it may be that.",
                     what=through)  # fmt: skip
    return Words("It may be chance.")


THROUGH = {
    "name": Words("its campaigns"),
    "audience": Words("its audiences"),
    "placement": Words("its placements"),
    "product": Words("its products"),
    "retailer": Words("its retailers"),
    "channel": Words("its channels"),
    "keyword": Words("its keywords"),
}


def limits(teller: Teller, evidence: Evidence) -> list[str]:
    """What was held against each other, what could not be, and how to take what was found."""
    of = told(evidence, "campaigns", "compared").get("compared")
    if of is None:
        return []
    lines = [words for words in (_unheard(teller, of), _few(teller, of)) if words]
    sure = surely(evidence)
    if of.get("held-against-each-other"):
        lines.append(Words(
            "{n} parts of the advertising (campaigns, audiences, placements, products, retailers) "
            "were held against all the others; how many were looked at is allowed for.",
            n=teller.of(of, "held-against-each-other")))  # fmt: skip
    if any(one.get("alike") for one in sure):
        same = sorted({what for one in sure for what in one.word("alike").split(", ") if what})
        names = ", ".join(teller.say(SAME[what]) for what in same)
        lines.append(Words("The difference is as sure among ads that share these: {names}.",
                           names=names))  # fmt: skip
    if sure and of.get("orders-beside"):
        lines.append(Words("{orders} stand in rows that cost nothing: without them the difference "
                           "is smaller, and still sure.",
                           orders=teller.of(of, "orders-beside")))  # fmt: skip
    if len(sure) > 1:
        lines.append(Words("Campaigns, audiences and placements overlap: what each costs more must "
                           "not be added up."))  # fmt: skip
    if sure:
        lines.append(Words("More budget does not bring as many orders for the money as little does:"
                           " what it costs more is what could be saved at the most."))  # fmt: skip
    return [teller.say(words) for words in lines]


SAME = {
    "name": Words("campaign"),
    "audience": Words("audience"),
    "placement": Words("placement"),
    "product": Words("product"),
    "retailer": Words("retailer"),
    "channel": Words("channel"),
    "keyword": Words("keyword"),
}


def _unheard(teller: Teller, of: Told) -> Words | None:
    """Why nothing was held against anything."""
    file = of.facts["status"].file
    if of.get("name"):
        return Words("There is one campaign only, {name}: nothing to hold it against.",
                     name=quote_name(teller.of(of, "name")))  # fmt: skip
    return {
        "no orders": Words("{file} counts no orders, so whether one campaign sells better than "
                           "another can't be told. A report with orders (conversions) would let "
                           "me.", file=file),
        "nothing spent": Words("{file} has no order, or says neither what was spent nor what was "
                               "clicked, so campaigns can't be held against each other.",
                               file=file),
        "unnamed": Words("{file} names no campaigns, so they can't be held against each other.",
                         file=file),
    }.get(of.word("status"))  # fmt: skip


def _few(teller: Teller, of: Told) -> Words | None:
    if not of.get("too-few"):
        return None
    return Words("Too few orders to be compared: {names}.",
                 names=teller.of(of, "too-few"))  # fmt: skip


def picture(
    teller: Teller, one: Told, evidence: Evidence, colours: Sequence[str]
) -> ChartPicture | None:
    """What an order costs with each of its kind, or what each brings back."""
    measure = next((m for m in ("return", "cost-per-order", "orders-per-click") if one.get(m)), "")
    kind = f"{one.word('dimension')}--"
    every = [o for o in told(evidence, "campaigns", kind).values() if o.get(measure)]
    if len(every) < 2:
        return None
    every = sorted(every[:MOST_BARS], key=lambda o: o.number(measure), reverse=measure != "return")
    shown = [
        Bar(o.about, float(o.number(measure)), strong=o.about == one.about,
            spelled=teller.money(o, measure))
        for o in every
    ]  # fmt: skip
    said = teller.say(Words("{name}: {effect}", name=name(one), effect=rated(teller, one)))
    return build_bar_chart(
        said[:1].upper() + said[1:], shown, language=teller.language, colours=colours
    )


def _every(evidence: Evidence) -> list[Told]:
    return list(told(evidence, "campaigns", "worse--").values())
