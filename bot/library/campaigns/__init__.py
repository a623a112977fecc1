"""What advertising and letters did: seen, clicked, sold, cost; and where each sticks.

`find` gives facts of the period asked about (28 days up to the newest row by default) beside the
28 before. Lines are what a team can change: a keyword for a product at a retailer.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir

from bot.library.campaigns.ads import (
    DIMENSIONS,
    MEASURES,
    Ad,
    Line,
    Sums,
    added,
    ads_of,
    main_currency,
    sums,
)
from bot.library.campaigns.letters import (
    RATES,
    Held,
    Letter,
    comparable,
    held,
    letters,
    letters_of,
)
from bot.library.campaigns.nearest import Near, nearest
from bot.library.campaigns.openings import features, naming_words
from bot.library.campaigns.sold_out import gone, spent_since
from bot.library.campaigns.sticking import best, by_chance, stuck
from bot.library.findings import Findings, Where
from bot.library.read import rows_of, sql_later
from bot.library.shelf import Shelf
from bot.library.slugs import slug
from bot.words import Words

PERIOD = 28  # days
MOST = 12  # values shown of one dimension


def find(shelf: Shelf, where: Where) -> Findings:
    """Facts: campaigns.ads.*, campaigns.<dimension>--<value>.*, campaigns.stuck--<line>.*,
    campaigns.best.*, campaigns.letters.*, campaigns.opens--<feature>.*. Rates in %."""
    table = shelf.table("campaigns")
    if table is None:
        return _nothing(shelf)
    found = Findings("campaigns", shelf.source("campaigns"), shelf.as_of("campaigns"))
    _ads(shelf, found, _asked(table, where), where)
    _letters(shelf, found, where)
    if not found.facts:
        found.refuse(Words("No campaign fits what you asked about."))
    return found


def letter_against_peers(shelf: Shelf, code: str) -> Findings:
    """One letter, by its campaign code, against its comparable median. Facts:
    campaigns.letter--<code>.<rate>, -median, -low, -high, and -chance (yes: chance explains it)."""
    if shelf.table("campaigns") is None:
        return _nothing(shelf)
    found = Findings("campaigns", shelf.source("campaigns"), shelf.as_of("campaigns"))
    known = all_letters(shelf, found)
    mine = [letter for letter in known if letter.code == code]
    if not mine:
        found.refuse(Words("No result has come in for {code} yet.", code=code))
        return found
    letter = max(mine, key=lambda x: x.sent)
    subject = f"letter--{slug(code)}"
    about = letter.subject or code
    _add(found, subject, about, 1, "sent", letter.sent)
    against = [h for rate in RATES if (h := held(letter, rate, comparable(letter, known)))]
    for one in against:
        _held(found, subject, about, one)
    if not against:
        found.refuse(
            Words(
                "There are too few comparable campaigns to say whether {name} did well.", name=about
            )
        )
    return found


def nearest_texts(
    shelf: Shelf, *, channel: str | None, product: str | None, words: str, language: str
) -> list[Near]:
    """The three sent texts that are nearest to what is to be written; none without campaigns."""
    if shelf.table("campaigns") is None:
        return []
    known = all_letters(shelf, None)
    return nearest(known, channel=channel, product=product, words=words, language=language)


def all_letters(shelf: Shelf, found: Findings | None) -> list[Letter]:
    table = shelf.table("campaigns")
    if table is None:
        return []
    expression = letters(table)
    if found is not None:
        found.queries["letters"] = sql_later(expression)
    return letters_of(rows_of(shelf, expression))


def _nothing(shelf: Shelf) -> Findings:
    found = Findings("campaigns", "", shelf.today)
    found.refuse(
        Words(
            "There are no campaign results yet: import what your e-mail tool or your retailers "
            "export."
        )
    )
    return found


def _asked(table: ir.Table, where: Where) -> ir.Table:
    for name in ("product", "channel"):
        if (value := getattr(where, name)) is not None:
            table = table.filter(table[name] == value)
    return table


def _ads(shelf: Shelf, found: Findings, table: ir.Table, where: Where) -> None:
    until = where.until or found.as_of
    since = where.since or until - timedelta(days=PERIOD - 1)
    before = since - (until - since) - timedelta(days=1)
    expression = sums(table, since, before, until)
    rows = rows_of(shelf, expression)
    if not rows:
        return
    found.queries["ads"] = sql_later(expression)
    currency, others = main_currency(rows)
    if others:
        found.refuse(
            Words(
                "Amounts are in several currencies: only {kept} is added up, {left} is left out.",
                kept=str(currency),
                left=", ".join(others),
            )
        )
    ads = ads_of(row for row in rows if row["currency"] == currency)
    tell = _Ads(found, currency, ads, since, until)
    tell.totals()
    tell.dimensions()
    sold_out = gone(shelf)
    tell.sticking(spent_since(shelf, table, sold_out, currency), sold_out)


class _Ads:
    """The advertising's facts, in one currency."""

    def __init__(
        self, found: Findings, currency: str | None, ads: list[Ad], since: date, until: date
    ):
        self.found, self.currency = found, currency
        self.now = [ad for ad in ads if ad.current]
        self.earlier = [ad for ad in ads if not ad.current]
        self.since, self.until = since, until

    def totals(self) -> None:
        whole = sum((ad.sums for ad in self.now), Sums())
        self._sums("ads", "", whole, sum((ad.sums for ad in self.earlier), Sums()))
        if any(ad.sums.days for ad in self.now):
            _add(self.found, "ads", "", whole.rows, "since", self.since)
            _add(self.found, "ads", "", whole.rows, "until", self.until)
        else:
            self.found.refuse(
                Words("The results carry no dates: they can't be held against a period before.")
            )
        if not whole.says("sales"):
            self.found.refuse(
                Words(
                    "{source} does not say for how much was sold, so the return on ad spend can't "
                    "be told.",
                    source=self.found.source,
                )
            )

    def dimensions(self) -> None:
        for dimension in DIMENSIONS:
            here, then = (added(ads, _value(dimension)) for ads in (self.now, self.earlier))
            if len(here) < 2:
                continue
            largest = sorted(here.items(), key=lambda kv: (-kv[1].spend, kv[0]))[:MOST]
            for value, of in largest:
                about = (of.title or value) if dimension == "product" else value
                subject = f"{dimension}--{slug(value)}"
                self._sums(subject, about, of, then.get(value, Sums()))

    def sticking(self, wasted: dict[Line, Sums], sold_out: dict[str, date]) -> None:
        lines = added(self.now, lambda ad: ad.line)
        long = added([*self.now, *self.earlier], lambda ad: ad.line)
        for one in stuck(lines, long, {line: s for line, s in wasted.items() if line in lines}):
            subject, about, of = f"stuck--{slug(one.line.name)}", one.line.name, one.sums
            add = _adder(self.found, subject, about, of.rows)
            add("where", one.where)
            for measure in (m for m in ("spend", "impressions", "clicks", "orders") if of.says(m)):
                add(measure, getattr(of, measure), self.currency if measure == "spend" else None)
            add("days", of.days)
            if one.where == "sold out":
                add("since", sold_out[one.line.product or ""])
            if one.line.retailer:
                add("retailer", one.line.retailer)
            if one.line.product:
                add("product", of.title or one.line.product)
            if one.peers is not None:
                self._peers(add, one.where, one.peers)
        self._best(lines)

    def _peers(self, add: Callable[..., None], where: str, peers: float) -> None:
        if where == "unseen":
            add("usual-impressions-a-day", round(peers))
        else:
            add("usual-rate", round(100 * peers, 2), "%")

    def _best(self, lines: dict[Line, Sums]) -> None:
        if (top := best(lines)) is not None:
            line, of = top
            add = _adder(self.found, "best", line.name, of.rows)
            add("return", _ratio(of.returned))
            add("orders", of.orders)
            add("spend", of.spend, self.currency)
            add("sales", of.sales, self.currency)
        for line, of in by_chance(lines):
            add = _adder(self.found, f"chance--{slug(line.name)}", line.name, of.rows)
            add("return", _ratio(of.returned))
            add("orders", of.orders)
            add("clicks", of.clicks)

    def _sums(self, subject: str, about: str, of: Sums, then: Sums) -> None:
        add = _adder(self.found, subject, about, of.rows)
        for measure in (one for one in MEASURES if of.says(one)):
            money = self.currency if measure in ("spend", "sales") else None
            add(measure, getattr(of, measure), money)
        if of.click_rate is not None:
            add("click-rate", round(100 * of.click_rate, 2), "%")
        if of.conversion is not None:
            add("orders-per-click", round(100 * of.conversion, 2), "%")
        if of.cost_per_click is not None:
            add("cost-per-click", round(of.cost_per_click, 2), self.currency)
        if of.returned is not None:
            add("return", _ratio(of.returned))
        for measure in ("spend", "sales"):
            if (was := getattr(then, measure)) and of.says(measure):
                change = 100 * (getattr(of, measure) - was) / was
                add(f"{measure}-change", round(change, 1), "%")


def _letters(shelf: Shelf, found: Findings, where: Where) -> None:
    known = [
        letter
        for letter in all_letters(shelf, found)
        if (where.product is None or where.product in (letter.product or ""))
        and where.channel in (None, letter.channel)
    ]
    for channel in sorted({letter.channel for letter in known}):
        _channel(found, channel, [x for x in known if x.channel == channel])
    if shelf.products is not None and known:
        titles = [r["title"] for r in rows_of(shelf, shelf.products.select("title"))]
        _openings(found, [x for x in known if x.channel == "email"], titles)


def _channel(found: Findings, channel: str, letters: list[Letter]) -> None:
    add = _adder(found, f"letters--{slug(channel)}", channel, len(letters), query="letters")
    add("campaigns", len({letter.code for letter in letters}))
    add("sent", sum(letter.sent for letter in letters))
    for rate in RATES:
        counted = [x for x in letters if x.count(rate) is not None]
        if of := sum(x.sent for x in counted):
            share = sum(x.count(rate) or 0 for x in counted) / of
            add(slug(rate), round(100 * share, 1 if share >= 0.01 else 2), "%")


def _openings(found: Findings, letters: list[Letter], titles: list[str]) -> None:
    tested = features(letters, naming_words(titles))
    for one in tested:
        subject = f"opens--{slug(one.name)}"
        add = _adder(found, subject, one.name, one.having + one.others, query="letters")
        add("open-rate", round(100 * one.rate, 1), "%")
        add("open-rate-otherwise", round(100 * one.rate_otherwise, 1), "%")
        add("difference", round(100 * one.difference, 1), "points")
        add("difference-low", round(100 * one.low, 1), "points")
        add("difference-high", round(100 * one.high, 1), "points")
        add("campaigns", one.having)
        add("status", "confirmed" if one.stands else "chance")
    if tested:
        add = _adder(found, "opens", "", len(letters), query="letters")
        add("features-tested", len(tested))


def _held(found: Findings, subject: str, about: str, one: Held) -> None:
    add = _adder(found, subject, about, one.comparable + 1, query="letters")
    name = slug(one.rate)
    add(name, round(100 * one.own, 1), "%")
    add(f"{name}-median", round(100 * one.median, 1), "%")
    add(f"{name}-low", round(100 * one.low, 1), "%")
    add(f"{name}-high", round(100 * one.high, 1), "%")
    add(f"{name}-chance", "yes" if one.by_chance else "no")
    add(f"{name}-comparable", one.comparable)


def _value(dimension: str) -> Callable[[Ad], str | None]:
    return lambda ad: ad.keys[dimension]


def _ratio(value: Decimal | None) -> Decimal:
    return round(value or Decimal(0), 1)


def _adder(
    found: Findings, subject: str, about: str, rows: int, query: str = "ads"
) -> Callable[..., None]:
    def add(measure: str, value: Any, unit: str | None = None) -> None:
        found.add(subject, measure, value, unit=unit, about=about, rows=rows, query=query)

    return add


def _add(found: Findings, subject: str, about: str, rows: int, measure: str, value: Any) -> None:
    _adder(found, subject, about, rows)(measure, value)
