"""Match the values of conditions to those of the data, and apply conditions to rows."""

import operator
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import reduce

import ibis
import ibis.expr.types as ir

from bot.core.exhibits import QUOTED
from bot.core.metric_query import (
    ANY_VALUE,
    AUDIENCE_FIELD,
    BOUNDS,
    CUSTOMER_FIELDS,
    NO_VALUE,
    SELECTED_FIELDS,
    MetricCondition,
    MetricQuery,
    QueryError,
    parse_day,
    parse_number,
)
from bot.data.metrics.entity_resolution import match_name, value_is_called
from bot.data.metrics.query.dataset import (
    Dimension,
    FieldKind,
    MetricDataset,
    get_field,
)
from bot.data.metrics.query.known_values import (
    list_fields,
    load_values,
    require_column,
)
from bot.data.metrics.query.sale_days import MIN_REDUCED_SHARE, find_sale_days
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import parse_country_code
from bot.i18n.french_regions import find_department
from bot.text.normalize import normalize_text

OPERATORS: Mapping[FieldKind, tuple[str, ...]] = {
    "text": ("is", "in", "is_not", "contains"),
    "number": ("is", "in", "is_not", *BOUNDS, "between"),
    "day": ("is", "in", "is_not", "at_least", "at_most", "between"),
}
MAX_LISTED_VALUES, MAX_NEAR_VALUES = 12, 3
MAX_LISTED_CHARACTERS = 250  # short values, such as regions, are all listed
MAX_CONTAINED_VALUES = 500
SPAN_SIGN = "/"  # between the first and the last day of a sale: 2026-01-07/2026-02-03
NAMED_COLUMNS = ("category", "product")  # whose values people name in their own words
NAMED_FIELDS: Mapping[str, tuple[str, ...]] = {  # the columns that these fields have values of
    "customer_bought": ("product", "category"),
    "with_product": ("product",),
}


# Apply conditions.


def filter_rows(dataset: MetricDataset, rows: ir.Table, query: MetricQuery) -> ir.Table:
    """Return the rows for which one condition of each group holds. Conditions on what is selected
    and on an audience are applied by the dataset."""
    customer_conditions = query.customer_conditions
    for group in query.filters:
        if group and group[0].field in (*SELECTED_FIELDS, AUDIENCE_FIELD):
            continue
        holds = [_holds(dataset, rows, condition, customer_conditions) for condition in group]
        if holds:
            rows = rows.filter(reduce(operator.or_, holds))
    return rows


def name_customer_column(n: int) -> str:
    """Return the column that says whether the n-th condition on the customer holds."""
    return f"customer_condition_{n}"


def _holds(
    dataset: MetricDataset,
    rows: ir.Table,
    condition: MetricCondition,
    customer_conditions: Sequence[MetricCondition],
) -> ir.BooleanValue:
    if condition.field in CUSTOMER_FIELDS:
        column = name_customer_column(customer_conditions.index(condition))
        return rows[column].fill_null(False)
    field = get_field(dataset, condition.field)
    assert field is not None
    assert field.value is not None
    value = field.value(rows)
    if condition.values == (ANY_VALUE,):
        return value.isnull() if condition.operator == "is_not" else value.notnull()
    if condition.values == (NO_VALUE,):
        return value.notnull() if condition.operator == "is_not" else value.isnull()
    if field.kind == "number":
        return holds_number(value.cast("float64"), condition).fill_null(False)
    if field.kind == "day":
        return holds_day(value, condition).fill_null(False)
    if condition.field == "sale_day":
        return _is_sale_day(value, condition)
    inside = value.isin(condition.values).fill_null(False)
    return ~inside if condition.operator == "is_not" else inside


def _is_sale_day(day: ir.Value, condition: MetricCondition) -> ir.BooleanValue:
    """Whether the day is in one of the spans, or with `is_not` in none of them."""
    inside: ir.BooleanValue = ibis.literal(False)
    for span in condition.values:
        first, last = map(date.fromisoformat, span.split(SPAN_SIGN))
        inside = inside | day.between(ibis.literal(first), ibis.literal(last))
    return ~inside if condition.operator == "is_not" else inside


def holds_number(value: ir.Value, condition: MetricCondition) -> ir.BooleanValue:
    return _holds_ordered(value, condition.operator, [float(one) for one in condition.values])


def holds_day(value: ir.Value, condition: MetricCondition) -> ir.BooleanValue:
    days = [ibis.literal(date.fromisoformat(one)) for one in condition.values]
    return _holds_ordered(value, condition.operator, days)


def _holds_ordered(value: ir.Value, operator_: str, bounds: Sequence[object]) -> ir.BooleanValue:
    if operator_ in BOUNDS:
        return BOUNDS[operator_](value, bounds[0])
    if operator_ == "between":
        return (value >= bounds[0]) & (value <= bounds[1])
    inside = value.isin(bounds)
    return ~inside if operator_ == "is_not" else inside


# Match the values.


def resolve_conditions(
    warehouse: Warehouse, dataset: MetricDataset, query: MetricQuery
) -> tuple[MetricQuery, list[str]]:
    """Return the query with the data's own values in its conditions, and how words were understood.
    Raises QueryError for a field that the dataset lacks, and for an unknown value."""
    for group in query.filters:
        if len(group) > 1 and any(one.field in SELECTED_FIELDS for one in group):
            raise QueryError("{field} stands in a group of its own.", field=SELECTED_FIELDS[0])
    notes: list[str] = []
    groups = tuple(
        _resolve_group(warehouse, dataset, group, notes) for group in query.filters if group
    )
    return query.model_copy(update={"filters": groups}), notes


class UnknownValue(QueryError):
    """A value that the data don't have."""


def _resolve_group(
    warehouse: Warehouse,
    dataset: MetricDataset,
    group: Sequence[MetricCondition],
    notes: list[str],
) -> tuple[MetricCondition, ...]:
    """Return the conditions of which one suffices. One whose value the data don't have is left out
    where another stands."""
    found, errors = list[MetricCondition](), list[UnknownValue]()
    for condition in group:
        try:
            found.append(_resolve(warehouse, dataset, condition, notes))
        except UnknownValue as error:
            errors.append(error)
    if errors and not found:
        raise errors[0]
    notes += [f"{error} Say that only the others count." for error in errors]
    return tuple(found)


def _resolve(
    warehouse: Warehouse, dataset: MetricDataset, condition: MetricCondition, notes: list[str]
) -> MetricCondition:
    condition = choose_place_field(warehouse, dataset, condition)
    if condition.field == AUDIENCE_FIELD:
        return condition
    field = get_field(dataset, condition.field)
    if field is None:
        raise QueryError(
            "{dataset} can't be filtered by {field}. They can be by: {known}.",
            dataset=dataset.name,
            field=condition.field,
            known=list_fields(warehouse, {**dataset.dimensions, **dataset.fields}, dataset),
        )
    if condition.operator not in OPERATORS[field.kind]:
        raise QueryError(
            "{field} takes the operators {known}, not {operator}.",
            field=condition.field,
            known=", ".join(OPERATORS[field.kind]),
            operator=condition.operator,
        )
    values = tuple(value.strip() for value in condition.values if value.strip())
    needed = 2 if condition.operator == "between" else 1
    if len(values) < needed:
        raise QueryError(
            "{field} {operator} needs {n} values.",
            field=condition.field,
            operator=condition.operator,
            n=needed,
        )
    require_column(warehouse, dataset, field.needs)
    if isinstance(field, Dimension):
        require_column(warehouse, dataset, field.also_needs)
    has_value = {normalize_text(value) for value in values} <= {ANY_VALUE, NO_VALUE}
    if has_value and condition.operator in ("is", "in", "is_not"):
        return condition.model_copy(update={"values": tuple(map(normalize_text, values[:1]))})
    if field.kind == "number":
        return condition.model_copy(update={"values": tuple(map(parse_number, values))})
    if field.kind == "day":
        return condition.model_copy(update={"values": tuple(map(parse_day, values))})
    if condition.field == "sale_day":
        return _resolve_sale_days(warehouse, condition, values, notes)
    return _resolve_texts(warehouse, dataset, condition, values, notes)


def choose_place_field(
    warehouse: Warehouse, dataset: MetricDataset, condition: MetricCondition
) -> MetricCondition:
    """Return the condition on the region as one on the département where all values are that."""
    if condition.field == "region" and "department" in dataset.dimensions:
        known = load_values(warehouse, dataset, "department")
        if all(find_department(value) in known for value in condition.values):
            return condition.model_copy(update={"field": "department"})
    return condition


def _resolve_sale_days(
    warehouse: Warehouse, condition: MetricCondition, values: Sequence[str], notes: list[str]
) -> MetricCondition:
    spans = find_sale_days(warehouse) or ()
    if {normalize_text(value) for value in values} not in ({"yes"}, {"no"}):
        raise QueryError("sale_day is yes or no.")
    is_no = (normalize_text(values[0]) == "no") != (condition.operator == "is_not")
    listed = "; ".join(f"{first} to {last}" for first, last in spans) or "none"
    notes.append(
        f"Sale days are those on which at least {MIN_REDUCED_SHARE:.0%} of the products were "
        f"reduced, by the price history: {listed}."
    )
    days = tuple(f"{first}{SPAN_SIGN}{last}" for first, last in spans)
    return condition.model_copy(update={"operator": "is_not" if is_no else "in", "values": days})


def _resolve_texts(
    warehouse: Warehouse,
    dataset: MetricDataset,
    condition: MetricCondition,
    values: Sequence[str],
    notes: list[str],
) -> MetricCondition:
    names = NAMED_FIELDS.get(condition.field, (condition.field,))
    known = {name: load_values(warehouse, dataset, name) for name in names}
    found, unknown = list[str](), list[str]()
    for value in values:
        if condition.operator == "contains":
            matches = [
                one
                for name in names
                for one, called in known[name].items()
                if normalize_text(value) in normalize_text(f"{one} {called}")
            ][:MAX_CONTAINED_VALUES]
        else:
            matches = _match(value, known)
        if not matches:
            unknown.append(value)
            continue
        called = {name for one in matches for name in [_name_of(one, known)]}
        if _strip_quotes(value) not in {_strip_quotes(one) for one in (*matches, *called)}:
            notes.append(f"“{value}” was read as {', '.join(sorted(called)[:MAX_LISTED_VALUES])}.")
        found += matches
    if unknown and not found:
        raise _build_unknown_value(dataset, condition.field, unknown, known)
    if unknown:
        listed = ", ".join(unknown)
        near = ", ".join(dict.fromkeys(n for one in unknown for n in _list_near_values(one, known)))
        near = f" Near it: {near}. Say that only the others count." if near else ""
        notes.append(
            f"In {dataset.name} no {condition.field} is called {listed}: none has it.{near}"
        )
    operator_ = "in" if condition.operator == "contains" else condition.operator
    return condition.model_copy(
        update={"values": tuple(dict.fromkeys(found)), "operator": operator_}
    )


def _strip_quotes(name: str) -> str:
    return normalize_text(name).strip(QUOTED)


def _name_of(value: str, known: Mapping[str, Mapping[str, str]]) -> str:
    return next((names[value] for names in known.values() if value in names), value)


def _match(value: str, known: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the values that this is the value, the name or the country of; else the one category
    or product that has all of its words."""
    plain = normalize_text(value)
    for name, values in known.items():
        exact = [
            one
            for one, called in values.items()
            if plain in (normalize_text(one), normalize_text(called))
        ]
        if not exact:
            exact = [v for v, c in values.items() if value_is_called(name, v, c, value)]
        if not exact and name == "country" and (code := parse_country_code(value)):
            exact = [one for one in values if parse_country_code(one) == code]
        if exact:
            return exact
    for name in NAMED_COLUMNS:
        if found := match_name(value, known.get(name, {}), by_kind=name == "category").found:
            return list(found)
    return []


def _list_near_values(value: str, known: Mapping[str, Mapping[str, str]]) -> list[str]:
    plain = {normalize_text(name): name for values in known.values() for name in values.values()}
    near = [one for name in NAMED_COLUMNS for one in match_name(value, known.get(name, {})).near]
    near += [called for one, called in plain.items() if normalize_text(value) in one]
    near += [plain[one] for one in get_close_matches(normalize_text(value), plain, n=3)]
    return list(dict.fromkeys(near))[:MAX_NEAR_VALUES]


def _build_unknown_value(
    dataset: MetricDataset,
    field: str,
    unknown: Sequence[str],
    known: Mapping[str, Mapping[str, str]],
) -> "UnknownValue":
    names = list(dict.fromkeys(called for values in known.values() for called in values.values()))
    near = [one for value in unknown for one in _list_near_values(value, known)]
    shown, size = list[str](), 0
    for name in names:
        size += len(name) + 2
        if size > MAX_LISTED_CHARACTERS and len(shown) >= MAX_LISTED_VALUES:
            break
        shown.append(name)
    listed = ", ".join(shown)
    if len(names) > len(shown):
        listed += f" and {len(names) - len(shown)} more"
    words = {
        "field": "product or category" if field == "customer_bought" else field,
        "value": ", ".join(unknown),
        "dataset": dataset.name,
        "known": listed or "none",
    }
    if near:
        return UnknownValue(
            "There is no {field} called {value} in {dataset}. Near it: {near}. There are: {known}.",
            near=", ".join(dict.fromkeys(near)),
            **words,
        )
    return UnknownValue(
        "There is no {field} called {value} in {dataset}. There are: {known}.", **words
    )
