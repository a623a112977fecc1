"""Read a test's rows as arms: the control, the intended shares, and the counts by day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from bot.data.analyses.experiments.hypothesis_tests import ArmCounts
from bot.data.disclosure import list_publishable
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse, schema_of
from bot.i18n.messages import Words

CONTROL_NAMES = (
    *("control", "controle", "contrôle", "temoin", "témoin", "original", "baseline", "default"),
    *("none", "no e-mail", "no email", "aucun", "sans", "holdout", "a", "0"),
)


@dataclass
class Experiment:
    """One metric of one test, or of the people of one `part` of it. `days` holds each arm's counts
    by day, where rows have dates. `parts` is how many parts are compared: each is one more chance
    to see a difference that is none."""

    experiment: str
    metric: str
    title: str | None
    arms: list[ArmCounts]
    shares: list[float] | None
    amounts: bool  # True: the metric is an amount of money; False: a rate
    first: date | None = None
    last: date | None = None
    days: list[tuple[date, dict[str, ArmCounts]]] = field(default_factory=list)
    part: str | None = None
    parts: int = 1
    is_whole_broken: bool = False  # of a part: the whole test has a broken split

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

    def with_split(self, split: Mapping[str, float]) -> "Experiment":
        """Return the test with these intended shares, where they name all of its variants."""
        known = {name.strip().casefold(): share for name, share in split.items()}
        names = [arm.variant.strip().casefold() for arm in self.arms]
        if not known or {*names} != {*known}:
            return self
        return replace(self, shares=[known[name] for name in names])

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


def find_crossed_people(rows: ir.Table) -> ir.Table:
    """Return `test` and `unit` of the people who were shown several variants of a test."""
    people = rows.filter(rows.unit.notnull()).mutate(test=rows.experiment.fill_null("test"))
    seen = people.group_by("test", "unit").aggregate(seen=people.variant.nunique())
    return seen.filter(seen.seen > 1).select("test", "unit")


def count_outcomes(rows: ir.Table) -> ir.Table:
    """Return one row for each test, metric, `part`, variant and day (null without dates). `sums`
    counts the rows whose amount is a sum over several people."""
    amount = rows.value.cast("float64").fill_null(0.0)
    return (
        rows.mutate(day=rows["at"].date(), amount=amount, test=rows.experiment.fill_null("test"))
        .group_by("test", "metric", "part", "variant", "day")
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
        .order_by(
            "test",
            "metric",
            ibis.asc("part", nulls_first=True),
            "variant",
            ibis.asc("day", nulls_first=True),
        )
    )


def build_experiments(found: Sequence[dict[str, Any]]) -> list[Experiment]:
    """Build tests from the rows of `count_outcomes`, ordered by name, metric and part."""
    return [
        _build_experiment(test, metric, part, list(rows))
        for (test, metric, part), rows in groupby(
            found, lambda r: (r["test"], r["metric"], r["part"])
        )
    ]


def select_parts(parts: Sequence[Experiment], people: int, sales: int) -> list[Experiment]:
    """Return the parts of one metric of a test that may be shown beside the whole: in no variant do
    the people or buyers of a part, or of all parts that are left out, fall below their floor. The
    people of a part without a name are never shown."""
    arms: dict[str, dict[str | None, ArmCounts]] = {}
    for one in parts:
        for arm in one.arms:
            arms.setdefault(arm.variant, {})[one.part] = arm
    sizes = []
    for of_part in arms.values():
        users = {part: arm.users for part, arm in of_part.items()}
        if not is_below_floor(sum(users.values()), people):  # such a variant is in no part
            buyers = {part: arm.buyers for part, arm in of_part.items()}
            sizes += [(users, people), (buyers, sales)]
    kept = {one.part for one in parts if one.part is not None}
    while True:
        shown = set(kept)
        for counts, floor in sizes:
            inside = {part: count for part, count in counts.items() if part in kept}
            unsaid = sum(count for part, count in counts.items() if part not in kept)
            shown -= inside.keys() - set(list_publishable(inside, floor, unsaid=unsaid))
        if shown == kept:
            return [replace(one, parts=len(kept)) for one in parts if one.part in kept]
        kept = shown


def _build_experiment(
    test: str, metric: str, part: str | None, rows: list[dict[str, Any]]
) -> Experiment:
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
        part=part,
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


# Read tests from events: visits that state which variant the visitor was shown.
#
# A person counts once, in the first variant seen, from the first event that names it. People who
# saw two variants are left out and counted separately. The outcome is binary per person: whether a
# purchase followed.

MAX_VARIANTS = 8  # with more variants, the column is not a test but e.g. product or page variants
MAX_MIXED_SHARE = 0.05  # share of people in several variants, from which the column is no test


@dataclass(frozen=True)
class EventExperiment:
    """A test read from events. `rows` have the columns of the experiments' table, one row per
    person; `twice` people saw several variants. There are no rows where there are too many variants
    or the visitors are unknown."""

    rows: ir.Table | None
    people: int
    twice: int
    variants: int
    unnamed: int  # events that name a variant but no visitor


def read_event_experiment(warehouse: Warehouse) -> EventExperiment | None:
    """Return None where no event names a variant."""
    events = warehouse.table("events")
    if events is None:
        return None
    named = events.filter(events.variant.notnull())
    counted = fetch_rows(
        warehouse,
        named.aggregate(
            variants=named.variant.nunique(),
            unnamed=named.visitor.isnull().ifelse(1, 0).sum(),
            events=named.count(),
        ),
    )[0]
    if not counted["events"]:
        return None
    people = _assign_variants(events, named)
    sums = fetch_rows(
        warehouse,
        people.aggregate(people=people.count(), twice=(people.seen > 1).ifelse(1, 0).sum()),
    )[0]
    size, twice = int(sums["people"]), int(sums["twice"] or 0)
    variants, unnamed = int(counted["variants"]), int(counted["unnamed"] or 0)
    fits = 1 < variants <= MAX_VARIANTS and size and twice < MAX_MIXED_SHARE * size and not unnamed
    rows = _build_experiment_rows(people.filter(people.seen == 1), warehouse) if fits else None
    return EventExperiment(rows, size, twice, variants, unnamed)


def describe_unreadable(
    experiment: EventExperiment, file: Words | str, floor: int = 0
) -> Words | None:
    """Return why the events' variants are not read as a test, or who is left out of it."""
    if experiment.unnamed:
        return Words(
            "{file} names a variant without saying who saw it ({n} rows), so it can't be "
            "read as a test. A column with the visitor would let me.",
            file=file,
            n=experiment.unnamed,
        )
    if experiment.variants < 2:
        return Words("{file} names one variant only: nothing to compare.", file=file)
    if experiment.variants > MAX_VARIANTS:
        return Words(
            "{file} names {n} variants: these are no test's, but a product's or a page's.",
            file=file,
            n=experiment.variants,
        )
    if experiment.rows is None and is_below_floor(experiment.twice, floor):
        return Words(
            "{file} shows some visitors several variants, so these are no test's, or the "
            "test is mixed up.",
            file=file,
        )
    if experiment.rows is None:
        return Words(
            "{file} shows {n} of {people} visitors several variants, so these are no "
            "test's, or the test is mixed up.",
            file=file,
            n=experiment.twice,
            people=experiment.people,
        )
    return describe_crossed_people(experiment.twice, file, floor) if experiment.twice else None


def describe_crossed_people(people: int, where: Words | str, floor: int) -> Words:
    """Say how many people are left out because they were shown several variants."""
    if is_below_floor(people, floor):
        return Words("Some visitors in {file} saw several variants; they are left out.", file=where)
    return Words(
        "{n} visitors in {file} saw several variants; they are left out.", file=where, n=people
    )


def _assign_variants(events: ir.Table, named: ir.Table) -> ir.Table:
    """Return for each visitor the number of variants, the first one, since when, on which device
    and in which country, and whether a purchase followed."""
    first = (
        named.filter(named.visitor.notnull())
        .group_by("visitor")
        .aggregate(
            seen=named.variant.nunique(),
            variant=named.variant.min(),
            began=named["at"].min(),
            device=named.device.argmin(named["at"]),
            country=named.country.argmin(named["at"]),
        )
    )
    lines = (
        events.filter(events.step == "purchase", events.visitor.notnull())
        .group_by("visitor")
        .aggregate(last=events["at"].max())
    )
    joined = first.left_join(lines, "visitor")
    return joined.mutate(done=joined["last"].notnull() & (joined["last"] >= joined.began))


def _build_experiment_rows(people: ir.Table, warehouse: Warehouse) -> ir.Table:
    file = warehouse.source("events").file
    made = people.mutate(
        experiment=ibis.literal("visits"),
        title=ibis.literal(file.split(".")[0].replace("_", " ")),  # "shop events"
        unit=people.visitor,
        metric=ibis.literal("purchase"),
        users=ibis.literal(1),
        successes=people.done.ifelse(1, 0),
        at=people.began,
    )
    columns = schema_of("experiments")
    return made.select(
        **{
            name: (made[name] if name in made.columns else ibis.null()).cast(type_)
            for name, type_ in columns.items()
        }
    )
