"""Advertising that sells worse than the rest, and keywords that don't sell, in words."""

from collections.abc import Sequence
from decimal import Decimal

from bot.core.charts import Bar, ChartPicture, build_bar_chart
from bot.core.facts import Evidence
from bot.core.parts import NextStep
from bot.i18n.messages import Words, quote_name
from bot.offline.fact_sentences import FactSubject, SentenceWriter, group_by_subject

WORSE = "worse--"  # the subjects of what sells worse than the others of its dimension
MAX_WATCHED, MAX_BARS = 2, 8
DIMENSIONS = {
    "name": Words("campaign"),
    "audience": Words("audience"),
    "placement": Words("placement"),
    "product": Words("product"),
    "retailer": Words("retailer"),
    "channel": Words("channel"),
    "keyword": Words("keyword"),
}


def list_worse(evidence: Evidence, *, confirmed: bool = True) -> list[FactSubject]:
    every = group_by_subject(evidence, "campaigns", WORSE).values()
    return [one for one in every if (one.word("status") == "confirmed") == confirmed]


def name_advertised(one: FactSubject) -> Words:
    name = quote_name(one.about)
    return {
        "name": Words("campaign {name}", name=name),
        "audience": Words("audience {name}", name=name),
        "placement": Words("placement {name}", name=name),
        "product": Words("advertising of {name}", name=name),
        "retailer": Words("advertising at {name}", name=name),
        "channel": Words("channel {name}", name=name),
    }[one.word("dimension")]


def describe_worse(writer: SentenceWriter, one: FactSubject) -> Words:
    """Say its share of the spend and of the orders, and its rate beside that of the others."""
    rate = describe_rate(writer, one)
    put = next((m for m in ("spend", "clicks") if one.get(f"share-of-{m}")), "")
    got = "sales" if one.get("return") else "orders"
    if not put or not one.get(f"share-of-{got}"):
        return rate
    values = {"put": writer.of(one, f"share-of-{put}"), "got": writer.of(one, f"share-of-{got}")}
    share = {
        ("spend", "sales"): Words("{put} of the spend for {got} of the sales", **values),
        ("spend", "orders"): Words("{put} of the spend for {got} of the orders", **values),
    }.get((put, got), Words("{put} of the clicks for {got} of the orders", **values))
    return Words("{shares}; {rates}", shares=share, rates=rate)


def describe_rate(writer: SentenceWriter, one: FactSubject) -> Words:
    if one.get("return"):
        return Words(
            "return on ad spend {own}, against {other} elsewhere",
            own=writer.of(one, "return"),
            other=writer.of(one, "return-elsewhere"),
        )
    if not one.get("cost-per-order-elsewhere"):
        return Words(
            "{own} of its clicks end in an order, against {other} elsewhere",
            own=writer.of(one, "orders-per-click"),
            other=writer.of(one, "orders-per-click-elsewhere"),
        )
    other = writer.money(one, "cost-per-order-elsewhere")
    if not one.get("cost-per-order"):
        return Words("no order, while one costs {other} elsewhere", other=other)
    own = writer.money(one, "cost-per-order")
    return Words("an order costs {own}, against {other} elsewhere", own=own, other=other)


def describe_excess(writer: SentenceWriter, one: FactSubject) -> Words:
    low, high = writer.ends(one, "excess")
    values = {"money": writer.of(one, "excess"), "low": low, "high": high}
    if one.get("return"):
        return Words(
            "about {money} more than the same sales cost elsewhere ({low} to {high})", **values
        )
    return Words(
        "about {money} more than the same orders cost elsewhere ({low} to {high})", **values
    )


def build_lead(writer: SentenceWriter, one: FactSubject) -> NextStep:
    """Lead to the figures of all of its kind, side by side."""
    cut = DIMENSIONS[one.word("dimension")]
    ask = Words("what is our cost per order by {cut}?", cut=cut)
    if one.get("return"):
        ask = Words("what is our ROAS by {cut}?", cut=cut)
    label = Words("The figures by {cut}", cut=cut)
    return NextStep(label=label, skill="answer", words=writer.say(ask), ask=False)


def name_keyword(one: FactSubject) -> Words:
    product, word = quote_name(one.word("product") or one.about), quote_name(one.about)
    return {
        "sold out": Words("{product}, advertised while sold out", product=product),
        "unbought": Words("Keyword {keyword}, clicked but not bought", keyword=word),
        "budget gone by noon": Words("Keyword {keyword}, budget used up by noon", keyword=word),
        "unclicked": Words("Keyword {keyword}, shown but not clicked", keyword=word),
        "unseen": Words("Keyword {keyword}, hardly shown", keyword=word),
    }.get(one.word("where"), Words("Keyword {keyword}", keyword=word))


def describe_keyword(writer: SentenceWriter, one: FactSubject) -> Words:
    where, orders = one.word("where"), one.get("orders")
    if where == "unseen":
        return Words(
            "{n} impressions in all; {usual} a day are usual",
            n=writer.of(one, "impressions"),
            usual=writer.of(one, "usual-impressions-a-day"),
        )
    clicks = writer.of(one, "clicks")
    if where == "unclicked":
        return Words(
            "{n} impressions, {clicks} clicks", n=writer.of(one, "impressions"), clicks=clicks
        )
    few = writer.value(orders)
    if orders is None:
        return Words("{clicks} clicks", clicks=clicks)
    if not isinstance(orders.value, Decimal):  # "under 5"
        return Words("{clicks} clicks and {few} orders", clicks=clicks, few=few)
    n = int(orders.value)
    return Words.count(
        "{clicks} clicks, {n} order", "{clicks} clicks, {n} orders", n, clicks=clicks
    )


def list_limits(writer: SentenceWriter, evidence: Evidence) -> list[str]:
    """Say what may be worse, what could not be compared, and how to take what was found."""
    compared = group_by_subject(evidence, "campaigns", "compared").get("compared")
    unsure = list_worse(evidence, confirmed=False)
    lines: list[Words] = []
    for one in [o for o in unsure if o.word("dimension") != "product"][:MAX_WATCHED]:
        name, effect = name_advertised(one), describe_rate(writer, one)
        lines.append(Words("To watch: {name}: {effect}.", name=name, effect=effect))
    if compared is not None and compared.word("status") != "compared":
        file = compared.facts["status"].file
        lines.append(
            Words(
                "{file} doesn't give orders and spend of several campaigns, so they can't be "
                "compared.",
                file=file,
            )
        )
    if compared is not None and compared.get("too-few"):
        names = writer.of(compared, "too-few")
        lines.append(Words("Too few orders to be compared: {names}.", names=names))
    if list_worse(evidence):
        lines.append(
            Words(
                "Campaigns, audiences and placements overlap: what each costs more must "
                "not be added up."
            )
        )
        lines.append(
            Words(
                "More budget does not bring as many orders for the money as little does:"
                " what it costs more is what could be saved at the most."
            )
        )
    return [writer.say(words) for words in lines]


def build_picture(
    writer: SentenceWriter,
    title: str,
    one: FactSubject,
    evidence: Evidence,
    colours: Sequence[str],
) -> ChartPicture | None:
    """Build a chart of all of its kind: what each brings back, or what an order costs."""
    measure = next((m for m in ("return", "cost-per-order", "orders-per-click") if one.get(m)), "")
    of_kind = group_by_subject(evidence, "campaigns", f"{one.word('dimension')}--").values()
    shown = [other for other in of_kind if other.get(measure)][:MAX_BARS]
    if len(shown) < 2:
        return None
    shown.sort(key=lambda other: other.number(measure), reverse=measure != "return")
    bars = [
        Bar(
            other.about,
            float(other.number(measure)),
            strong=other.about == one.about,
            spelled=writer.money(other, measure),
        )
        for other in shown
    ]
    return build_bar_chart(title, bars, language=writer.language, colours=colours)
