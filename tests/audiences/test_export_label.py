"""What the button that exports an audience says."""

from datetime import date
from decimal import Decimal

import pytest

from bot.agent.audience_draft import list_export_steps, list_report_exports
from bot.core.audience_rule import AudienceRule, OrderCondition
from bot.core.facts import Fact, Source
from bot.core.metric_query import MetricCondition


@pytest.mark.parametrize(
    ("many", "label"),
    [
        (Decimal(139), "Export 139 contacts for SMS (France)"),
        ("under 20", None),
    ],
)
def test_export_button_says_how_many_for_what_and_where(
    many: Decimal | str, label: str | None
) -> None:
    rule = AudienceRule(purpose="sms", countries=("FR",))
    facts = [
        Fact(
            id=f"audiences.yours.{measure}",
            label=measure,
            value=value,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for measure, value in {"rule": rule.model_dump_json(), "by-sms": many}.items()
    ]
    steps = list_export_steps([facts[1].id], facts)
    assert [step.label.to("en") for step in steps] == ([label] if label else [])


def test_export_is_of_the_first_audience_unless_more_are_asked_for() -> None:
    rules = {
        "first": AudienceRule(purpose="email", countries=("FR",)),
        "second": AudienceRule(purpose="email", countries=("FR",), segments=("loyal",)),
    }
    facts = [
        Fact(
            id=f"audiences.{subject}.{measure}",
            label=measure,
            value=value,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for subject, rule in rules.items()
        for measure, value in {
            "rule": rule.model_dump_json(),
            "by-email": Decimal(139),
        }.items()
    ]
    ids = [fact.id for fact in facts]
    steps = list_export_steps(ids, facts, 2)
    assert list_export_steps(ids, facts) == steps[:1]
    assert list_report_exports(ids, facts) == steps
    assert [step.label.to("en") for step in steps] == [
        "Export 139 contacts for e-mail (France)",
        "Export 139 contacts for e-mail (Loyal)",
    ]


def test_exports_of_a_report_that_nothing_tells_apart_are_one() -> None:
    kinds = ("Bath", "Bed", "Candles", "Kitchen", "Table")
    facts = [
        Fact(
            id=f"audiences.{number}.rule",
            label="rule",
            value=AudienceRule(
                orders=(
                    OrderCondition(
                        filters=((MetricCondition(field="category", operator="in", values=some),),)
                    ),
                )
            ).stored,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for number, some in enumerate((kinds, (*kinds[:4], "Bedspreads and blankets")))
    ]
    ids = [fact.id for fact in facts]
    assert len(list_export_steps(ids, facts, 2)) == 2
    assert len(list_report_exports(ids, facts)) == 1


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (
            AudienceRule(not_within=90, min_orders=1, max_orders=1, countries=("GB",)),
            "Export contacts for e-mail (bought once, nothing for 90 days…)",
        ),
        (
            AudienceRule(segments=("at-risk", "lapsed"), not_within=90),
            "Export contacts for e-mail (At risk or Lapsed…)",
        ),
        (
            AudienceRule(bought_categories=("Bath", "Bed", "Candles"), min_orders=2),
            "Export contacts for e-mail (bought “Bath” or 2 others…)",
        ),
        (
            AudienceRule(last_until=date(2026, 8, 31), countries=("GB",)),
            "Export contacts for e-mail (last order on 31 August 2026 or earlier…)",
        ),
    ],
)
def test_export_button_names_its_people_in_few_words(rule: AudienceRule, name: str) -> None:
    fact = Fact(
        id="audiences.yours.rule",
        label="rule",
        value=rule.stored,
        source=Source("orders.csv"),
        as_of=date(2026, 11, 24),
    )
    (step,) = list_export_steps([fact.id], [fact])
    assert step.label.to("en") == name


def test_export_button_names_what_it_has_room_for_and_nothing_in_part() -> None:
    kinds = ("Bath", "Bed", "Candles", "Kitchen", "Table")
    bought = MetricCondition(field="category", operator="in", values=kinds)
    rule = AudienceRule(orders=(OrderCondition(filters=((bought,),)),))
    fact = Fact(
        id="audiences.yours.rule",
        label="rule",
        value=rule.stored,
        source=Source("orders.csv"),
        as_of=date(2026, 11, 24),
    )
    (step,) = list_export_steps([fact.id], [fact])
    assert step.label.to("en") == "Export contacts for e-mail"


@pytest.mark.parametrize(
    ("unit", "label"), [("EUR", "spent at least €500"), ("orders", "spent at least 500")]
)
def test_export_button_names_amounts_in_the_currency(unit: str, label: str) -> None:
    rule = AudienceRule(min_spend=Decimal("500.0"))
    facts = [
        Fact(
            id=f"audiences.yours.{measure}",
            label=measure,
            value=value,
            unit=own,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for measure, value, own in (("rule", rule.stored, None), ("spent", Decimal(9), unit))
    ]
    (step,) = list_export_steps([fact.id for fact in facts], facts)
    assert step.label.to("en").endswith(f"({label})")


def test_export_button_names_a_suggested_audience_as_the_report_does() -> None:
    fact = Fact(
        id="audiences.lapsed.rule",
        label="rule",
        about="Customers lost from sight",
        value=AudienceRule(segments=("lapsed",)).stored,
        source=Source("orders.csv"),
        as_of=date(2026, 11, 24),
    )
    (step,) = list_export_steps([fact.id], [fact])
    assert step.label.to("en") == "Export contacts for e-mail (Customers lost from sight)"


def test_same_audience_of_two_calls_has_one_export() -> None:
    rule = AudienceRule(segments=("champions",))
    facts = [
        Fact(
            id=f"audiences.{subject}.rule",
            label="rule",
            value=rule.stored,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for subject in ("yours--a", "champions")
    ]
    (step,) = list_export_steps([fact.id for fact in facts], facts)
    assert step.form == {"rule": rule.stored}


def test_export_button_shortens_a_product_that_it_has_no_room_for() -> None:
    values = {
        "yours.rule": AudienceRule(like_product="nils").stored,
        "yours.by-email": Decimal(274),
        "things.nils": "Nils tee-shirt in soft linen jersey",
    }
    facts = [
        Fact(
            id=f"audiences.{name}",
            label=name,
            about="nils" if name.startswith("things") else "",
            value=value,
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for name, value in values.items()
    ]
    (step,) = list_export_steps([facts[1].id], facts)
    name = "similar to buyers of “Nils tee-shirt…”…"
    assert step.label.to("en") == f"Export 274 contacts for e-mail ({name})"
