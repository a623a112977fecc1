"""No figure of a group below its floor can be read or computed from an answer."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from bot.core.audience_rule import AudienceRule
from bot.core.facts import Source
from bot.data.analyses.campaign_results import SentDelivery, match_deliveries
from bot.data.analyses.campaign_results import describe_result as told_results
from bot.data.analyses.campaigns.mailings import letter_against_peers
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.analyses.segments.audience import count_audience, list_members
from bot.data.disclosure import TOTAL_VALUE, Population, list_publishable
from bot.data.floors import Floors
from bot.data.service import list_analyses, load_analysis
from bot.errors import CannotDo
from tests.security.attacker import breaches, derived, is_figure, subjects
from tests.security.small_shops import OF_LINES, OF_ORDERS, PLANTED, SHAPES, Plant, Shop, shop
from tests.support.sample_tables import TODAY
from tests.support.skill_runner import collect_text, run
from tests.support.small_tables import small

pytestmark = pytest.mark.timeout(300)  # eleven analyses of a shop, on a busy machine

FLOOR, SALES = 20, 5
KINDS = list_analyses()
QUICK = (Plant("country", 3), Plant("product", 2, "nested"), Plant("device", 11, "rest"))
EVERY = [
    Plant(dimension, people, shape)
    for dimension in (*OF_ORDERS, *OF_LINES)
    for shape in SHAPES
    for people in ((2, 4) if shape == "pair" else (1, 4, 7, 19))
]
OPEN = (
    "days",
    "goal",
    "place",
    "least",
    "power",
    "alpha",
    "false-among-confirmed",
    "windows",
    "weeks",
    "lift",
    "rate",
    "people",
    "in-all",
    "age",
)


def found(
    one: Shop, where: AnalysisFilter | None = None, *, kinds: Sequence[str] = KINDS
) -> Iterator[tuple[str, AnalysisResult]]:
    """The results of these analyses; a filter that an analysis does not have gives none."""
    for kind in kinds:
        try:
            yield kind, load_analysis(kind).find(one.shelf, where or AnalysisFilter())
        except CannotDo:
            continue


@pytest.mark.parametrize("plant", QUICK, ids=str)
@pytest.mark.sample(2)
def test_attacker_learns_nothing_about_a_small_group(plant: Plant) -> None:
    one = shop(plant)
    every = dict(found(one))
    learnt = [
        what for kind, told_ in every.items() for what in breaches(one, kind, told_, FLOOR, SALES)
    ]
    assert learnt == []
    assert {kind for kind, told_ in every.items() if told_.facts} >= {
        "sellers",
        "trends",
        "funnel",
        "delivery",
        "campaigns",
        "experiments",
        "audiences",
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("plant", EVERY, ids=str)
def test_attacker_learns_nothing_in_random_shops(plant: Plant, seed: int) -> None:
    one = shop(plant, seed)
    learnt = [
        what for kind, told_ in found(one) for what in breaches(one, kind, told_, FLOOR, SALES)
    ]
    assert learnt == []


def test_filter_on_a_small_group_gives_no_figure() -> None:
    one = shop(Plant("country", 3))
    for kind, told_ in found(one, AnalysisFilter(country=PLANTED)):
        figures = [
            fact.id
            for fact in told_.facts
            if is_figure(fact)
            and not fact.id.endswith(OPEN)
            and ".cannot." not in fact.id
            and kind not in ("audiences", "campaigns", "experiments", "plan")
        ]
        assert figures == [], kind
        said = " ".join(words.to("en") for words in told_.limits)
        assert "Only 3 " not in said, kind


def test_large_enough_group_is_shown() -> None:
    one = shop(Plant("country", 40))
    told_ = dict(found(one, kinds=("funnel", "trends", "sellers", "experiments")))
    assert told_["funnel"].get("visits-country-planted", "visits") is not None
    assert told_["trends"].get("total-orders", "last") is not None
    assert told_["sellers"].facts
    assert subjects(told_["experiments"])["three--purchase--planted"]["users"].value == 40


def test_floor_of_one_shows_everything() -> None:
    one = shop(Plant("country", 3))
    one.shelf.floor = one.shelf.sales_floor = 1
    told_ = dict(found(one, kinds=("funnel", "experiments")))
    assert told_["funnel"].get("visits-country-planted", "visits") is not None
    assert subjects(told_["experiments"])["three--purchase--planted"]["users"].value == 3


def test_group_fact_without_a_size_is_an_error() -> None:
    told_ = AnalysisResult("segments", Source("orders.csv"), TODAY, floors=Floors())
    with pytest.raises(LookupError, match="how many people"):
        told_.add("champions", "customers", 3)
    assert not told_.set_group_size("champions", 3)
    told_.add("champions", "customers", 3)
    told_.add("champions", "average-order", 99)
    assert told_.facts == []
    assert told_.limits[0].to("en") == "Under 20 customers: grouped as Others."
    assert told_.limits[0].to("fr") == "Moins de 20 clients\u00a0: regroupés sous Autres."
    assert not told_.set_group_size("all-but-few", 900, rest=3)
    assert told_.set_group_size("many", 900, rest=40)


def test_every_analysis_states_group_sizes() -> None:
    one = shop(Plant("source", 30))
    for kind, told_ in found(one):
        if kind != "plan" and told_.facts:  # of the words, and of audiences that are counted
            assert told_.floors is not None, kind


# Audiences and what is exported of them.


def test_audience_is_counted_only_if_it_and_the_rest_are_large_enough() -> None:
    one = shop(Plant("country", 3))
    nearly = count_audience(one.shelf, AudienceRule())
    assert nearly.nearly_all
    assert nearly.fits is not None
    least = f"at least {nearly.fits - 19} of them agreed to e-mails"
    assert nearly.description.to("en").endswith(least)
    few = AudienceRule(countries=(PLANTED,), purpose="sms")
    assert count_audience(one.shelf, few).description.to("en") == "under 20 customers"
    with pytest.raises(CannotDo, match="under 20 people"):
        list_members(one.shelf, few)


# What came back for a delivery.


def bought(people: int, orders: int) -> list[str]:
    rows = [
        {
            "order": f"o{n}",
            "at": TODAY - timedelta(days=2),
            "customer": f"c{n % people}",
            "amount": 40,
            "currency": "EUR",
            "code": "si-abc",
        }
        for n in range(orders)
    ]
    shelf = small(orders=[{**row, "at": _moment(row["at"])} for row in rows])
    gone = SentDelivery("si-abc", "email", _moment(TODAY - timedelta(days=3)))
    (result,) = match_deliveries(shelf, [gone]).results
    return [words.to("en") for words in told_results(shelf, result)]


def _moment(day: object) -> datetime:
    assert isinstance(day, date)
    return datetime(day.year, day.month, day.day, 12)


@pytest.mark.parametrize(("people", "orders"), [(1, 1), (2, 2), (4, 4), (2, 9)])
def test_few_buyers_with_a_code_are_not_counted(people: int, orders: int) -> None:
    said = bought(people, orders)[0]
    assert said == "Under 5 customers ordered with its code: what they bought is not told"


def test_enough_buyers_with_a_code_are_counted() -> None:
    assert bought(5, 6)[0].startswith("6 orders came with its code: €240")


def test_email_to_few_people_is_not_compared() -> None:
    one = shop(Plant("country", 4))
    told_ = letter_against_peers(one.shelf, PLANTED)
    assert told_.facts == []
    assert "under 20 people" in told_.limits[0].to("en")


# What people read.


@pytest.mark.parametrize(
    "words",
    [
        "what moved last week?",
        "what blocks our sales?",
        "who should we target?",
        "how did our tests do?",
    ],
)
@pytest.mark.sample(3)
async def test_answer_is_complete_without_hidden_figures(words: str) -> None:
    one = shop(Plant("device", 3))
    text = collect_text(await run(words, shelf=one.shelf)).lower()
    assert text
    assert f"{PLANTED}:" not in text


# The mechanism.


def test_second_part_is_hidden_if_one_could_be_derived() -> None:
    assert list_publishable({"a": 50, "b": 30, "c": 3}, 5) == ["a"]
    assert list_publishable({"a": 50, "b": 30, "c": 3, "d": 4}, 5) == ["a", "b"]
    assert list_publishable({"a": 50, "b": 30, "c": 0}, 5) == ["a", "b", "c"]
    assert list_publishable({"a": 50, "b": 30}, 5, unsaid=2) == ["a"]
    assert list_publishable({"a": 3}, 5) == []


def test_no_hidden_cell_follows_from_table_totals() -> None:
    dice = random.Random(7)
    for _ in range(20):
        cells = [(f"r{row}", f"c{column}") for row in range(4) for column in range(5)]
        weight = [dice.choice((0, 1, 3, 4, 9, 20, 40)) for _cell in cells]
        columns = {
            "row": [row for row, _ in cells],
            "column": [column for _, column in cells],
            "cell": [f"{row} {column}" for row, column in cells],
        }
        table = Population(columns, weight=weight)
        wanted = [(name, value) for name in columns for value in table.sizes(name)]
        kept = table.find_publishable(wanted, 5)
        shown = [frozenset(map(int, np.flatnonzero(table.which(value)))) for value in kept]
        nought = {at for at, many in enumerate(weight) if not many}
        few = [at for at, many in enumerate(weight) if 0 < many < 5]
        assert few
        assert not [at for at in few if derived({at}, [some - nought for some in shown])]
        assert sum(name == "cell" for name, _ in kept) > len(nought)  # and something is told


def test_what_two_values_have_in_common_does_not_follow_from_shown_figures() -> None:
    """East and west less Belgium are the one customer in the east of a country of four: a group
    that is no value and, because the customer bought in two categories, no single class."""
    sold = [(f"be{n}", "BE", ("east", "west")[n % 2], "bags") for n in range(40)]
    sold += [(f"fr{n}", "FR", "north", ("bags", "lamps")[n % 2]) for n in range(30)]
    sold += [(f"lu{n}", "LU", "north", "bags") for n in range(3)]
    sold += [("lu3", "LU", "east", category) for category in ("bags", "lamps")]
    people, *columns = zip(*sold, strict=True)
    population = Population(
        dict(zip(("country", "region", "category"), columns, strict=True)), people=people
    )
    wanted = [("country", "BE"), ("country", "FR"), ("region", "east"), ("region", "west")]
    wanted += [("category", "bags"), ("category", "lamps")]
    kept = population.find_publishable(wanted, 5)
    few = [n for n, who in enumerate(people) if who == "lu3"]
    every, shown = (
        [frozenset(map(int, np.flatnonzero(population.which(one)))) for one in values]
        for values in (wanted, kept)
    )
    assert derived(few, every)
    assert not derived(few, shown)
    assert len(kept) >= 5


@pytest.mark.parametrize("seed", range(12))
def test_no_small_value_follows_from_shown_figures(seed: int) -> None:
    dice = random.Random(seed)
    people = [f"c{n}" for n in range(400)]
    columns: dict[str, list[str | None]] = {"a": [], "b": [], "c": []}
    for n in range(len(people)):
        a = dice.choices("uvwxyz", (60, 30, 8, 1, 1, 0.5))[0]
        inner = f"{a}{dice.choices('12', (9, 1))[0]}"  # nested in the first
        columns["a"].append(a)
        columns["b"].append(inner)
        columns["c"].append(None if n % 97 == 0 else dice.choices("pq", (50, 1))[0])
    population = Population(columns, people=people)
    every = [(name, value) for name in columns for value in population.sizes(name)]
    kept = population.find_publishable(every, FLOOR)
    rows = {
        value: frozenset(map(int, np.flatnonzero(population.which(value))))
        for value in [*every, TOTAL_VALUE]
    }
    shown = [rows[value] for value in kept]
    hidden = [value for value in every if 0 < len(rows[value]) < FLOOR]
    crossed = [rows[one] & rows[other] for one in every for other in every if one[0] < other[0]]
    assert hidden
    assert not [value for value in hidden if derived(rows[value], shown)]
    assert not [some for some in crossed if 0 < len(some) < FLOOR and derived(some, shown)]
    left = rows[TOTAL_VALUE] - frozenset().union(*(rows[v] for v in kept if v[0] == "c"))
    assert not 0 < len(left) < FLOOR or TOTAL_VALUE not in kept
