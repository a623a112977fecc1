"""What advertising and letters did: seen, clicked, sold, cost; and where each sticks.

`find` gives facts of the period asked about (28 days up to the newest row by default) beside the
28 before. Lines are what a team can change: a keyword for a product at a retailer.
"""

import ibis.expr.types as ir

from bot.data.analyses.campaigns import ad_facts, mailing_facts
from bot.data.analyses.campaigns.fact_builder import refuse_without_campaigns
from bot.data.analyses.campaigns.mailing_facts import letter_against_peers
from bot.data.analyses.campaigns.mailings import SimilarMailing, find_similar_mailings
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

__all__ = ["find", "letter_against_peers", "nearest_texts"]


def find(shelf: Warehouse, where: AnalysisFilter) -> AnalysisResult:
    """Facts: campaigns.ads.*, campaigns.<dimension>--<value>.*, campaigns.stuck--<line>.*,
    campaigns.best.*, campaigns.letters.*, campaigns.opens--<feature>.*. Rates in %."""
    table = shelf.table("campaigns")
    if table is None:
        return refuse_without_campaigns(shelf)
    found = AnalysisResult(
        "campaigns", shelf.source("campaigns"), shelf.as_of("campaigns"), floors=shelf.floors
    )
    ad_facts.add_ad_facts(shelf, found, _filter_campaigns(table, where), where)
    mailing_facts.add_mailing_facts(shelf, found, where)
    if not found.facts:
        found.refuse(Words("No campaign fits what you asked about."))
    return found


def nearest_texts(
    shelf: Warehouse, *, channel: str | None, product: str | None, words: str, language: str
) -> list[SimilarMailing]:
    """The three sent texts that are nearest to what is to be written; none without campaigns."""
    if shelf.table("campaigns") is None:
        return []
    known = mailing_facts.load_mailings(shelf, None)
    return find_similar_mailings(
        known, channel=channel, product=product, words=words, language=language
    )


def _filter_campaigns(table: ir.Table, where: AnalysisFilter) -> ir.Table:
    for name in ("product", "channel"):
        if (value := getattr(where, name)) is not None:
            table = table.filter(table[name] == value)
    return table
