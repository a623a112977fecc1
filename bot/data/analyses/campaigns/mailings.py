"""Read sent e-mails and SMS, compute their rates, and compare one with its peers.

A mailing is compared with the median of comparable ones (same channel and audience, in the twelve
months before it). The interval is what chance gives for such mailings: the middle 80 % of the
comparable ones, widened by the mailing's own counting error."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any, Literal

import ibis.expr.types as ir
import numpy as np

from bot.core.facts import Source
from bot.data.analyses.campaigns.ads import make_fact_adder, refuse_without_campaigns
from bot.data.analyses.result import AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.stats import to_percent
from bot.data.warehouse.query import defer_sql, fetch_rows, find_source
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import normalize_text, slugify, strip_accents

MAX_SIMILAR = 3
SEASON_DAYS = 35  # days before an occasion in which mailings are about it
DAYS_IN_YEAR = 365
MIN_COMPARABLE = 8  # comparable mailings required
RateName = Literal["open rate", "click rate", "order rate", "unsubscribe rate"]
RATES: dict[RateName, str] = {  # with what is counted
    "open rate": "opened",
    "click rate": "clicks",
    "order rate": "orders",
    "unsubscribe rate": "unsubscribed",
}


@dataclass(frozen=True)
class Mailing:
    """One text to one audience. `sent` counts the delivered ones where known."""

    code: str
    at: datetime | None
    channel: str
    audience: str | None
    language: str | None
    subject: str | None
    text: str | None
    product: str | None
    sent: int
    delivered: int | None
    opened: int | None
    clicks: int | None
    unsubscribed: int | None
    orders: int | None
    sales: Decimal | None
    currency: str | None

    def count(self, rate: RateName) -> int | None:
        counted: int | None = getattr(self, RATES[rate])
        return counted

    def rate(self, rate: RateName) -> float | None:
        """Return the rate from 0 to 1; None when it was not counted."""
        hits = self.count(rate)
        return hits / self.sent if hits is not None and self.sent else None


@dataclass(frozen=True)
class RateComparison:
    """A mailing's rate against the median of its peers; chance explains rates from `low` to
    `high`."""

    rate: RateName
    own: float
    median: float
    low: float
    high: float
    comparable: int

    @property
    def by_chance(self) -> bool:
        return self.low <= self.own <= self.high


COPIED_COLUMNS = (
    *("at", "audience", "language", "subject", "text", "product"),
    *("delivered", "opened", "clicks", "unsubscribed", "orders", "sales", "currency"),
)


def _select_sent(rows: ir.Table) -> ir.Table:
    return rows.filter(rows.sent.notnull() | rows.delivered.notnull() | rows.opened.notnull())


def find_mailing_source(warehouse: Warehouse) -> Source:
    rows = warehouse.rows("campaigns")
    return find_source(warehouse, "campaigns", _select_sent(rows))


def select_mailings(rows: ir.Table) -> ir.Table:
    """Return the rows that are mailings, the earliest first."""
    sent = _select_sent(rows)
    return (
        sent.mutate(
            letter=sent.code.fill_null(sent.id), arrived=sent.delivered.fill_null(sent.sent)
        )
        .select("letter", "channel", "arrived", *COPIED_COLUMNS)
        .order_by("at", "letter", "language", "audience")
    )


def build_mailings(rows: Iterable[dict[str, Any]]) -> list[Mailing]:
    """Build mailings from the rows of `select_mailings` that have a name and an audience."""
    return [
        Mailing(
            code=row["letter"],
            channel=row["channel"] or "email",
            sent=int(row["arrived"]),
            **{name: row[name] for name in COPIED_COLUMNS},
        )
        for row in rows
        if row["letter"] and row["arrived"]
    ]


def find_comparable_mailings(mailing: Mailing, mailings: Sequence[Mailing]) -> list[Mailing]:
    """Return mailings of the same channel and audience with another text, in the twelve months
    before."""
    return [
        other
        for other in mailings
        if other.code != mailing.code
        and (other.channel, other.audience) == (mailing.channel, mailing.audience)
        and _is_within_year_before(other.at, mailing.at)
    ]


def compare_rate(
    mailing: Mailing, rate: RateName, peers: Sequence[Mailing]
) -> RateComparison | None:
    """Return None when the rate was not counted, or too few peers have it."""
    own = mailing.rate(rate)
    rates = [r for peer in peers if (r := peer.rate(rate)) is not None]
    if own is None or len(rates) < MIN_COMPARABLE:
        return None
    low, middle, high = (float(q) for q in np.quantile(rates, (0.1, 0.5, 0.9)))
    error = 1.28 * sqrt(max(middle * (1 - middle), 1e-9) / mailing.sent)  # 80 %, like the quantiles
    return RateComparison(rate, own, middle, max(0.0, low - error), high + error, len(rates))


def _is_within_year_before(other: datetime | None, at: datetime | None) -> bool:
    if other is None or at is None:
        return False
    return at - timedelta(days=365) <= other < at


# Texts that were sent before and resemble the text to be written, with their results.


@dataclass(frozen=True)
class SimilarMailing:
    letter: Mailing
    score: float  # 0 to 2


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
    """Return the three mailings of the channel and language that share the product, its name
    (`product_words`), the season or some words, the most similar first; ties go to the higher open
    rate, then to the later one. Product, name and season each count for more than all other words.
    `season` is the first and last day of an occasion: mailings of any year share it that were sent
    on its days or in the SEASON_DAYS before. Mailings whose code or subject line stands in the
    words come first, in any language; without any in the language, those in the others stand."""
    wanted_stems, product_stems = _extract_stems(words), _extract_stems(product_words)
    codes, asked = {*words.casefold().split()}, normalize_text(words)
    scored, foreign = list[SimilarMailing](), list[SimilarMailing]()
    for letter in load_mailings(warehouse, None):
        subject = normalize_text(letter.subject or "")
        is_named = letter.code.casefold() in codes or bool(subject and subject in asked)
        if (channel and letter.channel != channel) or not letter.text:
            continue
        stems = _extract_stems(
            f"{letter.code} {letter.audience or ''} {letter.subject or ''} {letter.text}"
        )
        shared = len(wanted_stems & stems) / len(wanted_stems) if wanted_stems else 0.0
        same = 1.0 if product and product in (letter.product or "") else 0.0
        timely = 1.0 if season and letter.at and _is_in_season(letter.at.date(), season) else 0.0
        named = len(product_stems & stems) / len(product_stems) if product_stems else 0.0
        score = 2.0 * is_named + 0.6 * same + 0.5 * named + 0.5 * timely + 0.4 * shared
        if score > 0.1:
            is_own = is_named or (letter.language or language) == language
            (scored if is_own else foreign).append(SimilarMailing(letter, round(score, 3)))
    return sorted(
        scored or foreign,
        key=lambda n: (
            -n.score,
            -(n.letter.rate("open rate") or 0),
            -(n.letter.at.timestamp() if n.letter.at else 0),
        ),
    )[:MAX_SIMILAR]


def describe_sent_texts(warehouse: Warehouse) -> str:
    """Say in which languages and for whom texts were sent, for who found none by words of their
    own; nothing where none was sent."""
    if "campaigns" not in warehouse.listed:
        return ""
    letters = [one for one in load_mailings(warehouse, None) if one.text]
    if not letters:
        return ""
    languages = Counter(one.language or "?" for one in letters).most_common()
    audiences = Counter(one.audience or "?" for one in letters).most_common()
    told, whom = (", ".join(name for name, _ in found) for found in (languages, audiences))
    return f"{len(letters)} texts were sent, in {told}, for: {whom}."


def _is_in_season(day: date, season: tuple[date, date]) -> bool:
    first, last = season
    return (last - day).days % DAYS_IN_YEAR <= (last - first).days + SEASON_DAYS


def _extract_stems(text: str) -> set[str]:
    """Return words of four letters and more, without accents and endings, for comparison."""
    return {word[:6] for word in re.findall(r"[a-z]{4,}", strip_accents(text.casefold()))}


# The facts of one mailing against its peers.


def _add_peer_comparison(
    result: AnalysisResult, subject: str, about: str, comparison: RateComparison
) -> None:
    add = make_fact_adder(result, subject, about, comparison.comparable + 1, query="letters")
    name = slugify(comparison.rate)
    add(name, to_percent(comparison.own), "%")
    add(f"{name}-median", to_percent(comparison.median), "%")
    add(f"{name}-low", to_percent(comparison.low), "%")
    add(f"{name}-high", to_percent(comparison.high), "%")
    add(f"{name}-chance", "yes" if comparison.by_chance else "no")
    add(f"{name}-comparable", comparison.comparable)


def letter_against_peers(warehouse: Warehouse, code: str) -> AnalysisResult:
    """Compare one mailing, given by its campaign code, with the median of its peers. Facts:
    campaigns.letter--<code>.<rate>, -median, -low, -high, and -chance ("yes": chance explains
    it)."""
    if warehouse.table("campaigns") is None:
        return refuse_without_campaigns(warehouse)
    result = AnalysisResult.from_table("campaigns", warehouse, "campaigns")
    known = load_mailings(warehouse, result)
    mine = [letter for letter in known if letter.code == code]
    if not mine:
        result.add_limit("No result has come in for {code} yet.", code=code)
        return result
    letter = max(mine, key=lambda x: x.sent)
    subject = f"letter--{slugify(code)}"
    about = letter.subject or code
    if is_below_floor(letter.sent, warehouse.floor):
        result.add_limit(
            "{name} went to under {n} people: how it did is not told.",
            name=about,
            n=warehouse.floor,
        )
        return result
    make_fact_adder(result, subject, about, 1)("sent", letter.sent)
    against = [
        h
        for rate in RATES
        if (h := compare_rate(letter, rate, find_comparable_mailings(letter, known)))
    ]
    for comparison in against:
        _add_peer_comparison(result, subject, about, comparison)
    if not against:
        result.add_limit(
            "There are too few comparable campaigns to say whether {name} did well.", name=about
        )
    return result


def load_mailings(warehouse: Warehouse, result: AnalysisResult | None) -> list[Mailing]:
    table = warehouse.table("campaigns")
    if table is None:
        return []
    expression = select_mailings(table)
    if result is not None:
        result.queries["letters"] = defer_sql(expression)
        result.source = find_mailing_source(warehouse)
    return build_mailings(fetch_rows(warehouse, expression))
