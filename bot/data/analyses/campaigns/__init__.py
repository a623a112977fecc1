"""What advertising and letters did: seen, clicked, sold, cost; and where each sticks.

`find` gives facts of the period asked about (28 days up to the newest row by default) beside the
28 before. Lines are what a team can change: a keyword for a product at a retailer.
"""

import ibis.expr.types as ir

from bot.data.analyses.campaigns import ad_facts, mailing_facts
from bot.data.analyses.campaigns.fact_builder import nothing
from bot.data.analyses.campaigns.mailing_facts import letter_against_peers
from bot.data.analyses.campaigns.similar_texts import Near, nearest
from bot.data.analyses.result import Findings, Where
from bot.data.warehouse.warehouse import Shelf
from bot.i18n.messages import Words

__all__ = ["find", "letter_against_peers", "nearest_texts"]


def find(shelf: Shelf, where: Where) -> Findings:
    """Facts: campaigns.ads.*, campaigns.<dimension>--<value>.*, campaigns.stuck--<line>.*,
    campaigns.best.*, campaigns.letters.*, campaigns.opens--<feature>.*. Rates in %."""
    table = shelf.table("campaigns")
    if table is None:
        return nothing(shelf)
    found = Findings(
        "campaigns", shelf.source("campaigns"), shelf.as_of("campaigns"), floors=shelf.floors
    )
    ad_facts.tell(shelf, found, _asked(table, where), where)
    mailing_facts.tell(shelf, found, where)
    if not found.facts:
        found.refuse(Words("No campaign fits what you asked about."))
    return found


def nearest_texts(
    shelf: Shelf, *, channel: str | None, product: str | None, words: str, language: str
) -> list[Near]:
    """The three sent texts that are nearest to what is to be written; none without campaigns."""
    if shelf.table("campaigns") is None:
        return []
    known = mailing_facts.all_letters(shelf, None)
    return nearest(known, channel=channel, product=product, words=words, language=language)


def _asked(table: ir.Table, where: Where) -> ir.Table:
    for name in ("product", "channel"):
        if (value := getattr(where, name)) is not None:
            table = table.filter(table[name] == value)
    return table
