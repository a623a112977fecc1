"""Read tests from events: visits that state which variant the visitor was shown.

A person counts once, in the first variant seen, from the first event that names it. People who saw
two variants are left out and counted separately. The outcome is binary per person: whether a
purchase followed."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from bot.core.source import Source
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse, schema_of
from bot.i18n.messages import Words

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
    if is_below_floor(experiment.twice, floor):
        return Words("Some visitors in {file} saw several variants; they are left out.", file=file)
    if experiment.twice:
        return Words(
            "{n} visitors in {file} saw several variants; they are left out.",
            file=file,
            n=experiment.twice,
        )
    return None


def _assign_variants(events: ir.Table, named: ir.Table) -> ir.Table:
    """Return for each visitor the number of variants, the first one, since when, and whether a
    purchase followed."""
    first = (
        named.filter(named.visitor.notnull())
        .group_by("visitor")
        .aggregate(
            seen=named.variant.nunique(), variant=named.variant.min(), began=named["at"].min()
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
    made = people.mutate(
        experiment=ibis.literal("visits"),
        title=ibis.literal(_format_source_name(warehouse.source("events"))),
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


def _format_source_name(source: Source) -> str:
    """Return a readable name of the file: "shop events" for shop_events.csv."""
    return source.file.split(".")[0].replace("_", " ")
