"""Build the facts of mailings: rates by channel, subject features that go with opens, and one
mailing against its peers."""

from bot.data.analyses.campaigns.fact_builder import make_fact_adder, refuse_without_campaigns
from bot.data.analyses.campaigns.mailings import (
    RATES,
    Mailing,
    RateComparison,
    build_mailings,
    compare_rate,
    compare_subject_features,
    find_comparable_mailings,
    find_product_words,
    select_mailings,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.disclosure import DimensionValue, Population
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify

MAX_MAILINGS = 10  # mailings shown on their own, by sales


def add_mailing_facts(
    warehouse: Warehouse, result: AnalysisResult, filter_: AnalysisFilter
) -> None:
    known = [
        letter
        for letter in load_mailings(warehouse, result)
        if (filter_.product is None or filter_.product in (letter.product or ""))
        and filter_.channel in (None, letter.channel)
    ]
    people, orders = _find_safe_values(known, warehouse)
    for channel in sorted({letter.channel for letter in known}):
        result.mark_without_customers(f"letters--{slugify(channel)}")
        if ("channel", channel) in people:
            mine = [x for x in known if x.channel == channel]
            _add_channel(result, channel, mine, sold=("channel", channel) in orders)
    for letter in sorted(known, key=lambda one: -(one.sales or 0))[:MAX_MAILINGS]:
        value = ("letter", str(known.index(letter)))
        if value in people:
            _add_mailing(result, letter, sold=value in orders)
    if len(people) < len({letter.channel for letter in known}) + len(known):
        result.withhold("people")
    if warehouse.products is not None and known:
        titles = [r["title"] for r in fetch_rows(warehouse, warehouse.products.select("title"))]
        _add_subject_features(result, [x for x in known if x.channel == "email"], titles)


def _find_safe_values(
    mailings: list[Mailing], warehouse: Warehouse
) -> tuple[set[DimensionValue], set[DimensionValue]]:
    """Return the channels and mailings that were sent to enough people to be shown, and those with
    enough orders."""
    values = {
        "channel": [letter.channel for letter in mailings],
        "letter": [str(n) for n in range(len(mailings))],
    }
    wanted = [(name, value) for name, column in values.items() for value in dict.fromkeys(column)]
    sent = Population(values, weight=[letter.sent for letter in mailings])
    people = sent.find_publishable(wanted, warehouse.floor, whole=False)
    orders = Population(values, weight=[letter.orders or 0 for letter in mailings])
    large_enough = [value for value in wanted if value in people]
    return people, orders.find_publishable(large_enough, warehouse.sales_floor, whole=False)


def _add_channel(
    result: AnalysisResult, channel: str, mailings: list[Mailing], *, sold: bool
) -> None:
    add = make_fact_adder(
        result, f"letters--{slugify(channel)}", channel, len(mailings), query="letters", sold=sold
    )
    add("campaigns", len({letter.code for letter in mailings}))
    add("sent", sum(letter.sent for letter in mailings))
    for rate in RATES:
        counted = [x for x in mailings if x.count(rate) is not None]
        if of := sum(x.sent for x in counted):
            share = sum(x.count(rate) or 0 for x in counted) / of
            add(slugify(rate), round(100 * share, 1 if share >= 0.01 else 2), "%")


def _add_mailing(result: AnalysisResult, mailing: Mailing, *, sold: bool) -> None:
    """Add one mailing: what it sold, and how many opened it."""
    key = f"text--{slugify(mailing.channel)}--{slugify(mailing.code)}"
    if mailing.at is None or mailing.sales is None:
        return
    add = make_fact_adder(
        result, key, mailing.subject or mailing.code, 1, query="letters", sold=sold
    )
    add("sales", round(mailing.sales), mailing.currency)
    add("day", mailing.at.date())
    add("sent", mailing.sent)
    if mailing.orders is not None:
        add("orders", mailing.orders, "orders")
    for rate in RATES:
        if (share := mailing.rate(rate)) is not None:
            add(slugify(rate), round(100 * share, 1 if share >= 0.01 else 2), "%")


def _add_subject_features(
    result: AnalysisResult, mailings: list[Mailing], titles: list[str]
) -> None:
    tested = compare_subject_features(mailings, find_product_words(titles))
    for feature in tested:
        subject = f"opens--{slugify(feature.name)}"
        add = make_fact_adder(
            result, subject, feature.name, feature.having + feature.others, query="letters"
        )
        add("open-rate", round(100 * feature.rate, 1), "%")
        add("open-rate-otherwise", round(100 * feature.rate_otherwise, 1), "%")
        add("difference", round(100 * feature.difference, 1), "points")
        add("difference-low", round(100 * feature.low, 1), "points")
        add("difference-high", round(100 * feature.high, 1), "points")
        add("campaigns", feature.having)
        add("status", "confirmed" if feature.stands else "chance")
    if tested:
        add = make_fact_adder(result, "opens", "", len(mailings), query="letters")
        add("features-tested", len(tested))


def _add_peer_comparison(
    result: AnalysisResult, subject: str, about: str, comparison: RateComparison
) -> None:
    add = make_fact_adder(
        result, subject, about, comparison.comparable + 1, query="letters", sold=True
    )
    name = slugify(comparison.rate)
    add(name, round(100 * comparison.own, 1), "%")
    add(f"{name}-median", round(100 * comparison.median, 1), "%")
    add(f"{name}-low", round(100 * comparison.low, 1), "%")
    add(f"{name}-high", round(100 * comparison.high, 1), "%")
    add(f"{name}-chance", "yes" if comparison.by_chance else "no")
    add(f"{name}-comparable", comparison.comparable)


def letter_against_peers(warehouse: Warehouse, code: str) -> AnalysisResult:
    """Compare one mailing, given by its campaign code, with the median of its peers. Facts:
    campaigns.letter--<code>.<rate>, -median, -low, -high, and -chance ("yes": chance explains
    it)."""
    if warehouse.table("campaigns") is None:
        return refuse_without_campaigns(warehouse)
    result = AnalysisResult(
        "campaigns",
        warehouse.source("campaigns"),
        warehouse.as_of("campaigns"),
        floors=warehouse.floors,
    )
    known = load_mailings(warehouse, result)
    mine = [letter for letter in known if letter.code == code]
    if not mine:
        result.add_limit(Words("No result has come in for {code} yet.", code=code))
        return result
    letter = max(mine, key=lambda x: x.sent)
    subject = f"letter--{slugify(code)}"
    about = letter.subject or code
    if is_below_floor(letter.sent, warehouse.floor):
        result.add_limit(
            Words(
                "{name} went to under {n} people: how it did is not told.",
                name=about,
                n=warehouse.floor,
            )
        )
        return result
    make_fact_adder(result, subject, about, 1)("sent", letter.sent)
    against = [
        h
        for rate in RATES
        if (h := compare_rate(letter, rate, find_comparable_mailings(letter, known)))
    ]
    for comparison in against:
        if comparison.rate == "order rate" and is_below_floor(letter.orders, warehouse.sales_floor):
            continue
        _add_peer_comparison(result, subject, about, comparison)
    if not against:
        result.add_limit(
            Words(
                "There are too few comparable campaigns to say whether {name} did well.", name=about
            )
        )
    return result


def load_mailings(warehouse: Warehouse, result: AnalysisResult | None) -> list[Mailing]:
    table = warehouse.table("campaigns")
    if table is None:
        return []
    expression = select_mailings(table)
    if result is not None:
        result.queries["letters"] = defer_sql(expression)
    return build_mailings(fetch_rows(warehouse, expression))
