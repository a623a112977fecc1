"""Validate a filter: whether a kind of data can be filtered that way, and whether the value exists.

An analysis without matching rows says how many rows it needs. That would be a wrong answer for a
country without orders, or for a product that has another name."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.result import TABLES_BY_KIND, AnalysisFilter, split_names, split_values
from bot.data.warehouse.places import is_in_region
from bot.data.warehouse.purchases import CANCELLED_STATUSES, segments_table
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import OPTION_SEPARATOR, Warehouse
from bot.errors import CannotDo
from bot.i18n.countries import list_country_spellings
from bot.i18n.messages import Words

# The rows that match a filter, and the whole days.

NO_SEGMENTS = Words(
    "Segments stand in the customers' file, and there is none yet. Import it first."
)
FILTER_NAMES = {
    "product": Words("product"),
    "category": Words("category"),
    "country": Words("country"),
    "region": Words("region"),
    "device": Words("device"),
    "source": Words("source"),
    "retailer": Words("platform"),
    "placement": Words("placement"),
    "name": Words("campaign"),
    "code": Words("code"),
    "reason": Words("reason"),
    "variant": Words("variant"),
    "late": Words("day promised"),
    "promised": Words("day promised"),
}
# what files say of customers, and not of what they did
PEOPLE_TYPES = {"segment": "string", "level": "string", "points": "float64", "city": "string"}


# what is told up to the newest rows; all else may be about days to come, or a test's
ENDS_WITH_DATA = ("sellers", "feedback", "trends", "delivery", "funnel", "campaigns", "segments")


def find_last_whole_day(warehouse: Warehouse, kind: str, filter_: AnalysisFilter) -> date:
    """Return the last whole day: not today, which is not over."""
    whole = min(warehouse.as_of(kind), warehouse.today - timedelta(days=1))
    return min(whole, filter_.until) if filter_.until else whole


def filter_rows(warehouse: Warehouse, kind: str, filter_: AnalysisFilter) -> ir.Table:
    """Return the rows of a kind (orders, events) that match the filter. Raises CannotDo where the
    kind has no such column."""
    table = warehouse.rows(kind)
    if filter_.since:
        table = table.filter(table.at >= ibis.literal(filter_.since).cast("timestamp"))
    if filter_.segment:
        table = filter_segment(warehouse, table, filter_.segment)
    if filter_.brand:
        table = filter_brand(warehouse, table, filter_.brand)
    for name, wanted in list_wanted_values(filter_).items():
        table = _apply_filter(warehouse, kind, table, name, wanted)
    return table


def add_category(warehouse: Warehouse, table: ir.Table) -> ir.Table:
    """Return the rows with the catalogue's category where they have none."""
    if warehouse.products is None:
        return table
    known = warehouse.products.filter(warehouse.products.category.notnull()).select(
        known="product", known_category="category"
    )
    joined = table.left_join(known, table.product == known.known)
    category = ibis.coalesce(joined.category, joined.known_category)
    return joined.mutate(category=category).drop("known", "known_category")


def build_people(warehouse: Warehouse) -> ir.Table | None:
    """Return `customer`, `segment`, the `level` and `points` of the loyalty programme, and `city`,
    one row for each customer that a file describes; None where none does."""
    parts = []
    for kind, names in (("customers", (*PEOPLE_TYPES,)), ("consents", ("segment", "city"))):
        table = warehouse.table(kind)
        if table is not None:
            columns = {
                name: table[name].cast(type_) if name in names else ibis.null(type_)
                for name, type_ in PEOPLE_TYPES.items()
            }
            parts.append(table.select(customer=table.customer, **columns))
    if not parts:
        return None
    people = ibis.union(*parts)
    return people.group_by("customer").aggregate(
        **{name: people[name].max() for name in PEOPLE_TYPES}
    )


def add_people(warehouse: Warehouse, rows: ir.Table) -> ir.Table:
    """Return the rows with what `build_people` knows of their customer. A segment that they have
    themselves stays."""
    people = build_people(warehouse)
    if people is None:
        return rows
    people = people.rename(of="customer", known_segment="segment")
    rows = rows.left_join(people, rows.customer == people.of).drop("of")
    own = (rows.segment,) if "segment" in rows.columns else ()
    return rows.mutate(segment=ibis.coalesce(*own, rows.known_segment)).drop("known_segment")


def name_reviewers(warehouse: Warehouse, reviews: ir.Table) -> ir.Table:
    """Return the reviews with their `customer`, that of their order where they name none; `buyer`,
    the same where it is a customer of the orders; and the `country` that this customer's orders
    went to where they name none."""
    orders = None if "orders" in warehouse.damaged else warehouse.table("orders")
    if orders is None:
        return reviews.mutate(buyer=ibis.null("string"))
    known = orders.filter(orders.customer.notnull())
    placed = known.group_by(of_order="order").aggregate(orderer=known.customer.max())
    reviews = reviews.left_join(placed, reviews["order"] == placed.of_order)
    reviews = reviews.mutate(customer=ibis.coalesce(reviews.customer, reviews.orderer))
    buyers = known.group_by(buyer="customer").aggregate(
        home=(known.country.nunique() == 1).ifelse(known.country.max(), ibis.null("string"))
    )
    reviews = reviews.left_join(buyers, reviews.customer == buyers.buyer)
    country = ibis.coalesce(reviews.country, reviews.home)
    return reviews.mutate(country=country).drop("of_order", "orderer", "home")


def is_late(lines: ir.Table) -> ir.Value:
    """Whether what was ordered came after the promised day, or has not come though that day is
    over. Null where it is not over, unless only what came is taken, or not known."""
    came_late = lines.delivered.isnull() | (lines.delivered > lines.promised)
    return (lines.promised < lines.due_before).ifelse(came_late, ibis.null("boolean"))


def add_deliveries(warehouse: Warehouse, rows: ir.Table, *, has_arrived: bool = False) -> ir.Table:
    """Return the rows with when their order was `delivered`, and whether it was `late`. With
    `has_arrived`, only those count that were delivered."""
    orders = None if "orders" in warehouse.damaged else warehouse.table("orders")
    if orders is None:
        return rows.mutate(late=ibis.null("boolean"), delivered=ibis.null("date"))
    last_known = min(warehouse.as_of("orders"), warehouse.today - timedelta(days=1))
    lines = orders.mutate(due_before=ibis.literal(date.max if has_arrived else last_known))
    lines = lines.filter(~lines.status.lower().isin(CANCELLED_STATUSES).fill_null(False))
    sent = lines.group_by(of_order="order").aggregate(
        late=is_late(lines).any(), delivered=lines.delivered.max()
    )
    return rows.left_join(sent, rows["order"] == sent.of_order).drop("of_order")


OPTION_COLUMNS = {"colour": "colours", "size": "sizes"}  # of a line → of the catalogue
LIST_SEPARATOR = r"\s*[,/|]\s*"  # between the options of a variant: "M / Blue"
OPTION_NAME = r"[^,:|/]+:\s*"  # "Colour: blue"


def add_options(warehouse: Warehouse, table: ir.Table) -> ir.Table:
    """Return the rows with `colour` and `size`: the part of the variant that the catalogue lists
    among the colours or sizes of the product, spelled alike for all products. Null where it lists
    none."""
    for name, listed in OPTION_COLUMNS.items():
        products = warehouse.products
        if products is None or listed not in products.columns:
            table = table.mutate(**{name: ibis.null("string")})
            continue
        options = products.filter(products[listed].notnull()).select(
            of_product=products.product, option=products[listed].split(OPTION_SEPARATOR).unnest()
        )
        options = options.mutate(option=_.option.min().over(group_by=_.option.lower()))
        pairs = table.filter(_.variant.notnull()).select("product", "variant").distinct()
        pairs = pairs.join(options, pairs.product == options.of_product)
        parts = _spell_parts(pairs.variant.re_replace(OPTION_NAME, ""))
        found = pairs.filter(parts.contains(_spell_parts(pairs.option)))
        found = found.group_by(known=found.product, of_variant=found.variant).aggregate(
            **{name: found.option.max()}
        )
        both = (table.product == found.known) & (table.variant == found.of_variant)
        table = table.left_join(found, both).drop("known", "of_variant")
    return table


def _spell_parts(value: ir.Value) -> ir.Value:
    """Return ", m, blue, " for "M / Blue"."""
    comma = ibis.literal(", ")
    return comma + value.lower().re_replace(LIST_SEPARATOR, ", ") + comma


def filter_brand(warehouse: Warehouse, table: ir.Table, brand: str) -> ir.Table:
    """Return the rows whose product is of this brand, which only the catalogue knows. Raises
    CannotDo where it has no such brand."""
    known = warehouse.products
    if known is not None:
        known = known.filter(known.brand.lower() == brand.lower())
    if (
        known is None
        or not fetch_rows(warehouse, known.aggregate(products=known.count()))[0]["products"]
    ):
        raise CannotDo(
            "The catalogue names no brand called {brand}, so nothing can be told by it. "
            "Import the products with their brand.",
            brand=brand,
        )
    return table.semi_join(known, "product")


def list_wanted_values(filter_: AnalysisFilter) -> dict[str, str]:
    """Return column → the value that the filter wants of it. A marketing channel is the source of a
    visit or an order."""
    wanted: dict[str, Any] = {
        "product": filter_.product,
        "category": filter_.category,
        "country": filter_.country,
        "region": filter_.region,
        "device": filter_.device,
        "source": filter_.source or filter_.channel,
    }
    return {name: str(value) for name, value in wanted.items() if value is not None}


def refuse_column(source: Words | str, column: Words) -> CannotDo:
    return CannotDo(
        "{source} does not say the {column}, so nothing can be told by it.",
        source=source,
        column=column,
    )


def _apply_filter(
    warehouse: Warehouse, kind: str, table: ir.Table, name: str, wanted: str
) -> ir.Table:
    if name not in table.columns:
        raise refuse_column(warehouse.source(kind).words(), FILTER_NAMES[name])
    if name == "category":
        table = add_category(warehouse, table)
    return table.filter(holds_value(warehouse, kind, table, name, wanted))


def holds_value(
    warehouse: Warehouse, kind: str, rows: ir.Table, column: str, wanted: str
) -> ir.BooleanValue:
    if column == "region":
        return is_in_region(warehouse, kind, rows, wanted)
    if column == "country":
        return rows[column].lower().isin(sorted(list_country_spellings(wanted)))
    if column == "category":
        return rows[column].lower().isin([one.lower() for one in split_names(wanted)])
    holds: ir.BooleanValue = rows[column].lower() == wanted.lower()
    return holds


def filter_segment(warehouse: Warehouse, table: ir.Table, segment: str) -> ir.Table:
    """Return the rows of the people in this segment. Raises CannotDo where no file has segments."""
    people = segments_table(warehouse)
    if people is None:
        raise CannotDo(NO_SEGMENTS)
    inside = people.filter(people.segment.lower() == segment.lower())
    person = "customer" if "customer" in table.columns else "visitor"
    return table.semi_join(inside, table[person] == inside.customer)


PLACE_FILTERS = ("country", "region", "device", "source", "channel")
AD_FILTERS = ("retailer", "placement", "without_campaign")
PRODUCT_FILTERS = ("product", "category", "brand")
DAY_FILTERS = ("since", "until")
FILTERS_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "segments": ("product", "category", "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "behaviour": ("product", "category", "days", *PLACE_FILTERS, *DAY_FILTERS),
    "feedback": (
        *PRODUCT_FILTERS,
        "segment",
        "channel",
        "country",
        "region",
        "language",
        "stars",
        *DAY_FILTERS,
    ),
    "trends": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "funnel": (*PRODUCT_FILTERS, "segment", "country", "device", "source", "channel", "until"),
    "delivery": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
    "campaigns": ("product", "channel", *AD_FILTERS, *DAY_FILTERS),
    "experiments": ("experiment", "split", "by", "when", *DAY_FILTERS),
    "plan": ("product", "country", "device", "source", "language", "rule", "until"),
    "audiences": ("product", "category", "country", "goal", "rule"),
    "sellers": (*PRODUCT_FILTERS, "segment", *PLACE_FILTERS, *DAY_FILTERS),
}
FILTER_COLUMNS = {"without_campaign": "name"}  # where they are not called the same
KINDS_WITH_CHANNEL = ("feedback", "campaigns")  # the kinds whose rows have their own channel column
# the filters that may hold several values, "FR, GB" or "Bath; Bed", by kind
SEVERAL_VALUES: Mapping[str, tuple[str, ...]] = {
    "feedback": ("category", "country", "channel"),
    **dict.fromkeys(("audiences", "trends", "delivery", "funnel"), ("category",)),
}
MAX_SUGGESTIONS = 8  # existing values that are listed instead


def validate_filter(warehouse: Warehouse, kind: str, filter_: AnalysisFilter) -> AnalysisFilter:
    """Return the filter, with a product's title replaced by its reference, and its days up to the
    last whole one of the data. Raises CannotDo for a column that the kind lacks, and for a value
    that does not exist."""
    names = [field_.name for field_ in fields(filter_) if getattr(filter_, field_.name) is not None]
    for name in names:
        if name not in FILTERS_BY_KIND[kind]:
            raise CannotDo(
                "{kind} can't be narrowed by {name}, but by: {known}.",
                kind=kind,
                name=name,
                known=", ".join(FILTERS_BY_KIND[kind]),
            )
    if filter_.rule:
        _check_rule(filter_.rule)
    table = warehouse.table(TABLES_BY_KIND[kind][0])
    if table is None:
        return filter_
    if kind in ENDS_WITH_DATA and filter_.until:
        last = find_last_whole_day(warehouse, TABLES_BY_KIND[kind][0], filter_)
        if last >= (filter_.since or last):
            filter_ = replace(filter_, until=last)
    for name in ("category", *PLACE_FILTERS, *AD_FILTERS):
        if (wanted := getattr(filter_, name)) is not None:
            several = name in SEVERAL_VALUES.get(kind, ())
            split = split_names if name == "category" else split_values
            for one in split(wanted) if several else [wanted]:
                _check_value(warehouse, kind, table, name, one)
    if filter_.segment and kind != "segments":
        _check_segment(warehouse, table, filter_.segment)
    if filter_.product is None:
        return filter_
    return replace(
        filter_, product=_find_product(warehouse, TABLES_BY_KIND[kind][0], filter_.product)
    )


def _check_rule(rule: str) -> None:
    try:
        AudienceRule.model_validate_json(rule)
    except ValueError:
        raise CannotDo(
            "rule wants an audience's rule as JSON, as `facts audiences` prints it."
        ) from None


def _check_value(warehouse: Warehouse, kind: str, table: ir.Table, name: str, wanted: str) -> None:
    """Raises CannotDo for a value that no row has, and lists the existing ones."""
    column = FILTER_COLUMNS.get(name, name)
    if name == "channel" and kind not in KINDS_WITH_CHANNEL:
        column = "source"
    if column not in table.columns:
        return  # the analysis reports it itself
    rows = add_category(warehouse, table) if column == "category" else table
    known = rows.filter(rows[column].notnull())
    holds = holds_value(warehouse, TABLES_BY_KIND[kind][0], known, column, wanted)
    if fetch_rows(warehouse, known.filter(holds).select(column).limit(1)):
        return
    counted = known.group_by(column).aggregate(n=known.count())
    most = fetch_rows(warehouse, counted.order_by(ibis.desc("n"), column).limit(MAX_SUGGESTIONS))
    source = warehouse.source(TABLES_BY_KIND[kind][0]).words()
    called = FILTER_NAMES.get(column, Words("channel"))
    if not most:
        raise refuse_column(source, called)
    raise CannotDo(
        "{source} has no {column} called {wanted}. It has: {known}.",
        source=source,
        column=called,
        wanted=wanted,
        known=", ".join(row[column] for row in most),
    )


def _check_segment(warehouse: Warehouse, table: ir.Table, wanted: str) -> None:
    """Raises CannotDo for a segment that is neither in the customers' file nor in the rows."""
    people = segments_table(warehouse)
    named = [one for one in (people, table) if one is not None and "segment" in one.columns]
    known = {row["segment"] for one in named for row in fetch_rows(warehouse, _select_named(one))}
    if not known:
        raise CannotDo(NO_SEGMENTS)
    if wanted.lower() not in {one.lower() for one in known}:
        raise CannotDo(
            "There is no segment called {wanted}. There are: {known}.",
            wanted=wanted,
            known=", ".join(sorted(known)[:MAX_SUGGESTIONS]),
        )


def _select_named(table: ir.Table) -> ir.Table:
    return table.filter(table.segment.notnull()).select("segment").distinct()


def _find_product(warehouse: Warehouse, kind: str, wanted: str) -> str:
    """Return the reference of the product with this name, in the catalogue, the orders or the
    filtered rows. Raises CannotDo."""
    from bot.data.metrics.entity_resolution import match_name

    titles = _load_titles(warehouse, kind)
    matches = match_name(wanted, titles)
    if matches.found:
        return matches.found[0]
    if not matches.near:
        raise CannotDo("There is no product {name}.", name=wanted)
    raise CannotDo(
        "There is no product {name}. Near it: {known}.", name=wanted, known=", ".join(matches.near)
    )


def _load_titles(warehouse: Warehouse, kind: str) -> dict[str, str]:
    """Return reference → title of all known products. A review's title is no product's title."""
    key = ("product titles", kind)
    if key not in warehouse.released:
        titles: dict[str, str] = {}
        tables = (warehouse.table(kind), warehouse.table("orders"), warehouse.products)
        for at, rows in enumerate(tables):
            if rows is None or "product" not in rows.columns:
                continue
            title = rows["title"] if at else ibis.null("string")
            named = rows.filter(rows["product"].notnull()).select("product", called=title)
            for row in fetch_rows(warehouse, named.distinct()):
                product = row["product"]
                titles[product] = row["called"] or titles.get(product, product)
        warehouse.released[key] = titles
    known: dict[str, str] = warehouse.released[key]
    return known


# The currency of a kind's amounts: the one of most rows.


def list_currencies(warehouse: Warehouse, kind: str) -> list[str]:
    """Return all currencies of a kind, the one with most rows first. Amounts are never summed
    across them."""
    table = warehouse.table(kind)
    if table is None or "currency" not in table.columns:
        return []
    known = table.filter(table.currency.notnull())
    counted = fetch_rows(warehouse, known.group_by("currency").aggregate(rows=known.count()))
    return [row["currency"] for row in sorted(counted, key=lambda r: (-r["rows"], r["currency"]))]
