"""Read a test's rows as arms: the control, the intended shares, and the counts by day."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.data.analyses.experiments.hypothesis_tests import ArmCounts

CONTROL_NAMES = (
    *("control", "controle", "contrôle", "temoin", "témoin", "original", "baseline", "default"),
    *("none", "no e-mail", "no email", "aucun", "sans", "holdout", "a", "0"),
)


@dataclass
class Experiment:
    """One metric of one test. `days` holds each arm's counts by day, where rows have dates."""

    experiment: str
    metric: str
    title: str | None
    arms: list[ArmCounts]
    shares: list[float] | None
    amounts: bool  # True: the metric is an amount of money; False: a rate
    first: date | None = None
    last: date | None = None
    days: list[tuple[date, dict[str, ArmCounts]]] = field(default_factory=list)

    def without(self, variants: Collection[str]) -> "Experiment":
        """Return the test without some arms, which are in none of its sums."""
        if not variants:
            return self
        remaining = [at for at, arm in enumerate(self.arms) if arm.variant not in variants]
        days = [
            (day, {v: arm for v, arm in arms.items() if v not in variants})
            for day, arms in self.days
        ]
        days = [(day, arms) for day, arms in days if arms]
        return replace(
            self,
            arms=[self.arms[at] for at in remaining],
            shares=[self.shares[at] for at in remaining] if self.shares else None,
            first=days[0][0] if days else None,
            last=days[-1][0] if days else None,
            days=days,
        )

    @property
    def control(self) -> ArmCounts:
        """The arm that the others are compared with: the one named as control, else the first."""
        return self._named or self.arms[0]

    @property
    def is_guessed(self) -> bool:
        """Whether no arm is named as the control."""
        return self._named is None

    @property
    def _named(self) -> ArmCounts | None:
        for name in CONTROL_NAMES:
            for arm in self.arms:
                if arm.variant.strip().casefold() == name:
                    return arm
        return None

    @property
    def users(self) -> int:
        return sum(arm.users for arm in self.arms)

    def iter_daily_looks(self, variant: str) -> Iterable[tuple[ArmCounts, ArmCounts]]:
        """Yield the arm and the control as they stood at the end of each day."""
        control = self.control.variant
        sums = {variant: ArmCounts(variant, 0), control: ArmCounts(control, 0)}
        for _, arms in self.days:
            for name in sums:
                if name in arms:
                    sums[name] = _add_counts(sums[name], arms[name])
            yield sums[variant], sums[control]


def count_outcomes(rows: ir.Table) -> ir.Table:
    """Return one row for each test, metric, variant and day (null without dates). `sums` counts the
    rows whose amount is a sum over several people."""
    amount = rows.value.cast("float64").fill_null(0.0)
    return (
        rows.mutate(day=rows["at"].date(), amount=amount, test=rows.experiment.fill_null("test"))
        .group_by("test", "metric", "variant", "day")
        .aggregate(
            users=lambda t: t.users.sum(),
            successes=lambda t: t.successes.fill_null(0).sum(),
            counted=lambda t: t.successes.count(),
            total=lambda t: t.amount.sum(),
            squares=lambda t: (t.amount * t.amount).sum(),
            paid=lambda t: (t.amount != 0).ifelse(1, 0).sum(),
            sums=lambda t: ((t.users > 1) & (t.amount != 0)).ifelse(1, 0).sum(),
            share=lambda t: t.share.max(),
            title=lambda t: t.title.max(),
        )
        .order_by("test", "metric", "variant", ibis.asc("day", nulls_first=True))
    )


def build_experiments(found: Sequence[dict[str, Any]]) -> list[Experiment]:
    """Build tests from the rows of `count_outcomes`, ordered by name and metric."""
    return [
        _build_experiment(test, metric, list(rows))
        for (test, metric), rows in groupby(found, lambda r: (r["test"], r["metric"]))
    ]


def _build_experiment(test: str, metric: str, rows: list[dict[str, Any]]) -> Experiment:
    arms: dict[str, ArmCounts] = {}
    days: dict[date, dict[str, ArmCounts]] = {}
    shares: dict[str, float] = {}
    for row in rows:
        arm = ArmCounts(
            row["variant"],
            int(row["users"]),
            int(row["successes"]),
            float(row["total"]),
            float(row["squares"]),
            spread=not row["sums"],
            paid=0 if row["sums"] else int(row["paid"]),
        )
        arms[arm.variant] = _add_counts(arms.get(arm.variant, ArmCounts(arm.variant, 0)), arm)
        if row["day"] is not None:
            days.setdefault(row["day"], {})[arm.variant] = arm
        if row["share"]:
            shares[arm.variant] = float(row["share"])
    known = len(shares) == len(arms)
    return Experiment(
        experiment=test,
        metric=metric,
        title=next((row["title"] for row in rows if row["title"]), None),
        arms=list(arms.values()),
        shares=[shares[name] for name in arms] if known else None,
        amounts=not any(row["counted"] for row in rows),
        first=min(days, default=None),
        last=max(days, default=None),
        days=sorted(days.items()),
    )


def _add_counts(arm: ArmCounts, other: ArmCounts) -> ArmCounts:
    return ArmCounts(
        arm.variant,
        arm.users + other.users,
        arm.successes + other.successes,
        arm.total + other.total,
        arm.squares + other.squares,
        arm.spread and other.spread,
        arm.paid + other.paid,
    )
