"""Who buys within so many days, told."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from bot.library.behaviour import buying
from bot.library.behaviour.buying import Record
from bot.library.behaviour.seen import Seen
from bot.library.floors import bounded, is_small
from bot.library.segments.profile import percent
from bot.library.segments.told import Told
from bot.words import Words

LIKELY = 0.5


def tell(told: Told, seen: Sequence[Seen], ahead: int) -> None:
    """Facts behaviour.buy-90-days.backtest-auc, .backtest-brier, .base-rate-brier, .base-rate (%,
    who bought in the window just over), .pairs (%: of a buyer and another, how often the buyer was
    ranked higher), .simple-rule and .simple-share (%, of its first tenth bought), .windows;
    .expected-buyers and .customers-likely (chance over one half) when the number of buyers was
    right in the past; behaviour.buy-90-days-tenth-1 … 10 .customers and .bought (%), the likeliest
    tenth first, in the past; behaviour.buy-90-days-top and -rest .customers, .purchases and .silent
    (days), the medians of today's likeliest tenth and of everybody else; .first-day and .last-day
    of the windows."""
    record = buying.backtest(seen)
    if record is None:
        told.findings.refuse(
            Words(
                "In some window of {days} days fewer than {n} customers bought, or did not: too few"
                " to learn from. A longer order file would help, or a longer window.",
                days=ahead,
                n=buying.FEW,
            )
        )
        return
    if not record.ranks:
        told.findings.refuse(
            Words(
                "Who buys within {days} days can't be told from the orders: tried on the past, the"
                " forecast was no better than the average (AUC {auc}, Brier {brier} against"
                " {base}).",
                days=ahead,
                auc=round(record.auc, 2),
                brier=round(record.brier, 3),
                base=round(record.base, 3),
            )
        )
        return
    _score(told, record, ahead)
    _count(told, record, seen, ahead)
    _tenths(told, record, ahead)
    _likeliest(told, seen, ahead)


def _score(told: Told, record: Record, ahead: int) -> None:
    subject, rows = f"buy-{ahead}-days", sum(w.customers for w in record.windows)
    newest = record.windows[0]
    told.findings.group(subject, newest.customers)
    for measure, value, unit, stands_on in (
        ("backtest-auc", round(record.auc, 3), None, rows),
        ("backtest-brier", round(record.brier, 3), None, rows),
        ("base-rate-brier", round(record.base, 3), None, rows),
        ("base-rate", percent(newest.buyers / newest.customers), "%", newest.customers),
        ("pairs", percent(record.auc), "%", rows),
        ("simple-rule", record.simple[0], None, rows),
        ("simple-share", percent(record.simple[1]), "%", rows),
        ("windows", len(record.windows), None, rows),
        ("first-day", told.until - timedelta(days=ahead * len(record.windows) - 1), None, rows),
        ("last-day", told.until, None, rows),
    ):
        told.findings.add(
            subject,
            measure,
            value,
            unit=unit,
            about=_about(ahead),
            rows=stands_on,
            query="histories",
        )


def _count(told: Told, record: Record, seen: Sequence[Seen], ahead: int) -> None:
    worst = max(record.windows, key=lambda w: abs(w.off))
    if not record.counts:
        told.findings.refuse(
            Words(
                "How many will buy within {days} days is not shown: in one of {n} past windows"
                " {said} were expected and {bought} bought. Who is likelier than others is sound.",
                days=ahead,
                n=len(record.windows),
                said=round(worst.said),
                bought=worst.buyers,
            )
        )
        return
    chances = buying.today(seen)
    subject, rows = f"buy-{ahead}-days", len(chances)
    likely = int((chances > LIKELY).sum())
    shown = bounded(likely, rows, told.shelf.floor)
    for measure, value, unit in (
        ("expected-buyers", round(float(chances.sum())), "customers"),
        ("customers-likely", shown, None if isinstance(shown, str) else "customers"),
        ("backtest-worst-error", percent(worst.off), "%"),
    ):
        told.findings.add(
            subject, measure, value, unit=unit, about=_about(ahead), rows=rows, query="histories"
        )


def _tenths(told: Told, record: Record, ahead: int) -> None:
    for n, (customers, _said, bought) in enumerate(record.deciles(), start=1):
        if customers < told.shelf.floor:
            return
        subject, about = f"buy-{ahead}-days-tenth-{n}", f"{n} / 10"
        few = is_small(round(bought * customers), told.shelf.sales_floor)
        told.findings.group(subject, customers, told=not few)
        told.findings.add(
            subject, "customers", customers, unit="customers", about=about, rows=customers,
            query="histories",
        )  # fmt: skip
        told.findings.add(
            subject,
            "bought",
            percent(bought),
            unit="%",
            about=about,
            rows=customers,
            query="histories",
        )


def _likeliest(told: Told, seen: Sequence[Seen], ahead: int) -> None:
    """What today's likeliest tenth have in common, beside the others."""
    today = seen[0]
    order = np.argsort(-buying.today(seen), kind="stable")
    many = len(order) // 10
    if many < told.shelf.floor:
        return
    for name, about, who in (
        ("top", Words("The likeliest tenth"), order[:many]),
        ("rest", Words("All others"), order[many:]),
    ):
        told.findings.group(f"buy-{ahead}-days-{name}", len(who), len(order) - len(who))
        for measure, value, unit in (
            ("customers", len(who), "customers"),
            ("purchases", round(float(np.median(today.frequency[who]))), None),
            ("silent", round(float(np.median(today.recency[who]))), "days"),
        ):
            told.findings.add(
                f"buy-{ahead}-days-{name}",
                measure,
                value,
                unit=unit,
                about=about.text,
                rows=len(who),
                query="histories",
            )


def _about(ahead: int) -> str:
    return f"{ahead} days"
