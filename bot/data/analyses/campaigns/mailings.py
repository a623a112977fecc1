"""Read sent e-mails and SMS, compute their rates, and compare one with its peers.

A mailing is compared with the median of comparable ones (same channel and audience, in the twelve
months before it). The interval is what chance gives for such mailings: the middle 80 % of the
comparable ones, widened by the mailing's own counting error."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import Any, Literal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from bot.core.facts import Source
from bot.data.analyses.campaigns.ads import make_fact_adder, refuse_without_campaigns
from bot.data.analyses.campaigns.bottlenecks import select_discoveries
from bot.data.analyses.products import load_catalogue_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.stats import student_quantile, student_tail, to_percent
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
    rows = warehouse.table("campaigns")
    assert rows is not None
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


# Subject features that go with more opens: a short list, fixed in advance.

MIN_MAILINGS_PER_GROUP = 5  # mailings with the feature, and as many without
MAX_SHORT_SUBJECT = 35  # in characters
MIN_SPARE_MAILINGS = 8  # mailings beyond the number of fitted columns


@dataclass(frozen=True)
class SubjectFeature:
    """A feature of the subject line. The rates are the raw ones with and without it; `difference`,
    from 0 to 1, is what remains when the other features and the audience are held equal."""

    name: str
    having: int
    others: int
    rate: float
    rate_otherwise: float
    difference: float
    low: float
    high: float
    stands: bool  # significant after Benjamini & Hochberg over all features


def compare_subject_features(
    mailings: Sequence[Mailing], names: Collection[str]
) -> list[SubjectFeature]:
    """Compare the features of e-mails with a subject. `names` are the words that name one product
    of the catalogue."""
    read = [x for x in mailings if x.subject and x.rate("open rate") is not None]
    declared: dict[str, Callable[[str], bool]] = {
        "names a product": lambda s: bool(split_words(s) & set(names)),
        "gives a figure": lambda s: bool(re.search(r"\d", s)),
        "asks a question": lambda s: "?" in s,
        "is short": lambda s: len(s) <= MAX_SHORT_SUBJECT,
        "exclaims": lambda s: "!" in s,
    }
    has = {
        name: np.array([told(x.subject or "") for x in read], dtype=float)
        for name, told in declared.items()
    }
    has = {
        n: c
        for n, c in has.items()
        if MIN_MAILINGS_PER_GROUP <= c.sum() <= len(read) - MIN_MAILINGS_PER_GROUP
    }
    rates = np.array([x.rate("open rate") for x in read], dtype=float)
    audiences = _build_audience_columns(read)
    if not has or len(read) < len(has) + len(audiences) + MIN_SPARE_MAILINGS:
        return []
    weighed = _fit_least_squares(
        rates, np.column_stack([np.ones(len(read)), *has.values(), *audiences])
    )
    stand = select_discoveries([estimate[3] for estimate in weighed[1 : len(has) + 1]])
    return [
        SubjectFeature(
            name=name,
            having=int(column.sum()),
            others=int(len(read) - column.sum()),
            rate=float(rates[column > 0].mean()),
            rate_otherwise=float(rates[column == 0].mean()),
            difference=weighed[i][0],
            low=weighed[i][1],
            high=weighed[i][2],
            stands=stand[i - 1],
        )
        for i, (name, column) in enumerate(has.items(), 1)
    ]


def _fit_least_squares(
    rates: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]
) -> list[tuple[float, float, float, float]]:
    """Return each column's difference, the ends of its 95 % interval, and its p: least squares with
    HC3 errors and Student's t."""
    inverse = np.linalg.pinv(columns)
    coefficients = inverse @ rates
    reach = np.clip(1 - np.einsum("ij,ji->i", columns, inverse), 1e-12, None)
    errors = np.sqrt((inverse**2) @ ((rates - columns @ coefficients) / reach) ** 2)
    freedom = len(rates) - int(np.linalg.matrix_rank(columns))
    wide = student_quantile(0.975, freedom)
    estimates = []
    for coefficient, error in zip(map(float, coefficients), map(float, errors), strict=True):
        p = (
            float(2 * student_tail(abs(coefficient) / error, freedom))
            if error
            else float(not coefficient)
        )
        estimates.append((coefficient, coefficient - wide * error, coefficient + wide * error, p))
    return estimates


def find_product_words(titles: Collection[str]) -> frozenset[str]:
    """Return words that distinguish products: in at most two titles, and capitalised within a title
    as names are."""
    counted: dict[str, int] = {}
    for title in titles:
        for word in set(re.findall(r"[^\W\d_]{3,}", title)[1:]):
            if word[0].isupper():
                counted[word.casefold()] = counted.get(word.casefold(), 0) + 1
    return frozenset(word for word, times in counted.items() if times <= 2)


def split_words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text)}


def _build_audience_columns(mailings: Sequence[Mailing]) -> list[npt.NDArray[np.float64]]:
    """Return one indicator column for each audience with at least two mailings, except the
    largest."""
    counted = Counter(letter.audience for letter in mailings).most_common()
    return [
        np.array([letter.audience == name for letter in mailings], dtype=float)
        for name, times in counted[1:]
        if times >= 2
    ]


# Build the facts of mailings: rates by channel, subject features that go with opens, and one
# mailing against its peers.


def add_mailing_facts(
    warehouse: Warehouse, result: AnalysisResult, filter_: AnalysisFilter
) -> None:
    known = [
        letter
        for letter in load_mailings(warehouse, result)
        if (filter_.product is None or filter_.product in (letter.product or ""))
        and filter_.channel in (None, letter.channel)
    ]
    if known and (titles := load_catalogue_titles(warehouse).values()):
        _add_subject_features(result, [x for x in known if x.channel == "email"], titles)


def _add_subject_features(
    result: AnalysisResult, mailings: list[Mailing], titles: Collection[str]
) -> None:
    tested = compare_subject_features(mailings, find_product_words(titles))
    for feature in tested:
        subject = f"opens--{slugify(feature.name)}"
        add = make_fact_adder(
            result, subject, feature.name, feature.having + feature.others, query="letters"
        )
        add("open-rate", to_percent(feature.rate), "%")
        add("open-rate-otherwise", to_percent(feature.rate_otherwise), "%")
        add("difference", to_percent(feature.difference), "points")
        add("difference-low", to_percent(feature.low), "points")
        add("difference-high", to_percent(feature.high), "points")
        add("campaigns", feature.having)
        add("status", "confirmed" if feature.stands else "chance")
    if tested:
        add = make_fact_adder(result, "opens", "", len(mailings), query="letters")
        add("features-tested", len(tested))


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
