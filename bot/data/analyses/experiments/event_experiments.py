"""Tests that stand in the events: visits that say which variant their visitor was shown.

A person counts once, in the variant first seen, from the first event that names it; who was shown
two is left out of all and counted apart. Whether a purchase came after that is a yes or a no for
each person.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from bot.core.source import Source
from bot.data.floors import is_below_floor
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse, schema_of
from bot.i18n.messages import Words

MAX_VARIANTS = 8  # variants: more are no test's, but the variants of products or of pages
MAX_MIXED_SHARE = 0.05  # of the people in several variants, from which it is no test's arm


@dataclass(frozen=True)
class EventExperiment:
    """`rows` are like those of the experiments' table, one a person; `twice` people saw several
    variants. With more variants than a test has, or a visitor who is not told, there are none."""

    rows: ir.Table | None
    people: int
    twice: int
    variants: int
    unnamed: int  # events that name a variant and no visitor


def read_event_experiment(shelf: Warehouse) -> EventExperiment | None:
    """None where no event names a variant."""
    events = shelf.table("events")
    if events is None:
        return None
    named = events.filter(events.variant.notnull())
    counted = fetch_rows(
        shelf,
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
        shelf, people.aggregate(people=people.count(), twice=(people.seen > 1).ifelse(1, 0).sum())
    )[0]
    size, twice = int(sums["people"]), int(sums["twice"] or 0)
    variants, unnamed = int(counted["variants"]), int(counted["unnamed"] or 0)
    fits = 1 < variants <= MAX_VARIANTS and size and twice < MAX_MIXED_SHARE * size and not unnamed
    rows = _build_experiment_rows(people.filter(people.seen == 1), shelf) if fits else None
    return EventExperiment(rows, size, twice, variants, unnamed)


def describe_unreadable(found: EventExperiment, file: Words | str, floor: int = 0) -> Words | None:
    """Why the events' variants are not read as a test, or who is left out of it."""
    if found.unnamed:
        return Words(
            "{file} names a variant without saying who saw it ({n} rows), so it can't be "
            "read as a test. A column with the visitor would let me.",
            file=file,
            n=found.unnamed,
        )
    if found.variants < 2:
        return Words("{file} names one variant only: nothing to compare.", file=file)
    if found.variants > MAX_VARIANTS:
        return Words(
            "{file} names {n} variants: these are no test's, but a product's or a page's.",
            file=file,
            n=found.variants,
        )
    if found.rows is None and is_below_floor(found.twice, floor):
        return Words(
            "{file} shows some visitors several variants, so these are no test's, or the "
            "test is mixed up.",
            file=file,
        )
    if found.rows is None:
        return Words(
            "{file} shows {n} of {people} visitors several variants, so these are no "
            "test's, or the test is mixed up.",
            file=file,
            n=found.twice,
            people=found.people,
        )
    if is_below_floor(found.twice, floor):
        return Words("Some visitors in {file} saw several variants; they are left out.", file=file)
    if found.twice:
        return Words(
            "{n} visitors in {file} saw several variants; they are left out.",
            file=file,
            n=found.twice,
        )
    return None


def _assign_variants(events: ir.Table, named: ir.Table) -> ir.Table:
    """visitor: how many variants, the first, since when, bought after it."""
    first = (
        named.filter(named.visitor.notnull())
        .group_by("visitor")
        .aggregate(
            seen=named.variant.nunique(), variant=named.variant.min(), began=named["at"].min()
        )
    )
    bought = (
        events.filter(events.step == "purchase", events.visitor.notnull())
        .group_by("visitor")
        .aggregate(last=events["at"].max())
    )
    joined = first.left_join(bought, "visitor")
    return joined.mutate(done=joined["last"].notnull() & (joined["last"] >= joined.began))


def _build_experiment_rows(people: ir.Table, shelf: Warehouse) -> ir.Table:
    made = people.mutate(
        experiment=ibis.literal("visits"),
        title=ibis.literal(_format_source_name(shelf.source("events"))),
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
    """The file's name as people say it: "shop events" of shop_events.csv."""
    return source.file.split(".")[0].replace("_", " ")
