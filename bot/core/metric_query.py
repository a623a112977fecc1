"""Queries of the data: a query of figures, and the plan of a test.

A query of figures has measures of one dataset, grouped, filtered, and compared with another period.
`metric_names.toml` has the names that a caller may ask for. What each of them means is defined
beside the dataset, in `bot/data/metrics/query/`.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from bot.text.normalize import tokenize, word_set

if TYPE_CHECKING:
    from bot.core.audience_rule import AudiencePurpose

DatasetName = Literal["orders", "visits", "campaigns", "feedback", "traffic"]
NAMES = tomllib.loads(Path(__file__).with_name("metric_names.toml").read_text(encoding="utf-8"))
if TYPE_CHECKING:
    MeasureName: TypeAlias = str
    DimensionName: TypeAlias = str
    FieldName: TypeAlias = str
else:
    MeasureName = Literal[tuple(chain.from_iterable(NAMES["measures"].values()))]
    DimensionName, FieldName = Literal[tuple(NAMES["dimensions"])], Literal[tuple(NAMES["fields"])]
OperatorName = Literal["is", "is_not", "in", "at_least", "at_most", "between", "contains"]
ComparisonName = Literal["none", "previous_period", "same_period_last_year", "dates"]
OrderName = Literal["highest", "lowest", "natural"]

TIME_DIMENSIONS = ("day", "week", "month", "quarter", "year", "weekday", "hour")
DATED_DIMENSIONS = ("day", "week", "month", "quarter", "year")  # their values are first days
ORDERED_DIMENSIONS = (*TIME_DIMENSIONS, "first_order_month")  # whose groups have an order in time
CUSTOMER_FIELDS = (  # conditions on the customer, over everything that the customer ever ordered
    "customer_orders",
    "customer_spent",
    "customer_first_order",
    "customer_last_order",
    "customer_ordered",
    "customer_not_ordered",
    "customer_bought",
)
# conditions on what the customer has among the rows that all else selects
SELECTED_FIELDS = ("selected_orders", "selected_spent")
ANY_VALUE, NO_VALUE = "any", "none"  # as the value of a condition: one is set, or none is
OTHERS_VALUE = "others"  # the groups that are too small to be shown, together
MAX_DIMENSIONS, MAX_MEASURES = 2, 8
TestPlace = Literal["visit", "product", "basket", "checkout", "subject", "letter"]
PLACE_WORDS: tuple[tuple[TestPlace, frozenset[str]], ...] = (  # the first that fits
    ("subject", word_set("subject subjects objet objets")),
    ("letter", word_set("email emails mail mails newsletter newsletters infolettre infolettres")),
    ("checkout", word_set("checkout payment paying purchase paiement payer caisse tunnel")),
    ("basket", word_set("basket cart delivery panier livraison")),
    ("product", word_set("product photo photos picture pictures fiche fiches produit")),
)
MESSAGE_PLACES = ("subject", "letter")  # tested on people who are written to


class QueryError(Exception):
    """A query that can't be answered as it was asked. The reason is for the model that asks, who
    can ask otherwise: `QueryError("There is no {field} called {value}.", field=…, value=…)`."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason.format(**values))


class MetricCondition(BaseModel):
    """One condition. `is` and `in` hold for any of the values, `is_not` for none of them; `between`
    has two values, both included. Days are ISO dates."""

    model_config = ConfigDict(frozen=True)
    field: FieldName
    operator: OperatorName
    values: tuple[str, ...]


class MetricBound(BaseModel):
    """A bound on a group's measure: groups beyond it are left out."""

    model_config = ConfigDict(frozen=True)
    measure: MeasureName
    operator: Literal["at_least", "at_most"]
    value: Decimal


class MetricQuery(BaseModel):
    """What is asked. Days are inclusive. All groups of `filters` hold; within a group, one
    condition suffices. `limit` is the number of groups to show."""

    model_config = ConfigDict(frozen=True)
    dataset: DatasetName
    measures: tuple[MeasureName, ...] = Field(min_length=1)
    dimensions: tuple[DimensionName, ...] = ()
    filters: tuple[tuple[MetricCondition, ...], ...] = ()
    since: date | None = None  # None: the first day of the data
    until: date | None = None  # None: the last whole day
    comparison: ComparisonName = "none"
    compare_since: date | None = None  # of the comparison "dates"
    compare_until: date | None = None
    having: tuple[MetricBound, ...] = ()
    order: OrderName = (
        "natural"  # by the first measure; natural: time by time, others highest first
    )
    limit: int = 20

    @property
    def conditions(self) -> tuple[MetricCondition, ...]:
        return tuple(condition for group in self.filters for condition in group)

    @property
    def customer_conditions(self) -> tuple[MetricCondition, ...]:
        found = (one for one in self.conditions if one.field in CUSTOMER_FIELDS)
        return tuple(dict.fromkeys(found))

    @property
    def selected_conditions(self) -> tuple[MetricCondition, ...]:
        return tuple(one for one in self.conditions if one.field in SELECTED_FIELDS)

    def asks(self, *parts: str) -> bool:
        """Whether one of the measures has one of these in its name."""
        return any(part in name for part in parts for name in self.measures)

    def uses(self, *fields: str) -> bool:
        """Whether one of these is grouped or filtered by."""
        known = {*self.dimensions, *(condition.field for condition in self.conditions)}
        return not known.isdisjoint(fields)


class QuestionFields(BaseModel):
    """A question as the form asks it. `only` holds the words of the values to filter by."""

    model_config = ConfigDict(frozen=True)
    measure: MeasureName | None = None
    split: DimensionName | None = None
    only: str = ""
    since: date | None = None
    until: date | None = None
    comparison: ComparisonName = "none"


@dataclass(frozen=True)
class PlanRequest:
    """`base` is a rate in %, `lift` in % of it, `weekly` people a week; None: from the data.
    `reach` is the consent that its people must have given: None for a test on the site."""

    place: TestPlace = "visit"
    base: Decimal | None = None
    lift: Decimal | None = None
    weekly: int | None = None
    reach: "AudiencePurpose | None" = None


def find_place(words: str) -> TestPlace | None:
    """Return the place of a test that the words name, by a table of keywords."""
    typed = set(tokenize(words))
    return next((place for place, known in PLACE_WORDS if typed & known), None)
