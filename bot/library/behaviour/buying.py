"""Who buys within so many days: learnt on the window before, judged on windows already over."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.library.behaviour import logistic
from bot.library.behaviour.seen import Seen
from bot.library.chance import Numbers, auc

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


def today(seen: Sequence[Seen]) -> Numbers:
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
