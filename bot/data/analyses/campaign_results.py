"""Match campaign results with our deliveries: by campaign code, else by asking a person.

A code in the links is proof. Without one, a campaign of the same channel, within three days and
with nearly the same subject or text, is offered to a person for confirmation and never matched
automatically."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.half_up import round_half_up
from bot.data.analyses.campaigns.mailings import letter_against_peers
from bot.data.analyses.result import AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Money, Words
from bot.text.normalize import slugify, tokenize

MAX_TIME_APART = timedelta(days=3)
MIN_SIMILARITY = 0.8  # of subject or text, 0 to 1
MEASURES = ("sent", "delivered", "opened", "impressions", "clicks", "unsubscribed", "orders")
MAX_CAMPAIGNS = 10_000  # campaigns read when a delivery has no code


@dataclass(frozen=True)
class SentDelivery:
    """A delivery that we sent. `sent_at` is the workspace's local time, without a time zone."""

    code: str
    channel: str  # as in the campaigns' column: email, sms, ads
    sent_at: datetime
    subject: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class DeliveryResult:
    """The results of one delivery. A count that no file contains is None."""

    code: str
    campaigns: tuple[str, ...]  # campaign ids
    letters: tuple[str, ...] = ()  # the names that the campaign analysis uses for them
    counts: Mapping[str, int | None] = field(default_factory=dict)  # by name in MEASURES
    # by currency, from the campaign file
    sales: Mapping[str, Decimal] = field(default_factory=dict)
    orders: int = 0  # distinct orders with the code
    ordered: Mapping[str, Decimal] = field(default_factory=dict)  # by currency, from the orders
    buyers: int = 0  # customers of these orders; the orders where no customer is known


@dataclass(frozen=True)
class MatchCandidate:
    """A campaign that may belong to this delivery; a person has to confirm it."""

    code: str
    result: str  # the campaign's id
    at: datetime
    subject: str | None
    alike: float  # 0.8 to 1


@dataclass(frozen=True)
class DeliveryMatches:
    results: tuple[DeliveryResult, ...]
    to_confirm: tuple[MatchCandidate, ...]  # at most one for each delivery
    without: tuple[str, ...]  # codes without any result


def match_deliveries(
    warehouse: Warehouse,
    deliveries: Sequence[SentDelivery],
    answers: Mapping[tuple[str, str], bool] | None = None,
) -> DeliveryMatches:
    """Match each delivery with its results. `answers` maps (result, code) to what a person
    confirmed or denied."""
    answers = answers or {}
    codes = sorted({item.code for item in deliveries})
    by_code = _load_campaigns(warehouse, "code", codes)
    orders = _orders_by_code(warehouse, codes)
    yes = {code: result for (result, code), same in answers.items() if same and code in codes}
    confirmed = _load_campaigns(warehouse, "called", sorted(set(yes.values())))
    results, open_ = [], []
    for code in codes:
        rows = by_code.get(code) or confirmed.get(yes.get(code, ""), [])
        if rows or code in orders:
            results.append(_build_result(code, rows, orders.get(code, [])))
        if not rows:
            open_.append(code)
    wanted = [item for item in deliveries if item.code in open_]
    candidates = tuple(_find_candidates(warehouse, wanted, set(codes), answers))
    matched = {item.code for item in results} | {candidate.code for candidate in candidates}
    return DeliveryMatches(tuple(results), candidates, tuple(c for c in codes if c not in matched))


def _add_campaign_id(warehouse: Warehouse) -> ir.Table | None:
    """Add `called`, the campaign's id, else its code, else its name."""
    table = warehouse.table("campaigns")
    if table is None:
        return None
    return table.mutate(
        called=ibis.coalesce(table.id, table.code, table.name),
        letter=ibis.coalesce(table.code, table.id),
    )


def _load_campaigns(
    warehouse: Warehouse, by: Literal["code", "called"], wanted: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the sums of the campaigns with these codes or ids, by code or id."""
    table = _add_campaign_id(warehouse)
    if table is None or not wanted:
        return {}
    sums = {name: _[name].sum() for name in MEASURES}
    found = table.filter(table[by].isin(wanted))
    keys = dict.fromkeys((by, "called", "letter", "currency"))
    summed = found.group_by(*keys).aggregate(**sums, sales=_.sales.cast("decimal(18, 2)").sum())
    return _group_rows(fetch_rows(warehouse, summed), by)


def _orders_by_code(warehouse: Warehouse, codes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table = warehouse.table("orders")
    if table is None or not codes:
        return {}
    person = ibis.coalesce(table.customer, table["order"])
    counted = (
        table.filter(table.code.isin(codes))
        .group_by("code", "currency")
        .aggregate(
            orders=table.order.nunique(),
            amount=table.amount.cast("decimal(18, 2)").sum(),
            people=person.nunique(),
        )
    )
    return _group_rows(fetch_rows(warehouse, counted), "code")


def _group_rows(rows: Iterable[dict[str, Any]], by: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return groups


def _build_result(
    code: str, rows: Sequence[dict[str, Any]], orders: Sequence[dict[str, Any]]
) -> DeliveryResult:
    counts = {}
    for name in MEASURES:
        known = [row[name] for row in rows if row[name] is not None]
        counts[name] = sum(known) if known else None
    return DeliveryResult(
        code=code,
        campaigns=tuple(sorted({row["called"] for row in rows if row["called"]})),
        letters=tuple(sorted({row["letter"] for row in rows if row["letter"]})),
        counts=counts,
        sales=_sum_money(rows, "sales"),
        orders=sum(row["orders"] for row in orders),
        ordered=_sum_money(orders, "amount"),
        buyers=min((row["people"] for row in orders), default=0),
    )


def _sum_money(rows: Iterable[dict[str, Any]], name: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row[name] is not None:
            currency = row["currency"] or ""
            sums[currency] = sums.get(currency, Decimal(0)) + row[name]
    return dict(sorted(sums.items()))


def _find_candidates(
    warehouse: Warehouse,
    deliveries: Sequence[SentDelivery],
    codes: set[str],
    answers: Mapping[tuple[str, str], bool],
) -> Iterable[MatchCandidate]:
    """Yield, for each delivery without a code, the only campaign that resembles it. Two candidates
    count as none."""
    table = _add_campaign_id(warehouse)
    if table is None or not deliveries:
        return
    first, last = (
        min(o.sent_at for o in deliveries) - MAX_TIME_APART,
        max(o.sent_at for o in deliveries) + MAX_TIME_APART,
    )
    near = table.filter(table.at.between(first, last) & table.called.notnull())
    seen = near.select("called", "code", "at", "channel", "subject", "text").distinct()
    rows = [
        row for row in fetch_rows(warehouse, seen.limit(MAX_CAMPAIGNS)) if row["code"] not in codes
    ]
    for delivery in sorted(deliveries, key=lambda o: (o.sent_at, o.code)):
        candidates: dict[str, MatchCandidate] = {}
        for row in rows:
            likeness = (
                _score_similarity(delivery, row)
                if (row["called"], delivery.code) not in answers
                else 0.0
            )
            if likeness >= max(
                MIN_SIMILARITY,
                candidates[row["called"]].alike if row["called"] in candidates else 0,
            ):
                candidates[row["called"]] = MatchCandidate(
                    delivery.code, row["called"], row["at"], row["subject"], round(likeness, 3)
                )
        if len(candidates) == 1:
            yield next(iter(candidates.values()))


def _score_similarity(delivery: SentDelivery, row: Mapping[str, Any]) -> float:
    """Return the similarity from 0 to 1; 0 for another channel or date."""
    if (row["channel"] or "").lower() != delivery.channel.lower() or abs(
        row["at"] - delivery.sent_at
    ) > MAX_TIME_APART:
        return 0.0
    pairs = ((delivery.subject, row["subject"]), (delivery.text, row["text"]))
    return max(
        (_compare_texts(mine, theirs) for mine, theirs in pairs if mine and theirs), default=0.0
    )


def _compare_texts(first: str, second: str) -> float:
    """Return the Ratcliff–Obershelp similarity of the words, without case, accents and
    punctuation."""
    return SequenceMatcher(None, tokenize(first), tokenize(second), autojunk=False).ratio()


# Texts for the result card: one rate compared with the median of its peers, and the sales.

SHOWN_RATES = (  # the first one that was counted is shown
    ("open rate", "opened", Words("opened")),
    ("click rate", "clicks", Words("clicked")),
    ("order rate", "orders", Words("ordered")),
)


def describe_result(warehouse: Warehouse, result: DeliveryResult) -> list[Words]:
    """Return the sentences of the card: what was sent, how it did, what was sold, and the sources.
    Empty when the files contain no count of the delivery."""
    lines = [
        line
        for line in (_describe_rate(warehouse, result), _describe_sales(warehouse, result))
        if line is not None
    ]
    if not lines:
        return []
    kind = "campaigns" if result.campaigns else "orders"
    source, day = warehouse.source(kind), warehouse.as_of(kind)
    return [*lines, Words("From {source}, up to {day}", source=source.words(), day=day)]


def _describe_rate(warehouse: Warehouse, result: DeliveryResult) -> Words | None:
    delivered = result.counts.get("delivered")
    sent = delivered or result.counts.get("sent")
    if not sent:
        return None
    reached = Words("Delivered {n}", n=sent) if delivered else Words("Sent {sent}", sent=sent)
    if is_below_floor(sent, warehouse.floor):
        return Words(
            "Sent to under {n} people: how many of them did what is not told", n=warehouse.floor
        )
    for rate, counted, verb in SHOWN_RATES:
        hits = result.counts.get(counted)
        if hits is None:
            continue
        # A rate summed over several file rows is no longer the rate of one mailing.
        facts = (
            _compare_with_peers(warehouse, result.letters[0]) if len(result.letters) == 1 else {}
        )
        if slugify(rate) in facts:
            return _describe_comparison(facts, slugify(rate), reached, verb)
        return Words(
            "{reached}, {verb} {own}%; too few comparable campaigns to say more",
            reached=reached,
            verb=verb,
            own=round_half_up(100 * hits / sent, 1),
        )
    return reached


def _describe_comparison(
    facts: Mapping[str, Decimal | str], rate: str, reached: Words, verb: Words
) -> Words:
    """Describe the mailing's rate against the median, and whether chance explains the
    difference."""
    own, median = _get_number(facts, rate), _get_number(facts, f"{rate}-median")
    n = _get_number(facts, f"{rate}-comparable")
    filled = {"reached": reached, "verb": verb, "own": own, "median": median, "n": n}
    if facts[f"{rate}-chance"] == "yes":
        return Words(
            "{reached}, {verb} {own}%: within chance of the median {median}% of {n} comparable "
            "campaigns",
            **filled,
        )
    if own > median:
        return Words(
            "{reached}, {verb} {own}%: more than chance explains, the median of {n} comparable "
            "campaigns is {median}%",
            **filled,
        )
    return Words(
        "{reached}, {verb} {own}%: less than chance explains, the median of {n} comparable "
        "campaigns is {median}%",
        **filled,
    )


def _compare_with_peers(warehouse: Warehouse, letter: str) -> dict[str, Decimal | str]:
    result: AnalysisResult = letter_against_peers(warehouse, letter)
    return {fact.id.rsplit(".", 1)[-1]: fact.value for fact in result.facts}


def _get_number(facts: Mapping[str, Decimal | str], name: str) -> Decimal:
    value = facts[name]
    assert isinstance(value, Decimal)
    return value


def _describe_sales(warehouse: Warehouse, result: DeliveryResult) -> Words | None:
    """Describe the sales of orders with the code, else those of the campaign file. Nothing for few
    customers."""
    floor = warehouse.sales_floor
    if is_below_floor(result.buyers, floor):
        return Words(
            "Under {n} customers ordered with its code: what they bought is not told", n=floor
        )
    if result.orders and (money := _join_amounts(result.ordered)):
        return Words.count(
            "{n} order came with its code: {money}",
            "{n} orders came with its code: {money}",
            result.orders,
            money=money,
        )
    orders = result.counts.get("orders")
    if orders and (money := _join_amounts(result.sales)):
        return Words.count(
            "{n} order as its own report counts: {money}",
            "{n} orders as its own report counts: {money}",
            orders,
            money=money,
        )
    return None


def _join_amounts(amounts: Mapping[str, Decimal]) -> Money | Words | None:
    """Join amounts of several currencies; they are never summed."""
    joined: Money | Words | None = None
    for currency, amount in amounts.items():
        money = Money(amount=amount, currency=currency) if currency else None
        if money is not None:
            joined = (
                money
                if joined is None
                else Words("{first} and {second}", first=joined, second=money)
            )
    return joined
