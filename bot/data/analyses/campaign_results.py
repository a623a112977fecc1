"""Which campaign results belong to which of our deliveries: by the campaign code, else by asking.

A code in the links is proof. Without one, a campaign of the same channel, within three days, with
nearly the same subject or text is offered to a person, and never taken by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from bot.data.analyses.campaigns import letter_against_peers
from bot.data.analyses.result import AnalysisResult
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Money, Words
from bot.text.normalize import tokenize
from bot.text.slugs import slugify

MAX_TIME_APART = timedelta(days=3)
MIN_SIMILARITY = 0.8  # of subject or text, 0 to 1
MEASURES = ("sent", "delivered", "opened", "impressions", "clicks", "unsubscribed", "orders")
MAX_CAMPAIGNS = 10_000  # campaigns looked at when something has no code


@dataclass(frozen=True)
class SentDelivery:
    """One delivery of ours. `sent_at` is the workspace's wall time, without a zone."""

    code: str
    channel: str  # as the campaigns' column has it: email, sms, ads
    sent_at: datetime
    product: str | None = None
    subject: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class DeliveryResult:
    """What the files say of one delivery. Counts that no file has are None."""

    code: str
    how: Literal["by code", "confirmed"]
    campaigns: tuple[str, ...]  # their ids
    letters: tuple[str, ...] = ()  # what the analysis of campaigns calls them
    counts: Mapping[str, int | None] = field(default_factory=dict)  # of MEASURES
    sales: Mapping[str, Decimal] = field(default_factory=dict)  # by currency, as campaigns say
    orders: int = 0  # distinct, that came with the code
    ordered: Mapping[str, Decimal] = field(default_factory=dict)  # by currency, as orders say
    buyers: int = 0  # customers of these orders; orders, where no customer is known


@dataclass(frozen=True)
class MatchCandidate:
    """A campaign that may be this delivery: for a person to say."""

    code: str
    result: str  # the campaign's id
    at: datetime
    subject: str | None
    alike: float  # 0.8 to 1


@dataclass(frozen=True)
class DeliveryMatches:
    results: tuple[DeliveryResult, ...]
    to_confirm: tuple[MatchCandidate, ...]  # at most one a delivery
    without: tuple[str, ...]  # codes that nothing came back for


def match_deliveries(
    shelf: Warehouse,
    gone: Sequence[SentDelivery],
    said: Mapping[tuple[str, str], bool] | None = None,
) -> DeliveryMatches:
    """Each delivery with its results. `said` is what people answered: (result, code) → same."""
    said = said or {}
    codes = sorted({one.code for one in gone})
    by_code = _campaigns_by_code(shelf, codes)
    orders = _orders_by_code(shelf, codes)
    yes = {code: result for (result, code), same in said.items() if same and code in codes}
    confirmed = _campaigns_by_id(shelf, sorted(set(yes.values())))
    results, open_ = [], []
    for code in codes:
        rows = by_code.get(code) or confirmed.get(yes.get(code, ""), [])
        if rows or code in orders:
            how: Literal["by code", "confirmed"] = (
                "confirmed" if rows and code not in by_code else "by code"
            )
            results.append(_build_result(code, how, rows, orders.get(code, [])))
        if not rows:
            open_.append(code)
    wanted = [one for one in gone if one.code in open_]
    candidates = tuple(_find_candidates(shelf, wanted, set(codes), said))
    found = {one.code for one in results} | {one.code for one in candidates}
    return DeliveryMatches(tuple(results), candidates, tuple(c for c in codes if c not in found))


def _add_campaign_id(shelf: Warehouse) -> ir.Table | None:
    """Campaigns with a name to call each by: its id, else its code, else its name."""
    table = shelf.table("campaigns")
    if table is None:
        return None
    return table.mutate(
        called=ibis.coalesce(table.id, table.code, table.name),
        letter=ibis.coalesce(table.code, table.id),
    )


def _sum_measures(table: ir.Table, *by: str) -> ir.Table:
    sums = {name: table[name].sum() for name in MEASURES}
    return table.group_by(*by, "called", "letter", "currency").aggregate(
        **sums, sales=table.sales.cast("decimal(18, 2)").sum()
    )


def _campaigns_by_code(shelf: Warehouse, codes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table = _add_campaign_id(shelf)
    if table is None or not codes:
        return {}
    return _group_rows(
        fetch_rows(shelf, _sum_measures(table.filter(table.code.isin(codes)), "code")), "code"
    )


def _campaigns_by_id(shelf: Warehouse, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table = _add_campaign_id(shelf)
    if table is None or not ids:
        return {}
    return _group_rows(
        fetch_rows(shelf, _sum_measures(table.filter(table.called.isin(ids)))), "called"
    )


def _orders_by_code(shelf: Warehouse, codes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table = shelf.table("orders")
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
    return _group_rows(fetch_rows(shelf, counted), "code")


def _group_rows(rows: Iterable[dict[str, Any]], by: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row)
    return found


def _build_result(
    code: str,
    how: Literal["by code", "confirmed"],
    rows: Sequence[dict[str, Any]],
    orders: Sequence[dict[str, Any]],
) -> DeliveryResult:
    counts = {}
    for name in MEASURES:
        told = [row[name] for row in rows if row[name] is not None]
        counts[name] = sum(told) if told else None
    return DeliveryResult(
        code=code,
        how=how,
        campaigns=tuple(sorted({row["called"] for row in rows if row["called"]})),
        letters=tuple(sorted({row["letter"] for row in rows if row["letter"]})),
        counts=counts,
        sales=_sum_money(rows, "sales"),
        orders=sum(row["orders"] for row in orders),
        ordered=_sum_money(orders, "amount"),
        buyers=min((row["people"] for row in orders), default=0),
    )


def _sum_money(rows: Iterable[dict[str, Any]], name: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if row[name] is not None:
            currency = row["currency"] or ""
            found[currency] = found.get(currency, Decimal(0)) + row[name]
    return dict(sorted(found.items()))


def _find_candidates(
    shelf: Warehouse,
    gone: Sequence[SentDelivery],
    codes: set[str],
    said: Mapping[tuple[str, str], bool],
) -> Iterable[MatchCandidate]:
    """For each delivery without a code, the one campaign that looks like it; two are none."""
    table = _add_campaign_id(shelf)
    if table is None or not gone:
        return
    first, last = (
        min(o.sent_at for o in gone) - MAX_TIME_APART,
        max(o.sent_at for o in gone) + MAX_TIME_APART,
    )
    near = table.filter(table.at.between(first, last) & table.called.notnull())
    seen = near.select("called", "code", "at", "channel", "subject", "text").distinct()
    rows = [row for row in fetch_rows(shelf, seen.limit(MAX_CAMPAIGNS)) if row["code"] not in codes]
    for one in sorted(gone, key=lambda o: (o.sent_at, o.code)):
        found: dict[str, MatchCandidate] = {}
        for row in rows:
            likeness = _score_similarity(one, row) if (row["called"], one.code) not in said else 0.0
            if likeness >= max(
                MIN_SIMILARITY, found[row["called"]].alike if row["called"] in found else 0
            ):
                found[row["called"]] = MatchCandidate(
                    one.code, row["called"], row["at"], row["subject"], round(likeness, 3)
                )
        if len(found) == 1:
            yield next(iter(found.values()))


def _score_similarity(one: SentDelivery, row: Mapping[str, Any]) -> float:
    """How much alike, 0 to 1; 0 on another channel or day."""
    if (row["channel"] or "").lower() != one.channel.lower() or abs(
        row["at"] - one.sent_at
    ) > MAX_TIME_APART:
        return 0.0
    pairs = ((one.subject, row["subject"]), (one.text, row["text"]))
    return max(
        (_compare_texts(mine, theirs) for mine, theirs in pairs if mine and theirs), default=0.0
    )


def _compare_texts(mine: str, theirs: str) -> float:
    """Ratcliff and Obershelp's similarity of the words, without case, accents and signs."""
    return SequenceMatcher(None, tokenize(mine), tokenize(theirs), autojunk=False).ratio()


# A delivery's results as people read them: one rate against its comparable median, and sales.

SHOWN_RATES = (  # the first that was counted is told
    ("open rate", "opened", Words("opened")),
    ("click rate", "clicks", Words("clicked")),
    ("order rate", "orders", Words("ordered")),
)


def describe_result(shelf: Warehouse, result: DeliveryResult) -> list[Words]:
    """Sentences for the card: what was sent and how it did, what was sold, and where that is from.
    None when the files hold no count of it."""
    lines = [
        line
        for line in (_describe_rate(shelf, result), _describe_sales(shelf, result))
        if line is not None
    ]
    if not lines:
        return []
    kind = "campaigns" if result.campaigns else "orders"
    source, day = shelf.source(kind), shelf.as_of(kind)
    return [*lines, Words("From {source}, up to {day}", source=source.words(), day=day)]


def _describe_rate(shelf: Warehouse, result: DeliveryResult) -> Words | None:
    sent = result.counts.get("delivered") or result.counts.get("sent")
    if not sent:
        return None
    if is_below_floor(sent, shelf.floor):
        return Words(
            "Sent to under {n} people: how many of them did what is not told", n=shelf.floor
        )
    for rate, counted, verb in SHOWN_RATES:
        hits = result.counts.get(counted)
        if hits is None or (counted == "orders" and is_below_floor(hits, shelf.sales_floor)):
            continue
        # Added up over several lines of a file it is no longer the rate of one letter.
        facts = _compare_with_peers(shelf, result.letters[0]) if len(result.letters) == 1 else {}
        if slugify(rate) in facts:
            return _describe_comparison(facts, slugify(rate), sent, verb)
        return Words(
            "Sent {sent}, {verb} {own}%; too few comparable campaigns to say more",
            sent=sent,
            verb=verb,
            own=Decimal(str(round(100 * hits / sent, 1))),
        )
    return Words("Sent {sent}", sent=sent)


def _describe_comparison(
    facts: Mapping[str, Decimal | str], rate: str, sent: int, verb: Words
) -> Words:
    """The letter's rate against the median, and whether chance explains what lies between."""
    own, median = _get_number(facts, rate), _get_number(facts, f"{rate}-median")
    n = _get_number(facts, f"{rate}-comparable")
    filled = {"sent": sent, "verb": verb, "own": own, "median": median, "n": n}
    if facts[f"{rate}-chance"] == "yes":
        return Words(
            "Sent {sent}, {verb} {own}%: within chance of the median {median}% of {n} comparable "
            "campaigns",
            **filled,
        )
    if own > median:
        return Words(
            "Sent {sent}, {verb} {own}%: more than chance explains, the median of {n} comparable "
            "campaigns is {median}%",
            **filled,
        )
    return Words(
        "Sent {sent}, {verb} {own}%: less than chance explains, the median of {n} comparable "
        "campaigns is {median}%",
        **filled,
    )


def _compare_with_peers(shelf: Warehouse, letter: str) -> dict[str, Decimal | str]:
    """The measures of `letter_against_peers`: name → value."""
    found: AnalysisResult = letter_against_peers(shelf, letter)
    return {fact.id.rsplit(".", 1)[-1]: fact.value for fact in found.facts}


def _get_number(facts: Mapping[str, Decimal | str], name: str) -> Decimal:
    value = facts[name]
    assert isinstance(value, Decimal)
    return value


def _describe_sales(shelf: Warehouse, result: DeliveryResult) -> Words | None:
    """What came with its code; else what the campaign's own file says. Nothing of few customers."""
    floor = shelf.sales_floor
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
    if is_below_floor(orders, floor):
        return Words("Under {n} orders as its own report counts", n=floor)
    if orders and (money := _join_amounts(result.sales)):
        return Words.count(
            "{n} order as its own report counts: {money}",
            "{n} orders as its own report counts: {money}",
            orders,
            money=money,
        )
    return None


def _join_amounts(amounts: Mapping[str, Decimal]) -> Money | Words | None:
    """Amounts of several currencies side by side: they are never added up."""
    said: Money | Words | None = None
    for currency, amount in amounts.items():
        one = Money(amount=amount, currency=currency) if currency else None
        if one is not None:
            said = one if said is None else Words("{first} and {second}", first=said, second=one)
    return said
