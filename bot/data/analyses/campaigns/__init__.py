"""Analyse advertising and mailings: impressions, clicks, sales, cost, and the bottleneck of each ad
line.

`find` is about the requested period, by default the 28 days up to the newest row. A line is what a
team can change: a keyword for a product at a retailer."""

from datetime import date

import ibis.expr.types as ir

from bot.data.analyses.campaigns import ad_facts, mailings
from bot.data.analyses.campaigns.ads import refuse_without_campaigns
from bot.data.analyses.campaigns.mailings import (
    SimilarMailing,
    find_similar_mailings,
    letter_against_peers,
)
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

__all__ = ["find", "letter_against_peers", "nearest_texts"]


def find(warehouse: Warehouse, filter_: AnalysisFilter) -> AnalysisResult:
    """Return the facts campaigns.ads.*, campaigns.<dimension>--<value>.*,
    campaigns.worse--<dimension>--<value>.*, campaigns.stuck--<line>.* and
    campaigns.opens--<feature>.*. Rates are in %."""
    table = warehouse.table("campaigns")
    if table is None:
        return refuse_without_campaigns(warehouse)
    result = AnalysisResult.from_table("campaigns", warehouse, "campaigns")
    ad_facts.add_ad_facts(warehouse, result, _filter_campaigns(table, filter_), filter_)
    mailings.add_mailing_facts(warehouse, result, filter_)
    if not result.facts:
        result.add_limit(Words("No campaign fits what you asked about."))
    return result


def nearest_texts(
    warehouse: Warehouse,
    *,
    channel: str | None,
    product: str | None,
    words: str,
    language: str,
    product_words: str = "",
    season: tuple[date, date] | None = None,
) -> list[SimilarMailing]:
    """Return the three sent texts that are most similar to the text to be written; empty without
    campaigns. `product_words` name what the text is about; `season` is the first and last day of
    the occasion that it is for."""
    if warehouse.table("campaigns") is None:
        return []
    known = mailings.load_mailings(warehouse, None)
    return find_similar_mailings(
        known,
        channel=channel,
        product=product,
        words=words,
        language=language,
        product_words=product_words,
        season=season,
    )


def _filter_campaigns(table: ir.Table, filter_: AnalysisFilter) -> ir.Table:
    for name in ("product", "channel"):
        if (value := getattr(filter_, name)) is not None:
            table = table.filter(table[name] == value)
    return table
