"""Members and rules of an audience."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bot.core.audience_rule import SEGMENT_LABELS, AudiencePurpose, AudienceRule, OrderCondition
from bot.core.audience_words import describe_conditions, describe_orders, describe_rule
from bot.data.analyses.products import PurchasedProducts, find_products_with_word
from bot.data.analyses.segments.audience import (
    NO_CONSENTS,
    AudienceSelection,
    count_audience,
    list_members,
    select_matching,
)
from bot.data.analyses.segments.rfm import SEGMENT_DEFINITIONS
from bot.data.warehouse.purchases import purchase_lines
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.errors import CannotDo
from bot.i18n.messages import restore_words
from tests.support.metric_queries import condition
from tests.support.sample_tables import sample
from tests.support.small_tables import small

NOW = datetime(2026, 11, 24, 12)


def listed(shop: Warehouse, rule: AudienceRule) -> set[str]:
    return {row["customer"] for row in fetch_rows(shop, list_members(shop, rule))}


def ask(sql: str) -> set[str]:
    return {row[0] for row in sample().engine.con.execute(sql).fetchall()}


def test_members_have_consented() -> None:
    for purpose, asked in (
        ("email", "email"),
        ("sms", "sms"),
        ("ads", "ads_user_data AND ads_personalization"),
    ):
        agreed = ask(f"SELECT customer FROM consents WHERE {asked} AND NOT opted_out")
        rule = AudienceRule(purpose=purpose)
        assert listed(sample(), rule) == agreed & ask("SELECT DISTINCT customer FROM orders")


def test_planted_consents_are_counted() -> None:
    counted = count_audience(sample(), AudienceRule(purpose="email"))
    assert counted.fits is not None
    assert counted.reachable is not None
    assert counted.reachable / counted.fits == pytest.approx(0.64 * 0.96, abs=0.03)


@pytest.mark.parametrize(
    ("purpose", "what"), [("email", "les e-mails"), ("sms", "les SMS"), ("ads", "la publicité")]
)
def test_size_says_what_was_agreed_to(purpose: AudiencePurpose, what: str) -> None:
    counted = count_audience(sample(), AudienceRule(purpose=purpose))
    assert counted.description.to("fr").endswith(f" ont accepté {what}")


def test_no_members_without_consents() -> None:
    shop = small(
        orders=[{"order": str(c), "at": NOW, "customer": str(c), "amount": 9} for c in range(60)],
        consents=[{"customer": str(c), "email": True if c < 25 else None} for c in range(50)],
    )
    assert len(listed(shop, AudienceRule())) == 25
    nobody = count_audience(shop, AudienceRule(purpose="sms"))
    assert nobody.reachable == 0
    assert nobody.description.to("en").endswith("none of them agreed to SMS")
    with pytest.raises(CannotDo, match="under 20 people"):
        list_members(shop, AudienceRule(purpose="sms"))


def test_audience_without_consents_is_counted_but_not_listed() -> None:
    shop = small(
        orders=[{"order": str(c), "at": NOW, "customer": str(c), "amount": 9} for c in range(60)]
    )
    counted = count_audience(shop, AudienceRule())
    assert (counted.fits, counted.reachable, counted.cannot) == (60, None, NO_CONSENTS)
    assert "60 customers fit. Not exportable" in counted.description.to("en")
    with pytest.raises(CannotDo, match="Not exportable"):
        list_members(shop, AudienceRule())


def test_audience_needs_orders() -> None:
    with pytest.raises(CannotDo, match="no orders with customers"):
        count_audience(small(), AudienceRule())


def test_size_below_the_floor_is_hidden() -> None:
    counted = count_audience(
        sample(), AudienceRule(bought=("cui-planche",), regions=("33",), min_orders=6)
    )
    assert counted.fits is None
    assert counted.description.to("en") == "under 20 customers"
    assert counted.description.to("fr") == "moins de 20 clients"


def test_rule_follows_purchases() -> None:
    rule = AudienceRule(
        bought=("cui-planche", "cui-corbeille"),
        bought_within=365,
        not_bought_categories=("mailles",),
        min_spend=Decimal(150),
    )
    expected = ask(
        """SELECT customer FROM orders GROUP BY customer HAVING sum(amount) >= 150
        INTERSECT SELECT customer FROM orders WHERE product IN ('cui-planche', 'cui-corbeille')
          AND "at"::DATE > DATE '2026-11-24' - 365
        EXCEPT SELECT customer FROM orders JOIN products USING (product)
          WHERE products.category = 'Mailles'"""
    )
    assert count_audience(sample(), rule).fits == len(expected)
    agreed = ask("SELECT customer FROM consents WHERE email AND NOT opted_out")
    assert listed(sample(), rule) == expected & agreed


def test_rule_follows_the_date_of_the_last_order() -> None:
    rule = AudienceRule(last_from=date(2026, 5, 1), last_until=date(2026, 8, 31))
    expected = ask(
        """SELECT customer FROM orders GROUP BY customer
        HAVING max("at")::DATE BETWEEN DATE '2026-05-01' AND DATE '2026-08-31'"""
    )
    assert count_audience(sample(), rule).fits == len(expected)
    said = describe_rule(rule, {})
    assert "last order on 31 August 2026 or earlier" in said.to("en")  # as it was asked for
    assert "dernière commande le 31 août 2026 ou avant" in said.to("fr")


def test_all_groups_together_are_everybody() -> None:
    everybody = count_audience(sample(), AudienceRule()).fits
    parts = [
        count_audience(sample(), AudienceRule(segments=(s,))).fits or 0 for s in SEGMENT_LABELS
    ]
    assert sum(parts) == everybody


def test_groups_of_the_library_are_known() -> None:
    assert [group.id for group in SEGMENT_DEFINITIONS] == list(SEGMENT_LABELS)


def test_look_alikes_exclude_buyers_of_the_product() -> None:
    rule = AudienceRule(like_product="cui-planche")
    assert not listed(sample(), rule) & ask(
        "SELECT customer FROM orders WHERE product = 'cui-planche'"
    )


def test_rule_is_stored_and_read_back() -> None:
    rule = AudienceRule(
        segments=("lapsed",), min_spend=Decimal("99.50"), last_until=date(2026, 6, 1)
    )
    assert AudienceRule.model_validate_json(rule.model_dump_json()) == rule


def test_rule_refuses_an_unknown_group() -> None:
    with pytest.raises(ValidationError, match="no such segment: vips"):
        AudienceRule(segments=("vips",))


def test_country_and_region_of_a_rule_read_as_two_conditions() -> None:
    rule = AudienceRule(purpose="email", countries=("FR", "BE"), regions=("75",))
    said = describe_conditions(rule).to("en")
    assert said == "ordered to France or Belgium; ordered to 75"


def test_rule_reads_as_a_sentence() -> None:
    rule = AudienceRule(
        purpose="sms",
        segments=("drifting-away", "at-risk"),
        bought=("cui-planche",),
        bought_within=180,
        min_orders=2,
        countries=("FR", "BE", "CH"),
    )
    assert describe_rule(rule, {"cui-planche": "Planche Meule"}).to("en") == (
        "Customers who agreed to SMS; in the group Drifting away or At risk;"
        " bought “Planche Meule” in the last 180 days; at least 2 orders; ordered to"
        " France, Belgium or Switzerland"
    )
    french = describe_rule(rule, {"cui-planche": "Planche Meule"}).to("fr").replace("\u00a0", "~")
    assert french == (
        "Clients qui acceptent les SMS~; dans le groupe Clients qui s'éloignent ou À risque~;"
        " ont acheté «~Planche Meule~» au cours des 180 derniers jours~; au moins 2 commandes~;"
        " livraison~: France, Belgique ou Suisse"
    )


# Conditions on orders, in the grammar of the figures.


def orders(*filters: tuple[str, str, str], **more: Any) -> OrderCondition:
    groups = tuple((condition(field, operator, value),) for field, operator, value in filters)
    return OrderCondition(filters=groups, **more)


LINEN = ("category", "is", "Vêtements en lin")
KNITWEAR = ("category", "is", "Mailles")
SUMMER: Any = {"since": date(2026, 6, 1), "until": date(2026, 8, 31)}
LATE = ("late", "is", "yes")
CAME_IN_OCTOBER = (
    ("delivered_day", "at_least", "2026-10-01"),
    ("delivered_day", "at_most", "2026-10-31"),
)
DELIVERED_LATE = """SELECT customer FROM orders WHERE amount >= 0 AND delivered > promised
 AND promised < DATE '2026-11-23'"""
BOUGHT = """SELECT customer FROM orders JOIN products USING (product)
WHERE products.category = '{category}' AND customer IS NOT NULL AND amount >= 0
 AND "at"::DATE BETWEEN '{since}' AND '{until}' GROUP BY 1 HAVING count(DISTINCT "order") >= {n}"""


def bought(category: str, since: str = "2020-01-01", until: str = "2026-12-31", n: int = 1) -> str:
    return BOUGHT.format(category=category, since=since, until=until, n=n)


@pytest.mark.parametrize(
    ("conditions", "sql"),
    [
        ([orders(LINEN, **SUMMER)], bought(LINEN[2], "2026-06-01", "2026-08-31")),
        (
            [orders(LINEN, ("selected_orders", "at_least", "2"), **SUMMER)],
            bought(LINEN[2], "2026-06-01", "2026-08-31", 2),
        ),
        (
            [orders(LINEN, ("selected_units", "at_least", "2"), **SUMMER)],
            bought(LINEN[2], "2026-06-01", "2026-08-31").replace(
                'count(DISTINCT "order") >= 1', "sum(quantity) >= 2"
            ),
        ),
        (
            [orders(LINEN), orders(KNITWEAR)],
            f"({bought(LINEN[2])}) INTERSECT ({bought(KNITWEAR[2])})",
        ),
        (
            [orders(LINEN, **SUMMER), orders(KNITWEAR, never=True)],
            f"({bought(LINEN[2], '2026-06-01', '2026-08-31')}) EXCEPT ({bought(KNITWEAR[2])})",
        ),
        (
            [orders(LINEN), orders(since=date(2026, 6, 1), never=True)],
            f"({bought(LINEN[2])}) EXCEPT (SELECT customer FROM orders"
            " WHERE \"at\"::DATE >= '2026-06-01')",
        ),
        (
            [orders(LATE, *CAME_IN_OCTOBER)],
            f"{DELIVERED_LATE} AND delivered::DATE BETWEEN '2026-10-01' AND '2026-10-31'",
        ),
        ([orders(LATE, ("delivered_day", "is", "any"))], DELIVERED_LATE),
        (
            [orders(("colour", "is", "bleu nuit"), ("code", "is", "any"))],
            "SELECT customer FROM orders WHERE variant LIKE '%, bleu nuit' AND code IS NOT NULL",
        ),
    ],
)
def test_orders_condition_selects_who_sql_selects(
    conditions: list[OrderCondition], sql: str
) -> None:
    rule = AudienceRule(orders=tuple(conditions))
    fits = {row["customer"] for row in fetch_rows(sample(), select_matching(sample(), rule))}
    assert fits == ask(sql) - {None}
    counted = count_audience(sample(), rule)
    assert counted.fits == (len(fits) if len(fits) >= 20 else None)


def test_day_of_delivery_is_moved_with_the_rule_and_no_day_of_an_order() -> None:
    rule = AudienceRule(orders=(orders(LATE, *CAME_IN_OCTOBER),))
    values = [one.values for one in rule.move(timedelta(days=-30)).orders[0].conditions[1:]]
    assert values == [("2026-09-01",), ("2026-10-01",)]
    assert not rule.reaches_before(date(2026, 6, 1), date(2026, 11, 24))


def test_orders_condition_is_stored_and_read_back_as_it_was() -> None:
    rule = AudienceRule(orders=(orders(LINEN, **SUMMER), orders(KNITWEAR, never=True)))
    assert AudienceRule.model_validate_json(rule.stored) == rule
    assert describe_conditions(rule).to("en") == (
        "bought “Vêtements en lin” from 1 June 2026 to 31 August 2026; never bought “Mailles”"
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "at least 2 units"), ("fr", "au moins 2 pièces")],
)
def test_units_bought_stand_in_the_rule(language: str, words: str) -> None:
    rule = AudienceRule(orders=(orders(LINEN, ("selected_units", "at_least", "2")),))
    assert words in describe_conditions(rule).to(language)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("yes", "n'ont jamais rien retourné"),
        ("no", "aucune commande (articles non retournés)"),
    ],
)
def test_yes_or_no_of_a_condition_reads_as_what_it_says(value: str, words: str) -> None:
    rule = AudienceRule(orders=(orders(("returned", "is", value), never=True),))
    assert describe_conditions(rule).to("fr") == words


def test_denied_yes_or_no_of_a_condition_reads_as_the_other_one() -> None:
    rule = AudienceRule(orders=(orders(("returned", "is_not", "yes")),))
    assert describe_conditions(rule, {}).to("en") == "placed an order (items not returned)"


@pytest.mark.parametrize(
    ("condition", "english", "told"),
    [
        (
            orders(("selected_orders", "at_least", "2"), since=date(2026, 9, 1)),
            "at least 2 orders since 1 September 2026",
            "au moins 2 commandes depuis le 1er septembre 2026",
        ),
        (
            orders(("selected_spent", "at_least", "300"), since=date(2026, 1, 1)),
            "spent at least 300 since 1 January 2026",
            "ont dépensé au moins 300 depuis le 1er janvier 2026",
        ),
        (
            orders(since=date(2026, 9, 1), never=True),
            "no order since 1 September 2026",
            "aucune commande depuis le 1er septembre 2026",
        ),
        (
            orders(("code", "is", "any"), never=True),
            "never used a campaign code",
            "n'ont jamais utilisé de code de campagne",
        ),
        (
            orders(("country", "is", "CH"), never=True),
            "never ordered to Switzerland",
            "jamais livrés\u00a0: Suisse",
        ),
        (
            orders(LATE, *CAME_IN_OCTOBER),
            "placed an order (delivered late from 1 October 2026 to 31 October 2026)",
            "ont commandé (livraison en retard du 1er octobre 2026 au 31 octobre 2026)",
        ),
        (
            orders(LATE, ("delivered_day", "is", "any")),
            "placed an order (delivered late)",
            "ont commandé (livraison en retard)",
        ),
        (
            orders(CAME_IN_OCTOBER[0]),
            "placed an order (delivered since 1 October 2026)",
            "ont commandé (livraison depuis le 1er octobre 2026)",
        ),
        (
            orders(LATE, since=date(2026, 10, 1)),
            "placed an order (late: delivered after the promised day, or overdue)"
            " since 1 October 2026",
            "ont commandé (en retard\u00a0: livrée après la date promise, ou pas encore arrivée)"
            " depuis le 1er octobre 2026",
        ),
    ],
)
def test_orders_condition_reads_as_people_say_it(
    condition: OrderCondition, english: str, told: str
) -> None:
    assert describe_orders(condition, {}).to("en") == english
    assert describe_orders(condition, {}).to("fr") == told


def test_amounts_of_a_rule_have_their_currency() -> None:
    rule = AudienceRule(
        min_spend=Decimal(500), orders=(orders(("order_value", "at_least", "80.50")),)
    )
    said = describe_conditions(rule, {}, "EUR")
    assert said.to("en") == "orders of at least €80.50; spent at least €500"
    assert said.to("fr").endswith("ont dépensé au moins 500\u00a0€")
    assert restore_words(said.model_dump(mode="json")) == said


def test_days_of_a_condition_are_a_french_range() -> None:
    condition = OrderCondition.model_validate(
        {
            "filters": [
                [
                    {
                        "field": "customer_first_order",
                        "operator": "between",
                        "values": ["2025-01-01", "2025-12-31"],
                    }
                ]
            ]
        }
    )
    said = describe_conditions(AudienceRule(orders=(condition,))).to("fr")
    assert "du 1er janvier 2025 au 31 décembre 2025" in said


def test_orders_condition_on_the_customer_looks_no_further_than_its_day() -> None:
    rule = AudienceRule(orders=(orders(("customer_orders", "at_least", "2")),))
    lines = purchase_lines(sample())
    assert lines is not None
    day = date(2026, 3, 1)
    then = AudienceSelection(sample(), lines.filter(lines.day <= day), day).select_fitting(rule)
    assert {row["customer"] for row in fetch_rows(sample(), then)} == ask(
        "SELECT customer FROM orders WHERE \"at\"::DATE <= '2026-03-01' AND customer IS NOT NULL"
        ' GROUP BY 1 HAVING count(DISTINCT "order") >= 2'
    )


def test_orders_condition_can_not_name_whom_it_may_not() -> None:
    with pytest.raises(ValidationError, match="can't be chosen by language"):
        orders(("language", "is", "fr"))
    backwards = AudienceRule(orders=(orders(since=date(2026, 2, 1), until=date(2026, 1, 1)),))
    assert backwards.impossible is not None


def test_word_for_a_material_finds_its_finer_kinds() -> None:
    titles = {"ronan": "Pull Ronan en laine mérinos", "plaid": "Plaid en laine", "alba": "Lin Alba"}
    goods = PurchasedProducts(titles, {})
    assert set(find_products_with_word("wool", goods)) == {"ronan", "plaid"}
    assert find_products_with_word("merino", goods) == ("ronan",)


def test_people_without_an_order_are_an_audience_by_their_day_of_sign_up() -> None:
    without = "customer NOT IN (SELECT customer FROM orders WHERE customer IS NOT NULL)"
    newest = ask('SELECT max("at")::DATE::VARCHAR FROM orders').pop()
    rule = AudienceRule(never_ordered=True, joined_within=90)
    since = f"since > DATE '{newest}' - 90"
    agreed = ask(f"SELECT customer FROM consents WHERE {since} AND {without} AND email")
    counted = count_audience(sample(), rule)
    fit = ask(f"SELECT customer FROM consents WHERE {since} AND {without}")
    assert counted.fits == len(fit)
    assert listed(sample(), rule) == agreed - ask("SELECT customer FROM consents WHERE opted_out")
    with_order = AudienceRule(joined_within=90)
    buyers = ask(f"SELECT customer FROM consents WHERE {since} AND NOT ({without})")
    assert count_audience(sample(), with_order).fits == len(buyers)


def test_people_without_an_order_are_an_audience_by_the_country_of_their_address() -> None:
    people = [{"customer": f"c{n}", "country": "FR" if n < 40 else "GB"} for n in range(100)]
    orders = [{"order": "1", "customer": "c99", "at": NOW, "amount": Decimal(9), "country": "FR"}]
    shop = small(orders=orders, consents=people)
    rule = AudienceRule(never_ordered=True, countries=("GB",))
    assert rule.impossible is None
    assert count_audience(shop, rule).fits == 59
    assert describe_rule(rule).to("en").endswith("address in United Kingdom; never ordered")
    silent = small(orders=orders, consents=[{"customer": "c1"}])
    with pytest.raises(CannotDo, match="in which country"):
        count_audience(silent, rule)


def test_readers_of_a_language_are_an_audience() -> None:
    people = [
        {"customer": f"c{n}", "email": True, "language": "en-GB" if n < 30 else "fr"}
        for n in range(80)
    ]
    lines = [
        {"order": f"o{n}", "customer": f"c{n}", "at": NOW, "amount": Decimal(9)} for n in range(80)
    ]
    rule = AudienceRule(reads="en")
    assert len(listed(small(orders=lines, consents=people), rule)) == 30
    assert describe_rule(rule).to("fr").endswith("lisent en anglais")
    assert count_audience(small(orders=lines), rule).fits is None


def test_who_ordered_before_the_orders_begin_has_ordered() -> None:
    people = [{"customer": f"c{n}", "since": date(2026, 11, 1)} for n in range(60)]
    told = [{"customer": f"c{n}", "orders": 3 if n < 10 else 0} for n in range(60)]
    orders = [{"order": "1", "customer": "buyer", "at": NOW, "amount": Decimal(9)}]
    shop = small(orders=orders, consents=people, customers=told)
    assert count_audience(shop, AudienceRule(never_ordered=True, joined_within=30)).fits == 50


def test_sign_up_without_a_day_is_not_counted_and_says_so() -> None:
    orders = [{"order": "1", "customer": "buyer", "at": NOW, "amount": Decimal(9)}]
    shop = small(orders=orders, consents=[{"customer": "c1", "email": True}])
    with pytest.raises(CannotDo, match="when people signed up"):
        count_audience(shop, AudienceRule(joined_within=30))


def test_who_never_ordered_meets_no_condition_on_orders() -> None:
    rule = AudienceRule(never_ordered=True, joined_within=30, purpose="sms")
    assert rule.impossible is None
    assert rule.model_copy(update={"segments": ("new",)}).impossible is not None
    assert AudienceRule.model_validate_json(rule.stored) == rule
    words = describe_rule(rule)
    assert words.to("en").endswith("never ordered; signed up in the last 30 days")
    assert "jamais commandé" in words.to("fr")
