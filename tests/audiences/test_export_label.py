"""What the button that exports an audience says."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.agent.audience_draft import list_export_steps
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


def test_export_buttons_side_by_side_name_what_sets_them_apart() -> None:
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
    steps = list_export_steps([fact.id for fact in facts], facts)
    assert [step.label.to("en") for step in steps] == [
        "Export 139 contacts for e-mail (France)",
        "Export 139 contacts for e-mail (in the group Loyal)",
    ]


def test_export_button_names_what_sets_its_people_apart_before_what_all_share() -> None:
    since: dict[str, Any] = {"purpose": "email", "last_until": date(2026, 8, 31)}
    rules = {
        "first": AudienceRule(segments=("loyal",), **since),
        "second": AudienceRule(min_orders=3, **since),
    }
    facts = [
        Fact(
            id=f"audiences.{subject}.rule",
            label="rule",
            value=rule.model_dump_json(),
            source=Source("orders.csv"),
            as_of=date(2026, 11, 24),
        )
        for subject, rule in rules.items()
    ]
    labels = [step.label for step in list_export_steps([fact.id for fact in facts], facts)]
    assert labels[0].to("en") == "Export contacts for e-mail (in the group Loyal)"
    assert labels[1].to("en") == "Export contacts for e-mail (at least 3 orders)"


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
