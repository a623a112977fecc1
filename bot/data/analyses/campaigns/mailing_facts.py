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
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import defer_sql, fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words
from bot.text.slugs import slugify


def add_mailing_facts(
    warehouse: Warehouse, result: AnalysisResult, filter_: AnalysisFilter
) -> None:
    known = [
        letter
        for letter in load_mailings(warehouse, result)
        if (filter_.product is None or filter_.product in (letter.product or ""))
        and filter_.channel in (None, letter.channel)
    ]
    if warehouse.products is not None and known:
        titles = [r["title"] for r in fetch_rows(warehouse, warehouse.products.select("title"))]
        _add_subject_features(result, [x for x in known if x.channel == "email"], titles)


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
