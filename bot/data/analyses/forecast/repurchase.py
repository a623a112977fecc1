"""Who buys within so many days: learnt on the window before, judged on windows already over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.data.analyses.forecast import logistic
from bot.data.analyses.forecast.windows import Seen
from bot.data.analyses.segments.context import Told
from bot.data.analyses.segments.profile import percent
from bot.data.floors import bounded, is_small
from bot.data.stats import Numbers, auc
from bot.i18n.messages import Words

AUC = 0.6  # below, the order of customers is hardly better than chance
OFF = 0.25  # the number of buyers may be wrong by so much: more, and no campaign is planned by it
Places = NDArray[np.intp]  # of customers, in some order
FEW = 50  # buyers and others, in each window


@dataclass(frozen=True)
class Window:
    """One window that is over: what was said of its customers the day before it began, and what
    they did. `buyers` is how many of them bought, `said` how many were to be expected."""

    customers: int
    buyers: int
    said: float
    auc: float
    brier: float
    base: float  # the Brier score of giving everybody the window's own rate: hard to beat
    chances: Numbers
    happened: Numbers
    simple: dict[str, float]  # how many of the first tenth bought, by a rule that needs no sums

    @property
    def off(self) -> float:
        return self.said / self.buyers - 1 if self.buyers else float("inf")


@dataclass(frozen=True)
class Record:
    """The windows, the newest first, all said by the same method."""

    windows: Sequence[Window]

    @property
    def auc(self) -> float:
        return float(np.mean([w.auc for w in self.windows]))

    @property
    def brier(self) -> float:
        return float(np.average([w.brier for w in self.windows], weights=self._sizes))

    @property
    def base(self) -> float:
        return float(np.average([w.base for w in self.windows], weights=self._sizes))

    @property
    def simple(self) -> tuple[str, float]:
        """The better of the simple rules, and how many of its first tenth bought."""
        names = self.windows[0].simple
        means = {
            name: float(np.average([w.simple[name] for w in self.windows], weights=self._sizes))
            for name in names
        }
        return max(means.items(), key=lambda rule: rule[1])

    @property
    def ranks(self) -> bool:
        """Whether the order of customers may be shown: AUC at least .6 in every window, and better
        chances than the base rate's over all."""
        return self.brier < self.base and all(w.auc >= AUC for w in self.windows)

    @property
    def counts(self) -> bool:
        """Whether the number of buyers may be: within 25 % in every window."""
        return all(abs(w.off) <= OFF for w in self.windows)

    def deciles(self) -> list[tuple[int, float, float]]:
        """customers, said and actual rate of each tenth, the likeliest first, over all windows."""
        chances = np.concatenate([w.chances for w in self.windows])
        happened = np.concatenate([w.happened for w in self.windows])
        order = np.argsort(-chances, kind="stable")
        return [
            (len(part), float(chances[part].mean()), float(happened[part].mean()))
            for part in np.array_split(order, 10)
        ]

    @property
    def _sizes(self) -> list[int]:
        return [w.customers for w in self.windows]


def backtest(seen: Sequence[Seen]) -> Record | None:
    """The cuts 1, 2 …: each is said by what was learnt at the cut before it. None when a window
    has too few buyers, or too few others."""
    windows = []
    for now, before in pairwise(seen[1:]):
        if not _enough(now) or not _enough(before):
            return None
        windows.append(_window(now, before))
    return Record(windows) if windows else None


def chances_today(seen: Sequence[Seen]) -> Numbers:
    """Everybody's chance to buy in the days to come, learnt on the window that ends today."""
    return learnt(seen[1]).chances(seen[0].features())


def learnt(seen: Seen) -> logistic.Curve:
    return logistic.fit(seen.features(), _bought(seen))


def _window(now: Seen, before: Seen) -> Window:
    chances, happened = learnt(before).chances(now.features()), _bought(now)
    rate = float(happened.mean())
    return Window(
        customers=len(happened),
        buyers=int(happened.sum()),
        said=float(chances.sum()),
        auc=auc(chances, happened),
        brier=logistic.brier(chances, happened),
        base=rate * (1 - rate),
        chances=chances,
        happened=happened,
        simple={name: _first_tenth(order, happened) for name, order in _simply(now).items()},
    )


def _simply(seen: Seen) -> dict[str, Places]:
    """Customers in the order of two rules that everybody can apply."""
    return {
        "newest": np.lexsort((-seen.frequency, seen.recency)),
        "most": np.lexsort((seen.recency, -seen.frequency)),
    }


def _first_tenth(order: Places, happened: Numbers) -> float:
    return float(happened[order[: max(1, len(order) // 10)]].mean())


def _bought(seen: Seen) -> Numbers:
    assert seen.next is not None  # a cut in the past
    return (seen.next > 0).astype(np.float64)


def _enough(seen: Seen) -> bool:
    buyers = int(_bought(seen).sum())
    return buyers >= FEW and len(seen.frequency) - buyers >= FEW


# Who buys within so many days, told.

LIKELY = 0.5


def add_repurchase(told: Told, seen: Sequence[Seen], ahead: int) -> None:
    """Facts behaviour.buy-90-days.backtest-auc, .backtest-brier, .base-rate-brier, .base-rate (%,
    who bought in the window just over), .pairs (%: of a buyer and another, how often the buyer was
    ranked higher), .simple-rule and .simple-share (%, of its first tenth bought), .windows;
    .expected-buyers and .customers-likely (chance over one half) when the number of buyers was
    right in the past; behaviour.buy-90-days-tenth-1 … 10 .customers and .bought (%), the likeliest
    tenth first, in the past; behaviour.buy-90-days-top and -rest .customers, .purchases and .silent
    (days), the medians of today's likeliest tenth and of everybody else; .first-day and .last-day
    of the windows."""
    record = backtest(seen)
    if record is None:
        told.findings.refuse(
            Words(
                "In some window of {days} days fewer than {n} customers bought, or did not: too few"
                " to learn from. A longer order file would help, or a longer window.",
                days=ahead,
                n=FEW,
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
    chances = chances_today(seen)
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
            subject,
            "customers",
            customers,
            unit="customers",
            about=about,
            rows=customers,
            query="histories",
        )
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
    order = np.argsort(-chances_today(seen), kind="stable")
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
